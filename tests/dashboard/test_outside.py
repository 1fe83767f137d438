"""A problem from outside the package: one class, registered under its name, and all else follows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from dashboard.state import NAMES as TABS
from dashboard.state import Page
from tests.dashboard.page import chart_types, opened, shown, with_a_short_race
from tests.matrix import slow_but
from trainers import Axis, Race, Run, Sweep, race, sweep, train
from trainers.optimizers import SGD, Adam
from trainers.problems import PROBLEMS, Problem
from trainers.run import Method, Task
from trainers.runners import RUNNERS
from trainers.settings import real


@dataclass(frozen=True)
class Well(Problem):
    """`depth (1 - exp(-x^2 - y^2)) + z^2`. Source: this test."""

    summary: ClassVar[str] = "A round well in three variables."
    names: ClassVar[tuple[str, ...]] = ("x", "y", "z")

    depth: float = real(2, 0.1, 100, help="How deep the well is.")

    @property
    def minimum(self) -> float:
        return 0.0

    @property
    def minimizers(self) -> tuple[tuple[float, ...], ...]:
        return ((0.0, 0.0, 0.0),)

    def start(self, seed: int = 0) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        return torch.tensor([0.8, -0.5, 1.0]) + 0.1 * (seed > 0) * torch.rand(3, generator=generator).double()

    def loss(self, params: Tensor) -> Tensor:
        x, y, z = params
        return self.depth * (1 - torch.exp(-(x**2) - y**2)) + z**2

    def gradient(self, params: Tensor) -> Tensor:
        x, y, z = params
        slope = 2 * self.depth * torch.exp(-(x**2) - y**2)
        return torch.stack([slope * x, slope * y, 2 * z])


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    PROBLEMS["Well"] = Well
    yield
    del PROBLEMS["Well"]


def test_it_trains_with_all_runners() -> None:
    asked = {"problem": Well(), "optimizer": SGD(lr=0.1), "epochs": 50, "dtype": "float64"}
    losses = [train(Run(**asked, runner=runner)).loss for runner in RUNNERS]
    for loss in losses:
        torch.testing.assert_close(loss, losses[0])
        assert loss[-1] < 1e-3


def test_it_is_linked() -> None:
    run = Run(problem=Well(depth=3.0), epochs=20)
    assert "problem=Well~depth-3" in run.to_query()
    assert Run.from_query(run.to_query()) == (run, [])


def test_it_is_swept_and_raced() -> None:
    run = Run(problem=Well(), optimizer=Adam(), epochs=60)
    result = sweep(Sweep(run, {"lr": Axis(1e-3, 1, 5, log=True)}, seeds=2))
    alone = train(result.run(5))
    assert result.final_loss[5].item() == pytest.approx(alone.loss[-1].item(), rel=1e-4)
    entries = race(Race(problem=Well(), optimizers=(SGD(), Adam()), trials=5, seeds=2, epochs=40)).results
    assert all(entry.tuned_scores.isfinite().all() for entry in entries)


@pytest.mark.parametrize("tab", slow_but(("Compare", "Path", "Race", "Inside a step"), TABS))
def test_it_is_drawn(tab: str) -> None:
    page = Page(
        Task(problem=Well(), epochs=40),
        (Method(optimizer=SGD(lr=0.1)), Method(optimizer=Adam())),
        tab,
    )
    app = opened(with_a_short_race(page.to_query()))
    assert shown(app).task.problem == Well()
    assert app.number_input(key="problem.Well.depth").value == 2
    assert "Well" in app.selectbox(key="problem").options
    assert bool(chart_types(app)) == (tab not in ("Fit", "Data"))
