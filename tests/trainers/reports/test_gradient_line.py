"""The loss along the direction against the gradient, against what follows from the Hessian."""

import pytest
import torch

from tests.matrix import run_on
from trainers.optimizers import SGD, Adam
from trainers.problems import MLP, PROBLEMS, LinearRegression, Problem, Thermometer
from trainers.reports.gradient_line import GradientLine, gradient_line
from trainers.run import Run
from trainers.steps import record_steps


def line(run: Run, update: int = 0) -> GradientLine:
    return gradient_line(run, record_steps(run, [update])[0])


Booth = PROBLEMS["Booth"]
BOWLS = (Thermometer(scaling="x0.1"), Thermometer(), PROBLEMS["Quadratic"](), Booth())


@pytest.mark.parametrize("problem", BOWLS, ids=str)
def test_a_parabola(problem: Problem) -> None:
    run = Run(problem=problem, optimizer=SGD(lr=1e-4), epochs=3, dtype="float64")
    found, hessian = line(run), problem.hessian
    gradient = problem.gradient(run.initial())
    best = float(gradient @ gradient / (gradient @ hessian @ gradient))
    assert found.best == pytest.approx(best, rel=1e-3)
    assert found.level == pytest.approx(2 * best, rel=1e-3)
    largest = float(torch.linalg.eigvalsh(hessian)[-1])
    assert found.stable == pytest.approx(2 / largest)
    steep = found.table["steep"]
    assert steep.iloc[0] == 1
    assert steep.iloc[-1] == pytest.approx(1 - found.table["lr"].iloc[-1] * largest)


def test_it_goes_through_the_step_of_the_run() -> None:
    for lr in (0.01, 0.03, 0.05):
        run = Run(problem=Thermometer(scaling="x0.1"), optimizer=SGD(lr=lr), epochs=3, dtype="float64")
        for update in (0, 2):
            step = record_steps(run, [update])[0]
            table = gradient_line(run, step).table.set_index("lr")
            assert table["loss"][lr] == pytest.approx(float(step.new_loss), rel=1e-12)
            assert table["loss"].iloc[0] == pytest.approx(float(step.loss), rel=1e-12)


def test_the_factors_of_the_lesson() -> None:
    table = line(Run(problem=Thermometer(scaling="x0.1"), optimizer=SGD(lr=0.01), epochs=3)).table
    at = table.set_index("lr").loc[0.01]
    assert float(at["steep"]) == pytest.approx(0.394, abs=1e-3)
    assert float(at["flat"]) == pytest.approx(0.998, abs=1e-3)


def test_a_rate_far_beyond_is_not_in_the_chart() -> None:
    run = Run(problem=Thermometer(scaling="x0.1"), optimizer=SGD(lr=90), epochs=3)
    found = line(run)
    assert found.table["lr"].max() < 0.1


@pytest.mark.parametrize("kind", PROBLEMS.values(), ids=str)
def test_every_problem_has_one(kind: type[Problem]) -> None:
    run = run_on(kind(), optimizer=Adam(lr=0.1), epochs=3, seed=1)
    found = line(run)
    assert found.table["loss"].notna().all()
    assert found.best is None or found.level is None or found.best < found.level
    below = found.table[found.table["lr"].between(0, (found.level or 0), inclusive="neither")]
    assert (below["loss"] < found.table["loss"].iloc[0] * (1 + 1e-9) + 1e-12).all()


def test_mini_batches_have_no_limit() -> None:
    run = Run(problem=LinearRegression(), optimizer=SGD(lr=0.01), epochs=3, batch_size=10)
    found = line(run, 4)
    assert found.stable is None
    assert "steep" not in found.table


def test_at_a_minimum_it_falls_nowhere() -> None:
    run = Run(problem=Booth(), optimizer=SGD(lr=0.01), epochs=3, start=(1.0, 3.0), dtype="float64")
    found = line(run)
    assert found.best is None
    assert found.level is None
    assert found.table["loss"].notna().all()


def test_networks() -> None:
    assert line(Run(problem=MLP(), optimizer=SGD(lr=0.1), epochs=3)).best is not None


@pytest.mark.parametrize("update", [20, 30, 55])
def test_far_out_the_lowest_loss_is_found(update: int) -> None:
    """Where a run diverges, its gradients and steps are huge; the best rate is that of the curvature."""
    run = Run(problem=Thermometer(scaling="x0.1"), optimizer=SGD(lr=0.05), epochs=500)
    found = line(run, update)
    assert found.best == pytest.approx(2 / 60.646 / 2, rel=1e-3)
    assert found.level == pytest.approx(2 / 60.646, rel=1e-3)
    assert not found.flat


def test_at_the_end_it_falls_by_rounding_alone() -> None:
    run = Run(problem=Thermometer(scaling="standardized"), optimizer=SGD(lr=0.1), epochs=2000)
    assert line(run, 1999).flat
    wide = Run(problem=PROBLEMS["Quadratic"](condition=1), optimizer=SGD(lr=0.5), epochs=5000)
    assert line(wide, 100).best == pytest.approx(1, rel=1e-6)


def test_a_search_finds_what_the_hessian_says() -> None:
    from trainers.reports import gradient_line as module

    problem = Thermometer(scaling="x0.1")
    at = torch.tensor([3.0, -7.0], dtype=torch.float64)
    gradient = problem.gradient(at)
    exact = module._parabola(problem.hessian, gradient)
    found = module._search(lambda rates: problem.loss(at[:, None] - rates * gradient[:, None]))
    assert found == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "lr", "update"), [("GoldsteinPrice", 0.001, 2), ("Himmelblau", 0.05, 7), ("Rosenbrock", 0.01, 3)]
)
def test_where_a_run_diverges_there_is_no_minimum(name: str, lr: float, update: int) -> None:
    run = Run(problem=PROBLEMS[name](), optimizer=SGD(lr=lr), epochs=20)
    steps = record_steps(run, range(20))
    found = gradient_line(run, steps[min(update, len(steps) - 1)])
    assert not found.flat
    assert found.best is not None
