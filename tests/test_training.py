"""The loop around the runners: what it records, when it stops."""

import math

import pandas as pd
import pytest
import torch

from trainers import Run, train
from trainers.optimizers import SGD, Adam
from trainers.problems import Thermometer
from trainers.runners import RUNNERS

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
    assert list(frame) == ["run", "epoch", "loss", "gap", "gradient_norm", "w", "b"]
    assert frame["epoch"].tolist() == [0, 1, 2, 3, 4, 5]
    assert frame["loss"].tolist() == history.loss.tolist()
    assert frame["gap"].tolist() == pytest.approx([x - 2.9276455708956 for x in history.loss.tolist()])
    assert frame["gradient_norm"][0] == pytest.approx(math.hypot(*history.gradient[0].tolist()))
    assert frame["b"].tolist() == history.params[:, 1].tolist()
    assert set(frame["run"]) == {"SGD · manual · lr 0.01"}
    assert isinstance(frame, pd.DataFrame)


def test_divergence_is_a_result() -> None:
    history = train(FAST)
    assert history.status == "diverged"
    assert history.loss[: history.diverged_at].isfinite().all()
    assert not history.loss[history.diverged_at].isfinite()
    assert history.loss[history.diverged_at + 1 :].isnan().all()
    assert history.rows == history.diverged_at
    assert history.epochs_to(1.0) is None
    assert len(history.frame()) == 51


def test_the_callback_sees_the_losses_so_far_and_can_stop() -> None:
    seen = []

    def watch(epoch: int, loss: torch.Tensor) -> bool:
        seen.append(loss[: epoch + 1].tolist())
        assert loss[epoch + 1 :].isnan().all()
        return epoch == 7

    history = train(Run(epochs=100), on_epoch=watch)
    assert history.status == "stopped"
    assert [len(losses) for losses in seen] == list(range(1, 9))
    assert history.rows == 8
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


def test_what_is_measured_of_a_run_that_diverged_ends_with_it() -> None:
    run = Run(problem=Thermometer("raw"), optimizer=SGD(lr=1e-2), epochs=50, validation=0.3)
    history = train(run)
    assert history.status == "diverged"
    assert history.validation_loss is not None
    assert len(history.validation_loss) == 51
    assert history.validation_loss[: history.rows].isfinite().all()
    assert history.validation_loss[history.rows :].isnan().all()
