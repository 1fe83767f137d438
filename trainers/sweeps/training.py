"""Vectorized training of all runs of a sweep."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor

from trainers.modes import sweep_mode
from trainers.schedules.rates import UNUSED
from trainers.sweeps.block import BLOCK_ELEMENTS, RunBlock, block_size
from trainers.sweeps.record import BlockRecorder, SweepRecorder, diverged_mask
from trainers.sweeps.result import SweepResult
from trainers.sweeps.spec import Sweep
from trainers.sweeps.twins import COPIES

CHUNK_EPOCHS = 16
"""Epochs whose losses are recorded together."""
OnProgress = Callable[[float], bool | None]


def sweep(spec: Sweep, on_progress: OnProgress | None = None) -> SweepResult:
    """Train all runs of a sweep. The same sweep gives the same bytes each time.

    `on_progress(fraction)` is called after each epoch of a block with the fraction done; training stops when
    it returns True, and the results of unfinished runs are then NaN.
    """
    began, recorder = perf_counter(), SweepRecorder(spec)
    with sweep_mode():
        for rows in torch.arange(spec.size).split(block_size(spec)):
            for epoch in train_block(spec, rows, recorder):
                done = int(rows[0]) + len(rows) * (epoch + 1) / (spec.run.epochs + 1)
                if on_progress is not None and on_progress(done / spec.size):
                    return recorder.result(perf_counter() - began, stopped=True)
    return recorder.result(perf_counter() - began, stopped=False)


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Losses and parameters of runs of a sweep during training, in the run's dtype."""

    losses: Tensor
    """`(epochs + 1, rows)`, NaN from divergence on."""
    epochs: tuple[int, ...]
    """Epochs at which parameters were kept."""
    params: Tensor
    """`(len(epochs), n, rows)`, NaN after the end of a stopped training."""


def trajectories(
    sweep: Sweep,
    epochs: Sequence[int] = (),
    rows: Tensor | None = None,
    on_progress: OnProgress | None = None,
    twins: bool = False,
) -> Trajectories:
    """Train some runs of a sweep, or all, and keep their parameters after these epochs, in ascending order.

    With `twins`, each run is followed by its twins: see `trainers.sweeps.twins`.

    `on_progress(fraction)` is called after each epoch of a block; training stops when it returns True, and
    what was not trained is NaN.
    """
    rows = torch.arange(sweep.size) if rows is None else rows
    dtype, each = getattr(torch, sweep.run.dtype), COPIES if twins else 1
    losses = torch.full((sweep.run.epochs + 1, each * len(rows)), math.nan, dtype=dtype)
    params = torch.full((len(epochs), sweep.run.problem.num_params, losses.shape[1]), math.nan, dtype=dtype)
    places = {epoch: place for place, epoch in enumerate(epochs)}
    with sweep_mode():
        for part, first, at, chunk in trained_chunks(sweep, rows, on_progress, twins):
            losses[first : first + len(chunk), part] = chunk
            for epoch in places.keys() & range(first, first + len(chunk)):
                params[places[epoch], :, part] = at[epoch - first]
    return Trajectories(_until_divergence(losses), tuple(epochs), params)


def trained_chunks(
    sweep: Sweep, rows: Tensor, on_progress: OnProgress | None = None, twins: bool = False
) -> Iterator[tuple[slice, int, list[Tensor], Tensor]]:
    """Train some runs of a sweep, block by block, within `sweep_mode`.

    Yields after some epochs of a block, `CHUNK_EPOCHS` at most, the columns of its runs, the number of the
    first of these epochs, and for each of them the runs' parameters `(n, columns)` and losses
    `(epochs, columns)`. With `twins`, each run is followed by its twins.

    `on_progress(fraction)` is called for each epoch; when it returns True, training ends with that one.
    """
    each = COPIES if twins else 1
    done, count, size = 0, each * len(rows) * (sweep.run.epochs + 1), max(block_size(sweep) // each, 1)
    for first_row in range(0, len(rows), size):
        part = slice(each * first_row, each * min(first_row + size, len(rows)))
        for first, params, losses in _chunks(RunBlock(sweep, rows[first_row : first_row + size], twins)):
            for trained in range(1, len(losses) + 1):
                done += losses.shape[1]
                if on_progress is not None and on_progress(done / count):
                    yield part, first, params[:trained], losses[:trained]
                    return
            yield part, first, params, losses


def _until_divergence(losses: Tensor) -> Tensor:
    """Set the losses `(epochs, runs)` of each run that diverges to NaN from there on."""
    diverging = ~losses.sum(0).isfinite()  # of a finite sum, each part is
    if diverging.any():
        each = losses[:, diverging]
        losses[:, diverging] = each.masked_fill(diverged_mask(each), math.nan)
    return losses


def _chunks(block: RunBlock) -> Iterator[tuple[int, list[Tensor], Tensor]]:
    """Train a block, and yield the first of some epochs, and the parameters and losses after each of them.

    Small blocks evaluate the losses of several epochs at once, as there each call costs more than its work.
    """
    count, elements = block.epochs + 1, block.params.shape[1] * block.cost
    at_once = block.steps_per_epoch == 1 and elements * CHUNK_EPOCHS <= BLOCK_ELEMENTS
    at_once = at_once and block.columns is None  # the columns of several epochs are those of no seed
    chunk = CHUNK_EPOCHS if at_once and not block.needs_loss else 1
    if chunk == 1:
        for epoch in range(count):
            params = block.evaluated.clone()
            yield epoch, [params], block.advance(epoch)[None]
        return
    for first in range(0, count, chunk):
        here = []
        for epoch in range(first, min(first + chunk, count)):
            here.append(block.evaluated.clone())
            if epoch < block.epochs:
                block.begin(epoch, UNUSED)
                block.step(epoch + 1)
        yield first, here, block.training.loss(torch.cat(here, 1)).reshape(len(here), -1)


def train_block(sweep: Sweep, rows: Tensor, recorder: "SweepRecorder") -> Iterator[int]:
    """Train these runs together, yielding after each epoch. Runs that diverge leave the block."""
    block, block_recorder = RunBlock(sweep, rows), BlockRecorder(recorder, rows)
    rest = range(sweep.run.epochs + 1)
    while rest:
        chunk, rest = rest[:CHUNK_EPOCHS], rest[CHUNK_EPOCHS:]
        losses = torch.empty(len(chunk), len(block_recorder.rows), dtype=recorder.dtype)
        for row, epoch in enumerate(chunk):
            losses[row] = block.advance(epoch)
            yield epoch
        alive = block_recorder.record(chunk[0], losses)
        if alive is not None:
            block_recorder.keep(alive)
            if not alive.any():
                return
            block.keep(alive)
    block_recorder.finish()
