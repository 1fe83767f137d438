"""Long runs of many parameters: what is kept of them, and that nothing else is lost."""

import itertools
import math
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch

from tests.matrix import slow_but
from tests.trainers.test_training import Leaving
from trainers import Run, train, training
from trainers.history import History, param_differences
from trainers.optimizers import SGD, Adam
from trainers.problems import MLP, LogisticRegression, SoftmaxRegression, Thermometer
from trainers.reports import loss as loss_report
from trainers.reports import path as path_report
from trainers.reports import thinning
from trainers.reports.path_plane import fit_plane, window
from trainers.reports.runs_table import cells
from trainers.reports.summary import sentence
from trainers.training import kept_epochs

RUNS = [
    Run(
        problem=problem,
        optimizer=Adam(lr=0.1),
        runner=runner,
        epochs=90,
        batch_size=batch,
        validation_split=share,
    )
    for problem, (batch, share), runner in zip(
        (Thermometer(), LogisticRegression(samples=30), MLP(samples=30, width=3)) * 2,
        ((0, 0.0), (7, 0.3), (0, 0.3), (4, 0.0), (0, 0.0), (11, 0.4)),
        itertools.cycle(("manual", "autograd", "torch.optim")),
        strict=False,
    )
]
trained = cache(train)


@pytest.mark.parametrize("epochs", [1, 2, 7, 100, 18_000, 100_000])
@pytest.mark.parametrize("most", [None, 1, 2, 3, 10, 101, 999, 10**6])
def test_so_many_epochs_are_kept(epochs: int, most: int | None) -> None:
    kept = kept_epochs(epochs, most).tolist()
    assert kept == sorted(set(kept))
    assert (kept[0], kept[-1]) == (0, epochs)
    if most is None or most > epochs:
        assert kept == list(range(epochs + 1))
    else:
        assert len(kept) <= max(most, 3)
        assert max(b - a for a, b in itertools.pairwise(kept)) <= -(-epochs // max((most - 1) // 2, 1))


STRETCHES = (1, 50, 2**20)


@pytest.mark.parametrize(
    ("run", "stretch"),
    slow_but(list(zip(RUNS, STRETCHES * 2, strict=True)), itertools.product(RUNS, STRETCHES)),
    ids=repr,
)
def test_what_is_kept_is_what_was(run: Run, stretch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained(run)
    monkeypatch.setattr(training, "BUFFER_ELEMENTS", stretch)
    thin = train(run, most_rows=40)
    assert not whole.thinned
    assert thin.thinned
    assert 20 <= len(thin.epochs) <= 40
    assert_same(whole, thin)
    assert thin.epochs.tolist() == kept_epochs(90, 40).tolist()


def assert_same(whole: History, thin: History) -> None:
    """Losses and measures are complete; the rest is as it was at the epochs kept."""
    assert (thin.status, thin.diverged_at, thin.num_recorded) == (
        whole.status,
        whole.diverged_at,
        whole.num_recorded,
    )
    assert thin.cause == whole.cause
    for name in ("loss", *whole.metrics):
        assert torch.allclose(thin.column(name), whole.column(name), rtol=1e-6, atol=0, equal_nan=True), name
    for name in ("params", "gradient"):
        assert same(getattr(thin, name), getattr(whole, name)[thin.epochs])
    updates = whole.run.steps_per_epoch
    batches = whole.batch_loss.reshape(-1, updates)[thin.epochs[thin.epochs < whole.run.epochs]]
    full = batches[: max(thin.kept_rows - 1, 0)].flatten()
    assert torch.equal(thin.batch_loss[: len(full)], full)
    norm = thin.column("gradient_norm")
    assert same(norm[thin.epochs], whole.column("gradient_norm")[thin.epochs])
    assert int(norm.isfinite().sum()) == thin.kept_rows
    assert len(thin.frame()) == len(whole.frame())


def same(some: torch.Tensor, others: torch.Tensor) -> bool:
    return torch.allclose(some, others, rtol=0, atol=0, equal_nan=True)


LAST = list(itertools.product((1, 2, 9, 10, 47, 119, 120), (0, 7), (0.0, 0.3), (1, 2**20)))
"""In what update a run diverges, its batches, its share held out, and the epochs of a stretch."""
PAIRS = [case for number, case in enumerate(LAST) if number % 8 in (number // 8 % 4, 7 - number // 8 % 4)]


@pytest.mark.parametrize(("update", "batch", "validation", "stretch"), slow_but(PAIRS, LAST))
def test_where_a_run_diverged_is_kept(
    update: int, batch: int, validation: float, stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "BUFFER_ELEMENTS", stretch)
    problem = LogisticRegression(samples=20)
    run = Run(problem=problem, epochs=120, batch_size=batch, validation_split=validation)
    run = replace(run, optimizer=Leaving(lr=0.01, at=update * run.steps_per_epoch))
    whole, thin = train(run), train(run, most_rows=12)
    last = whole.diverged_at
    assert last is not None
    assert_same(whole, thin)
    assert thin.epochs.tolist()[-2:] == [max(last - 1, 0), last][-len(thin.epochs) :]


def test_a_stop_keeps_where_it_was() -> None:
    run = Run(epochs=200, optimizer=SGD(lr=0.01))
    thin = train(run, lambda epoch, _: epoch == 77, most_rows=10)
    assert thin.status == "stopped"
    assert thin.epochs.tolist()[-2:] == [76, 77]
    assert thin.params.isfinite().all()


def test_everything_is_drawn_of_what_is_kept() -> None:
    run = Run(problem=MLP(samples=30), optimizer=SGD(lr=0.5), epochs=100, batch_size=8, validation_split=0.3)
    histories = [train(run, most_rows=20), train(replace(run, seed=1), most_rows=33)]
    names = ["a", "b"]
    seen = fit_plane(run.training, histories)
    sides = window(seen, run.training, histories, "all")
    ways = path_report.paths(histories, names, seen, sides)
    assert set(ways["epoch"][ways["run"] == "a"]) <= set(histories[0].epochs.tolist())
    for moment, epoch, params in thinning.snapshots(histories[0]):
        assert torch.equal(params, histories[0].params[histories[0].row(epoch)].double()), moment
    curves = loss_report.curves(histories, names, "gradient_norm")
    assert set(curves["x"][curves["run"] == "a"]) <= set(histories[0].epochs.tolist())
    batches = loss_report.batches(histories, names)
    starts = set(batches["x"].astype(int)[batches["run"] == "b"])
    assert starts <= set(histories[1].epochs.tolist())
    assert cells(histories, names, 0.1)["status"].tolist() == ["falling"] * 2
    assert sentence(histories, 0.1)
    epochs, apart = param_differences(histories)
    assert set(epochs.tolist()) == set(histories[0].epochs.tolist()) & set(histories[1].epochs.tolist())
    assert math.isfinite(float(apart.max()))


def test_little_is_held_of_a_long_run() -> None:
    run = Run(problem=SoftmaxRegression(source="moons", samples=4), epochs=1000)
    thin = train(run, most_rows=100)
    assert held(thin) < 100 * 4 * (2 * run.problem.num_params + 1) + 4 * 1001 * 2 + 10_000


def held(history: History) -> int:
    """The bytes of all tensors."""
    values: list[Any] = list(vars(history).values())
    return sum(v.untyped_storage().nbytes() for v in values if isinstance(v, torch.Tensor))
