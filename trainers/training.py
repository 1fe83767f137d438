"""The training loop around all runners: it records, and sees when to stop."""

import math
from collections.abc import Callable
from time import perf_counter
from typing import Literal

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
    tape = Tape(run.epochs + 1, initial)
    points = RUNNERS[run.runner](run.problem, run.optimizer, initial)
    status: Literal["finished", "diverged", "stopped"] = "finished"
    began, waited = perf_counter(), 0.0

    for epoch, point in zip(range(run.epochs + 1), points, strict=False):
        if not math.isfinite(tape.record(epoch, *point)):
            status = "diverged"
            break
        if on_epoch is not None:
            paused = perf_counter()
            stop = on_epoch(epoch, tape.loss)
            waited += perf_counter() - paused
            if stop:
                status = "stopped"
                break

    seconds = perf_counter() - began - waited
    diverged_at = epoch if status == "diverged" else None
    return History(run, tape.params, tape.loss, tape.gradient, status, diverged_at, seconds)


class Tape:
    """Room for the rows of a history, NaN until recorded."""

    def __init__(self, rows: int, params: Tensor) -> None:
        self.params = torch.full((rows, len(params)), math.nan, dtype=params.dtype)
        self.gradient = torch.full_like(self.params, math.nan)
        self.loss = torch.full((rows,), math.nan, dtype=params.dtype)
        # Writing a row through numpy costs a third of writing it through torch.
        self._params, self._gradient = self.params.numpy(), self.gradient.numpy()
        self._loss = self.loss.numpy()

    def record(self, row: int, params: Tensor, loss: Tensor, gradient: Tensor) -> float:
        """Write one row and return the loss as a number."""
        self._params[row] = params.detach().numpy()
        self._gradient[row] = gradient.numpy()
        self._loss[row] = number = loss.item()
        return number
