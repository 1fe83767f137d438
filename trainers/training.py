"""The training loop around all runners: it records, and sees when to stop."""

import math
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Literal

import torch
from torch import Tensor

from trainers.history import History
from trainers.run import Run
from trainers.runners import RUNNERS

ROOM = 2**22
"""About how many numbers are gone through at once when epochs are judged."""

OnEpoch = Callable[[int, Tensor], bool | None]


def train(run: Run, on_epoch: OnEpoch | None = None) -> History:
    """Train a run and return its course. A loss that is not finite ends it as "diverged".

    `on_epoch(epoch, loss)` is called after each update, with the last epoch recorded and the losses so far
    (`(epochs + 1,)`, NaN beyond row `epoch`). Training ends as "stopped" when it returns True.
    """
    torch.set_num_threads(1)  # with tensors this small more threads are up to 100 times slower
    initial = run.initial()
    tape = Tape(run, initial)
    points = RUNNERS[run.runner](run.batched, run.optimizer, initial)
    status: Literal["finished", "diverged", "stopped"] = "finished"
    began, waited = perf_counter(), 0.0

    for update, point in zip(range(run.epochs * run.updates + 1), points, strict=False):
        if not tape.record(update, *point):
            status = "diverged"
            break
        if on_epoch is not None:
            paused = perf_counter()
            stop = on_epoch(tape.epoch, tape.loss)
            waited += perf_counter() - paused
            if stop:
                status = "stopped"
                break

    seconds = perf_counter() - began - waited - tape.seconds
    rows = tape.epoch + (status != "diverged")
    return History(
        run=run,
        params=tape.params,
        loss=tape.loss,
        gradient=tape.gradient,
        status=status,
        diverged_at=tape.epoch if status == "diverged" else None,
        seconds=seconds,
        batch_loss=tape.batch_loss,
        **judged(run, tape.params[:rows], lambda: on_epoch is not None and on_epoch(rows - 1, tape.loss)),
    )


class Tape:
    """Room for what is recorded of a training, NaN until then."""

    def __init__(self, run: Run, initial: Tensor) -> None:
        self.training, self.updates, self.epoch, self.seconds = run.training, run.updates, 0, 0.0
        self.params = torch.full((run.epochs + 1, len(initial)), math.nan, dtype=initial.dtype)
        self.gradient = torch.full_like(self.params, math.nan)
        self.loss = torch.full((run.epochs + 1,), math.nan, dtype=initial.dtype)
        self.batch_loss = torch.full_like(self.loss[:1], math.nan).repeat(run.epochs * run.updates)
        # Writing a row through numpy costs a third of writing it through torch.
        self._params, self._gradient = self.params.numpy(), self.gradient.numpy()
        self._loss, self._batch_loss = self.loss.numpy(), self.batch_loss.numpy()

    def record(self, update: int, params: Tensor, loss: Tensor, gradient: Tensor) -> bool:
        """Take note of a point; at the beginning of an epoch tell whether its loss is finite."""
        if update < len(self._batch_loss):
            self._batch_loss[update] = loss.item()
        self.epoch, within = divmod(update, self.updates)
        if within > 0:
            return True
        if self.updates > 1:
            began = perf_counter()
            params = params.detach()
            loss, gradient = self.training.loss(params), self.training.gradient(params)
            self.seconds += perf_counter() - began
        self._params[self.epoch] = params.detach().numpy()
        self._gradient[self.epoch] = gradient.numpy()
        self._loss[self.epoch] = number = loss.item()
        return math.isfinite(number)


def judged(run: Run, params: Tensor, stop: Callable[[], bool | None]) -> dict[str, Tensor]:
    """What the parameters `(rows, n)` are worth besides their loss, all epochs as the runs of one program."""
    measures = dict(_measures(run))
    found = {name: torch.full((run.epochs + 1,), math.nan, dtype=params.dtype) for name in measures}
    size = max(ROOM // run.problem.load, 1)
    with torch.inference_mode():
        for first in range(0, len(params) if measures else 0, size):
            stretch = params[first : first + size].T.contiguous()
            for name, measure in measures.items():
                found[name][first : first + stretch.shape[1]] = measure(stretch)
            if stop():
                break
    return found


def _measures(run: Run) -> Iterator[tuple[str, Callable[[Tensor], Tensor]]]:
    if run.training.labels:
        yield "accuracy", run.training.accuracy
    if run.held_out is not None:
        yield "validation_loss", run.held_out.loss
        if run.training.labels:
            yield "validation_accuracy", run.held_out.accuracy
