"""What the confidence of a race costs, and orders of mini-batches of each seed's own."""

from dataclasses import replace

from tests.bench import PAIRS, in_turns, table
from trainers import Race, Run, Sweep, race, sweep
from trainers.optimizers import Adam
from trainers.problems import MLP, PROBLEMS, LinearRegression, LogisticRegression, Problem, SoftmaxRegression
from trainers.races.evaluation import evaluate
from trainers.races.result import RaceResult
from trainers.sweeps.axis import Axis

IN_BATCHES: tuple[Problem, ...] = (
    LinearRegression(),
    LogisticRegression(),
    MLP(),
    SoftmaxRegression(),
)
RATES = Axis(1e-3, 1, 24, log=True)
DECIDED: tuple[tuple[Race, float], ...] = (
    (Race(problem=PROBLEMS["Rosenbrock"]()), 3.2),
    (Race(problem=PROBLEMS["Himmelblau"]()), 3.0),
    (Race(problem=PROBLEMS["StyblinskiTang"]()), 2.3),
    (Race(problem=PROBLEMS["Rastrigin"]()), 2.3),
    (Race(epochs=2000, metric="epochs"), 0.62),
    (Race(problem=LogisticRegression()), 0.87),
    (Race(problem=MLP(), epochs=200), 2.9),
)
"""Races, each with the time that a prototype took until they were decided, as a multiple of the race."""


def without_confidence(result: RaceResult) -> None:
    """Train the trials, and with new seeds the best one and that at the default learning rate."""
    for number, entry in enumerate(result.results):
        sweep(entry.trials.sweep)
        evaluate(result.race, result.race.evaluation_sweep(number, [entry.best_trial]))


def with_confidence(spec: Race) -> None:
    assert race(spec).evidence is not None


def races() -> None:
    rows = [["", "with", "without", "ratio"]]
    for name, spec in (("default race", Race()), ("logistic regression", Race(problem=LogisticRegression()))):
        result = race(spec)
        ours, theirs, share = in_turns((with_confidence, spec), (without_confidence, result))
        rows.append([name, f"{ours:.2f} s", f"{theirs:.2f} s", f"{share:.2f}"])
    table(f"A race with and without its confidence, median of {PAIRS}", rows)
    rows = [["", "until decided", "once, without confidence", "ratio", "goal"]]
    for spec, prototype in DECIDED:
        until = replace(spec, trials=16 if spec.epochs == 200 else 24, seed=500_000, until_decided=True)
        result = race(replace(until, until_decided=False))
        ours, theirs, share = in_turns((race, until), (without_confidence, result))
        name = type(spec.problem).__name__
        rows.append([name, f"{ours:.2f} s", f"{theirs:.2f} s", f"{share:.2f}", f"{2 * prototype:.2f}"])
    table(f"A race until it is decided, median of {PAIRS}", rows)
    rows = [["24 rates x 10 seeds", "own orders", "one order", "ratio"]]
    for problem in IN_BATCHES:
        run = Run(problem=problem, optimizer=Adam(), batch_size=32, epochs=5)
        own, one = Sweep(run, {"lr": RATES}, seeds=10), Sweep(run, {"lr": replace(RATES, count=240)})
        ours, theirs, share = in_turns((sweep, own), (sweep, one))
        rows.append([type(problem).__name__, f"{ours:.3f} s", f"{theirs:.3f} s", f"{share:.2f}"])
    table(f"Mini-batches in an order of each seed's own, median of {PAIRS}", rows)
