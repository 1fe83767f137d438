"""Sensitivity to the learning rate: the result of each trial."""

import altair as alt
import pandas as pd

from trainers.charts.axes import LARGEST, SMALLEST, is_log_suitable, scale, span, ticks, y_axis
from trainers.charts.expressions import at
from trainers.charts.style import Style

HEIGHT = 400
CROSS = "M-1,-0.6L-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0Z"
SHAPES = alt.Scale(domain=[False, True], range=["circle", CROSS])
RAIL = 0.05
"""Distance between two rails as a fraction of the axis."""


def sensitivity_chart(
    trials: pd.DataFrame,
    limits: pd.DataFrame,
    style: Style,
    y_title: str,
    failure_label: str,
    lines: bool = True,
    spread: str = "spread over seeds",
) -> alt.LayerChart:
    """Draw `trials`, with run, entry, trial, x, mid (infinite if failed), result, and perhaps `spread`.

    Failed trials are crosses on a rail per run above the others, named `failure_label`; results of 0 lie on a
    rail below them if the axis is logarithmic. `limits` has run and x: dotted stability limits. A click on a
    trial selects its entry and trial, as `trial`.
    """
    failed = ~trials["mid"].between(-LARGEST, LARGEST)
    log = is_log_suitable(trials["mid"]) or bool(failed.all())
    zero = (trials["mid"] < SMALLEST) & ~failed & log
    finite = trials["mid"].where(~failed & ~zero)
    domain = span(pd.DataFrame({"y": finite, "run": trials["run"]}), "y", log) or [0.1, 1.0]
    rails, top = _rails(trials.loc[failed, "entry"], domain, log)
    floor, bottom = _below(domain) if zero.any() else (domain[0], domain[0])
    placed = trials.assign(failed=failed, y=finite.mask(zero, floor))
    placed["y"] = placed["y"].where(~placed["failed"], placed["entry"].map(rails))
    around = [float(trials["x"].min()) / 1.15, float(trials["x"].max()) * 1.15]  # room for the points
    x = alt.X("x:Q", axis=_rates(trials), scale=scale(around, True))
    axis = y_axis(y_title, domain, log)
    axis.values = ticks(domain, log)  # none among the rails
    y = alt.Y("y:Q", axis=axis, scale=scale([bottom, top], log))
    click = alt.selection_point(name="trial", fields=["entry", "trial"], on="click", empty=False)
    points = (
        alt.Chart(placed)
        .mark_point(filled=True, opacity=1, cursor="pointer")
        .encode(
            x,
            y,
            style.color(),
            shape=alt.Shape("failed:N", scale=SHAPES, legend=None),
            size=alt.condition(click, alt.value(200), style.areas()),
            tooltip=_tooltip(y_title, spread if "spread" in trials else ""),
        )
        .add_params(click)
    )
    return alt.LayerChart(
        layer=[
            *([_lines(placed, x, y, style)] if lines else []),
            _limits(limits, x, style),
            *([_rail_label(domain[1], y, failure_label)] if failed.any() else []),
            *([_rail_label(floor, y, "0")] if zero.any() else []),
            points,
        ],
        height=HEIGHT,
    )


def _rails(entries: "pd.Series[int]", domain: list[float], log: bool) -> tuple[dict[int, float], float]:
    """Return the height of the rail of each entry with failed trials, and the top of the axis."""
    numbers = sorted(entries.unique())
    shares = [1 + RAIL * (number + 2) for number in range(len(numbers) + 1)]
    low, high = domain
    heights = [low * (high / low) ** share if log else low + (high - low) * share for share in shares]
    return dict(zip(numbers, heights, strict=False)), heights[-1] if numbers else high


def _below(domain: list[float]) -> tuple[float, float]:
    """Return the height of a rail below a log axis, and the new bottom."""
    low, high = domain
    return low * (low / high) ** RAIL, low * (low / high) ** (2 * RAIL)


def _rates(trials: pd.DataFrame) -> alt.Axis:
    axis = y_axis("learning rate", [float(trials["x"].min()), float(trials["x"].max())], True)
    axis.grid = False
    return axis


def _lines(placed: pd.DataFrame, x: alt.X, y: alt.Y, style: Style) -> alt.Chart:
    calm = placed.assign(y=placed["y"].where(~placed["failed"]))
    chart: alt.Chart = alt.Chart(calm).mark_line(clip=True).encode(x, y, style.color(), *style.lines())
    return chart


def _limits(limits: pd.DataFrame, x: alt.X, style: Style) -> alt.Chart:
    tooltip = [
        alt.Tooltip("run:N", title="stability limit"),
        alt.Tooltip("x:Q", title="learning rate", format=".4g"),
    ]
    chart: alt.Chart = (
        alt.Chart(limits).mark_rule(strokeDash=[2, 4], clip=True).encode(x, style.color(), tooltip=tooltip)
    )
    return chart


def _rail_label(height: float, y: alt.Y, text: str) -> alt.Chart:
    label = pd.DataFrame({"y": [height], "text": [text]})
    chart: alt.Chart = (
        alt.Chart(label)
        .mark_text(align="left", baseline="bottom", color="gray", dx=4, dy=-4)
        .encode(alt.Text("text:N"), y=y, **at(x="0"))
    )
    return chart


def _tooltip(y_title: str, spread: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("run:N"),
        alt.Tooltip("x:Q", title="learning rate", format=".4g"),
        alt.Tooltip("result:N", title=y_title),
        *([alt.Tooltip("spread:N", title=spread)] if spread else []),
    ]
