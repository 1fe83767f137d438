"""What is recorded of random loss curves, chunk by chunk, held against the curves."""

import math
from random import Random

import pytest
import torch

from tests.matrix import slow_but
from trainers import Axis, Run, Sweep
from trainers.optimizers import SGD
from trainers.sweeps.record import BlockRecorder, SweepRecorder, loss_threshold
from trainers.sweeps.training import CHUNK_EPOCHS

RUNS = 40
TARGETS = (0.5, 2.0)
EPOCHS = (0, 1, CHUNK_EPOCHS - 2, CHUNK_EPOCHS - 1, CHUNK_EPOCHS, 3 * CHUNK_EPOCHS, 70)


def curves(draw: Random, epochs: int, minimum: float) -> torch.Tensor:
    """Curves `(epochs + 1, RUNS)` that stay, fall, oscillate about a target, leave it again, or diverge."""
    found = torch.empty(epochs + 1, RUNS, dtype=torch.float64)
    for run in range(RUNS):
        kind, level = draw.choice(["walk", "jump", "once"]), draw.choice([0.1, 0.5, 1.0, 3.0])
        turn = draw.randint(0, epochs)
        for epoch in range(epochs + 1):
            if kind == "walk":
                level = max(level * draw.choice([0.5, 1, 1, 2]), 1e-3)
            elif kind == "jump":
                level = draw.choice([0.1, 0.4, 0.6, 1.9, 2.1])
            found[epoch, run] = minimum + (level if kind != "once" or epoch < turn else 0.3)
        if draw.random() < 0.2:
            found[turn:, run] = draw.choice([math.inf, math.nan])
    return found


@pytest.mark.parametrize("luck", slow_but(range(14), range(300)))
def test_it_is_that_of_the_curves(luck: int) -> None:
    draw = Random(luck)
    epochs = EPOCHS[luck % len(EPOCHS)]
    run = Run(optimizer=SGD(lr=1e-3), epochs=max(epochs, 1), dtype=draw.choice(["float32", "float64"]))
    asked = Sweep(run, {"lr": Axis(1e-3, 1e-2, RUNS)}, targets=TARGETS)
    minimum = float(run.training.minimum or 0)
    recorder = SweepRecorder(asked)
    losses = curves(draw, epochs, minimum).to(recorder.dtype)
    active, block = torch.arange(RUNS), BlockRecorder(recorder, torch.arange(RUNS))
    for first in range(0, epochs + 1, CHUNK_EPOCHS):
        chunk = losses[first : first + CHUNK_EPOCHS, active].clone()
        alive = block.record(first, chunk)
        if alive is not None:
            block.keep(alive)
            active = active[alive]
    if len(active):
        block.finish()
    result = recorder.result(0.0, stopped=False)
    for column in range(RUNS):
        each = losses[:, column].double().tolist()
        gone = next((epoch for epoch, loss in enumerate(each) if not math.isfinite(loss)), -1)
        assert result.diverged_at[column] == gone
        assert (gone >= 0) == bool(result.final_loss[column].isnan())
        lasting = each if gone < 0 else each[:gone]
        assert gone >= 0 or result.final_loss[column] == each[-1]
        assert not lasting or result.best_loss[column] == min(lasting)
        for target in TARGETS:
            level = loss_threshold(minimum, target, recorder.dtype)
            within = [epoch for epoch, loss in enumerate(lasting) if loss <= level]
            assert result.epochs_to[target][column] == (within[0] if within else -1)
            outside = [epoch for epoch, loss in enumerate(each) if not loss <= level]
            stays = max(outside, default=-1) + 1
            assert result.stays_from[target][column] == (stays if stays <= epochs else -1)
