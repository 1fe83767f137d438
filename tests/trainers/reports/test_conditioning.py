"""What the Hessian says of step sizes, and when it says nothing."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch

from tests.matrix import slow_but
from trainers import Race, Run, race, train
from trainers.optimizers import SGD, Adam
from trainers.problems import PROBLEMS, LinearRegression, Polynomial, Problem, Thermometer
from trainers.reports.conditioning import conditioning, hessian_summary, instability
from trainers.reports.race import optimizer_names
from trainers.reports.race_curves import stability_limits
from trainers.reports.race_warnings import stability_margins

QUADRATIC = [kind() for kind in PROBLEMS.values() if kind().hessian is not None] + [
    Thermometer(scaling="raw"),
    LinearRegression(samples=9, features=12),
    Polynomial(degree=2),
]
WITH_DATA = [problem for problem in QUADRATIC if problem.num_samples]
LIMIT = "Plain SGD is stable below lr"


@pytest.mark.parametrize("problem", QUADRATIC, ids=repr)
def test_with_full_batches_sgd_diverges_from_the_stability_limit(problem: Problem) -> None:
    run = Run(
        problem=problem,
        batch_size=problem.num_samples,
        validation_split=0.1 if problem.num_samples else 0,
        epochs=300,
        seed=5,
    )
    known = conditioning(run.training)
    assert f"{LIMIT} {known.max_stable_lr:.4g}".replace("-", "−") in hessian_summary(run)
    inside, outside = (
        train(replace(run, optimizer=SGD(lr=factor * known.max_stable_lr), dtype="float64"))
        for factor in (0.99, 1.02)
    )
    assert inside.loss[-1] <= inside.loss[0]
    assert outside.status == "diverged" or outside.loss[-1] > 1e6 * outside.loss[0]


BATCHES = list(product(WITH_DATA, (1, 8, 9, 10, 11, 1000), (0.0, 0.2)))
SOME = [case for number, case in enumerate(BATCHES) if number.bit_count() % 2]


@pytest.mark.parametrize(("problem", "batch", "share"), slow_but(SOME, BATCHES), ids=repr)
def test_with_mini_batches_no_stability_limit_is_reported_or_drawn(
    problem: Problem, batch: int, share: float
) -> None:
    field = (SGD(), SGD(momentum=0.9), Adam())
    shared = {"problem": problem, "batch_size": batch, "validation_split": share, "epochs": 1}
    asked = Race(optimizers=field, trials=2, seeds=1, lr_min=1e-8, lr_max=100, **shared)
    result, names = race(asked), optimizer_names(asked)
    told = hessian_summary(asked)
    assert told.startswith("Hessian")
    assert "condition number" in told
    full = batch >= asked.training.num_samples
    assert full == (asked.steps_per_epoch == 1)
    assert (LIMIT in told) == full
    assert stability_limits(result, names)["run"].tolist() == (names[:2] if full else [])
    assert ("stability limit" in stability_margins(result, names)) == full


def test_in_batches_sgd_diverges_below_the_full_batch_limit() -> None:
    run = Run(problem=LinearRegression(), batch_size=1, epochs=200, dtype="float64")
    stable = conditioning(run.training).max_stable_lr
    assert train(replace(run, batch_size=0, optimizer=SGD(lr=0.9 * stable))).status == "finished"
    assert train(replace(run, optimizer=SGD(lr=0.9 * stable))).status == "diverged"


def test_the_hessian_in_words() -> None:
    assert hessian_summary(Run()) == (
        "Hessian: eigenvalues 0.1699 and 60.65; condition number 357. Plain SGD is stable below lr 0.03298."
    )
    assert hessian_summary(Run(batch_size=4)) == (
        "Hessian (full batch): eigenvalues 0.1699 and 60.65; condition number 357."
    )
    for name in ("Rosenbrock", "MLP", "SoftmaxRegression"):
        assert hessian_summary(Run(problem=PROBLEMS[name]())) == ""


def test_eigenvalues_are_those_of_the_training_set() -> None:
    run = Run(problem=LinearRegression(), validation_split=0.3)
    design: Any = run.training.data.inputs
    expected = torch.linalg.eigvalsh(2 * design.T @ design / len(design))
    torch.testing.assert_close(conditioning(run.training).eigenvalues, expected)


def test_a_limit_just_below_the_rate_reads_so() -> None:
    run = Run.from_query("epochs=50&run=SGD~lr-0.03298")[0]
    found = conditioning(run.training)
    assert found is not None
    near = replace(run, optimizer=SGD(lr=found.max_stable_lr * (1 + 1e-7)))
    lr, limit = re.findall(r"lr ([\d.e−-]+) is .* limit, ([\d.e−-]+\d)", instability(near))[0]
    assert float(limit) < float(lr)
