# mypy: disable-error-code="no-any-return"
"""Functions with a few minima and saddle points: the initial point decides where a run ends."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.problems.surfaces.base import Surface


@dataclass(frozen=True)
class Saddle(Surface):
    """`x^2 / 2 - y^2 / 2 + y^4 / 4`: flat at the saddle (0, 0), lowest at (0, 1) and (0, -1).

    Source: Y. Dauphin et al. 2014, arXiv 1406.2572, on why saddles matter.
    """

    summary: ClassVar[str] = "A saddle point between two global minima: some runs leave it soon, some late."
    start_point: ClassVar[tuple[float, float]] = (-1.5, 1e-3)
    min_value: ClassVar[float] = -0.25
    argmin: ClassVar = ((0.0, 1.0), (0.0, -1.0))
    window: ClassVar = ((-2.0, 2.0), (-2.0, 2.0))

    def loss(self, params: Tensor) -> Tensor:
        x, y = params
        return x**2 / 2 - y**2 / 2 + y**4 / 4

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        return torch.stack([x, y**3 - y])


@dataclass(frozen=True)
class Himmelblau(Surface):
    """`(x^2 + y - 11)^2 + (x + y^2 - 7)^2`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "Four equal global minima: the initial point and the step size decide."
    start_point: ClassVar[tuple[float, float]] = (0.0, 0.0)
    argmin: ClassVar = (
        (3.0, 2.0),
        (-2.8051180869527449, 3.1313125182505730),
        (-3.7793102533777469, -3.2831859912861694),
        (3.5844283403304917, -1.8481265269644036),
    )
    window: ClassVar = ((-5.0, 5.0), (-5.0, 5.0))

    def residuals(self, params: Tensor) -> tuple[Tensor, Tensor]:
        x, y = params
        return x**2 + y - 11, x + y**2 - 7

    def loss(self, params: Tensor) -> Tensor:
        a, b = self.residuals(params)
        return a**2 + b**2

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        a, b = self.residuals(params)
        return torch.stack([4 * x * a + 2 * b, 2 * a + 4 * y * b])


@dataclass(frozen=True)
class StyblinskiTang(Surface):
    """`sum(x^4 - 16 x^2 + 5 x) / 2` over both coordinates.

    Source: S. Surjanovic and D. Bingham, "Virtual Library of Simulation Experiments".
    """

    summary: ClassVar[str] = "Four local minima, one of them global."
    start_point: ClassVar[tuple[float, float]] = (0.5, -0.5)
    min_value: ClassVar[float] = -78.332331407542831
    argmin: ClassVar = ((-2.9035340277711771, -2.9035340277711771),)
    window: ClassVar = ((-5.0, 5.0), (-5.0, 5.0))

    def loss(self, params: Tensor) -> Tensor:
        return (params**4 - 16 * params**2 + 5 * params).sum(0) / 2

    def gradient(self, params: Tensor) -> Tensor:
        return 2 * params**3 - 16 * params + 2.5


@dataclass(frozen=True)
class ThreeHumpCamel(Surface):
    """`2 x^2 - 1.05 x^4 + x^6 / 6 + x y + y^2`.

    Source: S. Surjanovic and D. Bingham, "Virtual Library of Simulation Experiments".
    """

    summary: ClassVar[str] = "Three local minima in a row, the middle one global."
    start_point: ClassVar[tuple[float, float]] = (2.2, 1.5)
    window: ClassVar = ((-5.0, 5.0), (-5.0, 5.0))

    def loss(self, params: Tensor) -> Tensor:
        x, y = params
        return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        return torch.stack([4 * x - 4.2 * x**3 + x**5 + y, x + 2 * y])


@dataclass(frozen=True)
class SixHumpCamel(Surface):
    """`(4 - 2.1 x^2 + x^4 / 3) x^2 + x y + (4 y^2 - 4) y^2`.

    Source: S. Surjanovic and D. Bingham, "Virtual Library of Simulation Experiments".
    """

    summary: ClassVar[str] = "Six local minima, two of them global."
    start_point: ClassVar[tuple[float, float]] = (-2.0, 1.2)
    min_value: ClassVar[float] = -1.0316284534898774
    argmin: ClassVar = (
        (0.0898420131003180624, -0.7126564030207396334),
        (-0.0898420131003180624, 0.7126564030207396334),
    )
    window: ClassVar = ((-3.0, 3.0), (-2.0, 2.0))

    def loss(self, params: Tensor) -> Tensor:
        x, y = params
        return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        return torch.stack([8 * x - 8.4 * x**3 + 2 * x**5 + y, x - 8 * y + 16 * y**3])
