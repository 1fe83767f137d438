"""The loop around the runners: what it records, when it stops."""

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import pytest
import torch

from trainers import History, Run, train, training
from trainers.datasets.csv.table import read_table
from trainers.optimizers import OPTIMIZERS, SGD, Adam, Optimizer, ScheduleFreeAdamW, ScheduleFreeSGD
from trainers.problems import (
    MLP,
    PROBLEMS,
    CsvDataset,
    LinearRegression,
    LogisticRegression,
    Problem,
    SoftmaxRegression,
    Thermometer,
)
from trainers.problems.linear_classifiers import LinearClassifier
from trainers.reports.runs_table import cells
from trainers.run import runners
from trainers.runners import RUNNERS
from trainers.schedules import ReduceLROnPlateau
from trainers.settings import integer

FAST = Run(problem=Thermometer("raw"), optimizer=SGD(lr=1e-2), epochs=50)


def test_row_k_holds_what_was_so_after_k_updates() -> None:
    run = Run(optimizer=SGD(lr=1e-2), epochs=3, dtype="float64")
    history = train(run)
    params = run.initial()
    for row in range(4):
        assert torch.equal(history.params[row], params)
        assert history.loss[row] == run.problem.loss(params)
        assert torch.equal(history.gradient[row], run.problem.gradient(params))
        params = params - 1e-2 * run.problem.gradient(params)
    assert len(history.params) == len(history.loss) == len(history.gradient) == 4
    assert history.status == "finished"
    assert history.diverged_at is None
    assert history.seconds > 0


def test_the_frame_has_a_row_an_epoch() -> None:
    history = train(Run(optimizer=SGD(lr=1e-2), epochs=5))
    frame = history.frame()
    params = ["w", "b", "gradient_w", "gradient_b"]
    assert list(frame) == ["run", "epoch", "loss", "gap", "gradient_norm", *params]
    assert frame["epoch"].tolist() == [0, 1, 2, 3, 4, 5]
    assert frame["loss"].tolist() == history.loss.tolist()
    assert frame["gap"].tolist() == pytest.approx([x - 2.9276455708956 for x in history.loss.tolist()])
    assert frame["gradient_norm"][0] == pytest.approx(math.hypot(*history.gradient[0].tolist()))
    assert frame["b"].tolist() == history.params[:, 1].tolist()
    assert frame["gradient_w"].tolist() == history.gradient[:, 0].tolist()
    assert frame["gradient_w"][0] == pytest.approx(-77.6140, abs=1e-4)
    assert set(frame["run"]) == {"SGD · manual · lr 0.01"}
    assert isinstance(frame, pd.DataFrame)


def test_divergence_is_a_result() -> None:
    history = train(FAST)
    assert history.status == "diverged"
    assert history.loss[: history.diverged_at].isfinite().all()
    assert not history.loss[history.diverged_at].isfinite()
    assert history.loss[history.diverged_at + 1 :].isnan().all()
    assert history.num_recorded == history.diverged_at
    assert history.epochs_to(1.0) is None
    assert len(history.frame()) == 51


@dataclass(frozen=True)
class Leaving(SGD):
    """SGD whose parameters are infinite from one update on."""

    at: int = integer(1, 1, 1000, help="Which update.")

    def step(self, *args: Any) -> None:
        t, params, *_ = args
        if t == self.at:
            params.fill_(math.inf)

    def torch(self, params: torch.Tensor) -> torch.optim.SGD:
        optimizer, count = super().torch(params), itertools.count(1)
        optimizer.register_step_post_hook(lambda *_: self.step(next(count), params.detach()))
        return optimizer


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("validation", [0.0, 0.4])
@pytest.mark.parametrize("batch", [0, 7])
@pytest.mark.parametrize(
    "problem", [Thermometer(), LogisticRegression(samples=20), MLP(samples=20, width=2)], ids=repr
)
def test_divergence_at_any_update_is_a_result(
    problem: Problem, batch: int, validation: float, runner: str
) -> None:
    whole = Run(
        problem=problem,
        optimizer=Leaving(),
        runner=runner,
        epochs=4,
        batch_size=batch,
        validation_split=validation,
    )
    for update in {1, 2, whole.steps_per_epoch, whole.steps_per_epoch + 1, 4 * whole.steps_per_epoch}:
        history = train(replace(whole, optimizer=Leaving(at=update)))
        last = -(-update // whole.steps_per_epoch)  # the first epoch that sees what the update did
        assert (history.status, history.diverged_at, history.num_recorded) == ("diverged", last, last)
        for name in ("loss", *history.metrics):
            values = history.column(name)
            assert len(values) == 5
            assert values[:last].isfinite().all()
            assert not values[last:].isfinite().any()
        assert len(history.frame()) == 5


@pytest.mark.parametrize("validation", [0.0, 0.4])
def test_divergence_before_the_first_update_is_a_result(validation: float) -> None:
    table = read_table(b"x,y\n" + b"".join(b"%d,1e60\n" % k for k in range(9)) + b"9,2\n")
    problem = LinearRegression(source="csv", csv=CsvDataset.of(table, 1, (0,)))
    history = train(Run(problem=problem, epochs=3, validation_split=validation))
    assert (history.status, history.diverged_at, history.num_recorded) == ("diverged", 0, 0)
    assert not history.params[1:].isfinite().any()


def test_the_callback_sees_the_losses_so_far_and_can_stop() -> None:
    seen = []

    def watch(epoch: int, loss: torch.Tensor) -> bool:
        seen.append(loss[: epoch + 1].tolist())
        assert loss[epoch + 1 :].isnan().all()
        return epoch == 7

    history = train(Run(epochs=100), on_epoch=watch)
    assert history.status == "stopped"
    assert [len(losses) for losses in seen] == list(range(1, 9))
    assert history.num_recorded == 8
    assert history.params[8:].isnan().all()


def test_what_the_callback_raises_goes_through() -> None:
    class Halt(BaseException):
        pass

    def watch(epoch: int, loss: torch.Tensor) -> None:
        raise Halt

    with pytest.raises(Halt):
        train(Run(epochs=100), on_epoch=watch)


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_same_run_gives_the_same_bytes(runner: str) -> None:
    run = Run(optimizer=Adam(lr=0.1), runner=runner, epochs=50, seed=3)
    first = train(run)
    torch.manual_seed(99)
    train(Run(optimizer=SGD(lr=1e-2), epochs=5))
    assert torch.equal(train(run).params, first.params)


def test_a_chosen_start_and_a_seed() -> None:
    assert train(Run(start=(0.1, -2), epochs=1, dtype="float64")).params[0].tolist() == [0.1, -2.0]
    starts = {tuple(train(Run(seed=seed, epochs=1)).params[0].tolist()) for seed in range(5)}
    assert len(starts) == 5
    assert (1.0, 0.0) in starts


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_is_in_the_precision_of_the_run(dtype: str) -> None:
    history = train(Run(epochs=3, dtype=dtype))
    kinds = {history.params.dtype, history.loss.dtype, history.gradient.dtype}
    assert kinds == {getattr(torch, dtype)}


def test_epochs_to_a_gap() -> None:
    history = train(Run(optimizer=SGD(lr=1e-2), epochs=2500))
    epochs = history.epochs_to(1e-2)
    assert epochs is not None
    assert history.gap[epochs] <= 1e-2 < history.gap[epochs - 1]
    assert history.epochs_to(1e-30) is None or history.gap.min() <= 0


@dataclass
class Clock:
    """A clock that stands still but for what is charged to it."""

    now: float = 0.0
    met: set[str] = field(default_factory=set)

    def __call__(self) -> float:
        return self.now

    def charge(self, seconds: float) -> None:
        self.now += seconds

    def step(self, of: str) -> None:
        """A step takes a second; the first of a process a thousand more."""
        self.charge(1 if of in self.met else 1001)
        self.met.add(of)


def clocked(kind: type[Optimizer], monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let training see a clock on which making such an optimizer takes 100 seconds, and see `Clock.step`."""
    clock, make, begin, step = Clock(), kind.torch, getattr(kind, "init", None), getattr(kind, "step", None)

    def torch_(self: Any, *params: torch.Tensor) -> torch.optim.Optimizer:
        clock.charge(100)
        twin = make(self, *params)
        twin.register_step_pre_hook(lambda *_: clock.step("torch"))
        return twin

    def init(self: Any, params: torch.Tensor) -> Any:
        clock.charge(100)
        return begin(self, params)

    def by_hand(self: Any, *args: Any) -> None:
        clock.step("hand")
        step(self, *args)

    monkeypatch.setattr(training, "perf_counter", clock)
    monkeypatch.setattr(training, "_warm", set())  # as in a process that has not trained yet
    if kind.in_torch():
        monkeypatch.setattr(kind, "torch", torch_)
    if kind.by_hand():
        monkeypatch.setattr(kind, "init", init)
        monkeypatch.setattr(kind, "step", by_hand)
    return clock


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_a_run_is_charged_with_its_own_steps_alone(
    kind: type[Optimizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with the making of its optimizer, nor with what the first step of a process waits for."""
    clock, place = clocked(kind, monkeypatch), [*OPTIMIZERS.values()].index(kind)
    for runner, batch in zip(runners(kind), (0, 3, 0, 3)[place % 2 :], strict=False):
        run = Run(optimizer=kind(), runner=runner, epochs=3, batch_size=batch)
        first = train(run, lambda *_: clock.charge(7))
        assert first.seconds == 3 * run.steps_per_epoch
        assert first.seconds_per_epoch == run.steps_per_epoch
        assert train(run).seconds == first.seconds


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_the_step_made_elsewhere_changes_no_run(
    kind: type[Optimizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        Run(optimizer=kind(), runner=runner, epochs=2, batch_size=3, shuffle_seed=5)
        for runner in runners(kind)
    ]
    warm = [train(run) for run in runs]
    monkeypatch.setattr(training, "warm_up", lambda _: None)
    cold = [train(run) for run in runs]
    for name in ("params", "loss", "gradient", "batch_loss"):
        first, second = ([getattr(each, name).numpy().tobytes() for each in some] for some in (warm, cold))
        assert first == second


def stopped(run: Run, after: int) -> History:
    return train(run, lambda epoch, _: epoch == after)


@pytest.mark.parametrize(
    ("epochs", "history"),
    [
        (3, lambda run: train(replace(run, epochs=3))),
        (10, lambda run: train(replace(run, problem=Thermometer("raw"), optimizer=SGD(lr=1e-2)))),
        (4, lambda run: stopped(run, 4)),
        (0, lambda run: stopped(run, 0)),
        (0, lambda run: train(replace(run, start=(1e6, 1e6), problem=PROBLEMS["GoldsteinPrice"]()))),
    ],
)
def test_how_many_epochs_were_trained(epochs: int, history: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each took its second, also the last one of a run that diverged."""
    clocked(SGD, monkeypatch)
    found = history(Run(optimizer=SGD(lr=1e-3), epochs=20))
    assert (found.seconds, found.seconds_per_epoch) == (epochs, min(epochs, 1))


def test_what_is_measured_of_a_run_that_diverged_ends_with_it() -> None:
    run = Run(problem=Thermometer("raw"), optimizer=SGD(lr=1e-2), epochs=50, validation_split=0.3)
    history = train(run)
    assert history.status == "diverged"
    assert history.validation_loss is not None
    assert len(history.validation_loss) == 51
    assert history.validation_loss[: history.num_recorded].isfinite().all()
    assert history.validation_loss[history.num_recorded :].isnan().all()


@pytest.mark.parametrize("batch_size", [0, 4])
@pytest.mark.parametrize("kind", [ScheduleFreeSGD, ScheduleFreeAdamW])
def test_what_is_on_record_is_the_mean(kind: type[Optimizer], batch_size: int) -> None:
    """Its parameters, losses and gradients; a schedule that needs losses is told the same ones."""
    plateau = ReduceLROnPlateau(patience=2, factor=0.5)
    run = Run(optimizer=kind(lr=0.05), schedule=plateau, epochs=40, batch_size=batch_size, dtype="float64")
    history, lr, params = train(run), 1.0, run.initial()
    rule, state, batches = run.optimizer, run.optimizer.init(params), run.batch_source.batches()
    factors, best, bad = [], math.inf, 0
    for epoch in range(40):
        mean = rule.evaluated(params, state)
        loss = float(run.problem.loss(mean))
        torch.testing.assert_close(history.params[epoch], mean)
        assert float(history.loss[epoch]) == pytest.approx(loss)
        torch.testing.assert_close(history.gradient[epoch], run.problem.gradient(mean))
        if epoch:
            best, bad = (loss, 0) if loss < best * (1 - plateau.threshold) else (best, bad + 1)
            lr, bad = (lr / 2, 0) if bad > plateau.patience else (lr, bad)
        factors.append(lr)
        for k in range(run.steps_per_epoch):
            used = replace(rule, lr=0.05 * lr)
            used.step(epoch * run.steps_per_epoch + k + 1, params, next(batches).gradient(params), state)
    assert history.lr_factors is not None
    assert history.lr_factors.tolist() == factors


def test_a_part_of_the_training_that_is_slowed_down_changes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, slow = clocked(SGD, monkeypatch), range(100, 400)
    step = SGD.step

    def slowed(self: Any, t: int, *args: Any) -> None:
        clock.charge(35 if t in slow else 0)
        step(self, t, *args)

    monkeypatch.setattr(SGD, "step", slowed)
    history = train(Run(optimizer=SGD(lr=1e-3), epochs=1000))
    assert history.seconds == 1000 + 35 * len(slow)
    assert len(history.laps) == training.LAPS
    assert history.seconds_per_epoch == 1
    assert history.lap_quartiles is not None
    assert history.lap_quartiles[0] == 1 < history.lap_quartiles[1]
    assert cells([history], ["SGD"], 0.01)["µs per epoch"][0].startswith("1,000,000 (1,000,000 to ")


@pytest.mark.parametrize("epochs", [1, 3, 4, 7, 32, 33, 100])
def test_the_parts_of_a_training_are_all_of_it(epochs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clocked(SGD, monkeypatch)
    history = train(Run(optimizer=SGD(lr=1e-3), epochs=epochs, batch_size=4))
    assert history.laps == (history.run.steps_per_epoch,) * min(epochs, training.LAPS)
    assert (cells([history], ["SGD"], 0.01)["µs per epoch"][0] == "–") == (epochs < 4)


@pytest.mark.parametrize("batch_size", [0, 64])
@pytest.mark.parametrize("problem", [SoftmaxRegression(), LogisticRegression(), MLP()], ids=repr)
def test_by_hand_a_classifier_goes_forward_once_per_update(
    problem: Any, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(problem=problem, optimizer=SGD(lr=0.1), epochs=3, batch_size=batch_size)
    calls, name = itertools.count(), "scores" if isinstance(problem, LinearClassifier) else "forward"
    forward = getattr(type(problem), name)
    monkeypatch.setattr(type(problem), name, lambda *args: (next(calls), forward(*args))[1])
    history = train(run)
    passes = next(calls) - (name == "forward")  # one for the accuracies
    updates, epochs = 3 * run.steps_per_epoch + 1, 4 * (run.steps_per_epoch > 1)
    assert passes == updates + epochs
    assert torch.equal(history.loss, torch.stack([run.problem.loss(params) for params in history.params]))
