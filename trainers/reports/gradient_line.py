"""The loss along the direction against the gradient, over the learning rate of one plain step."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from trainers.modes import one_thread
from trainers.problems import Problem
from trainers.reports.conditioning import conditioning
from trainers.run import Run
from trainers.steps import Step

POINTS = 161
REFINEMENTS, WITHIN = 4, 17
"""Number of searches for a learning rate, each within an interval of the one before, and their points."""
DECADES, PER_DECADE = (-20, 10), 10
"""Powers of ten between which learning rates are searched, and how many in each."""
NOISE = 1e-13
"""Relative rise of a loss that is rounding."""
MAX_ELEMENTS = 4_000_000
"""Most elements that the loss goes through at once."""
MARGIN = 1.35
"""Width of the chart, relative to the learning rate that leads as high as before."""
FAR = 6
"""A learning rate so many times as large as that one is not in the chart."""


@dataclass(frozen=True, eq=False)
class GradientLine:
    """The loss `L(params - lr gradient)` over lr. Learning rates are None where there is none in reach."""

    table: pd.DataFrame
    """lr, loss; and of a constant Hessian steep, flat: factors of the error per step."""
    best: float | None
    """Learning rate of the lowest loss."""
    level: float | None
    """First learning rate behind it that leads as high as before."""
    flat: bool
    """Whether no learning rate in the table leads lower than by rounding of the run's dtype."""
    stable: float | None
    """Stability limit of plain gradient descent, of a constant Hessian."""


def gradient_line(
    run: Run, step: Step, on_progress: Callable[[float], object] = lambda share: None
) -> GradientLine:
    """Return the loss along the line of an update, on its mini-batch; the run's learning rate is in the table
    if it is not far beyond. `on_progress(share)` is called after each evaluation.
    """
    problem, lr = run.batch(step.update), float(getattr(run.optimizer, "lr", 0.0)) * step.factor
    params, gradient = step.params.double(), step.gradient.double()

    def losses(rates: Tensor) -> Tensor:
        return _losses(problem, params, gradient, rates, on_progress)

    best, level = _parabola(problem.hessian, gradient) if problem.hessian is not None else _search(losses)
    end = MARGIN * (level or (2 * best if best else lr or 1.0))
    if end < lr <= FAR * end:
        end = 1.05 * lr
    rates = torch.linspace(0, end, POINTS, dtype=torch.float64)
    if 0 < lr <= end:
        rates[1 + int((rates[1:] - lr).abs().argmin())] = lr  # 0 stays
    table = pd.DataFrame({"lr": rates.numpy(), "loss": losses(rates).numpy()})
    rounding = 4 * torch.finfo(step.params.dtype).eps * abs(table["loss"][0])
    change = table["loss"] - table["loss"][0]
    flat = bool(change.min() >= -rounding and change[1] <= rounding)
    known = conditioning(run.training) if run.steps_per_epoch == 1 else None
    if known is None:
        return GradientLine(table, best, level, flat, None)
    for name, curvature in (("flat", known.eigenvalues[0]), ("steep", known.eigenvalues[-1])):
        table[name] = 1 - table["lr"] * float(curvature)
    return GradientLine(table, best, level, flat, known.max_stable_lr)


def _losses(
    problem: Problem,
    params: Tensor,
    gradient: Tensor,
    rates: Tensor,
    on_progress: Callable[[float], object],
) -> Tensor:
    """Return the loss after a plain step of each learning rate."""
    size = max(MAX_ELEMENTS // max(problem.cost, problem.num_params), 1)
    found: list[Tensor] = []
    with one_thread():
        for part in rates.split(size):
            found.append(problem.loss(params[:, None] - part * gradient[:, None]))
            on_progress(min(len(found) * size / len(rates), 1.0))
    return torch.cat(found)


def _parabola(hessian: Tensor, gradient: Tensor) -> tuple[float | None, float | None]:
    """Return the learning rates of the lowest loss, and of the same loss behind it, of a constant Hessian."""
    curvature = float(gradient @ hessian @ gradient)
    if not curvature > 0:
        return None, None
    best = float(gradient @ gradient) / curvature
    return best, 2 * best


def _search(losses: Callable[[Tensor], Tensor]) -> tuple[float | None, float | None]:
    """Return the same learning rates of any loss, None where there is none in reach."""
    rough = torch.logspace(*DECADES, PER_DECADE * (DECADES[1] - DECADES[0]) + 1, dtype=torch.float64)
    found = losses(rough)
    return _lowest(rough, found, losses), _level(rough, found, losses)


def _lowest(rates: Tensor, found: Tensor, losses: Callable[[Tensor], Tensor]) -> float | None:
    """Return the learning rate of the lowest loss before the loss first rises, None if it never falls."""
    for _ in range(REFINEMENTS):
        rising = (found.diff() > NOISE * found[:-1].abs()).nonzero()
        place = int(rising[0]) if len(rising) else 0
        if place == 0:
            return None
        rates = _between(rates[place - 1], rates[place + 1])
        found = losses(rates)
    return float(rates[len(rates) // 2])


def _level(rates: Tensor, found: Tensor, losses: Callable[[Tensor], Tensor]) -> float | None:
    """Return the first learning rate behind lower losses where the loss is as high as before."""
    before = float(losses(torch.zeros(1, dtype=torch.float64)))
    for _ in range(REFINEMENTS):
        fell = (found < before - NOISE * abs(before)).nonzero()
        above = (~(found[int(fell[0]) :] < before)).nonzero() if len(fell) else fell
        if not len(above):
            return None
        place = int(fell[0]) + int(above[0])
        rates = _between(rates[place - 1], rates[place])
        found = losses(rates)
    return float(rates[-1])


def _between(low: Tensor, high: Tensor) -> Tensor:
    return torch.linspace(float(low), float(high), WITHIN, dtype=torch.float64)
