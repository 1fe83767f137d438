# mypy: disable-error-code="no-any-return"
"""Test functions of two variables: what optimizers do on valleys, ripples, saddles and plains.

Starts are ours where no source is named.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.knobs import real
from trainers.problems.base import Problem

TAU = 2 * math.pi


@dataclass(frozen=True)
class Surface(Problem):
    """A function of x and y. Seed 0 starts at `begin`, other seeds anywhere in the window."""

    names: ClassVar[tuple[str, ...]] = ("x", "y")
    begin: ClassVar[tuple[float, float]]
    lowest: ClassVar[float | None] = 0.0
    at: ClassVar[tuple[tuple[float, float], ...]] = ((0.0, 0.0),)

    @property
    def minimum(self) -> float | None:
        return self.lowest

    @property
    def minima(self) -> tuple[tuple[float, ...], ...]:
        return self.at

    def start(self, seed: int = 0) -> Tensor:
        if seed == 0:
            return torch.tensor(self.begin, dtype=torch.float64)
        assert self.window is not None
        low, high = torch.tensor(self.window, dtype=torch.float64).T
        generator = torch.Generator().manual_seed(seed)
        return low + (high - low) * torch.rand(2, generator=generator, dtype=torch.float64)


@dataclass(frozen=True)
class Quadratic(Surface):
    """A bowl `(u^2 + condition v^2) / 2`, where u and v are x and y turned by an angle.

    All is known of it: the curvatures are 1 and `condition`, and SGD diverges above `2 / condition`.

    Source: S. Boyd and L. Vandenberghe 2004, "Convex Optimization", section 9.3.
    """

    summary: ClassVar[str] = "A bowl, as narrow and as tilted as you like."
    begin: ClassVar[tuple[float, float]] = (-4.0, 2.0)
    window: ClassVar = ((-5.0, 5.0), (-5.0, 5.0))

    condition: float = real(
        100, 1, 1e6, scale="log", help="How much more it curves across the valley than along it."
    )
    angle: float = real(30, 0, 90, help="By how many degrees the valley is turned.")

    def turned(self, params: Tensor) -> tuple[Tensor, Tensor, float, float]:
        """Along the valley, across it, and cosine and sine of the angle."""
        x, y = params
        c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        return c * x + s * y, c * y - s * x, c, s

    def loss(self, params: Tensor) -> Tensor:
        u, v, _, _ = self.turned(params)
        return (u**2 + self.condition * v**2) / 2

    def gradient(self, params: Tensor) -> Tensor:
        u, v, c, s = self.turned(params)
        across = self.condition * v
        return torch.stack([c * u - s * across, s * u + c * across])

    @property
    def hessian(self) -> Tensor:
        return self.gradient(torch.eye(2, dtype=torch.float64))


@dataclass(frozen=True)
class Saddle(Surface):
    """`x^2 / 2 - y^2 / 2 + y^4 / 4`: flat at the saddle (0, 0), lowest at (0, 1) and (0, -1).

    Source: Y. Dauphin et al. 2014, arXiv 1406.2572, on why saddles matter.
    """

    summary: ClassVar[str] = "A saddle between two pits: some leave it soon, some late."
    begin: ClassVar[tuple[float, float]] = (-1.5, 1e-3)
    lowest: ClassVar[float] = -0.25
    at: ClassVar = ((0.0, 1.0), (0.0, -1.0))
    window: ClassVar = ((-2.0, 2.0), (-2.0, 2.0))

    def loss(self, params: Tensor) -> Tensor:
        x, y = params
        return x**2 / 2 - y**2 / 2 + y**4 / 4

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        return torch.stack([x, y**3 - y])


@dataclass(frozen=True)
class Rosenbrock(Surface):
    """`(1 - x)^2 + 100 (y - x^2)^2`.

    Source: J. Moré, B. Garbow and K. Hillstrom 1981, "Testing unconstrained optimization software".
    """

    summary: ClassVar[str] = "A bent valley: soon found, slowly followed."
    begin: ClassVar[tuple[float, float]] = (-1.2, 1.0)
    at: ClassVar = ((1.0, 1.0),)
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

    summary: ClassVar[str] = "A flat plain between steep walls."
    begin: ClassVar[tuple[float, float]] = (1.0, 1.0)
    at: ClassVar = ((3.0, 0.5),)
    window: ClassVar = ((-4.5, 4.5), (-4.5, 4.5))

    def errors(self, params: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, y = params
        return 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3

    def loss(self, params: Tensor) -> Tensor:
        a, b, c = self.errors(params)
        return a**2 + b**2 + c**2

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        a, b, c = self.errors(params)
        by_x = a * (y - 1) + b * (y**2 - 1) + c * (y**3 - 1)
        by_y = x * (a + 2 * b * y + 3 * c * y**2)
        return 2 * torch.stack([by_x, by_y])


@dataclass(frozen=True)
class Booth(Surface):
    """`(x + 2 y - 7)^2 + (2 x + y - 5)^2`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "A bowl nine times as steep across as along."
    begin: ClassVar[tuple[float, float]] = (-8.0, 6.0)
    at: ClassVar = ((1.0, 3.0),)
    window: ClassVar = ((-10.0, 10.0), (-10.0, 10.0))

    def errors(self, params: Tensor) -> tuple[Tensor, Tensor]:
        x, y = params
        return x + 2 * y - 7, 2 * x + y - 5

    def loss(self, params: Tensor) -> Tensor:
        a, b = self.errors(params)
        return a**2 + b**2

    def gradient(self, params: Tensor) -> Tensor:
        a, b = self.errors(params)
        return torch.stack([2 * a + 4 * b, 4 * a + 2 * b])

    @property
    def hessian(self) -> Tensor:
        return torch.tensor([[10.0, 8.0], [8.0, 10.0]], dtype=torch.float64)


@dataclass(frozen=True)
class Matyas(Surface):
    """`0.26 (x^2 + y^2) - 0.48 x y`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "A flat bowl, 25 times as steep across as along."
    begin: ClassVar[tuple[float, float]] = (-8.0, 4.0)
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


@dataclass(frozen=True)
class Himmelblau(Surface):
    """`(x^2 + y - 11)^2 + (x + y^2 - 7)^2`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "Four pits, equally deep: the start and the step decide which one is found."
    begin: ClassVar[tuple[float, float]] = (0.0, 0.0)
    at: ClassVar = (
        (3.0, 2.0),
        (-2.8051180869527449, 3.1313125182505730),
        (-3.7793102533777469, -3.2831859912861694),
        (3.5844283403304917, -1.8481265269644036),
    )
    window: ClassVar = ((-5.0, 5.0), (-5.0, 5.0))

    def errors(self, params: Tensor) -> tuple[Tensor, Tensor]:
        x, y = params
        return x**2 + y - 11, x + y**2 - 7

    def loss(self, params: Tensor) -> Tensor:
        a, b = self.errors(params)
        return a**2 + b**2

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        a, b = self.errors(params)
        return torch.stack([4 * x * a + 2 * b, 2 * a + 4 * y * b])


@dataclass(frozen=True)
class Rastrigin(Surface):
    """`20 + x^2 - 10 cos(2 pi x) + y^2 - 10 cos(2 pi y)`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "A bowl full of dents: each near whole numbers holds a run."
    begin: ClassVar[tuple[float, float]] = (2.4, -1.7)
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

    summary: ClassVar[str] = "A dented funnel with a sharp tip."
    begin: ClassVar[tuple[float, float]] = (3.4, -2.6)
    window: ClassVar = ((-5.0, 5.0), (-5.0, 5.0))

    def terms(self, params: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The radius r, the funnel and the dents."""
        radius = torch.linalg.vector_norm(params, dim=0) / 2**0.5
        dents = torch.exp(torch.cos(TAU * params).sum(0) / 2)
        return radius, 20 * torch.exp(-radius / 5), dents

    def loss(self, params: Tensor) -> Tensor:
        _, funnel, dents = self.terms(params)
        return (20 - funnel) + (math.e - dents)

    def gradient(self, params: Tensor) -> Tensor:
        radius, funnel, dents = self.terms(params)
        outwards = torch.where(radius > 0, params / (2 * radius), 0.0)
        return funnel / 5 * outwards + dents * math.pi * torch.sin(TAU * params)


@dataclass(frozen=True)
class StyblinskiTang(Surface):
    """`sum(x^4 - 16 x^2 + 5 x) / 2` over both coordinates.

    Source: S. Surjanovic and D. Bingham, "Virtual Library of Simulation Experiments".
    """

    summary: ClassVar[str] = "Four pits, one of them the deepest."
    begin: ClassVar[tuple[float, float]] = (0.5, -0.5)
    lowest: ClassVar[float] = -78.332331407542831
    at: ClassVar = ((-2.9035340277711771, -2.9035340277711771),)
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

    summary: ClassVar[str] = "Three pits in a row, the middle one deepest."
    begin: ClassVar[tuple[float, float]] = (2.2, 1.5)
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

    summary: ClassVar[str] = "Six pits, two of them the deepest."
    begin: ClassVar[tuple[float, float]] = (-2.0, 1.2)
    lowest: ClassVar[float] = -1.0316284534898774
    at: ClassVar = (
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


@dataclass(frozen=True)
class GoldsteinPrice(Surface):
    """`(1 + s^2 p) (30 + d^2 q)` with `s = x + y + 1` and `d = 2 x - 3 y`.

    p = 19 - 14 x + 3 x^2 - 14 y + 6 x y + 3 y^2, q = 18 - 32 x + 12 x^2 + 48 y - 36 x y + 27 y^2

    Source: S. Surjanovic and D. Bingham, "Virtual Library of Simulation Experiments".
    """

    summary: ClassVar[str] = "From 3 to a million within four steps: steps must suit the steepest place."
    begin: ClassVar[tuple[float, float]] = (1.0, 0.5)
    lowest: ClassVar[float] = 3.0
    at: ClassVar = ((0.0, -1.0),)
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

    The pit that is usually called its minimum is the lowest of the window only: along `x = y` it falls
    without end. So it has no smallest loss.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "A staircase that goes down for ever; marked is the usual step."
    begin: ClassVar[tuple[float, float]] = (3.0, 0.0)
    lowest: ClassVar[None] = None
    at: ClassVar = ((0.5 - math.pi / 3, -0.5 - math.pi / 3),)
    window: ClassVar = ((-1.5, 4.0), (-3.0, 4.0))

    def loss(self, params: Tensor) -> Tensor:
        x, y = params
        return torch.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        wave, slope = torch.cos(x + y), 2 * (x - y)
        return torch.stack([wave + slope - 1.5, wave - slope + 2.5])


@dataclass(frozen=True)
class Easom(Surface):
    """`-cos(x) cos(y) exp(-(x - pi)^2 - (y - pi)^2)`.

    Source: M. Jamil and X.-S. Yang 2013, arXiv 1308.4008.
    """

    summary: ClassVar[str] = "One hole in a vast plain: far from it there is no slope."
    begin: ClassVar[tuple[float, float]] = (2.0, 4.0)
    lowest: ClassVar[float] = -1.0
    at: ClassVar = ((math.pi, math.pi),)
    window: ClassVar = ((0.0, 6.0), (0.0, 6.0))

    def loss(self, params: Tensor) -> Tensor:
        return -torch.cos(params).prod(0) * torch.exp(-((params - math.pi) ** 2).sum(0))

    def gradient(self, params: Tensor) -> Tensor:
        x, y = params
        hole = torch.exp(-((params - math.pi) ** 2).sum(0))
        by_x = torch.sin(x) + 2 * (x - math.pi) * torch.cos(x)
        by_y = torch.sin(y) + 2 * (y - math.pi) * torch.cos(y)
        return hole * torch.stack([by_x * torch.cos(y), by_y * torch.cos(x)])
