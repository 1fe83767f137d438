"""Each seed of a sweep has a start, an order of batches and a split of its own: those of its run alone."""

import math
import random
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch

from trainers import Axis, Run, Sweep, sweep, train
from trainers.optimizers import SGD, Adam, ScheduleFreeSGD
from trainers.problems import (
    MLP,
    LinearRegression,
    LogisticRegression,
    Problem,
    SoftmaxRegression,
    Thermometer,
)
from trainers.schedules import SCHEDULES
from trainers.sweeps.by_seed import Columns
from trainers.sweeps.training import trajectories

RATES = Axis(1e-3, 0.3, 3, log=True)
PROBLEMS: list[Problem] = [
    Thermometer(),
    LinearRegression(samples=30, scaling="standardized"),
    LogisticRegression(samples=30),
    SoftmaxRegression(source="spirals", samples=30),
    MLP(samples=30, width=4),
]


def as_alone(run: Run, seeds: int = 3, axes: dict[str, Axis] | None = None) -> None:
    asked = Sweep(run, axes or {"lr": RATES}, seeds=seeds, targets=(0.5,))
    result, losses = sweep(asked), trajectories(asked).losses
    for row in range(asked.size):
        alone = result.run(row)
        assert alone.seed == (run.seed + row % seeds) % 2**31
        history = train(alone)
        if history.status == "diverged":
            assert math.isnan(result.final_loss[row])
            assert abs(int(result.diverged_at[row]) - (history.diverged_at or 0)) <= 1
            continue
        expected = history.loss.double()
        torch.testing.assert_close(losses[:, row].double(), expected, rtol=1e-4, atol=1e-9)
        assert result.final_loss[row].item() == pytest.approx(float(expected[-1]), rel=1e-4)
        minimum = alone.training.minimum
        if minimum is not None:
            assert result.gap[row].item() == pytest.approx(float(expected[-1]) - minimum, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("problem", PROBLEMS, ids=repr)
@pytest.mark.parametrize(("batch_size", "split"), [(7, 0.0), (0, 0.2), (7, 0.2)])
def test_every_row_is_its_run_alone(problem: Problem, batch_size: int, split: float) -> None:
    as_alone(
        Run(
            problem=problem, epochs=3, batch_size=batch_size, validation_split=split, dtype="float64",
            shuffle_seed=5, seed=4,
        )
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("luck", range(150))
def test_so_it_is_with_any_settings(luck: int) -> None:
    """Runs that diverge, too: the others keep their samples."""
    draw = random.Random(luck)
    optimizer = draw.choice([SGD(momentum=0.9), Adam(), ScheduleFreeSGD()])
    settings: dict[str, Any] = {"dtype": "float64", "epochs": draw.randint(1, 20)}
    if draw.random() < 0.3:
        settings["schedule"] = SCHEDULES[draw.choice(["StepLR", "CosineAnnealingLR"])]()
    run = Run(
        problem=draw.choice(PROBLEMS),
        optimizer=optimizer,
        batch_size=draw.choice([0, 1, 5, 16]),
        validation_split=draw.choice([0.0, 0.25]),
        shuffle_seed=draw.choice([0, 3]),
        seed=draw.choice([0, 7, 2**31 - 2]),
        **settings,
    )
    as_alone(
        run, draw.randint(2, 4), {"lr": Axis(1e-3, draw.choice([0.1, 100.0]), draw.randint(2, 5), log=True)}
    )


def test_seeds_differ_and_seed_zero_is_as_it_was() -> None:
    run = Run(problem=LinearRegression(), batch_size=10, validation_split=0.2)
    assert run.stream == 0
    assert replace(run, shuffle_seed=9).stream == 9
    streams = {replace(run, seed=s, shuffle_seed=k).stream for s, k in product(range(20), range(20))}
    assert len(streams) == 400
    first, second = (replace(run, seed=seed).split for seed in (0, 1))
    assert not torch.equal(first.training.data.target, second.training.data.target)


def test_minima_are_those_of_the_seeds() -> None:
    run = Run(problem=LinearRegression(samples=30), validation_split=0.3)
    minima = Sweep(run, seeds=4).minima
    assert minima is not None
    assert len(set(minima.tolist())) == 4
    assert minima.tolist() == [replace(run, seed=seed).training.minimum for seed in range(4)]
    same = Sweep(replace(run, validation_split=0), seeds=4).minima
    assert same is not None
    assert len(set(same.tolist())) == 1


@pytest.mark.parametrize("luck", range(20))
def test_columns_are_arranged_and_brought_back(luck: int) -> None:
    draw = random.Random(luck)
    count = draw.randint(1, 5)
    seeds = torch.tensor([draw.randrange(count) for _ in range(draw.randint(1, 20))])
    columns = Columns(seeds.clone(), count)
    for _ in range(3):
        params = torch.randn(2, len(seeds))
        arranged = columns.by_seed(params)
        assert arranged.shape[:2] == (2, count)
        for seed in seeds.unique().tolist():
            own = {tuple(column) for column in params[:, seeds == seed].T.tolist()}
            assert own <= {tuple(column) for column in arranged[:, seed].T.tolist()}
        assert torch.equal(columns.by_run(arranged), params)
        alive = torch.rand(len(seeds)) < 0.8
        alive[draw.randrange(len(seeds))] = True
        seeds = seeds[alive]
        columns.keep(alive)
