"""Scores found while runs are trained are those of their whole loss curves."""

import math
import subprocess
import sys
from random import Random
from typing import Any

import pytest
import torch

from tests.matrix import slow_but
from trainers import Race, race
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.problems import PROBLEMS, LinearRegression
from trainers.races import cost, redraw
from trainers.races.evaluation import EPOCHS_AT_ONCE, evaluate
from trainers.sweeps import block
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import trajectories
from trainers.sweeps.twins import COPIES

EDGES = (1, 5, EPOCHS_AT_ONCE - 2, EPOCHS_AT_ONCE - 1, EPOCHS_AT_ONCE, 2 * EPOCHS_AT_ONCE, 150)
"""Numbers of epochs that end within a chunk, with it, or just after it."""


def random_case(draw: Random) -> tuple[Race, Sweep]:
    """Rates from far too small to divergent, so that some runs leave the target again."""
    problem = draw.choice([PROBLEMS[name]() for name in ("Rosenbrock", "Thermometer", "Himmelblau")])
    split = draw.choice([{}, {"validation_split": 0.3, "batch_size": 20}])
    problem, split = (LinearRegression(), split) if draw.random() < 0.3 else (problem, {})
    spec = Race(
        problem=problem,
        optimizers=(draw.choice([SGD(), SGD(momentum=0.9), Adam(), RMSprop()]),),
        trials=2,
        seeds=draw.choice([1, 3, 8]),
        epochs=draw.choice(EDGES),
        metric=draw.choice(["final", "best", "epochs"]),
        target=draw.choice([1e-3, 0.1, 10.0]),
        dtype=draw.choice(["float32", "float64"]),
        **split,
    )
    rates = tuple(10 ** draw.uniform(-4, 1) for _ in range(draw.choice([2, 5])))
    return spec, Sweep(spec.sweeps[0].run, seeds=spec.seeds, targets=(spec.target,), points={"lr": rates})


def from_whole_curves(spec: Race, sweep: Sweep, losses: torch.Tensor) -> list[list[float]]:
    """The scores of loss curves `(epochs + 1, runs * copies)`, as docs/method.md defines them."""
    copies = losses.shape[1] // sweep.size
    found = []
    for column in range(losses.shape[1]):
        above = sweep.gap_or_loss(losses[:, column : column + 1], torch.tensor([column // copies]))[:, 0]
        gaps = above.tolist()
        score = gaps[-1] if spec.metric == "final" else min((gap for gap in gaps if gap == gap), default=0)
        if math.isnan(gaps[-1]):
            score = math.inf
        elif spec.metric == "epochs":
            outside = [epoch for epoch, gap in enumerate(gaps) if not gap <= spec.target]
            score = max(outside, default=-1) + 1
            score = math.inf if score == len(gaps) else float(score)
        else:
            score = math.inf if score > spec.limit else max(score, spec.rounding)
        found.append(score)
    exact = torch.tensor(found, dtype=torch.float64)
    return exact.reshape(-1, sweep.seeds, copies).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("luck", slow_but(range(12), range(200)))
def test_scores_and_losses_are_those_of_whole_curves(luck: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Random(luck)
    spec, sweep = random_case(draw)
    monkeypatch.setattr(block, "BLOCK_PARAMS", draw.choice([20, 32_768]))
    twins = draw.random() < 0.5
    kept = sorted(draw.sample(range(spec.epochs + 1), draw.randint(0, min(spec.epochs, 20))))
    found = evaluate(spec, sweep, epochs=kept, twins=twins)
    losses = trajectories(sweep, twins=twins).losses
    assert found.scores.tolist() == from_whole_curves(spec, sweep, losses)
    own = losses[kept, :: COPIES if twins else 1].reshape(found.losses.shape)
    torch.testing.assert_close(found.losses, own, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("until_decided", [False, True])
def test_re_drawn_races_can_be_stopped(until_decided: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """At whatever report of progress, the race makes no other, and has the results of what was complete."""
    monkeypatch.setattr(redraw, "CHUNK", 400)
    spec = Race(
        problem=PROBLEMS["Ackley"](),
        optimizers=(SGD(), Adam()),
        trials=4,
        epochs=10,
        seeds=8,
        until_decided=until_decided,
    )
    shares: list[float] = []
    whole = race(spec, shares.append)  # type: ignore[func-returns-value]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0 or whole.seeds < spec.looks[-1]
    assert len(shares) > 1000 * 4 * 8 * 2 / 400 > 10 * (spec.epochs + 1)
    for at in (3, 30, 100, len(shares) // 2, len(shares) - 2):
        calls: list[float] = []

        def stop(share: float, calls: list[float] = calls, at: int = at) -> bool:
            calls.append(share)
            return len(calls) > at

        found = race(spec, stop)
        assert len(calls) == at + 1
        assert found.stopped
        assert (found.evidence is None) == (not found.results or at <= len(shares) // len(spec.rounds))


@pytest.mark.parametrize(
    "settings",
    [{"trials": 36, "seeds": 11}, {"trials": 4, "seeds": 60, "epochs": 1000}, {"trials": 300, "seeds": 9}],
)
def test_the_memory_estimate_holds_the_result(settings: dict[str, Any]) -> None:
    spec = Race(optimizers=(SGD(), Adam()), **({"epochs": 5} | settings))
    held = 0
    for entry in race(spec).results:
        own = (entry.trial_scores, entry.losses, entry.redrawn, entry.default_scores)
        trained = entry.trials
        own += (trained.final_loss, trained.best_loss, trained.diverged_at, trained.seeds)
        own += (*entry.new_scores.values(), *entry.new_ranges.values())
        held += sum(tensor.nbytes for tensor in own if tensor is not None)
    assert held <= cost.memory(spec)


PEAK = """
import resource
from trainers import Race, race, sweep
from trainers.optimizers import SGD, Adam
from trainers.problems import PROBLEMS
from trainers.races import cost

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
race(Race(trials=4, epochs=10))
before = peak()
spec = Race(problem=PROBLEMS["Rosenbrock"](), optimizers=(SGD(), Adam()), trials=36, seeds=100, epochs=10_000)
race(spec)
print((peak() - before) / cost.memory(spec))
"""


@pytest.mark.slow
def test_a_long_race_takes_the_memory_that_is_told() -> None:
    """Its loss curves alone would take 20 times as much."""
    found = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
    assert float(found.stdout) < 3
