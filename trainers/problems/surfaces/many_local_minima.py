# mypy: disable-error-code="no-any-return"
"""Functions with many local minima, or a plateau: the gradient misleads or vanishes."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.problems.surfaces.base import Surface

TAU = 2 * math.pi


@dataclass(frozen=True)
class Rastrigin(Surface):
    """`20 + x^2 - 10 cos(2 pi x) + y^2 - 10 cos(2 pi y)`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "Many regular local minima, in which runs get stuck."
    start_point: ClassVar[tuple[float, float]] = (2.4, -1.7)
    window: ClassVar = ((-5.12, 5.12), (-5.12, 5.12))

    def loss(self, params: Tensor) -> Tensor:
        return 20 + (params**2 - 10 * torch.cos(TAU * params)).sum(0)

    def gradient(self, params: Tensor) -> Tensor:
        return 2 * params + 10 * TAU * torch.sin(TAU * params)


@dataclass(frozen=True)
class Ackley(Surface):
    """`20 - 20 exp(-r / 5) + e - exp((cos(2 pi x) + cos(2 pi y)) / 2)` with `r^2 = (x^2 + y^2) / 2`.

    It has no derivative at its minimum; there the gradient is taken as 0.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "A funnel with many local minima and a sharp global minimum."
    start_point: ClassVar[tuple[float, float]] = (3.4, -2.6)
    window: ClassVar = ((-5.0, 5.0), (-5.0, 5.0))

    def terms(self, params: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the radius r, the funnel and the ripples."""
        radius = torch.linalg.vector_norm(params, dim=0) / 2**0.5
        ripples = torch.exp(torch.cos(TAU * params).sum(0) / 2)
        return radius, 20 * torch.exp(-radius / 5), ripples

    def loss(self, params: Tensor) -> Tensor:
        _, funnel, ripples = self.terms(params)
        return (20 - funnel) + (math.e - ripples)

    def gradient(self, params: Tensor) -> Tensor:
        radius, funnel, ripples = self.terms(params)
        slope = params / (2 * radius)
        outwards = torch.where(radius > 0, slope, 0.0)
        return funnel / 5 * outwards + ripples * math.pi * torch.sin(TAU * params)


@dataclass(frozen=True)
class Easom(Surface):
    """`-cos(x) cos(y) exp(-(x - pi)^2 - (y - pi)^2)`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "One narrow minimum in a plateau: the gradient vanishes elsewhere."
    start_point: ClassVar[tuple[float, float]] = (2.0, 4.0)
    min_value: ClassVar[float] = -1.0
    argmin: ClassVar = ((math.pi, math.pi),)
    window: ClassVar = ((0.0, 6.0), (0.0, 6.0))

    def loss(self, params: Tensor) -> Tensor:
        return -torch.cos(params).prod(0) * torch.exp(-((params - math.pi) ** 2).sum(0))

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        bump = torch.exp(-((params - math.pi) ** 2).sum(0))
        by_x = torch.sin(x) + 2 * (x - math.pi) * torch.cos(x)
        by_y = torch.sin(y) + 2 * (y - math.pi) * torch.cos(y)
        slopes = torch.stack([by_x * torch.cos(y), by_y * torch.cos(x)])
        return bump * slopes
