"""Cost estimates of a sweep: parameter updates, seconds, bytes."""

from collections.abc import Callable
from time import perf_counter

import torch

from trainers.modes import sweep_mode
from trainers.sweeps.block import RunBlock, block_size
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import CHUNK_EPOCHS

PROBE_EPOCHS, PROBE_ELEMENTS, PROBE_SECONDS = 5, 2**17, 0.05
"""Limits of a timing probe: epochs, elements per epoch, and seconds that are enough."""
MIN_PARAMS = 4_000
"""Floor of the cost of an update, in parameters: the overhead of its calls."""


def work(sweep: Sweep) -> float:
    """Cost estimate in parameter updates, with a floor for the overhead of calls."""
    load = max(sweep.run.problem.num_params, sweep.run.training.cost)
    return float(max(sweep.size * load, MIN_PARAMS * sweep.run.steps_per_epoch) * (sweep.run.epochs + 1))


def estimate(sweep: Sweep) -> float:
    """Estimated seconds, from a few timed epochs of the first block, or updates where an epoch has many."""
    few = max(PROBE_ELEMENTS // sweep.run.training.cost, 4)
    rows = torch.arange(min(block_size(sweep), sweep.size, few))
    with sweep_mode():
        seconds = _seconds_per_epoch(RunBlock(sweep, rows), sweep.run.steps_per_epoch)
    return seconds * (sweep.run.epochs + 1) * sweep.size / len(rows)


def _seconds_per_epoch(block: RunBlock, steps: int) -> float:
    if steps == 1:
        return _seconds_per_call(block.advance, PROBE_EPOCHS)
    update = _seconds_per_call(lambda update: block.step(update + 1), PROBE_EPOCHS * steps)
    return steps * update + _seconds_per_call(lambda _: block.training.loss(block.params), PROBE_EPOCHS)


def _seconds_per_call(call: Callable[[int], object], most: int) -> float:
    """Mean seconds of calls with 1, 2, ..., after an untimed one with 0, until `PROBE_SECONDS` are over."""
    call(0)
    began = perf_counter()
    for count in range(1, most + 1):
        call(count)
        seconds = perf_counter() - began
        if seconds >= PROBE_SECONDS:
            break
    return seconds / count


def memory(sweep: Sweep) -> float:
    """Estimated bytes: the result and one block."""
    block = min(block_size(sweep), sweep.size)
    numbers = 5 + len(sweep.axes) + len(sweep.targets)
    return 8.0 * sweep.size * numbers + 8.0 * block * (8 * sweep.run.problem.num_params + CHUNK_EPOCHS)
