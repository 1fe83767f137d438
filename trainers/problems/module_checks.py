"""Checks of a module of the user's own: what can't be trained is refused by name."""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import vmap

from trainers.settings import SettingError
from trainers.words import error_text, safe_text

Loss = Callable[[Any, Tensor], Tensor]
"""A function of outputs and targets that returns one number, their mean over the samples."""
MAX_TRIED = 8
"""Number of samples on which a module is tried out."""
NAME = re.compile(r"[A-Za-z0-9_.]{1,40}")
WITH_DROPOUT = (nn.modules.dropout._DropoutNd, nn.MultiheadAttention, nn.RNNBase, nn.RReLU)
WITH_STATISTICS = (nn.modules.batchnorm._NormBase,)


def check_arguments(net: Any, loss: Any, inputs: Any, targets: Any, name: Any) -> None:
    """Raise `SettingError` unless these are a module, a loss, and as many inputs as targets."""
    if not isinstance(net, nn.Module):
        raise SettingError("net", f"must be a torch.nn.Module, got {safe_text(net)}")
    if not callable(loss):
        raise SettingError("loss", f"must be a function of outputs and targets, got {safe_text(loss)}")
    if isinstance(loss, nn.Module) and any(each.requires_grad for each in loss.parameters()):
        raise SettingError("loss", "must have no parameters of its own: make them part of the net")
    for key, value in {"inputs": inputs, "targets": targets}.items():
        if not isinstance(value, Tensor) or value.ndim == 0 or len(value) == 0:
            raise SettingError(key, f"must be a tensor with a sample per row, got {safe_text(value)}")
    if len(inputs) != len(targets):
        raise SettingError("targets", f"must be as many as the inputs, {len(inputs)}, got {len(targets)}")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise SettingError("name", f"must be 1 to 40 letters, digits, _ or ., got {safe_text(name)}")
    trainable = [each for each in net.parameters() if each.requires_grad]
    if not trainable:
        raise SettingError("net", "must have a parameter that requires a gradient, it has none")
    for place, each in (*net.named_parameters(), *net.named_buffers()):
        if isinstance(each, nn.UninitializedParameter | nn.UninitializedBuffer):
            raise SettingError("net", f"has {place!r} without a shape: call the net once before")
        if each.device.type != "cpu":
            raise SettingError("net", f"must be on the CPU, {place!r} is on {each.device}")
    if not all(each.is_floating_point() for each in trainable):
        raise SettingError("net", "must have real parameters, some are of another type")


def check_layers(net: nn.Module) -> None:
    """Raise `SettingError` for a layer that draws at random, or keeps statistics, while it is trained."""
    for place, layer in net.named_modules():
        named = f"has {type(layer).__name__} {place!r}" if place else f"is {type(layer).__name__}"
        random = getattr(layer, "p", getattr(layer, "dropout", 0.0)) if layer.training else 0.0
        if isinstance(layer, WITH_DROPOUT) and (isinstance(layer, nn.RReLU) or random) and layer.training:
            raise SettingError(
                "net", f"{named}, which draws at random: set it to 0, take it out, or call its eval()"
            )
        if isinstance(layer, WITH_STATISTICS) and layer.training and layer.track_running_stats:
            reason = "which keeps statistics, that each run would need of its own"
            raise SettingError("net", f"{named}, {reason}: use track_running_stats=False, or LayerNorm")


def check_mean(loss: Callable[[Tensor, Any], Tensor], params: Tensor, samples: Any) -> None:
    """Raise `SettingError` unless the loss of some samples is one number, the same twice, and a mean."""
    try:
        first, second = loss(params.clone().requires_grad_(), samples), loss(params, samples)
        twice = loss(params, samples[torch.arange(len(samples)).repeat(2)])
    except SettingError:
        raise
    except Exception as error:
        raise SettingError(
            "net", f"can't be evaluated: {type(error).__name__}: {error_text(error)}"
        ) from error
    if not isinstance(first, Tensor) or first.shape != ():
        shape = f"shape {tuple(first.shape)}" if isinstance(first, Tensor) else safe_text(first)
        raise SettingError("loss", f"must return one number, the mean over the samples, got {shape}")
    if not first.requires_grad:
        raise SettingError("loss", "must have a gradient by the parameters, it has none")
    if not torch.equal(first.nan_to_num(), second.nan_to_num()):
        raise SettingError("net", "must give the same loss each time: it draws at random, or changes itself")
    if not torch.allclose(first, twice, rtol=1e-3, atol=1e-6, equal_nan=True):
        raise SettingError("loss", "must be a mean over the samples: it changes when all are there twice")


def check_buffers(
    loss: Callable[[Tensor, Any], Tensor], params: Tensor, samples: Any, buffers: Mapping[str, Tensor]
) -> None:
    """Raise `SettingError` if the loss at other parameters changes a buffer."""
    before = {name: value.clone() for name, value in buffers.items()}
    noise = torch.randn(params.shape, generator=torch.Generator().manual_seed(0))
    loss(params + 0.1 * noise, samples)
    for name, value in before.items():
        if not torch.equal(buffers[name].nan_to_num(), value.nan_to_num()):
            raise SettingError("net", f"changes its buffer {name!r}, that each run would need of its own")


def is_vectorized(loss: Callable[[Tensor, Any], Tensor], params: Tensor, samples: Any) -> bool:
    """Whether `vmap` computes the losses and gradients of several parameters together, correctly."""
    several = torch.stack([params, params * 0.9])
    try:
        found = _with_gradient(vmap(loss, (0, None)), several, samples)
    except Exception:
        return False
    alone = [_with_gradient(loss, each, samples) for each in several]
    return all(
        torch.allclose(together, torch.stack(each), rtol=1e-3, atol=1e-5, equal_nan=True)
        for together, each in zip(found, zip(*alone, strict=True), strict=True)
    )


def _with_gradient(loss: Callable[[Tensor, Any], Tensor], params: Tensor, samples: Any) -> list[Tensor]:
    with torch.enable_grad():
        leaf = params.clone().requires_grad_()
        value = loss(leaf, samples)
        (gradient,) = torch.autograd.grad(value, leaf, torch.ones_like(value))
    return [value.detach(), gradient]


def elements(net: nn.Module, inputs: Tensor) -> int:
    """Return the number of inputs, and of outputs of all layers without parts, for each of some samples.

    What the module computes by functions alone is not seen.
    """
    count, net = inputs.numel(), deepcopy(net)

    def add(layer: nn.Module, given: Any, outputs: Any) -> None:
        nonlocal count
        count += outputs.numel() if isinstance(outputs, Tensor) else 0

    for layer in net.modules():
        if next(layer.children(), None) is None:
            layer.register_forward_hook(add)
    with torch.no_grad():
        net.float()(inputs.float() if inputs.is_floating_point() else inputs)
    return count // len(inputs)
