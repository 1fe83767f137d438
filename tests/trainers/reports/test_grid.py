"""Two settings at once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from dashboard.state import Page
from dashboard.tabs.grid import REALS, GridSettings
from trainers import Axis, Run, Sweep, SweepResult, sweep, train
from trainers.optimizers import OPTIMIZERS, SGD, Optimizer, RMSprop
from trainers.problems import Thermometer
from trainers.reports.grid import cell_edges, cells, floor_caption, sentence
from trainers.run import Method, Task
from trainers.settings import SettingError, real_settings
from trainers.words import format_number

RUN = Run(optimizer=SGD(), epochs=200, dtype="float64")


def result(run: Run = RUN, **settings: object) -> SweepResult:
    return sweep(GridSettings(count=9, **settings).sweep(run))


def test_a_cell_is_its_run_trained_alone() -> None:
    found = result()
    table = cells(found)
    assert len(table) == 81
    for row in range(0, 81, 7):
        cell = table.loc[row]
        optimizer = found.sweep.optimizer(row)
        assert (optimizer.lr, optimizer.momentum) == (cell["x_at"], cell["y_at"])
        history = train(Run(optimizer=optimizer, epochs=200, dtype="float64"))
        assert (cell["label"] == "diverged") == (history.status == "diverged")
        assert cell["value"] == pytest.approx(history.gap[-1].item(), rel=1e-6, nan_ok=True) or (
            cell["value"] == Thermometer().rounding(torch.float64)
        )


def test_cells_tile_the_plane() -> None:
    table = cells(result())
    for name in "xy":
        sides = table[[name, f"{name}_to", f"{name}_at"]].drop_duplicates().sort_values(name)
        assert (sides[name] < sides[f"{name}_at"]).all()
        assert (sides[f"{name}_at"] < sides[f"{name}_to"]).all()
        assert sides[f"{name}_to"].tolist()[:-1] == sides[name].tolist()[1:]
    begins, ends = cell_edges(Axis(1e-2, 1, 3, log=True))
    assert (ends / begins).tolist() == pytest.approx([10**1.0] * 3)


def test_momentum_moves_the_stability_limit() -> None:
    """Heavy ball: stable below 2 (1 + momentum) / curvature."""
    table = cells(sweep(GridSettings(count=25).sweep(Run(optimizer=SGD(), epochs=4000, dtype="float64"))))
    for _, cell in table.iterrows():
        edge = SGD(momentum=cell["y_at"]).max_stable_lr(60.64608743)
        if cell["x_at"] > 1.02 * edge:
            assert cell["label"] in ("diverged", "failed, not diverged")
        elif cell["x_at"] < 0.98 * edge:
            assert float(cell["label"].replace("−", "-").replace(",", "")) >= 0


@pytest.mark.parametrize(
    "kind", [kind for kind in OPTIMIZERS.values() if kind.by_hand() and len(real_settings(kind)) > 1]
)
@pytest.mark.parametrize("apart", [1, pytest.param(99, marks=pytest.mark.slow)])
def test_every_pair_of_settings_of_every_optimizer(kind: type[Optimizer], apart: int) -> None:
    """Those that are at most so far apart are trained."""
    able = list(real_settings(kind))
    assert set(able) <= set(REALS)
    for x in able:
        for y in able:
            grid = GridSettings(x=x, y=y, count=2).adapted(Task(), [Method(optimizer=kind())])
            assert grid.x == x
            assert grid.y in able
            assert (grid.y == y) == (x != y)
            asked = grid.sweep(Run(optimizer=kind(), epochs=2))
            assert asked.size == 4
            if 0 <= able.index(y) - able.index(x) <= apart:
                assert len(cells(sweep(asked))) == 4


def grid_of(page: Page) -> GridSettings:
    return page.of(GridSettings)


def test_settings_that_the_optimizer_has_not_give_way() -> None:
    page = Page.from_query("run=Adam&run=SGD&grid=Grid~run-9~x-momentum~y-lr")[0]
    assert (grid_of(page).run, grid_of(page).x, grid_of(page).y) == (2, "momentum", "lr")
    page = Page.from_query("run=Adam&grid=Grid~x-alpha~y-momentum")[0]
    assert (grid_of(page).x, grid_of(page).y) == ("lr", "beta1")
    assert Page.from_query(page.to_query()) == (page, [])


class InTorch(Optimizer):
    def torch(self, params: torch.Tensor) -> torch.optim.SGD:
        return torch.optim.SGD([params])


def test_an_optimizer_without_a_rule_has_no_grid() -> None:
    reason = "InTorch needs a hand-written update rule with two numeric hyperparameters"
    with pytest.raises(SettingError, match=reason):
        GridSettings().axes(InTorch())
    methods = [Method(optimizer=InTorch(), runner="torch.optim")]
    assert GridSettings().adapted(Task(), methods) == GridSettings()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: result(), "Best of 81 runs: lr "),
        (lambda: result(Run(epochs=5000)), " of 81 runs reach the minimum to within rounding error; "),
        (lambda: result(Run(optimizer=RMSprop(), epochs=20), x="lr", y="alpha"), "none failed."),
    ],
)
def test_what_a_grid_shows_in_words(make: Callable[[], SweepResult], words: str) -> None:
    assert words in sentence(make())


def test_runs_that_end_alike_far_from_the_minimum_are_not_called_its_finders() -> None:
    """The first step is the same with any momentum."""
    found = result(Run(epochs=1), x="momentum", y="dampening")
    gap = format_number(found.gap[0])
    assert sentence(found) == f"81 of 81 runs tie for best, with a final gap of {gap}; none failed."
    assert floor_caption(found) == ""


def test_the_value_that_stands_for_gaps_within_rounding_is_reported() -> None:
    assert floor_caption(result(Run(epochs=5000))) == " Gaps within rounding error are shown as 2.8e−06."


def test_settings_that_contradict_each_other_are_no_grid() -> None:
    ahead = Run(optimizer=SGD(momentum=0.9, nesterov=True))
    with pytest.raises(ValueError, match="nesterov needs momentum above 0 and dampening 0"):
        GridSettings(x="lr", y="dampening").sweep(ahead)


def test_only_full_dampening_keeps_a_rate_far_too_large_finite_and_it_ends_far_away() -> None:
    far = Run(problem=Thermometer("raw"), optimizer=SGD(lr=100), epochs=500)
    found = result(far, x="momentum", y="dampening")
    alive = (found.settings["dampening"] == 1) & (found.settings["momentum"] > 0)
    assert torch.equal(found.diverged_at < 0, alive)
    assert found.gap[alive].min() > 10 * far.problem.gap(far.problem.loss(far.initial()))
    assert cells(found)["label"].eq("diverged").tolist() == (~alive).tolist()
    assert cells(found)["label"][alive.numpy()].eq("failed, not diverged").all()
    assert sentence(found) == f"All 81 runs failed, {int((~alive).sum())} of them diverged."


FAR, GONE = 0.0335, 1.0
"""Rates beyond the stability limit: in 200 epochs the one goes far away, the other to infinity."""


@pytest.mark.parametrize(
    ("low", "high", "told", "words"),
    [
        (0.01, 0.02, (), "none failed."),
        (0.01, FAR, ("failed, not diverged",), "; 2 failed, none of them diverged."),
        (0.01, GONE, ("diverged",), "; 2 diverged."),
        (FAR, GONE, ("failed, not diverged", "diverged"), "All 4 runs failed, 2 of them diverged."),
        (GONE, 2.0, ("diverged", "diverged"), "All 4 runs diverged."),
        (FAR, 0.034, ("failed, not diverged",) * 2, "All 4 runs failed, none of them diverged."),
    ],
)
def test_diverged_is_not_finite_and_failed_is_that_or_far_away(
    low: float, high: float, told: tuple[str, ...], words: str
) -> None:
    run = Run(optimizer=SGD(), epochs=200)
    found = sweep(Sweep(run, {"lr": Axis(low, high, 2), "dampening": Axis(0, 1, 2)}, targets=()))
    ends = [train(found.run(row)).status for row in range(4)]
    table = cells(found)
    assert found.frame()["status"].tolist() == ends
    assert [text == "diverged" for text in table["label"]] == [end == "diverged" for end in ends]
    assert table["label"][table["value"].isna()].tolist() == [text for text in told for _ in range(2)]
    assert sentence(found).endswith(words)


def test_a_run_that_was_never_trained_is_no_failure() -> None:
    found = sweep(GridSettings(count=2).sweep(RUN), lambda share: True)
    assert cells(found)["label"].eq("stopped").all()


def test_a_click_between_settings_that_contradict_each_other() -> None:
    run = Run(optimizer=SGD(lr=0.1, momentum=0.9, nesterov=True), epochs=5)
    grid = Sweep(run, {"momentum": Axis(0, 1, 2)})
    assert grid.optimizer(0) == SGD(lr=0.1)
    assert grid.optimizer(1) == replace(run.optimizer, momentum=1.0)


def test_far_away_is_not_said_to_have_diverged() -> None:
    link = "problem=Thermometer~scaling-x0.1&epochs=500&start=5.37~-17.3&dtype=float64&run=RMSprop~lr-0.01"
    page, _ = Page.from_query(f"{link}&tab=Grid&grid=Grid~run-1~x-lr~y-momentum~count-16")
    result = sweep(grid_of(page).sweep(page.runs[0]))
    assert not (result.diverged_at >= 0).any()
    assert sentence(result).endswith("54 failed, none of them diverged.")
