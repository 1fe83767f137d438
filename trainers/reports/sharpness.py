"""How sharp the loss is along a run, as its optimizer sees it."""

import pandas as pd
import torch
from torch import Tensor

from trainers.modes import training_mode
from trainers.optimizers.base import Optimizer
from trainers.problems import Problem
from trainers.run import Run
from trainers.steps import Step, Steps

MAX_PARAMS = 80
"""Most parameters whose Hessian is computed at each update."""


def sharpness(run: Run, steps: Steps) -> pd.DataFrame:
    """Return a row for each recorded update but the first: update, sharpness.

    The sharpness is the largest eigenvalue of the Hessian of the training loss, with weight decay, divided by
    the optimizer's preconditioner. Empty where that is not known, or there are more than `MAX_PARAMS`.
    """
    rows, problem = [], run.training
    if problem.num_params <= MAX_PARAMS:
        with training_mode():
            for step in steps:
                at = _sharpness(problem, run.optimizer, step)
                rows += [] if at is None else [(step.update + 1, at)]
    return pd.DataFrame(rows, columns=["update", "sharpness"])


def _sharpness(problem: Problem, optimizer: Optimizer, step: Step) -> float | None:
    """Return the preconditioned sharpness where an update begins, None if it is not known or not finite."""
    divisor = optimizer.preconditioner(step.update, step.state) if step.update else None
    if divisor is None:
        return None
    params = step.params.double()
    hessian = hessian_at(problem, params) + float(getattr(optimizer, "weight_decay", 0.0)) * torch.eye(
        problem.num_params, dtype=torch.float64
    )
    root = divisor.double().expand(problem.num_params).rsqrt()
    seen = root[:, None] * hessian * root
    return float(torch.linalg.eigvalsh(seen)[-1]) if seen.isfinite().all() else None


def hessian_at(problem: Problem, params: Tensor) -> Tensor:
    """Return the Hessian `(n, n)` of a loss, float64: the constant one, or by autograd."""
    if problem.hessian is not None:
        return problem.hessian
    found: Tensor = torch.autograd.functional.hessian(problem.loss, params, vectorize=True)
    return found
