"""A test function that is typed as a formula of x and y."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from trainers.modes import cacheable
from trainers.problems.differentiated import Differentiated
from trainers.problems.formula.expression import CONSTANTS, OF_ONE, OF_SEVERAL, Expression
from trainers.problems.formula.minimum import Smallest, smallest_found
from trainers.problems.formula.reader import read
from trainers.problems.surfaces.base import Surface
from trainers.settings import SettingError, text
from trainers.words import join_words

TRIED = 256
"""At how many points of the window a formula is tried for one that a run can start at."""


def checked(formula: str) -> str:
    """Return a formula that can be read, without spaces around it. Raises `ValueError`."""
    formula = formula.strip()
    read(formula)
    return formula


@dataclass(frozen=True)
class Formula(Differentiated, Surface):
    """The function of x and y that a formula says.

    Seed 0 starts at the usual initial point of Rosenbrock's function or, if loss or gradient are not finite
    there, at the nearest point tried where they are. The minimum is not known: `found_minimum` is the
    smallest value found.

    Source: the formula; J. Moré, B. Garbow and K. Hillstrom 1981 for the initial point.
    """

    summary: ClassVar[str] = "Any function of x and y, typed as a formula."
    window: ClassVar = ((-5.0, 5.0), (-5.0, 5.0))
    usual_start: ClassVar[tuple[float, float]] = (-1.2, 1.0)
    min_value: ClassVar[None] = None
    argmin: ClassVar = ()

    formula: str = text(
        "(x**2 + y**2)/10 - cos(x)*cos(2*y)",
        checked,
        help="A function of x and y, made of numbers, parentheses, + - * / ** (or ^), "
        f"{join_words(tuple(CONSTANTS))}, and {join_words([*OF_ONE, *OF_SEVERAL])}.",
    )

    def check(self) -> None:
        super().check()
        if not tried_starts(self):
            what = f"must be finite, with its gradient, at one of {TRIED} points tried in its window"
            raise SettingError("formula", what)

    @cached_property
    def expression(self) -> Expression:
        """The formula as it was read."""
        return read(self.formula)

    @property
    def start_point(self) -> tuple[float, float]:  # type: ignore[override]
        return tried_starts(self)[0]

    @property
    def found_minimum(self) -> Smallest:
        """The smallest value found in the window. It need not be the minimum."""
        return cached_smallest(self)

    def loss(self, params: Tensor) -> Tensor:
        value = self.expression.value(*params)
        assert isinstance(value, Tensor)  # a formula has x or y
        return value


@lru_cache(maxsize=1024)
@cacheable
def tried_starts(problem: Formula) -> tuple[tuple[float, float], ...]:
    """Return the points tried that have a finite loss and gradient, from the usual one on. Cached."""
    low, high = torch.tensor(problem.window, dtype=torch.float64).T[:, :, None]
    generator = torch.Generator().manual_seed(0)
    points = low + (high - low) * torch.rand(2, TRIED, generator=generator, dtype=torch.float64)
    points[:, 0] = usual = torch.tensor(problem.usual_start, dtype=torch.float64)
    points = points[:, (points - usual[:, None]).norm(dim=0).argsort()]
    loss, gradient = problem.loss_and_gradient(points)
    finite = loss.isfinite() & gradient.isfinite().all(0)
    return tuple((x, y) for x, y in points[:, finite].T.tolist())


@lru_cache(maxsize=256)
@cacheable
def cached_smallest(problem: Formula) -> Smallest:
    return smallest_found(problem)
