"""Rows held out, and batches."""

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from trainers import Axis, Race, Run, Sweep, race, sweep, train
from trainers.optimizers import SGD, Adam
from trainers.problems import (
    MLP,
    LinearRegression,
    Problem,
    Rosenbrock,
    SoftmaxRegression,
    Thermometer,
)
from trainers.runners import RUNNERS
from trainers.settings import SettingError


def rows(problem: Any) -> set[tuple[float, ...]]:
    return {tuple(row) for row in problem.data.inputs.tolist()}


def test_an_epoch_goes_through_all_samples_once_in_an_order_of_its_own() -> None:
    run = Run(problem=LinearRegression(samples=23), batch_size=5)
    assert run.steps_per_epoch == 5
    batches = list(islice(run.batch_source.batches(), 10))
    assert [batch.num_samples for batch in batches] == [5, 5, 5, 5, 3] * 2
    first, second = batches[:5], batches[5:]
    for epoch in (first, second):
        assert set.union(*map(rows, epoch)) == rows(run.problem)
    assert rows(first[0]) != rows(second[0])
    again = list(islice(run.batch_source.batches(), 10))
    assert [rows(batch) for batch in again] == [rows(batch) for batch in batches]
    other = next(replace(run, shuffle_seed=1).batch_source.batches())
    assert rows(other) != rows(first[0])


def test_all_optimizers_see_the_batches_of_the_seed() -> None:
    runs = [
        Run(problem=MLP(), batch_size=32, epochs=1, optimizer=o, seed=s)
        for o in (SGD(), Adam())
        for s in (0, 1)
    ]
    first, second, third, fourth = (
        [rows(batch) for batch in islice(run.batch_source.batches(), 9)] for run in runs
    )
    assert first == third
    assert second == fourth
    assert first != second


@pytest.mark.parametrize("runner", RUNNERS)
def test_mini_batch_training_is_the_loop_that_one_would_write(runner: str) -> None:
    run = Run(
        problem=Thermometer(), optimizer=SGD(lr=1e-3), batch_size=4, epochs=3, runner=runner, dtype="float64"
    )
    history = train(run)
    w = torch.tensor([1.0, 0.0], dtype=torch.float64)
    t_u, t_c = run.problem.data.inputs[:, 0], run.problem.data.target
    generator, losses = torch.Generator().manual_seed(0), []
    for epoch in range(3):
        torch.testing.assert_close(history.params[epoch], w)
        torch.testing.assert_close(history.loss[epoch], ((w[0] * t_u + w[1] - t_c) ** 2).mean())
        for index in torch.randperm(11, generator=generator).split(4):
            error = w[0] * t_u[index] + w[1] - t_c[index]
            losses.append((error**2).mean())
            w = w - 1e-3 * torch.stack([(2 * error * t_u[index]).mean(), (2 * error).mean()])
    torch.testing.assert_close(history.params[3], w)
    torch.testing.assert_close(history.batch_loss, torch.stack(losses))
    assert len(history.loss) == 4


def test_the_validation_set_is_a_seeded_fraction_and_the_rest_is_trained_on() -> None:
    run = Run(problem=LinearRegression(samples=40), validation_split=0.25, epochs=5)
    assert (run.training.num_samples, run.validation.num_samples) == (30, 10)
    assert rows(run.training) | rows(run.validation) == rows(run.whole)
    assert rows(replace(run, shuffle_seed=3).validation) != rows(run.validation)
    assert run.training.minimum < run.problem.minimum
    history = train(run)
    torch.testing.assert_close(history.loss[-1], run.training.loss(history.params[-1]))
    torch.testing.assert_close(history.validation_loss[-1], run.validation.loss(history.params[-1]))
    assert history.gap[-1] == history.loss[-1].double() - run.training.minimum
    assert list(history.frame())[:5] == ["run", "epoch", "loss", "gap", "validation_loss"]


def test_a_measure_of_all_epochs_is_that_of_each() -> None:
    run = Run(
        problem=SoftmaxRegression(), optimizer=Adam(lr=0.03), validation_split=0.2, batch_size=256, epochs=12
    )
    history = train(run)
    for epoch in (0, 5, 12):
        params = history.params[epoch]
        torch.testing.assert_close(history.accuracy[epoch], run.training.accuracy(params))
        torch.testing.assert_close(history.validation_accuracy[epoch], run.validation.accuracy(params))
    assert history.validation_accuracy[-1] > 0.9
    assert history.validation_loss.isfinite().all()


@pytest.mark.parametrize("problem", [Thermometer(scaling="raw"), LinearRegression()], ids=repr)
def test_a_run_that_diverges_is_measured_as_far_as_it_went(problem: Any) -> None:
    run = Run(problem=problem, optimizer=SGD(lr=100), validation_split=0.2, epochs=200)
    history = train(run)
    assert history.status == "diverged"
    for epoch in range(history.num_recorded):
        expected = run.validation.loss(history.params[epoch])
        torch.testing.assert_close(history.validation_loss[epoch], expected)
    assert history.validation_loss[history.num_recorded :].isnan().all()


def test_overfitting_is_seen() -> None:
    problem = MLP(noise=0.4, samples=60, width=64)
    wild = train(Run(problem=problem, optimizer=Adam(lr=0.1), validation_split=0.4, epochs=600))
    since = wild.overfitting_from
    assert since == int(wild.validation_loss.argmin())
    assert 0 < since < 300
    calm = train(Run(problem=MLP(samples=400), optimizer=Adam(lr=0.01), validation_split=0.4, epochs=300))
    assert calm.overfitting_from is None
    assert train(Run(epochs=5)).overfitting_from is None


def test_a_problem_without_data_has_one_batch_and_holds_nothing_out() -> None:
    run = Run(problem=Rosenbrock(), batch_size=8, validation_split=0.2, epochs=10)
    assert (run.steps_per_epoch, run.validation, run.training) == (1, None, run.problem)
    assert torch.equal(train(run).loss, train(replace(run, batch_size=0, validation_split=0.0)).loss)


def test_a_batch_of_all_rows_is_full_batch() -> None:
    run = Run(batch_size=11, epochs=20)
    assert run.steps_per_epoch == 1
    assert torch.equal(train(run).loss, train(replace(run, batch_size=0)).loss)


def test_bad_values_name_value_and_bound() -> None:
    with pytest.raises(SettingError, match=r"validation_split must be a number from 0 to 0.5, got 0.6"):
        Run(validation_split=0.6)
    with pytest.raises(SettingError, match=r"batch_size must be a whole number from 0 to 100000, got -1"):
        Run(batch_size=-1)
    with pytest.raises(SettingError, match=r"epochs must be at most 18461 with 650 parameters, got 20000"):
        Run(problem=SoftmaxRegression(), epochs=20_000)


@pytest.mark.parametrize("problem", [Thermometer(), LinearRegression(), MLP(), SoftmaxRegression()], ids=repr)
def test_sweeps_and_races_have_the_same_batches_and_split(problem: Any) -> None:
    run = Run(
        problem=problem,
        optimizer=Adam(),
        batch_size=max(problem.num_samples // 3, 1),
        validation_split=0.2,
        epochs=4,
    )
    result = sweep(Sweep(run, {"lr": Axis(1e-3, 1e-2, 3, log=True)}, seeds=2))
    for row in range(6):
        alone = train(result.run(row))
        assert result.final_loss[row].item() == pytest.approx(alone.loss[-1].item(), rel=1e-4)
    asked = Race(
        problem=problem,
        batch_size=run.batch_size,
        validation_split=0.2,
        trials=3,
        seeds=2,
        epochs=3,
        optimizers=(Adam(),),
    )
    entry = race(asked).results[0]
    alone = train(replace(asked.run(entry.best_optimizer), seed=2**30))
    assert entry.losses[:, 0].tolist() == pytest.approx(alone.loss.tolist(), rel=1e-4)


@pytest.mark.parametrize("optimizer", [SGD(lr=0.1, momentum=0.9), Adam(lr=0.01)], ids=repr)
def test_runners_agree_on_batches(optimizer: Any) -> None:
    asked = {"problem": MLP(), "optimizer": optimizer, "batch_size": 64, "epochs": 8, "dtype": "float64"}
    first, *others = (train(Run(**asked, runner=runner)) for runner in RUNNERS)
    for other in others:
        torch.testing.assert_close(other.params, first.params)
        torch.testing.assert_close(other.batch_loss, first.batch_loss)


def test_a_link_names_split_and_batches() -> None:
    run = Run(problem=MLP(), batch_size=32, validation_split=0.25, shuffle_seed=7)
    assert "&batch_size=32&validation_split=0.25&shuffle_seed=7" in run.to_query()
    assert Run.from_query(run.to_query()) == (run, [])
    clamped, notes = Run.from_query("problem=SoftmaxRegression&epochs=100000&batch_size=-3")
    assert (clamped.epochs, clamped.batch_size) == (18461, 0)
    assert len(notes) == 2


@dataclass(frozen=True)
class Mean(Problem):
    """The mean of some numbers: a problem with rows that knows no scaling and no classes."""

    names: ClassVar[tuple[str, ...]] = ("m",)
    values: Tensor = field(default_factory=lambda: torch.arange(10.0, dtype=torch.float64), compare=False)

    @property
    def num_samples(self) -> int:
        return len(self.values)

    def subset(self, index: Tensor | slice) -> "Mean":
        return Mean(self.values[index])

    def start(self, seed: int = 0) -> Tensor:
        return torch.zeros(1, dtype=torch.float64)

    def loss(self, params: Tensor) -> Tensor:
        return (params - self.values.to(params.dtype)).square().mean()

    def gradient(self, params: Tensor) -> Tensor:
        return 2 * (params - self.values.to(params.dtype).mean())


def test_a_problem_from_outside_is_split() -> None:
    run = Run(problem=Mean(), validation_split=0.3, dtype="float64", epochs=2)
    assert run.validation is not None
    assert (run.training.num_samples, run.validation.num_samples, run.whole.num_samples) == (7, 3, 10)
    history = train(run)
    assert history.validation_loss is not None
    assert history.validation_loss.isfinite().all()
