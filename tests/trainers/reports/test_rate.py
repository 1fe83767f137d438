"""Runs over one hyperparameter: what the slider shows is what those runs, trained alone, give."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.methods import methods
from trainers import train
from trainers.optimizers import SGD, Adam, Optimizer, RMSprop
from trainers.problems import MLP, LinearRegression, Problem, SoftmaxRegression, Thermometer
from trainers.problems.surfaces import Rosenbrock, StyblinskiTang
from trainers.reports import rate
from trainers.reports.path_plane import fit_plane
from trainers.run import Task, snapshot_epochs
from trainers.sweeps.axis import Axis

FOUR = (SGD(lr=0.02), SGD(lr=0.3, momentum=0.9), SGD(lr=0.1), Adam(lr=1.0))


def test_optimizers_that_differ_in_the_rate_alone_count_once() -> None:
    found = rate.distinct(methods(*FOUR))
    assert found == dict(zip(methods(SGD(), SGD(momentum=0.9), Adam()), (0, 1, 3), strict=True))
    assert rate.distinct(()) == {}


def test_only_what_has_an_effect_can_be_swept() -> None:
    assert rate.sweepable(RMSprop(centered=True)) == ["lr", "alpha", "eps", "weight_decay", "momentum"]
    without = type("Without", (SGD,), {"by_hand": classmethod(lambda cls: False)})
    assert rate.sweepable(without()) == []


@pytest.mark.parametrize(("lr", "low", "high"), [(0.1, 1e-5, 10), (1e-7, 1e-7, 10), (50.0, 1e-5, 50)])
def test_the_range_holds_the_rates_of_the_runs(lr: float, low: float, high: float) -> None:
    axis = rate.value_range(methods(SGD(lr=lr), Adam()), "lr")
    assert (axis.low, axis.high, axis.log) == (low, high, True)


def test_a_linear_range_holds_zero() -> None:
    axis = rate.value_range(methods(SGD(momentum=0.995)), "momentum")
    assert (axis.low, axis.high, axis.log) == (0, 0.995, False)


@pytest.mark.parametrize(
    ("problem", "epochs", "count"),
    [(Thermometer(), 300, 121), (Rosenbrock(), 10_000, 121), (SoftmaxRegression(), 50, 25), (MLP(), 100, 61)],
)
def test_large_problems_get_fewer_values(problem: Problem, epochs: int, count: int) -> None:
    """Those of two parameters get all, as their number costs nothing."""
    sweeps = rate.sweeps(
        Task(problem=problem, epochs=epochs), methods(SGD(), Adam()), "lr", Axis(1e-5, 10, 2, True)
    )
    assert [sweep.size for sweep in sweeps] == [count, count]
    assert ("up to 121 values" in rate.caption(sweeps[0], "lr")) == (count < 121)


def test_many_optimizers_share_the_number_of_values() -> None:
    many = [SGD(momentum=k / 20) for k in range(12)]
    sweeps = rate.sweeps(Task(epochs=20), methods(*many), "lr", Axis(1e-5, 10, 2, True))
    assert [sweep.size for sweep in sweeps] == [37] * 12


@pytest.mark.parametrize(
    ("problem", "optimizer", "name", "batch_size"),
    [
        (Thermometer(), SGD(momentum=0.9), "lr", 0),
        (Thermometer(), SGD(lr=0.02), "momentum", 4),
        (Rosenbrock(), Adam(), "lr", 0),
        (StyblinskiTang(), RMSprop(), "alpha", 0),
        (LinearRegression(), Adam(), "lr", 10),
        (MLP(width=4), SGD(), "lr", 0),
    ],
)
def test_each_value_is_a_run(problem: Problem, optimizer: Optimizer, name: str, batch_size: int) -> None:
    task = Task(problem=problem, epochs=30, dtype="float64", batch_size=batch_size)
    over = replace(rate.value_range(methods(optimizer), name), count=2)
    (sweep,) = rate.sweeps(task, methods(optimizer), name, over)
    plane = fit_plane(task.training, [])
    found = rate.value_runs(sweep, plane)
    for place in (0, sweep.size // 2, sweep.size - 1):
        history = train(replace(sweep.run, optimizer=sweep.optimizer(place)))
        values = task.training.gap_or_loss(history.loss).numpy()
        ended = np.isfinite(values)
        np.testing.assert_allclose(found.curves[place][ended], values[ended], rtol=1e-5, atol=1e-9)
        assert np.isnan(found.curves[place][~ended]).all()
        assert np.isnan(found.final[place]) == (not ended[-1])
        kept = [epoch for epoch in snapshot_epochs(30, rate.PATH_POINTS) if ended[min(epoch, len(ended) - 1)]]
        points = plane.project(history.params[kept]).numpy()
        np.testing.assert_allclose(found.paths[place][: len(kept)], points, rtol=1e-5, atol=1e-7)
        assert np.isnan(found.paths[place][len(kept) :]).all()


def test_very_large_problems_have_no_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "MAX_NUMBERS", 1000)
    (sweep,) = rate.sweeps(Task(epochs=30), methods(SGD()), "lr", Axis(1e-5, 10, 2, True))
    found = rate.value_runs(sweep, fit_plane(sweep.run.training, []))
    assert found.paths.shape == (121, 0, 2)
    assert found.curves.shape == (121, 31)


@settings(max_examples=60, deadline=None)
@given(
    epochs=st.integers(1, 700),
    most=st.sampled_from([4, 20, 120]),
    end=st.integers(1, 900),
    seed=st.integers(0, 99),
)
def test_an_envelope_keeps_the_extremes(epochs: int, most: int, end: int, seed: int) -> None:
    values = torch.randn(epochs + 1, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    values[end:, 1] = math.nan
    at, points = rate.envelope(values, most)
    assert len(at) == len(points) <= max(most, epochs + 1 if epochs < most else 0)
    assert (np.diff(at) >= 0).all()
    assert (at[0], at[-1]) == (0, epochs)
    for run in range(3):
        kept, whole = points[:, run], values[:, run]
        assert np.isin(kept[kept.isfinite()], whole).all()
        finite = whole[whole.isfinite()]
        assert (kept[kept.isfinite()].min(), kept[kept.isfinite()].max()) == (finite.min(), finite.max())
        assert kept[-1].isnan() == whole[-1].isnan()


def test_the_nearest_value_is_by_ratio() -> None:
    assert rate.nearest([0.01, 0.1, 1.0], 0.03) == 0
    assert rate.nearest([0.01, 0.1, 1.0], 0.04) == 1
    assert rate.nearest([0.0, 0.5, 1.0], 0.3) == 1
    assert rate.nearest([0.01, 0.1, 1.0], 0.0) == 0


def ended(*final: float) -> rate.ValueRuns:
    return rate.ValueRuns(
        np.array([0]), np.zeros((len(final), 1)), np.zeros((len(final), 0, 2)), np.array(final)
    )


def test_what_is_said() -> None:
    values, none = torch.tensor([0.1, 0.2, 0.3]), math.nan
    said = rate.sentence(["SGD", "Adam"], [ended(3, 2, none), ended(4, 1, 5)], values, "lr", True)
    first, second = said.split(". ")
    assert first == "Lowest final gap: Adam at 2 of 3 learning rates and SGD at 1"
    assert second == "The lowest of all: 1 at lr 0.2, by Adam."
    exact = [replace(ended(*final), rounding=1.0) for final in ((3, 1, none), (1, 1, 5))]
    said = rate.sentence(["SGD", "Adam"], exact, values, "lr", True)
    first, second = said.split(". ")
    assert first == "Lowest final gap: Adam at 3 of 3 learning rates and SGD at 1 (ties count for each)"
    assert second == "The lowest of all, 0 (rounding): SGD at lr 0.2 and Adam at lr 0.1 to 0.2."
    said = rate.sentence(["Adam"], exact[1:], values, "lr", True)
    assert said == "Lowest final gap: 0 (rounding) at lr 0.1 to 0.2."
    said = rate.sentence(["SGD"], [ended(3, 2, none)], values, "momentum", False)
    assert said == "Lowest final loss: 2 at momentum 0.2. It diverged from momentum 0.3 on."
    said = rate.sentence(["SGD"], [ended(none, 2, none)], values, "lr", True)
    assert said.endswith("It diverged at 2 of 3 values.")
    said = rate.sentence(["SGD"], [ended(none, none, none)], values, "lr", True)
    assert said == "Every run diverged, at each of 3 values of lr."


def test_rounding_decides_no_winner_at_any_rate() -> None:
    values = torch.tensor([0.1, 0.2, 0.3])
    near = [replace(ended(*final), dtype=torch.float32) for final in ((1, 2, 3), (1 + 1e-7, 2 - 1e-7, 4))]
    said = rate.sentence(["SGD", "Adam"], near, values, "lr", False)
    assert said == (
        "Lowest final loss: SGD at 3 of 3 learning rates and Adam at 2 (ties count for each). "
        "The lowest of all, 1: SGD at lr 0.1 and Adam at lr 0.1."
    )
    alone = rate.sentence(["SGD"], [replace(ended(1 + 1e-7, 1, 3), dtype=torch.float32)], values, "lr", False)
    assert alone == "Lowest final loss: 1 at lr 0.1 to 0.2."
