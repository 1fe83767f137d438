"""The plane in which paths are seen, the loss_surface of the loss, and the ways over it."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from dashboard.maps import loss_map
from tests.matrix import run_on
from trainers import History, Run, charts, train
from trainers.optimizers import SGD, Adam
from trainers.problems import (
    MLP,
    PROBLEMS,
    LinearRegression,
    Problem,
    Rosenbrock,
    SoftmaxRegression,
    Thermometer,
)
from trainers.problems.surfaces import Himmelblau, McCormick
from trainers.reports import line_clipping, path_plane, path_surface
from trainers.reports import path as path_report
from trainers.run import snapshot_epochs

TWO = [kind() for kind in PROBLEMS.values() if kind().num_params == 2]


kept = cache(train)


def trained(problem: Problem, **settings: Any) -> History:
    settings = {"optimizer": SGD(lr=0.01), "epochs": 60, "dtype": "float64"} | settings
    return kept(run_on(problem, **settings))


def test_two_parameters_are_seen_as_they_are() -> None:
    history = trained(Thermometer())
    seen = path_plane.fit_plane(history.run.problem, [history])
    assert seen.names == ("w", "b")
    assert torch.equal(seen.project(history.params), history.params)
    assert torch.equal(seen.to_params(history.params), history.params.T)


def test_the_directions_are_those_of_the_movement() -> None:
    generator = torch.Generator().manual_seed(0)
    axes = torch.linalg.qr(torch.randn(50, 2, generator=generator, dtype=torch.float64)).Q.T
    far, near = 3 * torch.randn(2, 200, 1, generator=generator, dtype=torch.float64)
    noise = 0.01 * torch.randn(200, 50, generator=generator, dtype=torch.float64)
    directions, shares = path_plane.principal(far * axes[0] + 0.3 * near * axes[1] + noise)
    assert abs(float(directions[0] @ axes[0])) == pytest.approx(1, abs=1e-3)
    assert abs(float(directions[1] @ axes[1])) == pytest.approx(1, abs=1e-2)
    torch.testing.assert_close(directions @ directions.T, torch.eye(2, dtype=torch.float64))
    exact = torch.linalg.svdvals(far * axes[0] + 0.3 * near * axes[1] + noise) ** 2
    torch.testing.assert_close(shares, exact[:2] / exact.sum())


def test_many_parameters_are_seen_from_above() -> None:
    histories = [trained(MLP(), optimizer=o, dtype="float32") for o in (SGD(lr=0.5), Adam(lr=0.03))]
    seen = path_plane.fit_plane(histories[0].run.problem, histories)
    assert not seen.is_full_space
    assert 0.9 < seen.explained <= 1
    points = torch.randn(7, 2, dtype=torch.float64)
    torch.testing.assert_close(seen.project(seen.to_params(points).T), points)
    first, second = (float(name.split("(")[1].split("%")[0]) for name in seen.names)
    assert first >= second
    assert first + second == pytest.approx(100 * seen.explained, abs=1.01)


@pytest.mark.parametrize("zoom", ["all", "paths", "minimum"])
@pytest.mark.parametrize("problem", [*TWO, MLP()], ids=repr)
def test_windows_are_made_of_numbers(problem: Problem, zoom: Any) -> None:
    runs = [trained(problem, epochs=20), trained(problem, optimizer=SGD(lr=10.0), epochs=200)]
    for histories in ([], runs[:1], runs, runs[1:]):
        seen = path_plane.fit_plane(problem, histories)
        for low, high in path_plane.window(seen, problem, histories, zoom):
            assert low < high
            assert max(abs(low), abs(high)) < 1e6


def test_zooms_show_what_they_say() -> None:
    history = trained(Himmelblau(), epochs=300)
    seen = path_plane.fit_plane(history.run.problem, [history])
    (x0, x1), (y0, y1) = path_plane.window(seen, history.run.problem, [history], "minimum")
    assert (x0 + x1) / 2 == pytest.approx(3)
    assert (y0 + y1) / 2 == pytest.approx(2)
    assert x1 - x0 < 1
    sides = path_plane.window(seen, history.run.problem, [history], "paths")
    inside = [
        (history.params[:, k] > low) & (history.params[:, k] < high) for k, (low, high) in enumerate(sides)
    ]
    assert all(bool(part.all()) for part in inside)
    assert path_plane.window(seen, history.run.problem, [history], "all") == Himmelblau.window


@pytest.mark.parametrize("problem", TWO, ids=repr)
def test_the_relief_is_the_loss(problem: Problem) -> None:
    history = trained(problem, epochs=5)
    seen = path_plane.fit_plane(problem, [history])
    sides = path_plane.window(seen, problem, [history], "all")
    surface = path_surface.loss_surface(problem, seen, sides)
    count = len(surface.values)
    for row, column in ((0, 0), (3, count - 1), (count - 1, 7)):
        place = [
            low + (high - low) * k / (count - 1) for (low, high), k in zip(sides, (column, row), strict=True)
        ]
        loss = problem.loss(torch.tensor(place, dtype=torch.float64))
        assert surface.values[row, column] == pytest.approx(
            float(problem.gap_or_loss(loss)), rel=1e-9, abs=1e-9
        )
    shares = surface.shares
    assert np.nanmin(shares) == 0
    assert np.nanmax(shares) > 0.9999


@pytest.mark.parametrize("problem", [Rosenbrock(), Himmelblau(), McCormick()], ids=repr)
def test_isolines_lie_on_their_level(problem: Problem) -> None:
    seen = path_plane.fit_plane(problem, [])
    surface = path_surface.loss_surface(problem, seen, path_plane.window(seen, problem, [], "all"))
    lines = path_surface.contour_lines(surface)
    assert lines["level"].nunique() > 5
    above = problem.gap_or_loss(problem.loss(torch.tensor(lines[["x", "y"]].to_numpy()).T)).numpy()
    apart = surface.share(above) - surface.share(lines["level"].to_numpy())
    assert np.quantile(np.abs(apart), 0.9) < 0.02


@pytest.mark.parametrize("problem", [Rosenbrock(), Himmelblau(), McCormick(), Thermometer()], ids=repr)
def test_bands_rise_with_the_loss_and_cover_similar_areas(problem: Problem) -> None:
    seen = path_plane.fit_plane(problem, [])
    surface = path_surface.loss_surface(problem, seen, path_plane.window(seen, problem, [], "all"))
    order = np.argsort(surface.values, axis=None)
    assert (np.diff(surface.shares.ravel()[order]) >= 0).all()
    assert (np.diff(surface.bands.ravel()[order]) >= 0).all()
    _, sizes = np.unique(surface.bands, return_counts=True)
    assert len(sizes) == path_surface.LEVELS + 1
    assert sizes.max() < 0.3 * sizes.sum()


def test_a_path_leaves_the_window_and_is_not_bent_to_its_border() -> None:
    history = trained(Thermometer(), optimizer=SGD(lr=0.05), epochs=100)
    assert history.status == "diverged" or float(history.loss[-1]) > 1e10
    sides = ((0.0, 6.0), (-18.0, 2.0))
    seen = path_plane.fit_plane(history.run.problem, [history])
    table = path_report.paths([history], ["a"], seen, sides)
    assert path_report.leaving_runs(table, sides) == ["a"]
    assert table["x"].abs().max() <= 6 + path_report.CLIP_WINDOWS * 6 + 1e-6
    (first, then), (a, b) = history.params[:2].tolist(), table[["x", "y"]].to_numpy()[:2].tolist()
    assert (a, b) == (first, then)
    assert not ((table["x"] == 6) | (table["x"] == 0)).any()
    slopes = table.groupby("part").apply(lambda part: np.ptp(part["y"]) / np.ptp(part["x"]))
    assert (slopes < 1).all(), "it swings across the valley, which is steep in w"


def test_a_path_is_cut_where_it_goes_far_and_goes_on_where_it_returns() -> None:
    far = np.array([[-10.0, 10.0], [-10.0, 10.0]])
    points = np.array(
        [[0.0, 0.0], [20.0, 10.0], [30.0, 30.0], [0.0, -20.0], [0.0, 5.0], [np.nan, 0.0], [1, 1]]
    )
    assert line_clipping.clip_path(points, far) == [
        (0, 0, 0.0, 0.0),
        (0, 1, 10.0, 5.0),
        (1, 2, 10.0, pytest.approx(-10 / 3)),
        (1, 3, pytest.approx(6), -10.0),
        (2, 3, 0.0, -10.0),
        (2, 4, 0.0, 5.0),
    ]


def test_a_path_across_the_window_between_far_ends_is_seen() -> None:
    far = np.array([[-10.0, 10.0], [-10.0, 10.0]])
    points = np.array([[0.0, 0.0], [40.0, 0.0], [-40.0, 20.0], [-50.0, 20.0]])
    assert line_clipping.clip_path(points, far) == [
        (0, 0, 0.0, 0.0),
        (0, 1, 10.0, 0.0),
        (1, 1, 10.0, 7.5),
        (1, 2, 0.0, 10.0),
    ]


def test_a_run_that_diverged_does_not_decide_the_plane() -> None:
    calm = trained(LinearRegression(), optimizer=SGD(lr=0.1), epochs=200)
    wild = trained(LinearRegression(), optimizer=SGD(lr=5.0), epochs=200)
    seen = path_plane.fit_plane(calm.run.problem, [calm, wild])
    assert torch.equal(seen.directions, path_plane.fit_plane(calm.run.problem, [calm]).directions)
    end = seen.to_params(seen.project(calm.params[-1:]))[:, 0]
    assert float(calm.run.problem.loss(end)) == pytest.approx(float(calm.loss[-1]), rel=0.1)
    for low, high in path_plane.window(seen, calm.run.problem, [calm, wild], "all"):
        assert high - low < 100


def test_a_run_that_oscillates_away_is_seen_leaving_once() -> None:
    history = trained(Thermometer(), optimizer=SGD(lr=0.034), epochs=3000)
    sides = ((0.0, 6.0), (-18.0, 2.0))
    seen = path_plane.fit_plane(history.run.problem, [history])
    table = path_report.paths([history], ["a"], seen, sides)
    assert set(table["part"]) == {0}
    assert table["x"].abs().max() > 6


def test_a_run_that_jumps_far_away_does_not_stay_at_the_start() -> None:
    problem = LinearRegression()
    run = Run(problem=problem, optimizer=SGD(lr=5), epochs=100, batch_size=16, validation_split=0.2)
    history = train(run)
    assert history.status == "diverged"
    calm = train(replace(run, optimizer=Adam(lr=0.3)))
    seen = path_plane.fit_plane(run.training, [calm, history])
    sides = path_plane.window(seen, run.training, [calm, history], "all")
    table = path_report.paths([calm, history], ["calm", "gone"], seen, sides)
    assert path_report.leaving_runs(table, sides) == ["gone"]
    assert table.loc[table["run"] == "gone", "epoch"].max() > 0


def test_cells_lie_around_round_numbers_and_fill_the_window() -> None:
    problem = Rosenbrock()
    table = path_report.cells(problem, path_plane.fit_plane(problem, []), ((-2.0, 2.0), (0.0, 0.37)))
    assert 300 < len(table) < 2000
    assert (table["x"] * 10).round(6).mod(1).eq(0).all()
    assert table["x_from"].min() <= -2
    assert table["y_to"].max() >= 0.36
    losses = problem.loss(torch.tensor(table[["x", "y"]].to_numpy()).T)
    assert table["loss"].to_numpy() == pytest.approx(losses.numpy())


def test_the_slider_moves_all_runs_by_epoch() -> None:
    histories = [trained(Himmelblau(), optimizer=SGD(lr=lr)) for lr in (0.001, 0.01)]
    problem, style = Himmelblau(), charts.Style.of(["a", "b"])
    seen = path_plane.fit_plane(problem, histories)
    sides = path_plane.window(seen, problem, histories, "all")
    surface = path_surface.loss_surface(problem, seen, sides)
    epochs = snapshot_epochs(60, path_report.MAX_SNAPSHOTS)
    chart = charts.path_chart(
        loss_map(problem, seen, surface),
        path_report.paths(histories, ["a", "b"], seen, sides),
        style,
        epochs=epochs,
        cells=path_report.cells(problem, seen, sides),
    )
    spec = charts.spec(chart)
    snapshot = next(param for param in spec["params"] if param["name"] == "snapshot")
    assert snapshot["bind"]["max"] == len(epochs) - 1 == snapshot["value"]
    assert any(param["name"] == "start" for param in spec["params"])
    filters = {
        step["filter"] for layer in spec["layer"] for step in layer.get("transform", []) if "filter" in step
    }
    assert f"datum.epoch <= {epochs}[snapshot]" in filters
    assert "<svg" in charts.svg(chart)


def test_a_large_problem_has_a_coarser_relief() -> None:
    history = trained(SoftmaxRegression(), epochs=3, dtype="float32")
    seen = path_plane.fit_plane(history.run.problem, [history])
    sides = path_plane.window(seen, history.run.problem, [history], "all")
    surface = path_surface.loss_surface(history.run.problem, seen, sides)
    assert path_surface.MIN_RESOLUTION <= len(surface.values) < path_surface.MAX_RESOLUTION
    assert np.isfinite(surface.values).all()


def test_remarks_say_how_much_is_seen() -> None:
    history = trained(MLP(), epochs=30)
    seen = path_plane.fit_plane(history.run.problem, [history])
    sides = path_plane.window(seen, history.run.problem, [history], "all")
    told = " ".join(
        path_report.captions(
            history.run.problem, seen, path_report.paths([history], ["a"], seen, sides), sides
        )
    )
    assert f"({100 * seen.explained:.0f}% of their variation)" in told
    assert "Click" not in told
