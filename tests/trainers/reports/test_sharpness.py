"""Sharpness as optimizers see it: published numbers, steps that follow from it, limits that hold."""

import pandas as pd
import pytest
import torch

from tests.matrix import by_kind, quick, slow_but
from trainers.optimizers import SGD, Adagrad, Adam, Optimizer, RMSprop
from trainers.problems import MLP, PROBLEMS, LinearRegression, Thermometer
from trainers.reports import sharpness as report
from trainers.reports.lanczos import ACCURACY, largest_eigenvalue
from trainers.reports.sharpness import hessian_at, refined, sentence, sharpness
from trainers.run import Run
from trainers.steps import record_steps
from trainers.training import train


def test_that_of_adam_grows_to_its_limit() -> None:
    run = Run(problem=Thermometer(scaling="raw"), optimizer=Adam(lr=1), epochs=1700, dtype="float64")
    found = sharpness(run, record_steps(run, [300, 1000, 1550, 1580]))
    assert found["sharpness"].tolist() == pytest.approx([11.6, 25.8, 37.9, 38.6], abs=0.1)
    assert run.optimizer.max_stable_sharpness() == pytest.approx(38)


def test_that_of_sgd_is_the_largest_eigenvalue() -> None:
    run = Run(problem=Thermometer(scaling="x0.1"), optimizer=SGD(lr=0.01, weight_decay=2), epochs=5)
    found = sharpness(run, record_steps(run, [1, 3]))
    assert found["sharpness"].tolist() == pytest.approx([62.646, 62.646], rel=1e-4)
    assert run.optimizer.max_stable_sharpness() == pytest.approx(200)


def memoryless(optimizer: Optimizer) -> bool:
    """Whether a step depends on earlier gradients through a preconditioner alone, and on no decay."""
    used = [getattr(optimizer, name, 0) for name in ("momentum", "beta1", "weight_decay")]
    return not any(used) and type(optimizer).preconditioner is not Optimizer.preconditioner


@pytest.mark.parametrize("optimizers", by_kind(o for o in quick(by_hand=True) if memoryless(o)))
def test_the_step_is_the_gradient_divided_by_it(optimizers: list[Optimizer]) -> None:
    for optimizer in optimizers:
        divides(optimizer)


def divides(optimizer: Optimizer) -> None:
    """Without momentum: torch's own division, from the state after the update."""
    run = Run(optimizer=optimizer, epochs=9, dtype="float64")
    for before, after in zip(*[iter(record_steps(run, range(8)))] * 2, strict=True):
        divisor = optimizer.preconditioner(after.update, after.state)
        step = before.params - before.new_params
        torch.testing.assert_close(step, optimizer.lr * before.gradient / divisor, rtol=1e-9, atol=0)


@pytest.mark.parametrize(
    "optimizer", [SGD(lr=0.1), SGD(lr=0.1, momentum=0.9), SGD(lr=0.1, momentum=0.5, nesterov=True)], ids=str
)
def test_limits_of_sgd_hold(optimizer: SGD) -> None:
    for factor, grows in ((0.97, False), (1.03, True)):
        assert grew(optimizer, factor * optimizer.max_stable_sharpness()) == grows


def test_limits_with_a_constant_preconditioner_hold() -> None:
    """Moments that hardly change leave the preconditioner as it is."""
    frozen = Adam(lr=1, beta1=0.9, beta2=0.999999, eps=1)
    for factor, grows in ((0.95, False), (1.05, True)):
        curvature = factor * frozen.max_stable_sharpness()
        assert grew(frozen, curvature, size=1e-60) == grows
    rms = RMSprop(lr=1, alpha=1, momentum=0.5, eps=1)
    for factor, grows in ((0.97, False), (1.03, True)):
        assert grew(rms, factor * rms.max_stable_sharpness(), size=1e-60) == grows
    ada = Adagrad(lr=1, eps=1)
    for factor, grows in ((0.97, False), (1.03, True)):
        assert grew(ada, factor * ada.max_stable_sharpness(), size=1e-60) == grows


def grew(optimizer: Optimizer, curvature: float, size: float = 1.0, updates: int = 400) -> bool:
    """Whether the error grows on `curvature x^2 / 2`."""
    params = torch.tensor([size], dtype=torch.float64)
    state = optimizer.init(params)
    errors = []
    for update in range(1, updates + 1):
        optimizer.step(update, params, curvature * params, state)
        errors.append(abs(float(params)))
    return max(errors[-50:]) > max(errors[100:150])


def test_hessians_by_autograd_are_true() -> None:
    generator = torch.Generator().manual_seed(0)
    for name in ("Rosenbrock", "Quadratic", "LinearRegression", "MLP"):
        problem = PROBLEMS[name]()
        at = torch.randn(problem.num_params, generator=generator, dtype=torch.float64)
        rows = [
            (problem.gradient(at + h) - problem.gradient(at - h)) / 2e-5
            for h in 1e-5 * torch.eye(problem.num_params, dtype=torch.float64)
        ]
        torch.testing.assert_close(hessian_at(problem, at), torch.stack(rows), rtol=1e-5, atol=1e-5)


def test_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_PARAMS", 200)
    wide = Run(problem=MLP(width=64), optimizer=Adam(lr=0.01), epochs=2)
    assert not len(sharpness(wide, record_steps(wide, [0, 1])))
    one = Run(problem=LinearRegression(), optimizer=Adam(lr=0.01), epochs=1)
    assert not len(sharpness(one, record_steps(one, [0])))


def told(
    values: list[float], limit: float | None, losses: list[float] | None = None, constant: bool = False
) -> str:
    updates = range(2, len(values) + 2)
    table = pd.DataFrame({"update": updates, "sharpness": values})
    shown = pd.DataFrame({"update": updates, "loss": losses or [1.0] * len(values)})
    return sentence(table, limit, shown, constant)


def test_it_is_told_where_the_limit_is_crossed() -> None:
    assert told([1, 2, 3], 10) == "**The sharpness goes from 1 to 3**, always below the stability limit, 10."
    assert told([20, 12], 10) == "**The sharpness goes from 20 to 12**, always above the stability limit, 10."
    assert told([1, 12, 3], 10).endswith("passes the stability limit, 10, at update 3, but ends below it.")
    assert told([1, 12, 13], 10).endswith("It passes the stability limit, 10, at update 3.")
    assert told([20, 5], 10).endswith("It begins above the stability limit, 10, and is below it at update 3.")
    assert told([20, 5, 30], 10).endswith("is below it at update 3, but ends above it.")
    assert told([1, 12, 13], 10, [1, 1, 9]).endswith(" The loss then rises to 9, at update 4.")
    assert told([60.646, 60.646], 200) == "**The sharpness is 60.6 throughout, below the stability limit.**"
    assert told([60.6, 60.6], None, constant=True).endswith("throughout: the Hessian is constant.**")
    assert told([1, 2], None) == "**The sharpness goes from 1 to 2**."


def test_the_crossing_is_looked_at_closely() -> None:
    run = Run(problem=Thermometer(scaling="raw"), optimizer=Adam(lr=1), epochs=2000, dtype="float64")
    coarse = sharpness(run, record_steps(run, [1000, 1400, 1600, 1900]))
    found = refined(run, coarse, 38)
    crossed = found["update"][found["sharpness"] > 38].iloc[0]
    assert 1554 <= crossed <= 1562
    assert found["update"].is_monotonic_increasing
    assert not found["update"].duplicated().any()
    assert len(refined(run, coarse, 1e9)) == len(coarse)


# --- Without the Hessian --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 5, 40, 300])
def test_the_largest_eigenvalue_by_products(size: int) -> None:
    generator = torch.Generator().manual_seed(size)
    for _ in range(5):
        factor = torch.randn(size, size, generator=generator, dtype=torch.float64)
        matrix = factor + factor.T
        found = largest_eigenvalue(matrix.matmul, size)
        exact = float(torch.linalg.eigvalsh(matrix)[-1])
        assert found == pytest.approx(exact, rel=2 * ACCURACY)
    assert largest_eigenvalue(lambda vector: 3 * vector, size) == pytest.approx(3)
    assert torch.tensor(largest_eigenvalue(lambda vector: vector / 0, size)).isnan()


@pytest.mark.parametrize(
    "optimizer", [SGD(lr=0.5, weight_decay=0.1), Adam(lr=0.01), RMSprop(lr=0.01)], ids=str
)
def test_products_find_what_the_hessian_has(optimizer: Optimizer, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(problem=MLP(samples=40, width=12), optimizer=optimizer, epochs=40)
    steps = record_steps(run, [1, 5, 39])
    exact = sharpness(run, steps)["sharpness"]
    monkeypatch.setattr(report, "MAX_HESSIAN", 10)
    found = sharpness(run, steps)["sharpness"]
    assert len(found) == 3
    assert found.tolist() == pytest.approx(exact.tolist(), rel=ACCURACY)


@pytest.mark.parametrize(("lr", "arrives"), slow_but([(2.0, 80)], [(1.0, 120), (2.0, 80)]))
def test_gradient_descent_trains_a_network_at_the_edge_of_stability(lr: float, arrives: int) -> None:
    """Cohen et al. 2021, arXiv 2103.00065: the sharpness climbs to 2 / lr and stays; the loss falls.

    Single losses are decided by rounding: at lr 2 any epoch may be one that rises above the first.
    """
    run = Run(problem=MLP(source="spirals", noise=0.05, depth=2), optimizer=SGD(lr=lr), epochs=500)
    losses = train(run).loss
    updates = range(1, 500, 25)
    limit = run.optimizer.max_stable_sharpness()
    assert limit == pytest.approx(2 / lr)
    table = sharpness(run, record_steps(run, updates))
    share = table["sharpness"] / limit
    assert share.iloc[0] < 0.75
    later = share[table["update"] > arrives]
    assert later.median() == pytest.approx(1, abs=0.15)
    assert later.between(0.6, 1.7).all()
    assert (losses.diff() > 0).sum() > 30
    assert losses[-50:].median() < 0.4 * losses[0]
    told = sentence(table, limit, pd.DataFrame({"update": range(1, 502), "loss": losses.tolist()}))
    assert "*the edge of stability*" in told
