"""Programs with schedules and clipping end where `train` does."""

from dataclasses import replace
from itertools import cycle, product

import pytest
import torch

from tests.matrix import slow_but
from tests.trainers.scripts.test_run import assert_same, executed, trained
from trainers import Axis, Race, Run, Sweep, program, race, sweep
from trainers.clipping import ClipNorm, ClipValue
from trainers.optimizers import ASGD, LBFGS, OPTIMIZERS, SGD, Adam, Muon, Optimizer
from trainers.problems import MLP, LogisticRegression
from trainers.races.result import median
from trainers.reports.grid import final_values
from trainers.run import runners
from trainers.schedules import SCHEDULES, CosineAnnealingLR, LinearLR, OneCycleLR, ReduceLROnPlateau, Schedule

TURNED = {
    "LinearLR": {"start_factor": 0.5, "end_factor": 0.1, "total_iters": 9},
    "CosineAnnealingWarmRestarts": {"T_0": 4, "T_mult": 2, "min_factor": 0.1},
    "CyclicLR": {"step_size_up": 3, "step_size_down": 2, "mode": "exp_range", "gamma": 0.9},
    "OneCycleLR": {"three_phase": True, "anneal_strategy": "linear"},
    "MultiStepLR": {"milestone1": 5, "milestone2": 11},
    "ReduceLROnPlateau": {"patience": 1, "threshold": 0.05, "cooldown": 2, "min_factor": 0.01},
    "StepLR": {"step_size": 4},
}


def variants(kind: type[Schedule]) -> list[Schedule]:
    other = kind(**TURNED.get(kind.__name__, {}))
    return [replace(kind(), warmup=6), other]


@pytest.mark.parametrize("name", SCHEDULES)
def test_each_schedule(name: str) -> None:
    """By hand it is the same with either gradient."""
    for schedule, by_hand in zip(variants(SCHEDULES[name]), ("manual", "autograd"), strict=True):
        run = Run(optimizer=Adam(lr=0.3), schedule=schedule, epochs=20, dtype="float64")
        for runner in (by_hand, "torch.optim"):
            assert_same(replace(run, runner=runner))


@pytest.mark.parametrize("schedule", [CosineAnnealingLR(warmup=3), ReduceLROnPlateau(patience=0, warmup=2)])
def test_with_mini_batches_clipping_and_in_comparisons(schedule: Schedule) -> None:
    shared = {"problem": LogisticRegression(samples=30), "epochs": 7, "batch_size": 10, "dtype": "float64"}
    runs = [
        Run(optimizer=optimizer, runner=runner, schedule=schedule, clipping=clipping, **shared)
        for optimizer, clipping in (
            (SGD(lr=0.5, momentum=0.9), ClipNorm(max_norm=0.1)),
            (Adam(lr=0.1), ClipValue()),
        )
        for runner in runners(type(optimizer))
    ]
    runs += [replace(run, schedule=None) for run in runs[::2]]
    for run in runs:
        assert_same(run)
    names = executed(program(runs))
    for (losses, params), run in zip(names["results"].values(), runs, strict=True):
        history = trained(run)
        torch.testing.assert_close(params, history.params[-1], rtol=1e-6, atol=1e-9)
        assert losses[-1] == pytest.approx(float(history.loss[-1]), rel=1e-6)


SOME = [None, OneCycleLR(), CosineAnnealingLR(warmup=2), ReduceLROnPlateau(warmup=1)]


@pytest.mark.parametrize("schedule", SOME)
def test_with_closures_and_several_optimizers(schedule: Schedule | None) -> None:
    problem = MLP(samples=20, width=3)
    optimizers = (LBFGS(lr=0.1, max_iter=3, line_search_fn="strong_wolfe"), Muon(lr=0.02))
    shared = {"problem": problem, "epochs": 6, "dtype": "float64", "runner": "torch.optim"}
    for clipping in (None, ClipNorm(max_norm=0.1)):
        for optimizer in optimizers:
            run = Run(optimizer=optimizer, schedule=schedule, clipping=clipping, **shared)
            close(executed(program(run))["params"], run)
    runs = [Run(optimizer=optimizer, schedule=schedule, **shared) for optimizer in optimizers]
    names = executed(program(runs))
    for (_, params), run in zip(names["results"].values(), runs, strict=True):
        close(params, run)


def close(params: torch.Tensor, run: Run) -> None:
    """Muon's iterations are in bfloat16: there the last digit of a gradient decides the third."""
    loose = isinstance(run.optimizer, Muon)
    bounds = {"rtol": 0.05, "atol": 0.01} if loose else {"rtol": 1e-6, "atol": 1e-9}
    torch.testing.assert_close(params.detach(), trained(run).params[-1], **bounds)


@pytest.mark.parametrize("kind", [kind for kind in OPTIMIZERS.values() if kind.by_hand()])
def test_each_optimizer_with_a_warm_up(kind: type[Optimizer]) -> None:
    shared = {"schedule": LinearLR(warmup=3), "epochs": 6, "dtype": "float64"}
    runs = [
        Run(optimizer=kind(lr=lr), runner=runner, **shared) for runner in runners(kind) for lr in (0.02, 0.03)
    ]
    for run in runs[::2]:
        assert_same(run)
    made = executed(program(runs))["results"].values()
    for (_, params), run in zip(made, runs, strict=True):
        close(params, run)


SWEPT = [kind for kind in SCHEDULES.values() if not kind.adaptive]
SWEEPERS = (SGD(momentum=0.5), ASGD(), Adam())


@pytest.mark.parametrize(
    ("kind", "optimizer"), slow_but(list(zip(SWEPT, cycle(SWEEPERS))), product(SWEPT, SWEEPERS))
)
def test_programs_of_sweeps(kind: type[Schedule], optimizer: Optimizer) -> None:
    schedule, clipping = kind(warmup=2, **TURNED.get(kind.__name__, {})), ClipNorm(max_norm=0.5)
    run = Run(optimizer=optimizer, schedule=schedule, clipping=clipping, epochs=8, dtype="float64")
    for axes in ({"lr": Axis(0.01, 0.1, 4)}, {optimizer_axis(optimizer): Axis(0, 0.1, 3)}):
        spec = Sweep(run, axes)
        scores = executed(program(spec))["score"]
        torch.testing.assert_close(scores, final_values(sweep(spec)).double(), rtol=1e-6, atol=0)


@pytest.mark.parametrize("kind", slow_but(SWEPT[::3], SWEPT))
def test_programs_of_races(kind: type[Schedule]) -> None:
    spec = Race(
        problem=LogisticRegression(samples=40),
        optimizers=(SGD(), ASGD(), Adam()),
        schedule=kind.__name__,
        warmup=2,
        trials=3,
        seeds=2,
        epochs=5,
        batch_size=16,
        dtype="float64",
    )
    tuned = {row[0]: row[2] for row in executed(program(spec))["results"]}
    for entry in race(spec).results:
        name = type(entry.optimizer).__name__
        assert tuned[name] == pytest.approx(float(median(entry.tuned_scores)), rel=1e-6)


def optimizer_axis(optimizer: Optimizer) -> str:
    return "weight_decay" if not isinstance(optimizer, ASGD) else "lambd"


def test_sweeps_whose_schedules_differ_are_no_program() -> None:
    run = Run(schedule=LinearLR(), epochs=8)
    with pytest.raises(NotImplementedError, match="Runs whose schedules differ can't be written"):
        program(Sweep(run, {"schedule.warmup": Axis(0, 4, 2)}))
    with pytest.raises(NotImplementedError, match="ReduceLROnPlateau changes each run on its own"):
        program(Sweep(replace(run, schedule=ReduceLROnPlateau()), {"lr": Axis(0.01, 0.1, 2)}))
