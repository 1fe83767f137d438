"""Cost estimates of a sweep: parameter updates, seconds, bytes."""

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
    """Estimated seconds, from a few timed epochs of the first block."""
    few = max(PROBE_ELEMENTS // sweep.run.training.cost, 4)
    rows = torch.arange(min(block_size(sweep), sweep.size, few))
    with sweep_mode():
        block = RunBlock(sweep, rows)
        block.advance(0)
        began = perf_counter()
        epochs = 0
        while epochs < PROBE_EPOCHS and perf_counter() - began < PROBE_SECONDS:
            epochs += 1
            block.advance(epochs)
        spent = (perf_counter() - began) / epochs
    return spent * (sweep.run.epochs + 1) * sweep.size / len(rows)


def memory(sweep: Sweep) -> float:
    """Estimated bytes: the result and one block."""
    block = min(block_size(sweep), sweep.size)
    numbers = 5 + len(sweep.axes) + len(sweep.targets)
    return 8.0 * sweep.size * numbers + 8.0 * block * (8 * sweep.run.problem.num_params + CHUNK_EPOCHS)
