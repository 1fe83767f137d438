"""How much the learning rate matters: the result of each trial."""

import altair as alt
import pandas as pd

from trainers.charts.axes import LARGEST, SMALLEST, logarithmic, scale, span, y_axis
from trainers.charts.style import Style

HEIGHT = 400
CROSS = "M-1,-0.6L-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0Z"
SHAPES = alt.Scale(domain=[False, True], range=["circle", CROSS])
RAIL = 0.05
"""The distance between two rails, as a share of the axis in use."""


def sensitivity_chart(
    trials: pd.DataFrame, edges: pd.DataFrame, style: Style, y_title: str, missing: str, lines: bool = True
) -> alt.LayerChart:
    """`trials` has the columns run, entry, trial, x, mid (infinite for a miss), result, spread.

    Misses are crosses on a rail above the others, one for each run, called `missing`; results of 0 lie on a
    rail below them where the axis is logarithmic. `edges` has run and x: dotted rules. A click on a trial
    selects its entry and trial, as `trial`.
    """
    missed = ~trials["mid"].between(-LARGEST, LARGEST)
    log = logarithmic(trials["mid"]) or bool(missed.all())
    zero = (trials["mid"] < SMALLEST) & ~missed & log
    finite = trials["mid"].where(~missed & ~zero)
    domain = span(pd.DataFrame({"y": finite, "run": trials["run"]}), "y", log) or [0.1, 1.0]
    rails, top = _rails(trials.loc[missed, "entry"], domain, log)
    floor, bottom = _below(domain) if zero.any() else (domain[0], domain[0])
    placed = trials.assign(missed=missed, y=finite.mask(zero, floor))
    placed["y"] = placed["y"].where(~placed["missed"], placed["entry"].map(rails))
    around = [float(trials["x"].min()) / 1.15, float(trials["x"].max()) * 1.15]  # room for whole points
    x = alt.X("x:Q", axis=_rates(trials), scale=scale(around, True))
    y = alt.Y("y:Q", axis=y_axis(y_title, domain, log), scale=scale([bottom, top], log))
    click = alt.selection_point(name="trial", fields=["entry", "trial"], on="click", empty=False)
    points = (
        alt.Chart(placed)
        .mark_point(filled=True, opacity=1, cursor="pointer")
        .encode(
            x,
            y,
            style.colour(),
            shape=alt.Shape("missed:N", scale=SHAPES, legend=None),
            size=alt.condition(click, alt.value(200), style.areas()),
            tooltip=_tooltip(y_title),
        )
        .add_params(click)
    )
    return alt.LayerChart(
        layer=[
            *([_lines(placed, x, y, style)] if lines else []),
            _edges(edges, x, style),
            *([_rail_label(domain[1], y, missing)] if missed.any() else []),
            *([_rail_label(floor, y, "0")] if zero.any() else []),
            points,
        ],
        height=HEIGHT,
    )


def _rails(entries: "pd.Series[int]", domain: list[float], log: bool) -> tuple[dict[int, float], float]:
    """The height of the rail of each entry that has a miss, and the top of the axis."""
    numbers = sorted(entries.unique())
    shares = [1 + RAIL * (number + 1.5) for number in range(len(numbers) + 1)]
    low, high = domain
    heights = [low * (high / low) ** share if log else low + (high - low) * share for share in shares]
    return dict(zip(numbers, heights, strict=False)), heights[-1] if numbers else high


def _below(domain: list[float]) -> tuple[float, float]:
    """The height of a rail below a log axis, and the new bottom."""
    low, high = domain
    return low * (low / high) ** RAIL, low * (low / high) ** (2 * RAIL)


def _rates(trials: pd.DataFrame) -> alt.Axis:
    axis = y_axis("learning rate", [float(trials["x"].min()), float(trials["x"].max())], True)
    axis.grid = False
    return axis


def _lines(placed: pd.DataFrame, x: alt.X, y: alt.Y, style: Style) -> alt.Chart:
    calm = placed.assign(y=placed["y"].where(~placed["missed"]))
    chart: alt.Chart = alt.Chart(calm).mark_line(clip=True).encode(x, y, style.colour(), *style.lines())
    return chart


def _edges(edges: pd.DataFrame, x: alt.X, style: Style) -> alt.Chart:
    tooltip = [
        alt.Tooltip("run:N", title="stability limit"),
        alt.Tooltip("x:Q", title="learning rate", format=".4g"),
    ]
    chart: alt.Chart = (
        alt.Chart(edges).mark_rule(strokeDash=[2, 4], clip=True).encode(x, style.colour(), tooltip=tooltip)
    )
    return chart


def _rail_label(height: float, y: alt.Y, text: str) -> alt.Chart:
    label = pd.DataFrame({"y": [height], "text": [text]})
    chart: alt.Chart = (
        alt.Chart(label)
        .mark_text(align="left", baseline="bottom", color="gray", dx=4, dy=-4)
        .encode(y=y, text="text:N", x=alt.value(0))
    )
    return chart


def _tooltip(y_title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title="learning rate", format=".4g"),
        alt.Tooltip("result:N", title=y_title),
        alt.Tooltip("spread:N", title="10th–90th percentile"),
    ]
