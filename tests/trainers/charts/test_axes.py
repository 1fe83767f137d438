"""What the axes of all charts show: nothing at or below 0 on a log scale, and runs that leave, leaving."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert
from altair.utils.schemapi import debug_mode
from hypothesis import given
from hypothesis import strategies as st

from dashboard.examples import EXAMPLES
from dashboard.state import Page
from dashboard.tabs.compare import compare_spec
from dashboard.tabs.grid import GridSettings
from dashboard.tabs.path import path_map
from dashboard.work import Histories
from tests.matrix import slow_but
from trainers import History, Race, Run, charts, race, sweep, train
from trainers.charts.axes import MAX_EXIT_POINTS, MAX_ROOM, MIN_ROOM, is_log_suitable, round_domain
from trainers.charts.style import Style
from trainers.optimizers import SGD, Adam, Optimizer
from trainers.problems import PROBLEMS
from trainers.reports import fit as fit_report
from trainers.reports import fit_boundary, fit_confusion, path_surface, race_curves
from trainers.reports import grid as grid_report
from trainers.reports import loss as loss_report
from trainers.reports import three_ways as three_ways_report
from trainers.reports.loss import available_metrics
from trainers.reports.path_plane import fit_plane, window

MARGINS = 1.11
"""By how much an axis is longer than what it has to show."""


# --- What meets a log scale -----------------------------------------------------------------------


QUICK = ("Thermometer", "McCormick", "LogisticRegression")


@pytest.fixture(scope="module", params=slow_but(QUICK, PROBLEMS))
def histories(request: pytest.FixtureRequest) -> list[History]:
    """Runs on each problem: two usual ones, one that is fast, and one that begins at a minimum."""
    problem = PROBLEMS[request.param]()
    data = (
        {"batch_size": max(problem.num_samples // 2, 1), "validation_split": 0.2}
        if problem.num_samples
        else {}
    )
    run = Run(problem=problem, optimizer=SGD(lr=1e-2), epochs=40, **data)
    optimizers: tuple[Optimizer, ...] = (Adam(lr=1e-1), SGD(lr=3.0))
    runs = [run, *(replace(run, optimizer=optimizer) for optimizer in optimizers)]
    runs += [replace(run, start=start) for start in run.training.minimizers[:1] if len(start) == 2]
    return [train(run) for run in runs]


@pytest.fixture(scope="module")
def specs(histories: list[History]) -> list[tuple[str, dict]]:
    """All charts of these runs."""
    return list(drawn(histories))


def drawn(histories: list[History]) -> Iterator[tuple[str, dict]]:
    """All charts of some runs, on log axes where there are such, with their names."""
    task, names = histories[0].run, [f"run {number}" for number in range(len(histories))]
    style = Style.nested(names)
    far = loss_report.far_runs(histories, names)
    diverged = [name for name, h in zip(names, histories, strict=True) if h.status == "diverged"]
    for y in available_metrics(task.training):
        curves = loss_report.curves(histories, names, y)
        beside = {
            "validation": loss_report.curves(histories, names, "validation_loss")
            if task.validation
            else None,
            "batches": loss_report.batches(histories, names) if task.steps_per_epoch > 1 else None,
        }
        seen = {"x_title": "x", "y_title": y, "log": True, "diverged": diverged, "far": far}
        optimum = task.training.minimum if y == "loss" else None
        hover = loss_report.hover_table(histories, y, "epochs")
        yield y, charts.spec(charts.loss_chart(curves, hover, style, optimum=optimum, **seen, **beside))
        table, spec = charts.live_loss_chart(curves, style, 40, y, True, far)
        yield f"live {y}", spec | {"data": {"name": "live"}, "datasets": {"live": table}}
    for column in ("gradient_norm", *task.problem.names[:2]):
        curves = loss_report.curves(histories, names, column)
        look = {"log": True, "leaving": diverged + far, "optimum": 0.0, "named": column == "gradient_norm"}
        yield column, charts.spec(charts.parameter_chart(curves, style, column, **look))
    ways = [history for history in histories if history.run.start is None][:2]
    yield (
        "difference",
        charts.spec(
            charts.difference_chart(three_ways_report.differences(ways), three_ways_report.ulp(ways))
        ),
    )
    all_runs = Histories(tuple(history.run for history in histories), 0, tuple(histories))
    whole = compare_spec(all_runs, names, style, task, 1e-2, dark=False)
    for number, panel in enumerate(whole["layer"]):
        yield f"compare {number}", whole | {"layer": panel["layer"], "resolve": {}}
    yield "path", path_map(all_runs, names, style, task, "all", dark=False)[0]
    if task.training.num_samples:
        yield "fit", charts.spec(fit_of(histories, names, style))


def fit_of(histories: list[History], names: list[str], style: Style) -> object:
    task = histories[0].run
    rows, kind = task.training.data, fit_report.kind(task.training)
    if kind == "predicted_actual":
        return charts.predicted_actual_chart(
            fit_report.predicted_actual(histories, names), style, rows.target_name
        )
    if kind == "confusion":
        return charts.confusion_chart(fit_confusion.confusion(histories[0]), style.colors[0])
    points = fit_report.points(task)
    if kind == "curve":
        return charts.fit_chart(points, fit_report.curves(histories, names, (0.0, 1.0)), style, "x", "y")
    sides = fit_boundary.box(points)
    views, lines = fit_boundary.decision_boundary(histories[0], sides)
    colors = charts.class_colors(len(rows.class_names))
    return charts.decision_boundary_chart(views, lines, points, sides, rows.class_names, colors, ("x", "y"))


def test_colors_of_a_map_are_numbers_where_the_loss_is_one(histories: list[History]) -> None:
    problem = histories[0].run.training
    seen = fit_plane(problem, histories)
    surface = path_surface.loss_surface(problem, seen, window(seen, problem, histories, "all"))
    assert not np.isnan(surface.shares[np.isfinite(surface.values)]).any()


def test_nothing_at_or_below_0_meets_a_log_scale(specs: list[tuple[str, dict]]) -> None:
    for name, spec in specs:
        assert all(number > 0 for number in on_log_scales(spec)), name


def test_no_browser_is_given_a_reason_to_warn(
    specs: list[tuple[str, dict]], capfd: pytest.CaptureFixture[str]
) -> None:
    for name, spec in specs:
        assert warnings(spec, capfd) == "", name


def test_strokes_that_tell_runs_apart_are_drawn(specs: list[tuple[str, dict]]) -> None:
    """Vega-Lite would let the width of a mark win over that of its run."""
    for name, spec in specs:
        for layer in spec["layer"]:
            assert not {"strokeWidth", "size"} & layer["mark"].keys() & layer.get("encoding", {}).keys(), name


def warnings(spec: dict, capfd: pytest.CaptureFixture[str]) -> str:
    """What Vega-Lite says about a spec."""
    vl_convert.vegalite_to_vega(spec | {"datasets": {}}, show_warnings=True)
    return capfd.readouterr().err


BOTH = [("final", name) for name in QUICK] + [("epochs", "Booth")]


@pytest.mark.parametrize(("metric", "name"), slow_but(BOTH, itertools.product(["final", "epochs"], PROBLEMS)))
def test_nor_in_a_race_or_a_grid(name: str, metric: str, capfd: pytest.CaptureFixture[str]) -> None:
    problem = PROBLEMS[name]()
    if metric == "epochs" and problem.minimum is None:
        pytest.skip("needs a known minimum")
    asked = Race(
        problem=problem,
        optimizers=(SGD(), Adam()),
        trials=4,
        seeds=2,
        epochs=20,
        metric=metric,
        target=100.0,
    )
    result, names = race(asked), ["SGD", "Adam"]
    style = Style.nested(names)
    trials = race_curves.sensitivity(result, names)
    sensitivity = charts.sensitivity_chart(
        trials, race_curves.stability_limits(result, names), style, "y", "failed"
    )
    band = charts.band_chart(race_curves.tuned_curves(result, names), style, "x", "y")
    budget = charts.budget_chart(race_curves.budgets(result, names), style, "y")
    found = sweep(GridSettings(count=3).sweep(Run(problem=problem, optimizer=SGD(), epochs=20)))
    heat = charts.heat_chart(grid_report.cells(found), ("lr", "momentum", "gap"), (True, False))
    for chart in (sensitivity, band, budget, heat):
        assert all(number > 0 for number in on_log_scales(charts.spec(chart)))
        assert warnings(charts.spec(chart), capfd) == ""


def on_log_scales(spec: dict) -> list[float]:
    """All finite numbers that a spec puts on log scales, and the ends of these."""
    shared = {channel for layer in spec["layer"] for channel in log_channels(layer) if channel in "xy"}
    numbers: list[float] = []
    for layer in spec["layer"]:
        logs = shared.union(log_channels(layer))
        table = spec["datasets"].get((layer.get("data") or spec.get("data") or {}).get("name"))
        for channel, encoding in layer.get("encoding", {}).items():
            if channel.rstrip("2") in logs:
                numbers += (encoding.get("scale") or {}).get("domain", [])
                if "field" in encoding:
                    numbers += filtered(table, layer)[encoding["field"]].astype(float).tolist()
    return [number for number in numbers if math.isfinite(number)]


def log_channels(layer: dict) -> list[str]:
    """The channels of a layer that have a log scale."""
    encodings = layer.get("encoding", {}).items()
    scales = {channel: e.get("scale") or {} for channel, e in encodings if isinstance(e, dict)}
    return [channel for channel, scale in scales.items() if scale.get("type") == "log"]


def filtered(table: pd.DataFrame, layer: dict) -> pd.DataFrame:
    """The rows that a layer draws, as far as `finite` decides."""
    tests = [part.get("filter") for part in layer.get("transform", [])]
    if "datum.finite" in tests:
        return table[table["finite"]]
    return table[~table["finite"]] if "!datum.finite" in tests else table


@pytest.mark.parametrize("optimum", [0.0, -1.03])
def test_a_minimum_that_is_not_above_0_has_no_line_on_a_log_axis(optimum: float) -> None:
    style, table = Style.of(["a"]), pd.DataFrame({"run": "a", "x": [0, 1], "y": [2.0, 1.0]})
    hover = pd.DataFrame({"x": [0], "r0": [2.0]})
    titles = {"x_title": "x", "y_title": "y"}
    charted = {
        log: charts.spec(charts.loss_chart(table, hover, style, log=log, optimum=optimum, **titles))
        for log in (True, False)
    }
    marks = {log: [layer["mark"]["type"] for layer in spec["layer"]] for log, spec in charted.items()}
    names = ["rule", "text", "text"]
    assert marks == {True: ["line", "rule", *names], False: ["rule", "line", "rule", *names]}
    none = charts.spec(charts.parameter_chart(table, style, "norm", log=True, optimum=optimum))
    assert [layer["mark"]["type"] for layer in none["layer"]] == ["line"]


def test_a_log_axis_suits_what_is_nowhere_below_0() -> None:
    assert is_log_suitable(pd.Series([0.0, 2.0, math.nan, math.inf]))
    assert not is_log_suitable(pd.Series([-1.0, 2.0]))
    assert not is_log_suitable(pd.Series([0.0, math.inf]))


def test_trials_that_found_the_minimum_lie_on_a_rail_below() -> None:
    table = pd.DataFrame({"run": "a", "entry": 0, "trial": range(3), "x": [0.1, 1, 10]})
    table = table.assign(mid=[1.0, 0.0, 0.1], result="", spread="")
    edges = pd.DataFrame(columns=["run", "x"])
    spec = charts.spec(charts.sensitivity_chart(table, edges, Style.nested(["a"]), "gap", "diverged"))
    data = spec["layer"][-1].get("data") or spec["data"]
    heights = spec["datasets"][data["name"]]["y"]
    low, _ = spec["layer"][-1]["encoding"]["y"]["scale"]["domain"]
    assert low < heights[1] < heights[2] < heights[0]
    assert not spec["datasets"][data["name"]]["failed"].any()


def test_losses_below_0_are_no_misses() -> None:
    table = pd.DataFrame({"run": "a", "entry": 0, "trial": range(3), "x": [0.1, 1, 10]})
    table = table.assign(mid=[1.0, -7.0, math.inf], result="", spread="")
    edges = pd.DataFrame(columns=["run", "x"])
    spec = charts.spec(charts.sensitivity_chart(table, edges, Style.nested(["a"]), "loss", "diverged"))
    data = spec["layer"][-1].get("data") or spec["data"]
    shown = spec["datasets"][data["name"]]
    assert shown["failed"].tolist() == [False, False, True]
    assert shown["y"].tolist()[:2] == [1.0, -7.0]
    assert spec["layer"][-1]["encoding"]["y"]["scale"]["type"] == "linear"


def test_cells_of_0_are_colored_as_the_best() -> None:
    cells = pd.DataFrame({"row": range(3), "value": [0.0, 1e-3, math.nan], "told": ""})
    sides = {f"{name}{part}": [1.0, 2.0, 3.0] for name in "xy" for part in ("", "_to", "_at")}
    spec = charts.spec(charts.heat_chart(cells.assign(**sides), ("a", "b", "gap"), (True, True)))
    (table,) = [t for t in spec["datasets"].values() if "value" in t]
    assert table["finite"].tolist() == [True, True, False]
    assert table["value"].tolist()[:2] == [1e-3, 1e-3]


# --- What is seen of runs that leave --------------------------------------------------------------


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[pd.DataFrame, list[str]]:
    """Curves of 1 to 6 runs from one start, and which of them diverge: by a factor each epoch."""
    start, parts, diverged = draw(st.floats(1e-3, 1e4)), [], []
    for number in range(draw(st.integers(1, 6))):
        rises, x = draw(st.booleans()), np.arange(60)
        factor = draw(st.floats(1.02, 1e5)) if rises else draw(st.floats(0.3, 0.99))
        falling = draw(st.integers(0, 5)) if rises else len(x)
        power = np.where(x <= falling, -0.1 * x, x - 1.1 * falling) if rises else x
        y = start * factor ** power.astype(float)
        parts.append(pd.DataFrame({"run": f"run {number}", "x": x, "y": y})[y < 3e38])
        diverged += [f"run {number}"] * rises
    return pd.concat(parts, ignore_index=True), diverged


@pytest.mark.slow
@given(comparisons(), st.booleans())
def test_a_run_that_diverges_is_seen_rising(found: tuple[pd.DataFrame, list[str]], log: bool) -> None:
    """What stays keeps a quarter of the height. Of each run that leaves, its first four points above that are
    in the picture, as far as the quarter allows; they rise one after the other, and then the line leaves.

    Where runs fall below what stays, too, the room is for both sides, and such a run may leave below.
    """
    table, diverged = found
    shown, (low, high) = picture(table, diverged, log)
    stays = table[~table["run"].isin(diverged)]
    assert shown[shown["run"].isin(stays["run"])]["y"].tolist() == stays["y"].tolist()
    if stays.empty:
        for name in diverged:
            whole = table[table["run"] == name]["y"]
            assert log or whole.max() > 0.9 * high or whole.max() == table["y"].max()
            assert not log or whole.between(low, high).all()
        return
    scaled = np.log10 if log else np.asarray
    floor, top = (float(scaled(end)) for end in (stays["y"].min(), stays["y"].max()))
    size, height = top - floor, float(scaled(high)) - float(scaled(low))
    assert height <= MARGINS * (1 + MAX_ROOM) * size
    below = float(scaled(table["y"].min())) < floor
    for name in diverged:
        whole, curve = (scaled(t.loc[t["run"] == name, "y"].to_numpy()) for t in (table, shown))
        outside = not scaled(low) <= curve[-1] <= scaled(high)
        assert curve[-1] == whole[-1] or outside, "it is seen leaving"
        room = min(MIN_ROOM * size / (1 + below), whole.max() - top)
        assert scaled(high) - top >= room
        if whole.min() < floor:
            continue
        furthest = 0.999 * MAX_ROOM * size / (1 + below)
        above = whole[np.flatnonzero(whole <= top)[-1] + 1 :] if (whole <= top).any() else whole
        wanted = [place for place in above[:MAX_EXIT_POINTS] if place - top <= furthest]
        inside = [place for place in curve if scaled(low) <= place <= scaled(high)]
        assert set(wanted) <= set(inside)
        assert (np.diff(curve[-len(wanted) - 1 :]) > 0).all()
        assert curve[-1] == whole[-1] or curve[-1] > scaled(high)


@given(comparisons())
def test_oscillating_ever_wider_does_not_hide_what_stays(found: tuple[pd.DataFrame, list[str]]) -> None:
    table, diverged = found
    table["y"] = table["y"] * np.where(table["x"] % 2, -1, 1)
    style = Style.of(list(dict.fromkeys(table["run"])))
    with debug_mode(False):
        spec = charts.spec(charts.parameter_chart(table, style, "w", leaving=diverged))
    (lines,) = spec["layer"]
    low, high = lines["encoding"]["y"]["scale"]["domain"]
    shown = spec["datasets"][(spec | lines)["data"]["name"]]
    stays = table.loc[~table["run"].isin(diverged), "y"]
    if len(stays):
        assert high - low <= MARGINS * (1 + MAX_ROOM) * (stays.max() - stays.min())
    for name in diverged:
        outside = ~shown.loc[shown["run"] == name, "y"].between(low, high)
        assert outside[outside.cumsum() > 0].sum() <= 1 or (~outside).iloc[-2], "it leaves once"


def picture(
    table: pd.DataFrame, diverged: list[str], log: bool, optimum: float | None = None
) -> tuple[pd.DataFrame, list[float]]:
    """What the loss chart draws of these curves, and the range of its axis."""
    names = list(dict.fromkeys(table["run"]))
    hover = pd.DataFrame({"x": [0], **{f"r{i}": [1.0] for i in range(len(names))}})
    look = {"x_title": "x", "y_title": "y", "log": log, "diverged": diverged, "optimum": optimum}
    style = Style.of(names)
    with debug_mode(False):  # others have it checked against its schema
        spec = charts.spec(charts.loss_chart(table, hover, style, **look))
    line = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")
    return spec["datasets"][line["data"]["name"]], line["encoding"]["y"]["scale"]["domain"]


TOO_FAST = next(preset for preset in EXAMPLES if preset.name == "How fast is too fast?").page.to_query()


@pytest.mark.parametrize(
    ("link", "log"),
    [(TOO_FAST, True), ("run=SGD~lr-0.01&run=SGD~lr-0.04", True), ("run=SGD~lr-0.01&run=SGD~lr-0.04", False)],
)
def test_several_epochs_of_a_rise_are_in_the_picture(link: str, log: bool) -> None:
    page, _ = Page.from_query(link)
    histories = [train(run) for run in page.runs]
    names = [str(number) for number in range(len(histories))]
    diverged = [name for name, h in zip(names, histories, strict=True) if h.status == "diverged"]
    curves, least = loss_report.curves(histories, names, "loss"), page.task.training.minimum
    shown, (low, high) = picture(curves, diverged, log, least)
    assert diverged
    for name in diverged:
        inside = shown[(shown["run"] == name) & shown["y"].between(low, high)]
        assert inside["x"].tolist() == list(range(len(inside)))
        assert len(inside) >= 3
        assert (inside["y"].diff().dropna() > 0).all()


def test_a_run_that_ends_far_away_without_diverging_leaves_too() -> None:
    page, _ = Page.from_query("epochs=50&run=SGD~lr-0.01&run=SGD~lr-0.04")
    histories = [train(run) for run in page.runs]
    assert [history.status for history in histories] == ["finished"] * 2
    assert loss_report.far_runs(histories, ["a", "b"]) == ["b"]
    curves, hover = (
        loss_report.curves(histories, ["a", "b"], "loss"),
        loss_report.hover_table(histories, "loss", "epochs"),
    )
    style, titles = Style.of(["a", "b"]), {"x_title": "x", "y_title": "y"}
    spec = charts.spec(charts.loss_chart(curves, hover, style, log=False, far=["b"], **titles))
    _, high = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert high < 5 * curves.loc[curves["run"] == "a", "y"].max()
    mark = spec["layer"][1]
    assert mark["mark"]["shape"] == "triangle-up"
    last = spec["datasets"][mark["data"]["name"]].iloc[0]
    assert (last["x"], last["y"], last["value"]) == (50, high, float(histories[1].loss[-1]))
    assert "Triangle: " in loss_report.caption(histories, "loss", log=False)


def test_where_all_diverged_the_axis_ends_with_the_last() -> None:
    page, _ = Page.from_query("run=SGD~lr-0.05&run=SGD~lr-0.04")
    histories = [train(run) for run in page.runs]
    last = max(history.diverged_at or 0 for history in histories)
    assert loss_report.hover_table(histories, "loss", "epochs")["x"].max() == last < 1000


def test_the_axis_of_a_live_chart_seldom_changes() -> None:
    assert round_domain([0.03, 47.0], log=True) == pytest.approx([0.01, 100.0])
    assert round_domain([-0.1, 47.0], log=False) == [-0.1, 50.0]
    assert round_domain([2.0, 180.0], log=False) == [0.0, 200.0]
    table = pd.DataFrame({"run": "a", "x": range(3), "y": [80.0, 0.0, -1.0]})
    shown, spec = charts.live_loss_chart(table, Style.of(["a"]), 5, "loss", True)
    assert shown["y"].tolist() == [80.0]
    later, whole = charts.live_loss_chart(
        table.assign(y=[80.0, 30.0, 20.0]), Style.of(["a"]), 5, "loss", True
    )
    assert len(later) == 3
    assert spec["layer"][0]["encoding"]["y"] != whole["layer"][0]["encoding"]["y"]
    assert (
        charts.live_loss_chart(table.assign(y=[79.0, 31.0, 22.0]), Style.of(["a"]), 5, "loss", True)[1]
        == whole
    )


def test_an_axis_of_seconds_ends_with_the_longest_run() -> None:
    histories = [train(Run(epochs=epochs)) for epochs in (20, 40)]
    curves = loss_report.curves(histories, ["a", "b"], "loss", "seconds")
    hover = loss_report.hover_table(histories, "loss", "seconds")
    style, titles = Style.of(["a", "b"]), {"x_title": "x", "y_title": "y"}
    spec = charts.spec(charts.loss_chart(curves, hover, style, log=False, **titles))
    longest = max(history.run.epochs * history.seconds_per_epoch for history in histories)
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == pytest.approx([0, longest])
