"""What the confidence of a race costs, and orders of mini-batches of each seed's own."""

from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

from tests.bench import seconds, table
from trainers import Race, Run, Sweep, race, sweep
from trainers.optimizers import Adam
from trainers.problems import MLP, LinearRegression, LogisticRegression, Problem, SoftmaxRegression
from trainers.races.result import RaceResult
from trainers.sweeps.axis import Axis
from trainers.sweeps.training import curves

PAIRS = 5
IN_BATCHES: tuple[Problem, ...] = (
    LinearRegression(),
    LogisticRegression(),
    MLP(),
    SoftmaxRegression(),
)
RATES = Axis(1e-3, 1, 24, log=True)


def without_confidence(result: RaceResult) -> None:
    """Train the trials, and with new seeds the best one and that at the default learning rate."""
    for number, entry in enumerate(result.results):
        sweep(entry.trials.sweep)
        curves(result.race.evaluation_sweep(number, [entry.best_trial]))


def with_confidence(spec: Race) -> None:
    assert race(spec).evidence is not None


def in_turns(
    ours: tuple[Callable[[Any], object], Any], theirs: tuple[Callable[[Any], object], Any]
) -> tuple[float, float, float]:
    """Medians of the seconds of two functions with their arguments, and of their ratio."""
    pairs = [(seconds(*ours), seconds(*theirs)) for _ in range(PAIRS)]
    first, second = (median(times) for times in zip(*pairs, strict=True))
    return first, second, median(a / b for a, b in pairs)


def races() -> None:
    rows = [["", "with", "without", "ratio"]]
    for name, spec in (("default race", Race()), ("logistic regression", Race(problem=LogisticRegression()))):
        result = race(spec)
        ours, theirs, share = in_turns((with_confidence, spec), (without_confidence, result))
        rows.append([name, f"{ours:.2f} s", f"{theirs:.2f} s", f"{share:.2f}"])
    table(f"A race with and without its confidence, median of {PAIRS}; goal: ratio below 1.3", rows)
    rows = [["24 rates x 10 seeds", "own orders", "one order", "ratio"]]
    for problem in IN_BATCHES:
        run = Run(problem=problem, optimizer=Adam(), batch_size=32, epochs=5)
        own, one = Sweep(run, {"lr": RATES}, seeds=10), Sweep(run, {"lr": replace(RATES, count=240)})
        ours, theirs, share = in_turns((sweep, own), (sweep, one))
        rows.append([type(problem).__name__, f"{ours:.3f} s", f"{theirs:.3f} s", f"{share:.2f}"])
    table(f"Mini-batches in an order of each seed's own, median of {PAIRS}", rows)
