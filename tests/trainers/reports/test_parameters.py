"""Curves of parameters, gradients, steps and errors, each computed anew."""

from itertools import pairwise

import pytest
import torch

from trainers.optimizers import SGD, Adam
from trainers.problems import MLP, PROBLEMS, LinearRegression, Thermometer
from trainers.reports.parameters import charted, quantities, quantity_curves
from trainers.run import Run
from trainers.training import train

LESSON = Run(problem=Thermometer(scaling="x0.1"), optimizer=SGD(lr=0.01), epochs=20, dtype="float64")


def values(run: Run, quantity: str, key: str) -> list[float]:
    return list(quantity_curves([train(run)], ["a"], quantity, key)["y"])


def test_the_first_steps_of_the_lesson() -> None:
    """SGD moves w by 0.776 and b by 0.106, Adam at lr 1 both by 1."""
    assert values(LESSON, "step", "w")[0] == pytest.approx(0.776, abs=1e-3)
    assert values(LESSON, "step", "b")[0] == pytest.approx(0.106, abs=1e-3)
    adam = Run(problem=LESSON.problem, optimizer=Adam(lr=1), epochs=20, dtype="float64")
    assert [values(adam, "step", name)[0] for name in "wb"] == pytest.approx([1, 1])


def test_gradients_are_those_of_the_history() -> None:
    history = train(LESSON)
    assert values(LESSON, "gradient", "gradient_b") == history.gradient[:, 1].tolist()
    assert values(LESSON, "parameters", "b") == history.params[:, 1].tolist()


def test_each_error_shrinks_by_its_own_factor() -> None:
    eigenvalues = torch.linalg.eigvalsh(LESSON.problem.hessian).tolist()
    for direction, eigenvalue in zip(("flattest", "steepest"), eigenvalues, strict=True):
        found = values(LESSON, "error", direction)
        ratios = [after / before for before, after in pairwise(found)]
        assert ratios[:5] == pytest.approx([1 - 0.01 * eigenvalue] * 5, rel=1e-6)


def test_errors_need_a_hessian_and_a_minimizer() -> None:
    assert "error" in quantities(LinearRegression())
    for problem in (MLP(), PROBLEMS["Rosenbrock"]()):
        assert "error" not in quantities(problem)
    assert len(charted(LinearRegression(features=8), "gradient")) == 4


def test_kept_epochs_alone_have_a_step() -> None:
    history = train(LESSON, most_rows=8)
    known = quantity_curves([history], ["a"], "step", "w").dropna()
    assert set(known["x"]) <= {int(k) for k in history.epochs if int(k) - 1 in history.epochs}


def test_none() -> None:
    assert list(quantity_curves([], [], "step", "w").columns) == ["run", "x", "y"]
