"""Training loop of all runners: records the history and stops on divergence."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from trainers.history import History, Status
from trainers.modes import training_mode
from trainers.optimizers.base import Optimizer, StepError
from trainers.problems import Quadratic
from trainers.run import Run
from trainers.runners import RUNNERS, Point, UpdatePlan
from trainers.runners.manual import loss_and_gradient

METRIC_ELEMENTS = 2**22
"""Max. elements per chunk when metrics are computed; bounds memory."""
LAPS = 32
"""Max. number of parts of a training that are timed."""
BUFFER_ELEMENTS = 2**20
"""Max. elements of the buffer of the latest epochs."""

OnEpoch = Callable[[int, Tensor], bool | None]


def train(run: Run, on_epoch: OnEpoch | None = None, most_rows: int | None = None) -> History:
    """Train a run and return its history. A non-finite loss ends it as "diverged", an exception in the step
    of another package's optimizer as "failed".

    `on_epoch(epoch, loss)` is called after each update, with the last recorded epoch and the losses so far
    (`(epochs + 1,)`, NaN beyond row `epoch`). Training ends as "stopped" when it returns True.

    `most_rows` limits the number of epochs at which parameters, gradients and batch losses are kept: see
    `History.epochs`. Losses and metrics are always complete.
    """
    with training_mode():
        return _train(run, on_epoch, HistoryRecorder(run, kept_epochs(run.epochs, most_rows)))


def kept_epochs(epochs: int, most: int | None) -> Tensor:
    """Epochs to keep, int64: all, or at most about `most`, half of them log-spaced and half evenly spaced."""
    if most is None or most > epochs:
        return torch.arange(epochs + 1)
    half = max((most - 1) // 2, 1)
    early = torch.logspace(0, math.log10(epochs), half, dtype=torch.float64)
    evenly = torch.linspace(0, epochs, half + 1, dtype=torch.float64)[1:]
    kept: Tensor = torch.cat([torch.zeros(1), early, evenly]).round().long().clamp(max=epochs).unique()
    return kept


def _train(run: Run, on_epoch: OnEpoch | None, recorder: "HistoryRecorder") -> History:
    plan = run.plan(run.epochs)
    points = run_points(run, plan=plan)
    status: Status = "finished"
    warm_up(run)
    first = next(points)  # sets up the optimizer
    began, waited = perf_counter(), 0.0

    def net() -> float:
        return perf_counter() - began - waited - recorder.seconds

    updates, watch = range(run.epochs * run.steps_per_epoch + 1), Stopwatch(run)
    try:
        for update, point in zip(updates, chain([first], points), strict=False):
            if not recorder.record(update, point):
                status = "diverged"
                break
            if update == watch.next:
                watch.lap(net())
            if on_epoch is not None:
                paused = perf_counter()
                stop = on_epoch(recorder.epoch, recorder.loss)
                waited += perf_counter() - paused
                if stop:
                    status = "stopped"
                    break
    except StepError as error:
        status, recorder.error = "failed", str(error)

    return recorder.history(status, net(), watch.laps, plan.factors)


class Stopwatch:
    """Mean times of an epoch in up to `LAPS` equal parts of a training."""

    def __init__(self, run: Run) -> None:
        epochs = torch.linspace(0, run.epochs, min(LAPS, run.epochs) + 1, dtype=torch.float64).round()
        self.ends = iter((epochs[1:].long() * run.steps_per_epoch).tolist())
        self.steps, self.before, self.seconds = run.steps_per_epoch, 0, 0.0
        self.next: int | None = next(self.ends)
        self.laps: list[float] = []

    def lap(self, seconds: float) -> None:
        """End a part of the training, `seconds` after its begin, before the update number `next`."""
        assert self.next is not None
        self.laps.append((seconds - self.seconds) * self.steps / (self.next - self.before))
        self.before, self.seconds = self.next, seconds
        self.next = next(self.ends, None)


def run_points(run: Run, optimizer: Any = None, plan: UpdatePlan | None = None) -> Iterator[Point]:
    """Yield the points of a run, endlessly, with schedule and clipping; `optimizer` stands for its own."""
    plan, steps = plan or run.plan(run.epochs), run.steps_per_epoch
    points = RUNNERS[run.runner](run.batch_source, optimizer or run.optimizer, run.initial(), plan)
    for update, point in enumerate(points):
        if update % steps == 0:
            plan.begin(update // steps, partial(_loss, run, point))
        yield point


def _loss(run: Run, point: Point) -> Tensor:
    """Return the loss on the training set of what is evaluated where an update begins."""
    same = run.steps_per_epoch == 1 and point.evaluated is point.params
    return point.loss if same else run.training.loss(point.evaluated.detach())


_warm: set[tuple[str, type[Optimizer]]] = set()
"""Runners and optimizers that have stepped in this process."""


def warm_up(run: Run) -> None:
    """Take one step on another problem: the first step of a process waits for imports of torch."""
    kind = run.runner, type(run.optimizer)
    if kind in _warm:
        return
    _warm.add(kind)
    problem = Quadratic()
    points = RUNNERS[run.runner](problem, run.optimizer, problem.start().to(getattr(torch, run.dtype)))
    next(points)
    with suppress(StepError):
        next(points)


class HistoryRecorder:
    """Recorder of a run's history: losses and metrics of all epochs, the rest at the kept ones; else NaN."""

    def __init__(self, run: Run, epochs: Tensor) -> None:
        self.run, self.training, self.steps_per_epoch = run, run.training, run.steps_per_epoch
        self.epoch, self.seconds, self.error = 0, 0.0, ""
        self.dtype, size = getattr(torch, run.dtype), run.problem.num_params
        self.metric_functions = dict(_metrics(run))
        self.loss = self._empty(run.epochs + 1)
        counted = run.epochs + 1 if run.optimizer.needs_closure else 0
        self.evaluations = torch.zeros(counted, dtype=torch.int64)
        self.metrics = {name: self._empty(run.epochs + 1) for name in self.metric_functions}
        self.epochs = epochs
        self.params, self.gradient = self._empty(len(epochs), size), self._empty(len(epochs), size)
        self.batch_loss = self._empty(len(epochs), self.steps_per_epoch)
        # The latest epochs, from the last one of the chunk before on.
        widths = (size, size, self.steps_per_epoch)
        rows = min(METRIC_ELEMENTS // run.training.cost, BUFFER_ELEMENTS // max(widths), run.epochs)
        self.first, self.latest = 0, [self._empty(max(rows, 1) + 1, width) for width in widths]
        # Writing a row through numpy costs a third of writing it through torch.
        self._loss, self._evaluations = self.loss.numpy(), self.evaluations.numpy()
        self._params, self._gradient, self._batch_loss = (part.numpy() for part in self.latest)

    def _empty(self, *shape: int) -> Tensor:
        return torch.full(shape, math.nan, dtype=self.dtype)

    def record(self, update: int, point: Point) -> bool:
        """Record a point. Returns False if it starts an epoch and its loss is not finite."""
        params, loss, gradient, evaluations, evaluated = point
        self.epoch, within = divmod(update, self.steps_per_epoch)
        if self.epoch - self.first == len(self._params):
            self._flush()
        row = self.epoch - self.first
        self._batch_loss[row, within] = loss.item()
        if within > 0:
            return True
        if len(self._evaluations):
            self._evaluations[self.epoch] = evaluations
        if self.steps_per_epoch > 1 or evaluated is not params:
            began = perf_counter()
            params = evaluated.detach()
            loss, gradient = loss_and_gradient(self.training, params)
            self.seconds += perf_counter() - began
        self._params[row] = params.detach().numpy()
        self._gradient[row] = gradient.numpy()
        self._loss[self.epoch] = number = loss.item()
        return math.isfinite(number)

    def _flush(self) -> None:
        """Empty the full buffer into the history, except for its last epoch."""
        began = perf_counter()
        self._keep(self.epoch, self.epoch)
        for part in self.latest:
            part[0] = part[-1]
            part[1:] = math.nan
        self.first = self.epoch - 1
        self.seconds += perf_counter() - began

    def _keep(self, end: int, measured: int) -> None:
        """Compute the metrics of buffered epochs before `measured`, and store the kept ones before `end`."""
        begin = self.first + (self.first > 0)
        low, high = torch.searchsorted(self.epochs, torch.tensor([begin, end])).tolist()
        rows = self.epochs[low:high] - self.first
        for kept, part in zip((self.params, self.gradient, self.batch_loss), self.latest, strict=True):
            kept[low:high] = part[rows]
        chunk = self.latest[0][begin - self.first : measured - self.first].T.contiguous()
        with torch.inference_mode():
            for name, metric in self.metric_functions.items() if chunk.numel() else ():
                self.metrics[name][begin:measured] = metric(chunk)

    def history(
        self, status: Status, seconds: float, laps: Sequence[float], factors: Sequence[float]
    ) -> History:
        """Return the history. If not all epochs are kept, the last two recorded ones are."""
        self._keep(self.epoch + 1, self.epoch + (status != "diverged"))
        kept = [self.epochs, self.params, self.gradient, self.batch_loss]
        if len(self.epochs) <= self.run.epochs and status != "finished":
            last = max(self.epoch - 1, 0)
            cut = int(torch.searchsorted(self.epochs, last))
            latest = [torch.arange(self.first, self.first + len(self.latest[0])), *self.latest]
            ends = slice(last - self.first, self.epoch - self.first + 1)
            kept = [torch.cat([part[:cut], end[ends]]) for part, end in zip(kept, latest, strict=True)]
        epochs, params, gradient, batch_loss = kept
        return History(
            run=self.run,
            epochs=epochs,
            params=params,
            loss=self.loss,
            closure_evaluations=self.evaluations.cummax(0).values if len(self.evaluations) else None,
            gradient=gradient,
            status=status,
            error=self.error,
            diverged_at=self.epoch if status == "diverged" else None,
            seconds=seconds,
            laps=tuple(laps),
            batch_loss=batch_loss[epochs < self.run.epochs].flatten(),
            lr_factors=self._padded(factors) if self.run.schedule is not None else None,
            **self.metrics,
        )

    def _padded(self, factors: Sequence[float]) -> Tensor:
        """Return the factors of the learning rate of all epochs, NaN after the end."""
        padded = torch.full((self.run.epochs,), math.nan, dtype=torch.float64)
        padded[: len(factors)] = torch.tensor(factors, dtype=torch.float64)
        return padded


def _metrics(run: Run) -> Iterator[tuple[str, Callable[[Tensor], Tensor]]]:
    """Metrics by name, each a function of params `(n, epochs)`, which returns `(epochs,)`."""
    if run.training.class_names:
        yield "accuracy", run.training.accuracy
    if run.validation is not None:
        yield "validation_loss", run.validation.loss
        if run.training.class_names:
            yield "validation_accuracy", run.validation.accuracy
