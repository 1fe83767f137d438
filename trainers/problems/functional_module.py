"""A `torch.nn.Module` as a function of its trainable parameters in one vector."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from threading import local
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from trainers.modes import lasting, own_randomness
from trainers.settings import SettingError
from trainers.words import error_text


class FunctionalModule:
    """The outputs of a module as a function of parameters `(n,)`.

    They are those of `named_parameters()` that require a gradient, in this order, each row by row. Others,
    and the buffers, stay as they are. Threads may call it at the same time.
    """

    def __init__(self, net: nn.Module) -> None:
        try:
            self.net = deepcopy(net)
        except Exception as error:
            raise SettingError("net", f"can't be copied: {error_text(error)}") from error
        """As it was given: a call swaps its parameters for a while, so each thread calls a copy."""
        self._called = local()
        self.shapes = {name: tuple(each.shape) for name, each in _trainable(self.net)}
        self.sizes = [each.numel() for _, each in _trainable(self.net)]
        self._values = _flat(self.net)
        self._fixed: dict[torch.dtype, dict[str, Tensor]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers, such as `0.weight[2, 1]`."""
        return tuple(
            name + (f"[{', '.join(map(str, place))}]" if shape else "")
            for name, shape in self.shapes.items()
            for place in product(*map(range, shape))
        )

    def split(self, params: Tensor) -> list[Tensor]:
        """Return the parameters in their shapes, as views of `(n,)`."""
        parts = zip(params.split(self.sizes), self.shapes.values(), strict=True)
        return [part.view(shape) for part, shape in parts]

    def __call__(self, params: Tensor, dtype: torch.dtype, *inputs: Any) -> Any:
        """Return the outputs for inputs, both in this dtype."""
        if not hasattr(self._called, "net"):
            self._called.net = deepcopy(self.net)
        named = dict(zip(self.shapes, self.split(params), strict=True)) if self.sizes else {}
        return functional_call(self._called.net, {**self.fixed(dtype), **named}, inputs)

    def fixed(self, dtype: torch.dtype) -> dict[str, Tensor]:
        """Return buffers and frozen parameters, floats in this dtype. Cached."""
        if dtype not in self._fixed:
            with lasting():
                each = (*self.net.named_parameters(), *self.net.named_buffers())
                self._fixed[dtype] = {
                    name: in_dtype(value.detach(), dtype) for name, value in each if name not in self.shapes
                }
        return self._fixed[dtype]

    def values(self) -> Tensor:
        """Return the parameters that the module has, `(n,)`, float64."""
        return self._values.clone()

    def reset(self, seed: int) -> Tensor:
        """Return the parameters after `reset_parameters` of each layer that has it, `(n,)`, float64."""
        net = deepcopy(self.net)
        with own_randomness(torch.Generator().manual_seed(seed)):
            for layer in net.modules():
                if callable(again := getattr(layer, "reset_parameters", None)):
                    again()
        return _flat(net)

    def trained(self, params: Tensor) -> nn.Module:
        """Return a copy of the module with parameters `(n,)`, in their dtype."""
        net = deepcopy(self.net).to(params.dtype)
        with torch.no_grad():
            for (_, each), value in zip(_trainable(net), self.split(params.detach()), strict=True):
                each.copy_(value)
        return net


def in_dtype(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Return floats in this dtype, others as they are."""
    return values.to(dtype) if values.is_floating_point() else values


def _trainable(net: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, each) for name, each in net.named_parameters() if each.requires_grad)


def _flat(net: nn.Module) -> Tensor:
    with lasting():
        parts = [each.detach().double().flatten() for _, each in _trainable(net)]
        return torch.cat(parts) if parts else torch.empty(0, dtype=torch.float64)
