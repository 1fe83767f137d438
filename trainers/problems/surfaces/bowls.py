# mypy: disable-error-code="no-any-return"
"""Bowls: convex quadratic functions, with one minimum and a constant Hessian."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.problems.surfaces.base import Surface
from trainers.settings import real


@dataclass(frozen=True)
class Quadratic(Surface):
    """`(u^2 + condition v^2) / 2`, where u and v are x and y rotated by an angle.

    The Hessian's eigenvalues are 1 and `condition`; plain SGD is stable below lr `2 / condition`.

    Source: S. Boyd and L. Vandenberghe 2004, "Convex Optimization", section 9.3.
    """

    summary: ClassVar[str] = "A convex bowl of any condition number, rotated by any angle."
    start_point: ClassVar[tuple[float, float]] = (-4.0, 2.0)
    window: ClassVar = ((-5.0, 5.0), (-5.0, 5.0))

    condition: float = real(
        100,
        1,
        1e7,
        scale="log",
        help="Ratio of the Hessian's largest to smallest eigenvalue.",
        label="Condition number",
    )
    angle: float = real(30, 0, 90, help="Rotation of the axes, in degrees.")

    def rotate(self, params: Tensor) -> tuple[Tensor, Tensor, float, float]:
        """Return u, v, and the cosine and sine of the angle."""
        x, y = params
        c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        return c * x + s * y, c * y - s * x, c, s

    def loss(self, params: Tensor) -> Tensor:
        u, v, _, _ = self.rotate(params)
        return (u**2 + self.condition * v**2) / 2

    def gradient(self, params: Tensor) -> Tensor:
        u, v, c, s = self.rotate(params)
        across = self.condition * v
        return torch.stack([c * u - s * across, s * u + c * across])

    @property
    def hessian(self) -> Tensor:
        return self.gradient(torch.eye(2, dtype=torch.float64))


@dataclass(frozen=True)
class Booth(Surface):
    """`(x + 2 y - 7)^2 + (2 x + y - 5)^2`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "A convex bowl with condition number 9."
    start_point: ClassVar[tuple[float, float]] = (-8.0, 6.0)
    argmin: ClassVar = ((1.0, 3.0),)
    window: ClassVar = ((-10.0, 10.0), (-10.0, 10.0))

    def residuals(self, params: Tensor) -> tuple[Tensor, Tensor]:
        x, y = params
        return x + 2 * y - 7, 2 * x + y - 5

    def loss(self, params: Tensor) -> Tensor:
        a, b = self.residuals(params)
        return a**2 + b**2

    def gradient(self, params: Tensor) -> Tensor:
        a, b = self.residuals(params)
        return torch.stack([2 * a + 4 * b, 4 * a + 2 * b])

    @property
    def hessian(self) -> Tensor:
        return torch.tensor([[10.0, 8.0], [8.0, 10.0]], dtype=torch.float64)


@dataclass(frozen=True)
class Matyas(Surface):
    """`0.26 (x^2 + y^2) - 0.48 x y`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "A flat convex bowl with condition number 25."
    start_point: ClassVar[tuple[float, float]] = (-8.0, 4.0)
    window: ClassVar = ((-10.0, 10.0), (-10.0, 10.0))

    def loss(self, params: Tensor) -> Tensor:
        x, y = params
        return 0.26 * (x**2 + y**2) - 0.48 * x * y

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        return torch.stack([0.52 * x - 0.48 * y, 0.52 * y - 0.48 * x])

    @property
    def hessian(self) -> Tensor:
        return torch.tensor([[0.52, -0.48], [-0.48, 0.52]], dtype=torch.float64)
