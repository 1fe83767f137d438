"""The training loop around all runners: it records, and sees when to stop."""

import math
from collections.abc import Callable
from time import perf_counter

import torch
from torch import Tensor

from trainers.history import History
from trainers.run import Run
from trainers.runners import RUNNERS

OnEpoch = Callable[[int, Tensor], bool | None]


def train(run: Run, on_epoch: OnEpoch | None = None) -> History:
    """Train a run and return its course. A loss that is not finite ends it as "diverged".

    `on_epoch(epoch, loss)` is called after each row is recorded, with the losses so far (`(epochs + 1,)`,
    NaN beyond row `epoch`). Training ends as "stopped" when it returns True.
    """
    torch.set_num_threads(1)  # with tensors this small more threads are up to 100 times slower
    initial = run.initial()
    params = torch.full((run.epochs + 1, run.problem.size), math.nan, dtype=initial.dtype)
    gradient = torch.full_like(params, math.nan)
    loss = torch.full((run.epochs + 1,), math.nan, dtype=initial.dtype)
    write_params, write_gradient, write_loss = params.numpy(), gradient.numpy(), loss.numpy()
    status, waited, began = "finished", 0.0, perf_counter()

    points = RUNNERS[run.runner](run.problem, run.optimizer, initial)
    for epoch, (point, value, slope) in zip(range(run.epochs + 1), points, strict=False):
        write_params[epoch] = point.detach().numpy()
        write_gradient[epoch] = slope.numpy()
        write_loss[epoch] = number = value.item()
        if not math.isfinite(number):
            status = "diverged"
            break
        if on_epoch is not None:
            paused = perf_counter()
            if on_epoch(epoch, loss):
                status = "stopped"
            waited += perf_counter() - paused
            if status == "stopped":
                break

    seconds = perf_counter() - began - waited
    diverged_at = epoch if status == "diverged" else None
    return History(run, params, loss, gradient, status, diverged_at, seconds)
