"""Many runs trained as one tensor program."""

import math
from collections.abc import Callable, Iterator
from time import perf_counter

import torch
from torch import Tensor

from trainers.modes import sweep_mode
from trainers.sweeps.block import Block, block_size
from trainers.sweeps.record import Ledger, Tally, diverged
from trainers.sweeps.result import SweepResult
from trainers.sweeps.spec import Sweep

CHUNK = 16
"""Epochs between two looks at the losses."""
OnProgress = Callable[[float], bool | None]


def sweep(sweep: Sweep, on_progress: OnProgress | None = None) -> SweepResult:
    """Train all runs of a sweep. The same sweep gives the same bytes each time.

    `on_progress(share)` is called after each epoch of a block with the share done so far; training ends
    when it returns True, and what has not been trained then is NaN.
    """
    began, tally = perf_counter(), Tally(sweep)
    with sweep_mode():
        for rows in torch.arange(sweep.size).split(block_size(sweep)):
            for epoch in train_block(sweep, rows, tally):
                done = int(rows[0]) + len(rows) * (epoch + 1) / (sweep.run.epochs + 1)
                if on_progress is not None and on_progress(done / sweep.size):
                    return tally.result(perf_counter() - began, stopped=True)
    return tally.result(perf_counter() - began, stopped=False)


def curves(sweep: Sweep, rows: Tensor | None = None, on_progress: OnProgress | None = None) -> Tensor:
    """The losses of these runs of a sweep, or of all: `(epochs + 1, rows)`, NaN from divergence on.

    Where `on_progress(share)`, called after each epoch, returns True, training ends; NaN from there on, too.
    """
    rows = torch.arange(sweep.size) if rows is None else rows
    losses = torch.full((sweep.run.epochs + 1, len(rows)), math.nan, dtype=getattr(torch, sweep.run.dtype))
    with sweep_mode():
        block = Block(sweep, rows)
        for epoch in range(len(losses)):
            losses[epoch] = block.advance(epoch)
            if on_progress is not None and on_progress((epoch + 1) / len(losses)):
                break
    return losses.masked_fill(diverged(losses), math.nan)


def train_block(sweep: Sweep, rows: Tensor, tally: "Tally") -> Iterator[int]:
    """Train these runs together, yielding after each epoch. Runs that diverge leave the block."""
    block, ledger = Block(sweep, rows), Ledger(tally, rows)
    rest = range(sweep.run.epochs + 1)
    losses = torch.empty(CHUNK, len(rows), dtype=tally.dtype)
    while rest:
        chunk, rest = rest[:CHUNK], rest[CHUNK:]
        for row, epoch in enumerate(chunk):
            losses[row] = block.advance(epoch)
            yield epoch
        alive = ledger.record(chunk[0], losses[: len(chunk)])
        if alive is not None:
            ledger.keep(alive)
            if not alive.any():
                return
            block.keep(alive)
            losses = losses[:, alive]
    ledger.finish(losses[len(chunk) - 1])
