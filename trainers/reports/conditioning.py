"""Conditioning of a quadratic loss: eigenvalues of its Hessian, and the stability limit."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trainers.objective import Objective
from trainers.optimizers import SGD
from trainers.problems import Problem
from trainers.run import Run
from trainers.words import format_beside, format_number, format_value, join_words

MAX_NAMED = 6
"""Maximum number of eigenvalues that are listed individually."""


@dataclass(frozen=True, eq=False)
class Conditioning:
    """Eigenvalues `(n,)` of a Hessian, ascending, float64."""

    eigenvalues: Tensor

    @property
    def number(self) -> float:
        """Condition number: largest over smallest eigenvalue; infinite where the latter is rounding error."""
        low, high = float(self.eigenvalues[0]), float(self.eigenvalues[-1])
        flat = low <= len(self.eigenvalues) * torch.finfo(torch.float64).eps * high
        return float("inf") if flat else high / low

    @property
    def max_stable_lr(self) -> float:
        """Learning rate below which plain gradient descent is stable: 2 / largest eigenvalue."""
        return SGD().max_stable_lr(float(self.eigenvalues[-1]))

    def spectrum(self) -> str:
        """Return eigenvalues and condition number as text."""
        values = [format_number(value, 4) for value in self.eigenvalues.tolist()]
        named = (
            join_words(values)
            if len(values) <= MAX_NAMED
            else f"{values[0]} to {values[-1]}, {len(values)} in all"
        )
        flat = "infinite: some directions are flat"
        number = flat if self.number == float("inf") else format_number(self.number, 4)
        return f"eigenvalues {named}; condition number {number}"


def conditioning(problem: Problem) -> Conditioning | None:
    """Return the conditioning of a problem with a constant Hessian, None for others."""
    hessian = problem.hessian
    return None if hessian is None else Conditioning(torch.linalg.eigvalsh(hessian))


def instability(run: Run) -> str:
    """Return by how much the learning rate exceeds the stability limit, and what a step does then.

    "" if it does not, or the limit is not known: with mini-batches each batch has its own Hessian, with a
    schedule or clipping the steps change.
    """
    known = conditioning(run.training)
    constant = run.steps_per_epoch == 1 and run.schedule is None and run.clipping is None
    if known is None or not constant or not hasattr(run.optimizer, "lr"):
        return ""
    curvature = float(known.eigenvalues[-1])
    limit, lr = run.optimizer.max_stable_lr(curvature), float(run.optimizer.lr)
    if limit is None or lr <= limit:
        return ""
    text = (
        f"lr {format_value(lr)} is {_beyond_1(lr / limit)} times the stability limit, "
        f"{format_beside(limit, lr, 4)}"
    )
    if not run.optimizer.is_plain:
        return text
    return f"{text}; in the steep direction each step multiplies the error by {_beyond_1(1 - lr * curvature)}"


def _beyond_1(factor: float) -> str:
    """Return a factor beyond 1 or -1 with three significant digits, or as many as tell it from that."""
    texts = (format_number(factor, digits) for digits in range(3, 16))
    return next((text for text in texts if text.strip("−") != "1"), "just above 1")


def hessian_summary(task: Objective) -> str:
    """Return a sentence on the Hessian and the stability limit of plain SGD; "" unless it is constant.

    With mini-batches no limit is given: each batch has its own Hessian.
    """
    known = conditioning(task.training)
    if known is None:
        return ""
    if task.steps_per_epoch > 1:
        return f"Hessian (full batch): {known.spectrum()}."
    return (
        f"Hessian: {known.spectrum()}. Plain SGD is stable below lr {format_number(known.max_stable_lr, 4)}."
    )
