"""What the second derivatives of a quadratic loss say about step sizes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trainers.objective import Objective
from trainers.optimizers import SGD
from trainers.problems import Problem
from trainers.words import figure, listed

FEW = 6
"""So many eigenvalues are named one by one."""


@dataclass(frozen=True, eq=False)
class Conditioning:
    """The eigenvalues `(n,)` of a Hessian, ascending, float64."""

    eigenvalues: Tensor

    @property
    def number(self) -> float:
        """The largest eigenvalue over the smallest; infinite where that is 0 but for rounding."""
        low, high = float(self.eigenvalues[0]), float(self.eigenvalues[-1])
        flat = low <= len(self.eigenvalues) * torch.finfo(torch.float64).eps * high
        return float("inf") if flat else high / low

    @property
    def stable(self) -> float:
        """Plain gradient descent is stable below this learning rate: two over the largest eigenvalue."""
        return SGD().max_stable_lr(float(self.eigenvalues[-1]))

    def spectrum(self) -> str:
        """Eigenvalues and condition number in words."""
        values = [figure(value, 4) for value in self.eigenvalues.tolist()]
        named = listed(values) if len(values) <= FEW else f"{values[0]} to {values[-1]}, {len(values)} in all"
        flat = "infinite: some directions are flat"
        number = flat if self.number == float("inf") else figure(self.number, 4)
        return f"eigenvalues {named}; condition number {number}"


def conditioning(problem: Problem) -> Conditioning | None:
    """That of a problem with a Hessian that is the same everywhere; None for others."""
    hessian = problem.hessian
    return None if hessian is None else Conditioning(torch.linalg.eigvalsh(hessian))


def described(task: Objective) -> str:
    """The Hessian in words, if it is the same everywhere, and below which rate plain SGD is stable.

    A batch has another Hessian than all rows together: with several an epoch no such rate is told.
    """
    known = conditioning(task.training)
    if known is None:
        return ""
    if task.steps_per_epoch > 1:
        return f"Hessian over all rows trained on: {known.spectrum()}."
    return f"Hessian: {known.spectrum()}. Plain SGD is stable below lr {figure(known.stable, 4)}."
