"""A sweep is its runs: every column equals the run trained alone."""

import math
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch

from tests.matrix import pairs, product_of_all, run_on, slow_but
from trainers import Axis, Run, Sweep, sweep, train
from trainers.optimizers import SGD, Adam, Optimizer, RMSprop, ScheduleFreeSGD
from trainers.problems import LinearRegression, LogisticRegression, Problem, Thermometer
from trainers.sweeps import block, cost, record, training
from trainers.sweeps.block import RunBlock, block_size
from trainers.sweeps.cost import memory
from trainers.sweeps.training import CHUNK_EPOCHS

RATES = Axis(1e-3, 1e-1, 5, log=True)


DEFAULTS = [(rule, problem) for rule, problem in pairs() if rule == type(rule)()]


@pytest.mark.parametrize(("rule", "problem"), slow_but(DEFAULTS, pairs()), ids=repr)
def test_every_row_is_its_run_trained_alone(rule: Optimizer, problem: Problem) -> None:
    # On a rippled surface a rate too large makes a course that magnifies rounding at each step.
    epochs = 40 if isinstance(problem, Thermometer) else 8
    run = run_on(problem, optimizer=rule, epochs=epochs, dtype="float64")
    result = sweep(Sweep(run, {"lr": RATES}, seeds=2, targets=(1e-2, 10.0)))
    frame = result.frame()
    assert len(frame) == 10
    for row in (0, 5, 8):  # the lowest rate, one between and the highest, on the one seed or the other
        history = train(result.run(row))
        told = frame.iloc[row]
        assert told["status"] == history.status
        assert told["lr"] == history.run.optimizer.lr
        assert told["seed"] == history.run.seed
        # RMSprop at a large rate swings, and rounding grows on the way: hence 1e-5.
        assert told["final_loss"] == pytest.approx(history.loss[-1].item(), rel=1e-5, nan_ok=True)
        assert told["best_loss"] == pytest.approx(history.best, rel=1e-5)
        assert (told["diverged_at"] if history.diverged_at is not None else None) == history.diverged_at
        for gap in result.epochs_to:
            assert result.epochs_to[gap][row] == (-1 if (k := history.epochs_to(gap)) is None else k)


@pytest.mark.parametrize("cases", product_of_all())
def test_every_step_is_that_of_its_run_alone(cases: list[tuple[Optimizer, Problem]]) -> None:
    for rule, problem in cases:
        as_alone(rule, problem)


def as_alone(rule: Optimizer, problem: Problem) -> None:
    asked = Sweep(run_on(problem, optimizer=rule, dtype="float64"), {"lr": RATES}, seeds=2)
    some = block.RunBlock(asked, torch.arange(asked.size))
    for epoch in range(6):
        params, states = some.params.clone(), {name: s.clone() for name, s in some.state.items()}
        losses = some.advance(epoch)
        for column, lr in list(enumerate(asked.settings["lr"].tolist()))[epoch % 5 :: 5]:
            alone = params[:, column].clone()
            state = {name: s[:, column].clone() for name, s in states.items()}
            close = {"rtol": 1e-12, "atol": 1e-12}
            loss = problem.loss(rule.evaluated(alone, state))
            if not loss.isfinite():
                assert not losses[column].isfinite()
                continue  # here training ends
            torch.testing.assert_close(losses[column], loss, **close)
            replace(rule, lr=lr).step(epoch + 1, alone, problem.gradient(alone), state)
            torch.testing.assert_close(some.params[:, column], alone, **close)


@pytest.mark.parametrize("optimizer", [SGD(), ScheduleFreeSGD()])
@pytest.mark.parametrize("batch_size", [0, 4])
def test_trajectories_are_those_of_the_histories(batch_size: int, optimizer: Optimizer) -> None:
    run = Run(optimizer=optimizer, epochs=60, batch_size=batch_size)
    asked = Sweep(run, {"lr": Axis(1e-3, 1, 7, log=True)}, seeds=2)
    result, rows, epochs = sweep(asked), torch.tensor([0, 5, 13]), (0, 3, 60)
    found = training.trajectories(asked, epochs, rows)
    assert found.losses.shape == (61, 3)
    assert found.params.shape == (3, 2, 3)
    for column, row in enumerate(rows.tolist()):
        history = train(result.run(row))
        finite = history.loss.where(history.loss.isfinite(), math.nan)
        torch.testing.assert_close(found.losses[:, column], finite, equal_nan=True, rtol=1e-4, atol=1e-4)
        for params, epoch in zip(found.params[..., column], epochs, strict=True):
            if history.loss[epoch].isfinite():
                torch.testing.assert_close(params, history.params[epoch], rtol=1e-3, atol=1e-4)
    assert training.trajectories(asked).losses.shape == (61, 14)


def test_divergence_costs_the_others_nothing() -> None:
    run = Run(problem=Thermometer("raw"), optimizer=SGD(), epochs=300)
    result = sweep(Sweep(run, {"lr": Axis(1e-5, 1.0, 40, log=True)}))
    gone = result.diverged_at >= 0
    assert 5 < int(gone.sum()) < 35
    assert result.final_loss[~gone].isfinite().all()
    assert result.final_loss[gone].isnan().all()
    alone = sweep(Sweep(run, {"lr": Axis(1e-5, result.settings["lr"][~gone].max().item(), 40, log=True)}))
    assert (alone.diverged_at < 0).all()
    for row in range(0, 40, 6):
        history = train(result.run(row))
        assert (history.diverged_at if history.diverged_at is not None else -1) == result.diverged_at[row]


def test_the_same_sweep_gives_the_same_bytes() -> None:
    asked = Sweep(Run(optimizer=Adam(), epochs=50), {"lr": Axis(1e-3, 1, 9, log=True)}, seeds=3)
    first = sweep(asked)
    torch.manual_seed(5)
    again = sweep(asked)
    for name in ("final_loss", "best_loss", "diverged_at"):
        assert getattr(first, name).numpy().tobytes() == getattr(again, name).numpy().tobytes()


@pytest.mark.parametrize("rule", [SGD(momentum=0.9), RMSprop(), Adam()], ids=repr)
def test_blocks_change_nothing_but_rounding(rule: Optimizer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Sweep(
        Run(optimizer=rule, epochs=80, dtype="float64"), {"lr": Axis(1e-4, 1e-1, 50, log=True)}, seeds=2
    )
    whole = sweep(asked)
    monkeypatch.setattr(block, "BLOCK_PARAMS", 14)
    parts = sweep(asked)
    torch.testing.assert_close(parts.final_loss, whole.final_loss, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert torch.equal(parts.diverged_at, whole.diverged_at)


def test_a_grid_has_all_combinations() -> None:
    asked = Sweep(Run(epochs=1), {"lr": RATES, "momentum": Axis(0, 0.9, 4)}, seeds=2)
    frame = sweep(asked).frame()
    assert len(frame) == asked.size == 40
    assert len(frame[["lr", "momentum", "seed"]].drop_duplicates()) == 40
    assert sorted(frame["momentum"].unique()) == pytest.approx([0, 0.3, 0.6, 0.9])
    np.testing.assert_allclose(sorted(frame["lr"].unique()), np.geomspace(1e-3, 1e-1, 5))


def test_quasi_random_points_fill_the_space() -> None:
    asked = Sweep(Run(epochs=1), {"lr": RATES, "momentum": Axis(0, 0.9)}, num_points=64)
    frame = sweep(asked).frame()
    assert len(frame) == 64
    shares = (np.log10(frame["lr"]) + 3) / 2
    assert np.histogram(shares, bins=8, range=(0, 1))[0].tolist() == [8] * 8
    assert frame["momentum"].between(0, 0.9).all()
    assert sweep(asked).frame()["lr"].tolist() == frame["lr"].tolist()


def test_a_sweep_without_axes_is_its_seeds() -> None:
    result = sweep(Sweep(Run(optimizer=SGD(lr=0.01), epochs=20, dtype="float64", seed=4), seeds=3))
    ends = [
        train(Run(optimizer=SGD(lr=0.01), epochs=20, dtype="float64", seed=seed)).loss[-1]
        for seed in (4, 5, 6)
    ]
    assert result.final_loss.tolist() == pytest.approx([end.item() for end in ends])


def test_progress_goes_to_one_and_can_stop() -> None:
    asked, seen = Sweep(Run(epochs=30), {"lr": RATES}), []
    sweep(asked, lambda share: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    result = sweep(asked, lambda share: share > 0.5)
    assert result.stopped
    assert result.final_loss.isnan().all()


def test_gaps_are_those_of_the_history_to_the_last_bit() -> None:
    for gap in (1e-6, 1e-2, 0.3):
        edge = record.loss_threshold(2.9276455708956, gap, torch.float32)
        after = np.nextafter(np.float32(edge), np.float32(math.inf))
        assert edge - 2.9276455708956 <= gap < float(after) - 2.9276455708956


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Axis(1, 1), "axis must go from low to high, got 1 to 1"),
        (lambda: Axis(2, 1), "axis must go from low to high, got 2 to 1"),
        (lambda: Axis(-1, 1, log=True), "axis must have low above 0 on a log scale, got -1"),
        (lambda: Axis(0, math.inf), "axis must have numbers as low and high, got 0 to inf"),
        (lambda: Axis(0, 1, 1), "axis must have 2 to 1,000,000 values, got 1"),
        (lambda: Axis(0, 1, 2.5), "axis must have 2 to 1,000,000 values, got 2.5"),
        (lambda: Axis(0, 1, math.inf), "axis must have 2 to 1,000,000 values, got inf"),
        (lambda: Axis(0, 1, 10**400), "axis must have 2 to 1,000,000 values, got a number beyond 1e308"),
        (lambda: Axis(0, 1, log=torch.ones(2)), "axis must have log True or False, got "),
        (lambda: Axis(0, 10**400), "axis must have numbers as low and high, got 0 to "),
        (lambda: Axis("a", 1), "axis must have numbers as low and high, got a to 1"),
        (lambda: Axis(0, 1, digits=0), "axis must be rounded to at least 1 digit, got 0"),
        (lambda: Axis(0, 1, digits=1.5), "axis must be rounded to at least 1 digit, got 1.5"),
        (lambda: Sweep(SGD()), "run of a sweep must be a Run, got SGD"),
        (lambda: Sweep(Run(), RATES), "axes must map settings to axes, got Axis"),
        (lambda: Sweep(Run(), {"lr": (0.1, 1)}), "axes must map settings to axes, got "),
        (lambda: Sweep(Run(), seeds=math.nan), "seeds must be a whole number from 1 to 1,000,000, got nan"),
        (
            lambda: Sweep(Run(), num_points=2.5),
            "num_points must be a whole number from 1 to 1,",
        ),
        (lambda: Sweep(Run(), targets=0.01), "targets must be a tuple of target gaps, got 0.01"),
        (lambda: Sweep(Run(), targets=(math.nan,)), "targets must be a tuple of target gaps, got "),
        (
            lambda: Sweep(Run(optimizer=SGD(momentum=0.9, nesterov=True)), {"dampening": Axis(0, 1)}),
            "nesterov needs momentum above 0 and dampening 0",
        ),
        (lambda: Sweep(Run(), seeds=10**400), "seeds must be a whole number from 1 to 1,000,000, got a num"),
        (
            lambda: Sweep(Run(), {"lr": Axis(1e-3, 1, 10**6)}, seeds=2),
            "sweep must have at most 1,000,000 runs",
        ),
        (
            lambda: Sweep(Run(epochs=100_000), {"lr": Axis(1e-3, 1, 10**6)}),
            "sweep must have at most 10,000,000,000",
        ),
        (lambda: Sweep(Run(), seeds=0), "seeds must be a whole number from 1 to 1,000,000, got 0"),
        (
            lambda: Sweep(Run(), num_points=-1),
            "num_points must be a whole number from 1 to 1,",
        ),
        (
            lambda: Sweep(Run(), {"nesterov": Axis(0, 1)}),
            "axis must be one of lr, momentum, dampening, weight_decay",
        ),
        (lambda: Sweep(Run(), {"lr": Axis(1e-3, 1e3)}), "lr must be a number from 1e-08 to 100, got 1000"),
        (
            lambda: Sweep(Run(start=(1, 0)), seeds=2),
            "seeds must be 1 for a run with a custom start, got 2",
        ),
    ],
)
def test_a_bad_sweep_gets_a_sentence_before_any_work(make: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + sentence):
        make()


def test_a_general_optimizer_never_loses_to_its_special_case() -> None:
    """D. Choi et al. 2019, arXiv 1910.05446: tuned over a space that contains the special case."""
    run = Run(optimizer=SGD(), epochs=200, dtype="float64")
    rates = Axis(1e-4, 0.05, 24, log=True)
    plain = sweep(Sweep(run, {"lr": rates})).gap
    for nesterov in (False, True):
        heavy = replace(run, optimizer=SGD(momentum=0.5, nesterov=nesterov))
        general = sweep(Sweep(heavy, {"lr": rates, "momentum": Axis(0, 0.95, 6)})).gap
        assert np.nanmin(general) <= np.nanmin(plain) * (1 + 1e-9)
    twin = sweep(Sweep(replace(run, optimizer=SGD(momentum=0.0)), {"lr": rates})).gap
    torch.testing.assert_close(twin, plain, equal_nan=True)


def test_a_row_that_is_no_setting_of_its_own_is_the_nearest() -> None:
    ahead = Run(optimizer=SGD(momentum=0.9, nesterov=True), epochs=20, dtype="float64")
    result = sweep(Sweep(ahead, {"momentum": Axis(0, 0.8, 3)}))
    runs = [result.run(row) for row in range(3)]
    assert [run.optimizer for run in runs] == [SGD()] + [SGD(momentum=m, nesterov=True) for m in (0.4, 0.8)]
    alone = torch.stack([train(run).loss[-1] for run in runs])
    torch.testing.assert_close(result.final_loss, alone, rtol=1e-9, atol=0)


def test_what_was_not_trained_is_reported() -> None:
    mild = Axis(1e-4, 1e-3, 3)
    frame = sweep(Sweep(Run(epochs=100), {"lr": mild}), lambda share: share > 0.5).frame()
    assert frame["status"].tolist() == ["stopped"] * 3


def test_trajectories_can_be_stopped() -> None:
    asked = Sweep(Run(epochs=100), seeds=3)
    shares: list[float] = []
    on_progress = lambda share: shares.append(share) or share > 0.5  # noqa: E731
    found = training.trajectories(asked, (0, 90), on_progress=on_progress)
    losses, params = found.losses, found.params
    assert losses.shape == (101, 3)
    assert params[0].isfinite().all()
    assert params[1].isnan().all()
    assert len(shares) == 51
    assert losses[:51].isfinite().all()
    assert losses[51:].isnan().all()


@pytest.mark.parametrize("count", [2_000, 20_000])
def test_the_memory_estimate_holds_the_result(count: int) -> None:
    asked = Sweep(Run(epochs=1), {"lr": Axis(1e-4, 1e-2, count, log=True)}, targets=(0.01, 1.0))
    result = sweep(asked)
    kept = (result.final_loss, result.best_loss, result.diverged_at, result.seeds)
    kept += (*result.settings.values(), *result.epochs_to.values())
    held = sum(tensor.nbytes for tensor in kept)
    block = 8 * min(block_size(asked), count) * (8 * asked.run.problem.num_params + CHUNK_EPOCHS)
    assert held <= memory(asked) - block <= 1.5 * held


def test_an_estimate_of_epochs_of_many_updates_makes_few_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long an epoch is: here a second goes by at each update."""
    seconds, updates = count(), list[int]()
    monkeypatch.setattr(cost, "perf_counter", lambda: float(next(seconds)))
    monkeypatch.setattr(RunBlock, "step", lambda self, update: updates.append(update))
    run = Run(problem=LinearRegression(samples=10_000), batch_size=1, epochs=9)
    found = cost.estimate(Sweep(run, seeds=1))
    assert updates == [1, 2]
    assert found > 10_000 * 10


@pytest.mark.parametrize("batch", [0, 16])
def test_after_the_last_epoch_nothing_is_trained(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    step = SGD.step
    monkeypatch.setattr(SGD, "step", lambda self, t, *rest: (made.append(t), step(self, t, *rest))[1])
    run = Run(problem=LogisticRegression(samples=100), batch_size=batch, epochs=3)
    sweep(Sweep(run, {"lr": Axis(1e-3, 1e-1, 2)}))
    assert made == list(range(1, 3 * run.steps_per_epoch + 1))
