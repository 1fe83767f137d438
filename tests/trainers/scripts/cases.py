"""Comparisons, races and sweeps of which programs are tested."""

from dataclasses import replace
from random import Random
from typing import Any

from tests.matrix import optimizers
from trainers import Axis, Race, Run, Sweep
from trainers.optimizers import SGD, Adagrad, Adam, RMSprop, ScheduleFreeAdamW, ScheduleFreeSGD
from trainers.problems import MLP, PROBLEMS, LogisticRegression, Problem, SoftmaxRegression
from trainers.problems.surfaces import Himmelblau
from trainers.run import runners

COMPARISONS = 20
RATES = (1e-3, 0.01, 0.05, 0.3, 3.0)
"""Learning rates: with the last, some runs diverge."""


def comparison(seed: int) -> list[Run]:
    """A random comparison: problem, data, precision, and two to five runs."""
    random = Random(seed)
    problem = _problem(random)
    shared: dict[str, Any] = {
        "problem": problem,
        "epochs": random.randint(1, 25) if problem.num_params < 100 else 3,
        "seed": random.choice([0, 1, 5]),
        "dtype": random.choice(["float32", "float64", "float64"]),
    }
    if problem.num_samples:
        shared["batch_size"] = random.choice([0, 0, 7, 50])
        shared["validation_split"] = random.choice([0, 0.2])
        shared["shuffle_seed"] = random.choice([0, 3])
    methods = []
    for _ in range(random.randint(2, 5)):
        optimizer = replace(random.choice(optimizers()), lr=random.choice(RATES))
        methods.append({"optimizer": optimizer, "runner": random.choice(runners(type(optimizer), problem))})
    return [Run(**shared, **method) for method in methods]


def _problem(random: Random) -> Problem:
    each = [kind() for kind in PROBLEMS.values()]
    with_data = [problem for problem in each if problem.num_samples and problem.num_params < 100]
    more = [MLP(source="digits", width=4), MLP(samples=60, depth=2, activation="relu")]
    return random.choice(random.choice([each, [*with_data, *more]]))


RACES = (
    Race(
        optimizers=(SGD(), Adam(), Adagrad(lr_decay=0.01), ScheduleFreeSGD()),
        trials=6,
        seeds=3,
        epochs=12,
        dtype="float64",
    ),
    Race(
        problem=Himmelblau(),
        optimizers=(SGD(momentum=0.9), SGD(momentum=0.5, dampening=0.3), RMSprop(centered=True)),
        trials=7,
        seeds=4,
        epochs=10,
        seed=2,
        tune="all",
        metric="epochs",
        target=5.0,
        dtype="float64",
    ),
    Race(
        problem=MLP(samples=40),
        optimizers=(SGD(momentum=0.9, nesterov=True), Adam(amsgrad=True), ScheduleFreeAdamW(r=1)),
        trials=5,
        seeds=1,
        epochs=6,
        metric="best",
        batch_size=16,
        dtype="float64",
    ),
    Race(
        problem=SoftmaxRegression(source="spirals", samples=30),
        optimizers=(SGD(), Adam()),
        trials=3,
        seeds=3,
        epochs=4,
        seed=3,
        batch_size=8,
        shuffle_seed=2,
        dtype="float64",
    ),
)
SWEEPS = (
    Sweep(
        Run(optimizer=SGD(dampening=0.4), epochs=15, dtype="float64"),
        {"lr": Axis(1e-4, 1, 6, log=True, digits=4), "momentum": Axis(0, 0.99, 5, digits=4)},
        targets=(),
    ),
    Sweep(
        Run(problem=LogisticRegression(), optimizer=Adam(), epochs=4, batch_size=50, dtype="float64"),
        {"lr": Axis(1e-3, 1, 5, log=True), "beta2": Axis(0.9, 0.9999, 5)},
        seeds=2,
        num_points=5,
    ),
    Sweep(
        Run(problem=SoftmaxRegression(), optimizer=Adagrad(), epochs=2, dtype="float64"),
        {"lr": Axis(0.1, 1, 2)},
    ),
    Sweep(
        Run(
            problem=LogisticRegression(),
            optimizer=ScheduleFreeAdamW(),
            epochs=4,
            batch_size=50,
            dtype="float64",
        ),
        {"lr": Axis(1e-2, 1, 3, log=True), "beta1": Axis(0.5, 0.9, 3)},
    ),
    Sweep(Run(problem=Himmelblau(), epochs=9, start=(1.0, 2.0), dtype="float64"), {"lr": Axis(1e-3, 0.5, 6)}),
)
