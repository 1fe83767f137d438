# mypy: disable-error-code="no-any-return"
"""Valleys, plateaus and unbounded slopes, on which progress is slow or never ends."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.problems.surfaces.base import Surface


@dataclass(frozen=True)
class Rosenbrock(Surface):
    """`(1 - x)^2 + 100 (y - x^2)^2`.

    Source: J. Moré, B. Garbow and K. Hillstrom 1981, "Testing unconstrained optimization software".
    """

    summary: ClassVar[str] = "A narrow curved valley: quickly found, slowly followed."
    start_point: ClassVar[tuple[float, float]] = (-1.2, 1.0)
    argmin: ClassVar = ((1.0, 1.0),)
    window: ClassVar = ((-2.0, 2.0), (-1.0, 3.0))

    def loss(self, params: Tensor) -> Tensor:
        x, y = params
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        across = y - x**2
        return torch.stack([2 * (x - 1) - 400 * x * across, 200 * across])


@dataclass(frozen=True)
class Beale(Surface):
    """`(1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2`.

    Source: J. Moré, B. Garbow and K. Hillstrom 1981, "Testing unconstrained optimization software".
    """

    summary: ClassVar[str] = "A flat plateau between steep walls."
    start_point: ClassVar[tuple[float, float]] = (1.0, 1.0)
    argmin: ClassVar = ((3.0, 0.5),)
    window: ClassVar = ((-4.5, 4.5), (-4.5, 4.5))

    def residuals(self, params: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, y = params
        return 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3

    def loss(self, params: Tensor) -> Tensor:
        a, b, c = self.residuals(params)
        return a**2 + b**2 + c**2

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        a, b, c = self.residuals(params)
        by_x = a * (y - 1) + b * (y**2 - 1) + c * (y**3 - 1)
        by_y = x * (a + 2 * b * y + 3 * c * y**2)
        return 2 * torch.stack([by_x, by_y])


@dataclass(frozen=True)
class GoldsteinPrice(Surface):
    """`(1 + s^2 p) (30 + d^2 q)` with `s = x + y + 1` and `d = 2 x - 3 y`.

    p = 19 - 14 x + 3 x^2 - 14 y + 6 x y + 3 y^2, q = 18 - 32 x + 12 x^2 + 48 y - 36 x y + 27 y^2

    Source: S. Surjanovic and D. Bingham, "Virtual Library of Simulation Experiments".
    """

    summary: ClassVar[str] = "Losses from 3 to a million: the steepest region limits the learning rate."
    start_point: ClassVar[tuple[float, float]] = (1.0, 0.5)
    min_value: ClassVar[float] = 3.0
    argmin: ClassVar = ((0.0, -1.0),)
    window: ClassVar = ((-2.0, 2.0), (-2.0, 2.0))

    def terms(self, params: Tensor) -> tuple[Tensor, ...]:
        """s, d, p, q."""
        x, y = params
        s, d = x + y + 1, 2 * x - 3 * y
        p = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
        q = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
        return s, d, p, q

    def loss(self, params: Tensor) -> Tensor:
        s, d, p, q = self.terms(params)
        return (1 + s**2 * p) * (30 + d**2 * q)

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        s, d, p, q = self.terms(params)
        first, second = 1 + s**2 * p, 30 + d**2 * q
        first_by_both = 2 * s * p + s**2 * (6 * x + 6 * y - 14)
        second_by_x = 4 * d * q + d**2 * (24 * x - 36 * y - 32)
        second_by_y = -6 * d * q + d**2 * (54 * y - 36 * x + 48)
        return first_by_both * second + first * torch.stack([second_by_x, second_by_y])


@dataclass(frozen=True)
class McCormick(Surface):
    """`sin(x + y) + (x - y)^2 - 1.5 x + 2.5 y + 1`.

    The minimum usually quoted is the lowest in the window only: along `x = y` the function is unbounded
    below, so there is no minimum loss.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "Unbounded below; the local minimum usually quoted is marked."
    start_point: ClassVar[tuple[float, float]] = (3.0, 0.0)
    min_value: ClassVar[None] = None
    argmin: ClassVar = ((0.5 - math.pi / 3, -0.5 - math.pi / 3),)
    window: ClassVar = ((-1.5, 4.0), (-3.0, 4.0))

    def loss(self, params: Tensor) -> Tensor:
        x, y = params
        return torch.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        wave, slope = torch.cos(x + y), 2 * (x - y)
        return torch.stack([wave + slope - 1.5, wave - slope + 2.5])
