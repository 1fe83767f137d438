"""Gradients that are not cleared: the numbers of the lesson, and momentum 1."""

import pytest
import torch

from trainers.accumulation import accumulate
from trainers.history import History
from trainers.optimizers import OPTIMIZERS, SGD
from trainers.problems import LinearRegression, Thermometer
from trainers.run import Run, runners
from trainers.training import train

LESSON = Run(problem=Thermometer(scaling="x0.1"), optimizer=SGD(lr=0.01), epochs=50)


def test_those_of_the_lesson() -> None:
    found = accumulate(LESSON)
    assert found.own[:4, 0].tolist() == pytest.approx([-77.6, -30.9, 34.3, 78.3], abs=0.05)
    assert found.held[:4, 0].tolist() == pytest.approx([-77.6, -108.5, -74.2, 4.1], abs=0.05)
    assert found.cleared[:4].tolist() == pytest.approx([80.4, 37.6, 30.9, 29.8], abs=0.05)
    assert found.loss[:4].tolist() == pytest.approx([80.4, 37.6, 39.9, 82.2], abs=0.05)


def test_it_is_momentum_1() -> None:
    found = accumulate(LESSON)
    assert found.momentum is not None
    torch.testing.assert_close(found.momentum, found.loss, rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", [name for name, kind in OPTIMIZERS.items() if not kind.needs_closure])
def test_what_is_held_is_the_sum(name: str) -> None:
    problem = LinearRegression()
    for batch_size, epochs in ((0, 12), (16, 2)):
        run = Run(
            problem=problem, optimizer=OPTIMIZERS[name](lr=0.01), epochs=epochs, batch_size=batch_size,
            dtype="float64", runner=runners(OPTIMIZERS[name])[0],
        )  # fmt: skip
        found = accumulate(run, 12)
        torch.testing.assert_close(found.held, found.own.cumsum(0), rtol=1e-9, atol=1e-9)
        assert not torch.equal(found.held, found.own)
        history: History = train(run)
        if not batch_size or run.optimizer.group != "schedule-free":  # its batches' losses are not the mean's
            correct = history.batch_loss if batch_size else history.loss
            torch.testing.assert_close(found.cleared, correct[:13], rtol=1e-9, atol=1e-12)
        assert (found.momentum is None) == (name != "SGD")


def test_it_ends_where_the_loss_overflows() -> None:
    found = accumulate(Run(problem=LESSON.problem, optimizer=SGD(lr=90), epochs=50))
    assert len(found.loss) == len(found.held) < 20
    assert found.loss.isfinite().all()
    assert found.cleared.isfinite().all()
