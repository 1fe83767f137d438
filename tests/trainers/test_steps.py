"""Single updates: those of `train`, with the state before them, from which torch steps to the same place."""

from dataclasses import replace

import pytest
import torch

from tests.matrix import by_kind, few, quick
from trainers import Run, train
from trainers.optimizers import SGD, Adam, Optimizer
from trainers.problems import MLP, LinearRegression, Problem, Thermometer
from trainers.run import runners
from trainers.steps import record_steps, torch_params

UPDATES = (0, 1, 5, 8)


@pytest.mark.parametrize("optimizers", by_kind(few(), quick()))
def test_they_are_those_of_train(optimizers: list[Optimizer]) -> None:
    for optimizer, runner in ((each, runner) for each in optimizers for runner in runners(type(each))):
        run = Run(optimizer=optimizer, runner=runner, epochs=9)
        history = train(run)
        steps = record_steps(run, UPDATES)
        assert [step.update for step in steps] == list(UPDATES)
        for step in steps:
            k = step.update
            if runner != "torch.optim" and "x" in step.state:  # a mean counts, and is on record
                assert torch.equal(optimizer.evaluated(step.params, step.state), history.params[k])
            if optimizer.group == "schedule-free":
                continue
            assert torch.equal(step.params, history.params[k])
            assert torch.equal(step.gradient, history.gradient[k])
            assert torch.equal(step.new_params, history.params[k + 1])
            torch.testing.assert_close(step.new_loss, history.loss[k + 1])


def in_torch(optimizers: list[Optimizer]) -> list[Optimizer]:
    return [each for each in optimizers if type(each).in_torch()]


@pytest.mark.parametrize("optimizers", by_kind(in_torch(few(by_hand=True)), in_torch(quick(by_hand=True))))
def test_torch_steps_from_the_same_state(optimizers: list[Optimizer]) -> None:
    for optimizer, runner in ((each, runner) for each in optimizers for runner in runners(type(each))):
        for step in record_steps(Run(optimizer=optimizer, runner=runner, epochs=9, dtype="float64"), UPDATES):
            torch.testing.assert_close(torch_params(optimizer, step), step.new_params, rtol=1e-12, atol=1e-14)


def test_a_diverging_run_has_no_later_ones() -> None:
    run = Run(optimizer=SGD(lr=10.0), epochs=200)
    end = train(run).diverged_at
    assert end is not None
    assert [step.update for step in record_steps(run, range(200))] == list(range(end))


@pytest.mark.parametrize("problem", [Thermometer(), LinearRegression(samples=20), MLP(samples=30)], ids=str)
def test_with_mini_batches_an_update_is_that_of_its_batch(problem: Problem) -> None:
    run = Run(problem=problem, optimizer=Adam(lr=0.01), batch_size=8, epochs=2, shuffle_seed=3)
    for runner in runners(Adam):
        (step,) = record_steps(replace(run, runner=runner), [2])
        batches = run.batch_source.batches()
        batch = [next(batches) for _ in range(3)][2]
        torch.testing.assert_close(step.loss, batch.loss(step.params))
        torch.testing.assert_close(step.gradient, batch.gradient(step.params), rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(step.new_loss, batch.loss(step.new_params))
