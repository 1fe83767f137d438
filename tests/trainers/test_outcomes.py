"""What became of a run, held against the definition in docs/method.md."""

import math
import random
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from trainers import History, Run, train
from trainers.optimizers import SGD, Adagrad, Adam, Optimizer, RMSprop
from trainers.outcomes import ending, rises_again
from trainers.problems import MLP, LogisticRegression, Problem, Quadratic, Rosenbrock, Saddle, Thermometer
from trainers.reports.runs_table import status
from trainers.schedules import StepLR

RUNS = 200
SWINGING = Run(problem=Thermometer("raw"), optimizer=RMSprop(lr=0.1), epochs=5000)
trained = cache(train)


def expected(history: History, target: float) -> str:
    """The outcome as docs/method.md defines it."""
    if history.status in ("diverged", "stopped"):
        return history.status
    problem = history.run.training
    losses = history.loss.double().numpy()
    x = losses if problem.minimum is None else losses - problem.minimum
    if problem.minimum is not None:
        x = np.maximum(x, problem.rounding(history.loss.dtype))
    last = x[-max(math.ceil(0.02 * len(x)), 1) :]
    norms = np.linalg.norm(history.gradient.double().numpy(), axis=1)
    if np.all(last <= target) if problem.minimum is not None else norms[-1] <= 1e-3 * norms[0] > 0:
        return "converged"
    count = max(math.ceil(len(x) / 4), 2)
    window, before = x[-count:], x[-2 * count : -count]
    moves = np.diff(window)
    rise, fall = moves[moves > 0].sum(), -moves[moves < 0].sum()
    size = np.abs(window).max()
    if rise + fall <= 1e-3 * size:
        one, other = history.gradient[-2:].double().numpy()
        return "oscillating" if np.dot(one, other) < 0 else "stalled"
    if fall < rise / 10:
        return "rising"
    level = not len(before) or lower_median(window) >= 0.9 * lower_median(before)
    if rise >= fall / 2 and (level or fall - rise <= 1e-3 * size):
        return "oscillating"
    return "falling"


def lower_median(values: "np.ndarray") -> float:
    return float(np.sort(values)[(len(values) - 1) // 2])


def drawn(number: int) -> Run:
    """A random run, many of them at a learning rate that is too large or too small."""
    rng = random.Random(number)
    problems: list[Problem] = [Thermometer(scaling) for scaling in ("raw", "x0.1", "standardized")]
    problems += [Quadratic(), Rosenbrock(), Saddle()]
    problems += [LogisticRegression(samples=20), MLP(samples=20, width=4)]
    lr = 10 ** rng.uniform(-5, 1)
    optimizers: list[Optimizer] = [SGD(lr=lr, momentum=0.9)]
    optimizers += [kind(lr=lr) for kind in (SGD, Adam, RMSprop, Adagrad)]
    problem, optimizer = rng.choice(problems), rng.choice(optimizers)
    return Run(problem=problem, optimizer=optimizer, epochs=rng.choice([1, 5, 40, 300]))


@pytest.mark.parametrize("count", [65, pytest.param(RUNS, marks=pytest.mark.slow)])
def test_random_runs_end_as_the_definition_says(count: int) -> None:
    found = set()
    for number in range(count):
        history = train(drawn(number))
        assert history.ending(0.01).outcome == history.outcome == expected(history, 0.01), drawn(number)
        found.add(history.outcome)
    assert found == {"converged", "falling", "oscillating", "stalled", "rising", "diverged"}


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (Run(optimizer=SGD(lr=0.02, momentum=0.9), epochs=300), "converged"),
        (Run(optimizer=SGD(lr=0.02), epochs=300), "falling"),
        (Run(optimizer=SGD(lr=0.0333), epochs=200), "rising"),
        (Run(optimizer=SGD(lr=0.05), epochs=100), "diverged"),
        (SWINGING, "oscillating"),
        (Run(problem=Saddle(), optimizer=SGD(lr=1e-8), epochs=100), "stalled"),
        (Run(problem=LogisticRegression(), optimizer=Adam(lr=1.0), epochs=500), "converged"),
    ],
    ids=str,
)
def test_known_ends(run: Run, outcome: str) -> None:
    assert trained(run).outcome == outcome


def test_a_stopped_run() -> None:
    history = train(Run(epochs=50), on_epoch=lambda epoch, loss: epoch == 10)
    assert history.outcome == "stopped"
    assert status(history, 0.01) == "stopped"


def test_the_estimate_is_that_of_a_gap_that_falls_evenly() -> None:
    gap = torch.tensor([0.5**k for k in range(101)], dtype=torch.float64)
    assert ending(gap, 0.5**140).epochs_left == pytest.approx(40)
    history = train(Run(optimizer=SGD(lr=0.02), epochs=300))
    left = history.ending(0.01).epochs_left
    assert left is not None
    longer = train(Run(optimizer=SGD(lr=0.02), epochs=1500)).epochs_to(0.01)
    assert longer == pytest.approx(300 + left, rel=0.02)
    assert status(history, 0.01) == f"falling, about {float(f'{left:.2g}'):,.0f} epochs left"


def test_the_level_of_an_oscillation_is_told() -> None:
    history = trained(SWINGING)
    assert history.ending(0.01).level == pytest.approx(10.541141 - 2.927646, rel=1e-3)
    assert status(history, 0.01) == "oscillating, gap about 7.6"


def test_no_epochs_are_said_to_be_left_where_a_schedule_changes_the_rate() -> None:
    """The gap does not go on falling by the same factor."""
    run = Run(optimizer=SGD(lr=0.02), epochs=100)
    assert train(run).ending(0.01).epochs_left is not None
    ended = train(replace(run, schedule=StepLR(step_size=90))).ending(0.01)
    assert (ended.outcome, ended.epochs_left) == ("falling", None)


NOISE = {
    "normal": lambda rng, count: rng.normal(size=count),
    "heavy tails": lambda rng, count: rng.standard_t(3, size=count),
    "uniform": lambda rng, count: rng.uniform(-2, 2, size=count),
    "correlated": lambda rng, count: correlated(rng, count),
}


def correlated(rng: "np.random.Generator", count: int) -> "np.ndarray":
    """Noise of which half is that of the epoch before."""
    values = rng.normal(size=count)
    for k in range(1, count):
        values[k] = 0.5 * values[k - 1] + values[k]
    return values


def fraction_rising(kind: str, rows: int, size: float, rise: float, curves: int = 100) -> float:
    """Of how many curves it is said that they rise: they fall for a tenth, and rise from there to the end."""
    rng, k = np.random.default_rng(rows), np.arange(rows)
    turn = rows // 10
    trend = 0.5 + 0.5 * np.clip(1 - k / turn, 0, 1) + rise * np.clip((k - turn) / (rows - turn), 0, 1)
    noise = (size * NOISE[kind](rng, rows) for _ in range(curves))
    return sum(rises_again(torch.from_numpy(trend + each)) for each in noise) / curves


@pytest.mark.parametrize("rows", [21, 31, 101, pytest.param(1001, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", NOISE)
def test_noise_alone_is_no_overfitting(kind: str, rows: int) -> None:
    for size in (0.02, 0.2):
        assert fraction_rising(kind, rows, size, 0.0) <= 0.03


@pytest.mark.parametrize("rows", [31, 101, pytest.param(1001, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", NOISE)
def test_a_real_rise_is_overfitting(kind: str, rows: int) -> None:
    assert fraction_rising(kind, rows, 0.01, 0.5) == 1
    assert fraction_rising(kind, rows, 0.0, 0.1) == 1
    assert fraction_rising(kind, rows, 0.0, 0.01) == 0, "less than 5%"


def test_one_epoch_of_noise_decides_nothing() -> None:
    flat = torch.full((50,), 0.5)
    for place, value in ((-1, 0.9), (20, 0.1)):
        spiked = flat.clone()
        spiked[place] = value
        assert not rises_again(spiked)
    assert not rises_again(torch.cat([torch.linspace(1, 0.1, 9), torch.linspace(0.1, 2, 8)])), "too few"
