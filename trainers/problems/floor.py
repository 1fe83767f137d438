"""Floor of a loss: the gap up to which rounding decides."""

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from trainers.modes import cacheable

if TYPE_CHECKING:
    from trainers.problems.base import Problem

SUM = 8
"""Rounding steps by which a loss may be off."""
MAX_SIGNS = 4
"""Max. parameters of which every combination of rounding steps is tried."""
TRIED, DISTANCES = 64, 24
"""Points tried around a minimizer, and their distances: each twice the one before."""


def rounding(problem: "Problem", dtype: torch.dtype) -> float:
    """Return the gap up to which a gap is rounding error, in this dtype; 0 if the minimum is unknown.

    The largest of: `SUM` rounding steps of the minimum; how far the loss rises within one rounding step of a
    minimizer; and, where terms of the loss cancel there, the largest gap that their rounding hides.
    """
    if problem.minimum is None:
        return 0.0
    eps = torch.finfo(dtype).eps
    of_minimum = SUM * eps * abs(problem.minimum)
    if problem.num_samples and problem.hessian is not None:
        return max(of_minimum, _rise_of_quadratic(problem, problem.hessian, eps))
    return max(of_minimum, _rise(problem, eps), _hidden(problem) * eps)


def _rise_of_quadratic(problem: "Problem", hessian: Tensor, eps: float) -> float:
    steps = (_step(torch.tensor(at, dtype=torch.float64), eps) for at in problem.minimizers)
    return max((0.5 * float(step @ hessian.abs() @ step) for step in steps), default=0.0)


@lru_cache(1000)
@cacheable
def _rise(problem: "Problem", eps: float) -> float:
    """Return how far the loss rises within one rounding step of a minimizer."""
    directions, highest = _directions(problem.num_params), 0.0
    for values in problem.minimizers:
        at = torch.tensor(values, dtype=torch.float64)[:, None]
        highest = max(highest, float(problem.gap(problem.loss(at + _step(at, eps) * directions)).max()))
    return highest


@lru_cache(1000)
@cacheable
def _hidden(problem: "Problem") -> float:
    """Return the largest gap that the rounding of cancelling terms hides, in units of a rounding step.

    A gap is hidden where the error of the loss is at least half of it. Measured in float32 against float64. 0
    where it is no more than within one rounding step of a minimizer: then no terms cancel, and it falls with
    the square of the rounding step.
    """
    eps, largest = torch.finfo(torch.float32).eps, 0.0
    generator = torch.Generator().manual_seed(0)
    for values in problem.minimizers:
        at = torch.tensor(values, dtype=torch.float64)[:, None]
        for distance in 2.0 ** torch.arange(DISTANCES):
            away = torch.randn(len(at), TRIED, generator=generator, dtype=torch.float64)
            params = (at + _step(at, eps) * distance * away).float()
            exact = problem.loss(params.double())
            error, gaps = (problem.loss(params).double() - exact).abs(), problem.gap(exact)
            largest = max(largest, float(gaps.where(2 * error >= gaps, 0.0).max()))
    return largest / eps if largest > _rise(problem, eps) else 0.0


def _step(at: Tensor, eps: float) -> Tensor:
    """Return the rounding step of parameters, not below that of 1: they get to 0 through larger ones."""
    return eps * at.abs().clamp(min=1.0)


def _directions(count: int) -> Tensor:
    """Return directions `(count, directions)`, a step forwards, backwards or none in each parameter."""
    if count <= MAX_SIGNS:
        return torch.tensor(list(product((-1.0, 0.0, 1.0), repeat=count)), dtype=torch.float64).T
    generator = torch.Generator().manual_seed(0)
    return torch.randint(-1, 2, (count, TRIED), generator=generator).double()
