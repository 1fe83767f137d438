"""What weight decay does to a run, against ridge regression in closed form."""

import numpy as np
import pytest
import torch

from dashboard.state import Page
from trainers import History, Run, train
from trainers.problems import PROBLEMS, LinearRegression, Polynomial, Problem, Thermometer
from trainers.reports.runs_table import status
from trainers.reports.summary import sentence
from trainers.reports.weight_decay import penalized_optimum
from trainers.words import format_number

QUADRATIC = (Thermometer(), Thermometer("raw"), LinearRegression(samples=9, features=12), Polynomial())
AIMS = "aims at another point"


def trained(link: str) -> list[History]:
    page, notes = Page.from_query(link)
    assert not notes
    return [train(run) for run in page.runs]


def ridge(problem: Problem, decay: float) -> "np.ndarray":
    """Parameters with the smallest mean squared error plus `decay / 2` times their squares."""
    design, target = (part.numpy() for part in problem.data.to(torch.float64))
    count = design.shape[1]
    rows = np.vstack([design / len(target) ** 0.5, (decay / 2) ** 0.5 * np.eye(count)])
    return np.linalg.lstsq(rows, np.append(target / len(target) ** 0.5, np.zeros(count)), rcond=None)[0]


@pytest.mark.parametrize("decay", [1e-3, 0.1, 3.0])
@pytest.mark.parametrize(
    "problem",
    [Thermometer(), Thermometer("raw"), LinearRegression(samples=9, features=12), Polynomial()],
    ids=repr,
)
def test_the_optimum_is_that_of_ridge_regression(problem: Problem, decay: float) -> None:
    run, _ = Run.from_query(f"run=SGD~weight_decay-{decay}")
    found = penalized_optimum(Run(problem=problem, optimizer=run.optimizer))
    assert found is not None
    np.testing.assert_allclose(found.numpy(), ridge(problem, decay), rtol=1e-6)


def test_a_run_with_weight_decay_ends_at_its_own_optimum() -> None:
    link = "dtype=float64&epochs=1500&run=SGD~lr-0.03~weight_decay-0.1&run=Adam~lr-0.1~weight_decay-0.1"
    histories = trained(link)
    problem = histories[0].run.training
    expected = float(problem.gap(problem.loss(torch.from_numpy(ridge(problem, 0.1)))))
    assert f"{expected:.3f}" == "3.768"
    for history in histories:
        assert float(history.gap[-1]) == pytest.approx(expected, rel=1e-3)
        assert status(history, 0.01) == "converged, with weight decay"
        told = "With weight decay 0.1 it aims at another point, where the gap is 3.77."
        assert sentence([history], 0.01).endswith(f"minimum loss. {told}")
    told = "With weight decay 0.1 SGD and Adam aim at another point, where the gap is 3.77."
    assert sentence(histories, 0.01).endswith(told)
    assert AIMS not in sentence(histories[:1], 4.0)
    assert format_number(expected, 3) == "3.77"


def test_no_epochs_are_left_to_a_target_that_is_not_aimed_at() -> None:
    short = trained("epochs=300&run=SGD~lr-0.02~weight_decay-0.1&run=SGD~lr-0.02")
    assert [status(history, 0.01).partition(",")[0] for history in short] == ["falling", "falling"]
    assert ["left" in status(history, 0.01) for history in short] == [False, True]


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("epochs=50&run=SGD~weight_decay-1e-9", ""),
        ("epochs=50&run=SGD", ""),
        ("problem=Quadratic&epochs=50&run=SGD~weight_decay-0.1", ""),
        ("problem=LogisticRegression&epochs=50&run=SGD~weight_decay-0.1", ""),
        ("problem=Rosenbrock&epochs=50&run=SGD~weight_decay-0.1", f"With weight decay 0.1 it {AIMS}."),
        ("epochs=50&run=AdamW~weight_decay-0.001", ""),
        (
            "epochs=50&run=AdamW~weight_decay-0.2",
            "Weight decay 0.2 shrinks its parameters at each step and can keep them from the minimum.",
        ),
        ("epochs=50&run=SGD~lr-0.1~weight_decay-0.2", ""),
        (
            "epochs=50&run=SGD~weight_decay-0.1~clipping-ClipNorm~clipping.max_norm-1e-3",
            f"With weight decay 0.1 it {AIMS}.",
        ),
    ],
)
def test_it_is_said_where_it_matters(link: str, told: str) -> None:
    text = sentence(trained(link), 0.01)
    assert (told or AIMS) in text if told else (AIMS not in text and "shrinks" not in text)


def test_adamw_reaches_a_minimum_that_is_within_its_limit() -> None:
    """So that it aims at another point is said of no decoupled weight decay."""
    problem = "problem=Thermometer~scaling-standardized"
    near = trained(f"{problem}&dtype=float64&epochs=2000&run=AdamW~lr-0.02~beta2-0.9~weight_decay-0.01")[0]
    assert max(map(abs, near.run.problem.minimizers[0])) * 0.01 < 1
    assert near.gap[-1] < 1e-3
    assert "shrinks" not in sentence([near], 0.01)


def test_every_problem_with_a_constant_hessian_has_such_an_optimum() -> None:
    for kind in PROBLEMS.values():
        run, _ = Run.from_query(f"problem={kind.__name__}&run=SGD~weight_decay-0.5")
        found = penalized_optimum(run)
        assert (found is None) == (run.training.hessian is None)
        if found is not None and run.training.minimum is not None:
            slope = run.training.gradient(found) + 0.5 * found
            assert slope.norm() <= 1e-8 * (1 + run.training.gradient(0 * found).norm())
