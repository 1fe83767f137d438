"""Comparison of several runs, and the front door `trainers`."""

import ast
import math

import pandas as pd
import pytest
import torch

import trainers
from tests.repository import ROOT
from trainers import Comparison, Run, compare, train
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.problems import MLP, Rosenbrock, SoftmaxRegression
from trainers.settings import SettingError

RUNS = [Run(optimizer=each, epochs=100) for each in (SGD(lr=0.02), SGD(lr=30), Adam(lr=1))]


def test_it_holds_the_histories_of_its_runs() -> None:
    result = compare(RUNS)
    assert result.runs == tuple(RUNS)
    for run, history in zip(RUNS, result.histories, strict=True):
        assert torch.equal(history.loss.nan_to_num(-1), train(run).loss.nan_to_num(-1))
    assert result.names == ["SGD · lr 0.02", "SGD · lr 30", "Adam"]
    assert result.sentence().startswith("Adam came within 0.01 of the minimum loss first, after 71 epochs;")
    assert not result.stopped


def test_its_frame_has_a_row_for_each_run_and_epoch() -> None:
    result = compare(RUNS)
    frame = result.frame()
    pairs = zip(result.histories, result.names, strict=True)
    expected = [history.frame().assign(run=name) for history, name in pairs]
    pd.testing.assert_frame_equal(frame, pd.concat(expected, ignore_index=True))
    many = compare([Run(problem=SoftmaxRegression(), epochs=1)])
    assert list(many.frame()) == ["run", "epoch", "loss", "gap", "accuracy", "gradient_norm"]
    assert list(many.results())[-2:] == ["accuracy", "seconds_per_epoch"]


def test_its_results_have_a_row_for_each_run() -> None:
    result = compare(RUNS)
    rows = result.results().to_dict("records")
    for row, history in zip(rows, result.histories, strict=True):
        assert (row["status"], row["outcome"]) == (history.status, history.outcome)
        assert row["best_loss"] == history.best
        assert row["final_loss"] == float(history.loss[-1]) or math.isnan(row["final_loss"])
    assert [row["epochs_to_0.01"] for row in rows] == [None, None, 71]
    assert [row["diverged_at"] for row in rows] == [None, result.histories[1].diverged_at, None]
    near = compare(RUNS, target=20.0).results()
    assert near["epochs_to_20"].iloc[0] == result.histories[0].epochs_to(20.0)


@pytest.mark.parametrize("problem", [MLP(samples=20), Rosenbrock()])
def test_columns_follow_from_the_problem(problem: MLP | Rosenbrock) -> None:
    row = compare([Run(problem=problem, epochs=2)]).results().iloc[0]
    assert ("accuracy" in row) == (problem.num_samples > 0)
    assert set(problem.names) <= set(row.index)
    assert pd.isna(row["gap"]) == (problem.minimum is None)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "runs must be one or more of the class Run, got"),
        ([Run(), 1], "runs must be one or more of the class Run, got"),
        ([Run(epochs=5), Run(epochs=6)], "epochs must be the same in all runs of a comparison, got 5 and 6"),
        ([Run(), Run(dtype="float64")], "dtype must be the same in all runs .*, got float32 and float64"),
        ([Run(), Run(problem=Rosenbrock())], "problem must be the same in all runs .*, got Thermometer"),
    ],
)
def test_runs_must_share_their_task(runs: list[Run], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        compare(runs)


def test_it_can_be_stopped() -> None:
    fractions: list[float] = []

    def stop(fraction: float) -> bool:
        fractions.append(fraction)
        return fraction >= 0.5

    optimizers = (SGD(), Adam(), RMSprop(), SGD(lr=0.1))
    result = compare([Run(optimizer=each, epochs=10) for each in optimizers], on_progress=stop)
    assert isinstance(result, Comparison)
    assert result.stopped
    assert [history.status for history in result.histories] == ["finished", "stopped"]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 0.5)


def test_the_front_door_has_what_it_names() -> None:
    tree = ast.parse((ROOT / "trainers" / "__init__.py").read_text(encoding="utf-8"))
    typed = {a.name: n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    assert {name: typed.get(name) for name in trainers.__all__} == trainers._MODULES
    for name, module in trainers._MODULES.items():
        assert getattr(trainers, name).__module__ == module
        assert name in dir(trainers)
    with pytest.raises(AttributeError, match="has no attribute 'Optimizer'"):
        _ = trainers.Optimizer
