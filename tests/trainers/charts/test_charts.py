"""Charts by their spec, colors by their distances."""

import itertools
import json
import math
import re
from collections.abc import Sequence
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert

from trainers import charts
from trainers.charts.axes import span, y_axis
from trainers.charts.line_names import apart
from trainers.charts.style import MAX_HUES, PAGE, STROKES, Look, Style

# Linear RGB as seen with each dichromacy: G. Machado, M. Oliveira, L. Fernandes 2009, severity 1.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}
IN_WAYS = Style.of(["a", "b", "c"], [Look(n, stroke=stroke) for n, stroke in enumerate(STROKES.values())])
NAMES = ["rule", "text", "text"]  # leaders, and names with an edge
CLASSES = {dark: charts.class_colors(12, dark) for dark in PAGE}


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("dark", PAGE)
def test_colors_of_classes_stay_apart(dark: bool, sight: str) -> None:
    assert len(set(CLASSES[dark])) == 12
    assert closest(CLASSES[dark], sight) >= (0.14 if sight == "normal" else 0.09)  # 0.02 is just noticeable


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("dark", PAGE)
def test_hues_stay_apart(dark: bool, sight: str) -> None:
    colors = [Look(hue).color(dark) for hue in range(MAX_HUES)]
    assert closest(colors[:4], sight) >= 0.07
    assert closest(colors, sight) >= 0.045


@pytest.mark.parametrize("dark", PAGE)
def test_twelve_optimizers_of_a_race_have_twelve_colors(dark: bool) -> None:
    style = Style.nested([f"optimizer {number}" for number in range(12)], dark)
    assert closest(style.colors, "normal") >= 0.03


@pytest.mark.parametrize("dark", PAGE)
def test_colors_stand_out_from_the_page(dark: bool) -> None:
    shades = [Look(hue, shade).color(dark) for hue in range(MAX_HUES) for shade in np.linspace(0, 1, 12)]
    for color in (*shades, *CLASSES[dark]):
        low, high = sorted((luminance(color), luminance(PAGE[dark])))
        assert (high + 0.05) / (low + 0.05) >= 3, color  # WCAG 2.2, 1.4.11


@pytest.mark.parametrize("dark", PAGE)
def test_shades_of_a_hue_go_away_from_the_page(dark: bool) -> None:
    for hue in range(MAX_HUES):
        shades = [Look(hue, shade).color(dark) for shade in (0, 0.5, 1)]
        light = [luminance(color) for color in shades]
        assert light == sorted(light, reverse=not dark)
        assert closest(shades, "normal") >= 0.03


def test_a_run_has_one_color_in_every_chart() -> None:
    style = Style.of(["a", "b"])
    specs = [
        charts.spec(loss(style)),
        charts.spec(charts.parameter_chart(curves(), style, "w")),
        charts.spec(charts.fit_chart(points(), lines(), style, "x", "y")),
    ]
    for spec in specs:
        scales = {
            json.dumps(s)
            for s in find(spec["layer"], "color")
            for s in [isinstance(s, dict) and s.get("scale")]
            if s
        }
        assert scales == {json.dumps({"domain": ["a", "b"], "range": list(style.colors), "type": "ordinal"})}


def test_coinciding_runners_stay_visible() -> None:
    strokes = IN_WAYS.strokes
    widths = [stroke.width for stroke in strokes]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 3
    assert {s.width for s in Style.of(["a", "b"]).strokes} == {2.0}


@pytest.mark.parametrize("style", [IN_WAYS, Style.nested(["a", "b", "c"])])
def test_each_line_is_drawn_with_its_own_stroke(style: Style) -> None:
    table = pd.concat([curves(), curves().query("run == 'a'").replace({"run": {"a": "c"}})])
    root = ElementTree.fromstring(charts.svg(loss(style, table=table, diverged=[])))
    lines = (group for group in root.iter() if "mark-line" in str(group.get("class")))
    drawn = [node for group in lines for node in group if node.get("stroke") in style.colors]
    widths = {str(node.get("stroke")): float(str(node.get("stroke-width"))) for node in drawn}
    assert widths == dict(zip(style.colors, (s.width for s in style.strokes), strict=True))
    assert len(set(widths.values())) == 3


@pytest.mark.parametrize("log", [True, False])
def test_the_loss_chart_draws_what_it_is_given(log: bool) -> None:
    spec = charts.spec(loss(Style.of(["a", "b"]), log=log))
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rule", "line", "point", "rule", *NAMES]
    table = drawn(spec, 1)
    assert set(table["run"]) == {"a", "b"}
    assert (table["y"] > 0).all() or not log
    scale = spec["layer"][1]["encoding"]["y"]["scale"]
    assert scale["type"] == ("log" if log else "linear")
    assert all(map(math.isfinite, scale["domain"]))


def test_a_diverged_curve_ends_in_a_cross_and_does_not_set_the_range() -> None:
    table = curves()
    table.loc[table["run"] == "b", "y"] *= 1e30
    spec = charts.spec(loss(Style.of(["a", "b"]), table=table, diverged=["b"]))
    _, high = spec["layer"][1]["encoding"]["y"]["scale"]["domain"]
    assert high < 1e3
    cross = drawn(spec, 2)
    assert cross["run"].tolist() == ["b"]
    assert cross["x"].tolist() == [table["x"].max()]
    assert cross["y"].tolist() == [high]
    assert cross["value"].tolist() == [table["y"].iloc[-1]]


def test_where_all_diverged_the_range_is_theirs() -> None:
    spec = charts.spec(loss(Style.of(["a", "b"]), diverged=["a", "b"]))
    assert len(drawn(spec, 2)) == 2
    assert spec["layer"][1]["encoding"]["y"]["scale"]["domain"][1] > curves()["y"].max()


@pytest.mark.parametrize(
    "values", [[0.0, -1.0], [math.nan, math.nan], [], [1.0], [5.0, 5.0], [0.0, 1e-320, 1e308], [-3.0, 0, 4.0]]
)
def test_an_axis_never_collapses(values: list[float]) -> None:
    table = pd.DataFrame({"run": ["a"] * len(values), "x": range(len(values)), "y": values}).astype(
        {"y": float}
    )
    for log in (True, False):
        spec = charts.spec(loss(Style.of(["a"]), table=table, log=log, optimum=None))
        line = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")
        scale = line["encoding"]["y"]["scale"]
        log = scale["type"] == "log"
        low, high = scale["domain"]
        assert low < high
        assert math.isfinite(low)
        assert math.isfinite(high)
        assert low > 0 or not log


def test_ticks_of_a_log_axis() -> None:
    assert y_axis("loss", [2.5, 90.0], True).values == [5.0, 10.0, 20.0, 50.0]
    assert y_axis("gap", [1e-7, 100.0], True).values == [1e-7, 1e-5, 1e-3, 0.1, 10.0]


def test_included_values_are_in_range() -> None:
    low, high = span(curves(), "y", True, include=[0.5]) or [math.nan] * 2
    assert low < 0.5 < high


def test_names_with_markup_are_values_never_fields() -> None:
    names = ['<b>"a[0].b"</b>', "= [x]: 'y'"]
    table = curves().replace({"a": names[0], "b": names[1]})
    spec = charts.spec(loss(Style.of(names), table=table, diverged=[]))
    fields = set(find(spec["layer"], "field"))
    assert fields >= {"run", "x", "y", "r0", "r1"}
    assert not fields & set(names)
    assert "svg" in charts.svg(loss(Style.of(names), table=table, diverged=[]))


def test_svg_holds_all_curves_and_their_names() -> None:
    root = ElementTree.fromstring(charts.svg(loss(Style.of(["a", "b"]), diverged=[])))
    assert root.tag.endswith("svg")
    strokes = [node.get("stroke") for node in root.iter() if node.tag.endswith("path")]
    assert set(Style.of(["a", "b"]).colors) <= set(strokes)
    assert {"a", "b"} <= {node.text for node in root.iter() if node.tag.endswith("text")}


def test_the_difference_chart_leaves_out_zeros() -> None:
    table = pd.DataFrame({"x": [0, 1, 2], "y": [0.0, 1e-7, 2e-7]})
    spec = charts.spec(charts.difference_chart(table, 1e-6))
    assert drawn(spec, 1)["y"].tolist() == [1e-7, 2e-7]
    assert charts.spec(charts.difference_chart(table.assign(y=0.0), 1e-6))


def test_misses_lie_on_rails_above_the_others_and_can_be_clicked() -> None:
    spec = charts.spec(charts.sensitivity_chart(trials(), edges(), two(), "gap", "failed"))
    points = drawn(spec, 3)
    crosses = points[points["failed"]]
    assert crosses["y"].nunique() == 2
    assert crosses["y"].min() > points.loc[~points["failed"], "y"].max()
    assert spec["layer"][3]["encoding"]["y"]["scale"]["domain"][1] > crosses["y"].max()
    assert [p["name"] for p in spec["params"] if p.get("select")] == ["trial"]
    assert spec["params"][0]["select"]["fields"] == ["entry", "trial"]
    assert drawn(spec, 1)["x"].tolist() == [0.03]
    assert drawn(spec, 0)["y"].isna().sum() == 2, "a line breaks where a trial missed"
    calm = charts.spec(charts.sensitivity_chart(trials().assign(mid=1.0), edges(), two(), "gap", "failed"))
    assert len(calm["layer"]) == 3, "no rail where nothing missed"
    gone = charts.sensitivity_chart(trials().assign(mid=math.inf), edges(), two(), "gap", "failed")
    assert drawn(charts.spec(gone), 3)["y"].notna().all()


@pytest.mark.parametrize("scores", [[81.0, 490.0, math.inf], [0.0, 490.0, math.inf], [1e-5, 1e3, math.inf]])
def test_no_tick_stands_among_the_rails(scores: list[float]) -> None:
    table = pd.DataFrame({"run": "a", "entry": 0, "trial": [0, 1, 2], "x": [0.1, 1.0, 10.0], "mid": scores})
    edges = pd.DataFrame(columns=["run", "x"])
    style = Style.nested(["a"])
    spec = charts.spec(
        charts.sensitivity_chart(table.assign(result=""), edges, style, "epochs", "not reached")
    )
    points = drawn(spec, -1)
    marked = spec["layer"][-1]["encoding"]["y"]["axis"]["values"]
    assert len(marked) >= 3
    assert max(marked) < points.loc[points["failed"], "y"].min()


def test_a_band_is_cut_where_the_picture_ends() -> None:
    bands = {"low": [1.0, 0.0, 1e-3], "mid": [2.0, 1.0, 1e-2], "high": [3.0, math.inf, 1.0]}
    table = pd.DataFrame({"run": "a", "x": [0, 1, 2]} | bands)
    spec = charts.spec(charts.band_chart(table, two(), "epochs", "gap"))
    shown = drawn(spec, 0)
    (low, high), *others = (
        layer["encoding"]["y"]["scale"]["domain"]
        for layer in spec["layer"]
        if "scale" in layer["encoding"]["y"]
    )
    assert not others
    assert shown["low"].min() == low
    assert shown["high"].max() == high
    assert low <= 1e-2
    assert high >= 2


def test_without_any_curve_nothing_refers_to_names() -> None:
    none = pd.DataFrame({"run": ["a"], "x": [0], "low": [math.inf], "mid": [math.inf], "high": [math.inf]})
    bands = charts.band_chart(none, two(), "epochs", "gap")
    budget = charts.budget_chart(none.assign(y=math.inf, seeds="new"), two(), "epochs to target")
    for chart in (bands, budget):
        assert "named" not in str({**charts.spec(chart), "datasets": {}})


def test_a_budget_is_drawn_against_trials() -> None:
    score = pd.DataFrame({"run": ["a"] * 3, "x": [1, 2, 3], "y": [3.0, 2.0, 0.0], "seeds": "half"})
    table = pd.concat(
        [score, score.assign(y=[3.0, 1.5, 0.5], seeds="tuning"), score.assign(seeds="new")[1:2]]
    )
    spec = charts.spec(charts.budget_chart(table, two(), "gap"))
    dashed, solid, points = (drawn(spec, place)["y"].tolist() for place in range(3))
    assert solid == [3.0, 2.0], "a log axis shows no 0"
    assert dashed == [3.0, 1.5, 0.5]
    assert points == [2.0]


def test_each_run_is_named_once() -> None:
    curves = pd.DataFrame({"run": ["a"] * 3 + ["b"] * 3, "x": [1, 2, 3] * 2, "y": [3.0, 2.0, 1.0] * 2})
    bands = curves.rename(columns={"y": "mid"}).assign(low=0.5, high=4.0)
    found = [
        charts.band_chart(bands, two(), "epochs", "gap"),
        charts.budget_chart(curves.assign(seeds="half").replace({"x": {3: 2}}), two(), "gap"),
        charts.budget_chart(curves[curves["x"] == 3].assign(seeds="new"), two(), "gap"),
    ]
    for chart, named in zip(found, (2, 0, 2), strict=True):
        spec = charts.spec(chart)
        places = [k for k, layer in enumerate(spec["layer"]) if layer["mark"].get("cursor") == "pointer"]
        assert [len(drawn(spec, place)) for place in places] == [named]


def test_a_heat_map_marks_what_failed() -> None:
    table = pd.DataFrame(
        {
            "row": [0, 1],
            "x": [1.0, 2.0],
            "x_to": [2.0, 4.0],
            "x_at": [1.4, 2.8],
            "y": [0.0, 0.0],
            "y_to": [1.0, 1.0],
            "y_at": [0.5, 0.5],
            "value": [3.0, math.nan],
            "status": ["finished", "diverged"],
        }
    )
    spec = charts.spec(charts.heat_chart(table, ("lr", "momentum", "gap"), (True, False)))
    assert drawn(spec, 0)["finite"].tolist() == [True, False]
    tests = [layer.get("transform") for layer in spec["layer"]]
    assert tests == [[{"filter": "datum.finite"}], [{"filter": "!datum.finite"}], None]
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [1.0, 4.0]
    assert [p["name"] for p in spec["params"] if p.get("select")] == ["cell"]
    assert charts.spec(charts.heat_chart(table.assign(value=math.nan), ("a", "b", "gap"), (True, False)))


def two() -> Style:
    return Style.of(["a", "b"])


def trials() -> pd.DataFrame:
    mids = [3.0, 1.0, math.inf, 5.0, 4.0, math.inf]
    return pd.DataFrame(
        {
            "run": ["a"] * 3 + ["b"] * 3,
            "entry": [0] * 3 + [1] * 3,
            "trial": [0, 1, 2] * 2,
            "x": [0.01, 0.1, 1.0] * 2,
            "low": mids,
            "mid": mids,
            "high": mids,
            "diverged": [0, 0, 3] * 2,
        }
    )


def edges() -> pd.DataFrame:
    return pd.DataFrame({"run": ["a"], "x": [0.03]})


def curves() -> pd.DataFrame:
    rows = [
        {"run": run, "x": x, "y": scale * 0.9**x}
        for run, scale in (("a", 80.0), ("b", 40.0))
        for x in range(20)
    ]
    return pd.DataFrame(rows)


def points() -> pd.DataFrame:
    return pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 5.0]})


def lines() -> pd.DataFrame:
    return pd.DataFrame(
        {"run": ["a", "b"], "snapshot": [0, 0], "epoch": [0, 0], "x": [1.0, 2.0], "y": [3.0, 5.0]}
    )


def loss(style: Style, table: pd.DataFrame | None = None, **changes: object) -> object:
    wide = pd.DataFrame({"x": [0, 1], **{f"r{i}": [1.0, 2.0] for i in range(len(style.names))}})
    settings = {
        "x_title": "epochs",
        "y_title": "loss",
        "log": True,
        "diverged": ["b"],
        "optimum": 2.9,
    } | changes
    return charts.loss_chart(curves() if table is None else table, wide, style, **settings)


def drawn(spec: dict, layer: int) -> pd.DataFrame:
    """The table of one layer."""
    data = spec["layer"][layer].get("data") or spec["data"]  # what all layers share stands above them
    return spec["datasets"][data["name"]]


def find(tree: object, key: str) -> list:
    """All values of a key anywhere in a spec."""
    if isinstance(tree, dict):
        here = [tree[key]] if key in tree else []
        return here + [x for value in tree.values() for x in find(value, key)]
    return [x for value in tree for x in find(value, key)] if isinstance(tree, list) else []


def closest(colors: Sequence[str], sight: str) -> float:
    """The least distance of two colors, as seen with this sight."""
    seen = [oklab(np.clip(np.array(SIGHT[sight]) @ linear(color), 0, 1)) for color in colors]
    return float(min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)))


def linear(color: str) -> np.ndarray:
    """sRGB to linear RGB."""
    c = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Linear RGB to Oklab: B. Ottosson 2020."""
    lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return lab @ np.cbrt(lms @ rgb)


def test_a_race_in_which_all_reach_the_target_before_the_first_update_is_drawn() -> None:
    trials = pd.DataFrame({"run": "a", "entry": 0, "trial": [0, 1], "x": [0.1, 1.0], "mid": [0.0, 0.0]})
    trials = trials.assign(result="0", spread="0 to 0")
    edges = pd.DataFrame(columns=["run", "x"])
    spec = charts.spec(charts.sensitivity_chart(trials, edges, Style.nested(["a"]), "epochs", "not reached"))
    assert drawn(spec, -1)["y"].tolist() == [0.0, 0.0]
    assert {scale.get("type") for scale in find(spec["layer"][-1]["encoding"]["y"], "scale")} == {"linear"}


def test_twelve_names_stay_in_a_low_chart() -> None:
    names = [f"SGD · momentum {k}" for k in range(12)]
    table = pd.DataFrame({"run": names, "x": 1.0, "y": [1.0] * 6 + [0.0] * 6})
    ends = apart(alt.Chart(table).transform_calculate(px="0", py="height * (1 - datum.y)"), top="20")
    chart = ends.mark_text(align="left").encode(
        x=alt.XValue(0), y=alt.YValue(alt.ExprRef("datum.name_y")), text=alt.Text("run:N")
    )
    drawn = chart.properties(width=600, height=150).configure_view(stroke=None)
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(drawn.to_dict()))
    texts = [node for node in root.iter() if node.tag.endswith("text") and node.text in names]
    places = [re.findall(r"translate\([^,]+,([\d.-]+)\)", node.get("transform", "")) for node in texts]
    heights = sorted(float(place[0]) for place in places)
    assert len(heights) == 12
    assert 20 <= heights[0] < heights[-1] <= 155
    assert min(high - low for low, high in itertools.pairwise(heights)) > 8
