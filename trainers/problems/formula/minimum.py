"""The smallest value that is found in the window of a problem of two parameters."""

from typing import NamedTuple

import torch
from torch import Tensor

from trainers.modes import cacheable
from trainers.problems.base import Problem

GRID, STARTS, STEPS = 101, 64, 30
"""Points along each axis at which the loss is computed; how many of the lowest go on; their Newton steps."""
DIFFERENCE = 1e-5
"""Step of the finite differences of gradients, which make the Hessian."""


class Smallest(NamedTuple):
    """The smallest value found, and where. It need not be the minimum."""

    loss: float
    params: tuple[float, float]


@cacheable
def smallest_found(problem: Problem) -> Smallest:
    """Return the smallest finite value found; infinite if there is none.

    The lowest points of a grid take damped Newton steps, all at once, as far as the edges of the window. The
    damping, added to the Hessian's diagonal, is smaller after a step that lowers the loss; else the step is
    not taken, and the damping is larger.

    Source: D. Marquardt 1963, "An algorithm for least-squares estimation of nonlinear parameters", for the
    damping.
    """
    assert problem.window is not None
    low, high = torch.tensor(problem.window, dtype=torch.float64).T[:, :, None]
    across, up = low + (high - low) * torch.arange(GRID) / (GRID - 1)
    grid = torch.cartesian_prod(across, up).T
    loss = _finite(problem.loss(grid))
    lowest = loss.argsort(stable=True)[:STARTS]
    params, loss, damping = grid[:, lowest], loss[lowest], torch.ones(STARTS, dtype=torch.float64)
    for _ in range(STEPS):
        new = (params - _newton_step(problem, params, damping)).clamp(low, high)
        new_loss = _finite(problem.loss(new))
        lower = new_loss < loss
        params, loss = torch.where(lower, new, params), torch.where(lower, new_loss, loss)
        damping = damping * torch.where(lower, 0.1, 4.0)
    best = int(loss.argmin())
    x, y = params[:, best].tolist()
    return Smallest(float(loss[best]), (x, y))


def _newton_step(problem: Problem, params: Tensor, damping: Tensor) -> Tensor:
    """Return the step `(2, starts)` of each start; not finite where its matrix is singular."""
    ahead = DIFFERENCE * torch.eye(2, dtype=torch.float64)[:, :, None]
    points = torch.cat([params, *(params + each for each in ahead)], dim=1)
    at, by_x, by_y = problem.loss_and_gradient(points)[1].chunk(3, dim=1)
    (xx, xy), (yx, yy) = (by_x - at) / DIFFERENCE, (by_y - at) / DIFFERENCE
    xx, yy, xy = xx + damping, yy + damping, (xy + yx) / 2
    step: Tensor = torch.stack([yy * at[0] - xy * at[1], xx * at[1] - xy * at[0]]) / (xx * yy - xy**2)
    return step


def _finite(loss: Tensor) -> Tensor:
    """Return losses, infinite where they are not finite."""
    return loss.where(loss.isfinite(), torch.inf)
