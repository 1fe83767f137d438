"""The published numbers: E. Stevens, L. Antiga, T. Viehmann, "Deep Learning with PyTorch", chapter 5."""

import numpy as np
import pandas as pd
import pytest

from tests.matrix import slow_but
from trainers import Run, train
from trainers.optimizers import SGD, Adam
from trainers.problems import Thermometer
from trainers.runners import RUNNERS


@pytest.mark.parametrize("runner", slow_but(("manual",), RUNNERS))
def test_sgd_by_hand_on_scaled_data(runner: str) -> None:
    history = train(
        Run(problem=Thermometer(scaling="x0.1"), optimizer=SGD(lr=1e-2), runner=runner, epochs=5000)
    )
    published = {1: 80.364342, 2: 37.574917, 3: 30.871077, 10: 29.030487, 100: 22.148710, 5000: 2.927648}
    assert {n: history.loss[n - 1].item() for n in published} == pytest.approx(published, rel=1e-5)
    assert history.params[100].tolist() == pytest.approx([2.7553, -2.5162], abs=1e-3)
    assert history.params[5000].tolist() == pytest.approx([5.3671, -17.3012], abs=1e-3)


@pytest.mark.parametrize("runner", slow_but(("torch.optim",), RUNNERS))
def test_adam_on_raw_data(runner: str) -> None:
    history = train(
        Run(problem=Thermometer(scaling="raw"), optimizer=Adam(lr=1e-1), runner=runner, epochs=2000)
    )
    published = {500: 7.612903, 1000: 3.086700, 1500: 2.928578, 2000: 2.927646}
    assert {n: history.loss[n - 1].item() for n in published} == pytest.approx(published, rel=1e-5)
    assert history.params[2000].tolist() == pytest.approx([0.5367, -17.3021], abs=1e-3)


def test_the_exact_minimum() -> None:
    assert Thermometer("raw").minimizers[0] == pytest.approx((0.5367719209075, -17.304785503011), rel=1e-12)
    assert Thermometer("x0.1").minimizers[0] == pytest.approx((5.367719209075, -17.304785503011), rel=1e-12)
    for scaling in ("raw", "x0.1", "standardized"):
        assert Thermometer(scaling).minimum == pytest.approx(2.9276455708956, rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("runner", RUNNERS)
def test_too_fast_on_raw_data_diverges_when_it_does_by_numpy(runner: str, dtype: str) -> None:
    history = train(
        Run(problem=Thermometer("raw"), optimizer=SGD(lr=1e-2), runner=runner, epochs=200, dtype=dtype)
    )
    losses = _gradient_descent(1e-2, dtype, 200)
    first = int(np.argmax(~np.isfinite(losses)))
    assert (history.status, history.diverged_at) == ("diverged", first)
    assert first == {"float32": 10, "float64": 87}[dtype]  # the book prints inf at its epoch 11
    # Published: 1763.9, 5.8e6, 1.9e10.
    assert history.loss[:3].tolist() == pytest.approx([1763.9, 5.8e6, 1.94e10], rel=1e-2)
    assert history.loss[first + 1 :].isnan().all()
    assert history.params[first + 1 :].isnan().all()


@pytest.mark.parametrize(
    ("optimizer", "gaps"),
    [
        (SGD, {0.01: 4.93, 0.03: 0.164}),
        (Adam, {0.01: 22.0, 0.03: 7.47, 0.1: 0.0347}),
    ],
)
def test_gaps_at_a_shared_rate(optimizer: type, gaps: dict[float, float]) -> None:
    for lr, gap in gaps.items():
        history = train(Run(optimizer=optimizer(lr=lr), epochs=500, dtype="float64"))
        assert history.gap[499].item() == pytest.approx(gap, rel=6e-3)


def test_the_readings() -> None:
    table = Thermometer("raw").table
    assert isinstance(table, pd.DataFrame)
    assert table.iloc[0].tolist() == [35.7, 0.5]
    assert len(table) == 11


def _gradient_descent(lr: float, dtype: str, epochs: int) -> np.ndarray:
    """Gradient descent on the raw readings, written for numpy."""
    t_u, t_c = Thermometer("raw").table.to_numpy(dtype).T
    w, b, losses = np.ones((), dtype), np.zeros((), dtype), []
    with np.errstate(all="ignore"):
        for _ in range(epochs):
            error = w * t_u + b - t_c
            losses.append((error**2).mean())
            w = (w - lr * 2 * (error * t_u).mean()).astype(dtype)
            b = (b - lr * 2 * error.mean()).astype(dtype)
    return np.array(losses)
