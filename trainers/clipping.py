"""Gradient clipping."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from trainers.settings import Settings, real

EPS = 1e-6
"""Added to the norm, as in torch."""


@dataclass(frozen=True, kw_only=True)
class Clipping(Settings):
    """A limit of the gradient before each update."""

    def clip(self, gradient: Tensor) -> Tensor:
        """Return the clipped gradient, `(n,)`, or `(n, runs)` with one run per column."""
        raise NotImplementedError

    def torch(self, params: Tensor) -> None:
        """Clip the gradient of `params`, `(n,)`, in place, as torch does."""
        raise NotImplementedError

    def lines(self, columns: bool = False) -> tuple[str, ...]:
        """Return the clipping of `grad`, or of each of its columns, as lines of a program."""
        raise NotImplementedError

    @property
    def torch_line(self) -> str:
        """The call that clips `params.grad` in torch."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ClipNorm(Clipping):
    """The gradient is shortened to `max_norm` where it is longer: `torch.nn.utils.clip_grad_norm_`.

        g = g min(1, max_norm / (|g| + 1e-6))

    Source: R. Pascanu, T. Mikolov and Y. Bengio 2013, arXiv 1211.5063, algorithm 1.
    """

    summary: ClassVar[str] = "Gradients longer than a limit are shortened to it."

    max_norm: float = real(1, 1e-6, 1e6, scale="log", help="Largest norm of the gradient.")

    def clip(self, gradient: Tensor) -> Tensor:
        norm: Tensor = torch.linalg.vector_norm(gradient, dim=0)
        return gradient * (self.max_norm / (norm + EPS)).clamp(max=1)

    def torch(self, params: Tensor) -> None:
        nn.utils.clip_grad_norm_([params], self.max_norm)

    def lines(self, columns: bool = False) -> tuple[str, ...]:
        norm = f"grad.norm({'dim=0' * columns})"
        return (
            f"shrink = {self.max_norm:.17g} / ({norm} + 1e-6)",
            "grad = grad * shrink.clamp(max=1)",
        )

    @property
    def torch_line(self) -> str:
        return f"torch.nn.utils.clip_grad_norm_([params], {self.max_norm:.17g})"


@dataclass(frozen=True, kw_only=True)
class ClipValue(Clipping):
    """Each derivative is limited to ±`clip_value`: `torch.nn.utils.clip_grad_value_`."""

    summary: ClassVar[str] = "Derivatives beyond a limit are set to it."

    clip_value: float = real(1, 1e-6, 1e6, scale="log", help="Largest size of each derivative.")

    def clip(self, gradient: Tensor) -> Tensor:
        return gradient.clamp(-self.clip_value, self.clip_value)

    def torch(self, params: Tensor) -> None:
        nn.utils.clip_grad_value_([params], self.clip_value)

    def lines(self, columns: bool = False) -> tuple[str, ...]:
        limit = f"{self.clip_value:.17g}"
        return (f"grad = grad.clamp(-{limit}, {limit})",)

    @property
    def torch_line(self) -> str:
        return f"torch.nn.utils.clip_grad_value_([params], {self.clip_value:.17g})"


CLIPPINGS: dict[str, type[Clipping]] = {kind.__name__: kind for kind in (ClipNorm, ClipValue)}
