"""The loss chart: all runs over one another."""

from collections.abc import Collection

import altair as alt
import pandas as pd

from charts.axes import number_axis, scale, span
from charts.style import Style

HEIGHT = 420


def loss_chart(
    curves: pd.DataFrame,
    hover: pd.DataFrame,
    style: Style,
    *,
    x_title: str,
    y_title: str,
    log: bool,
    diverged: Collection[str] = (),
    optimum: float | None = None,
) -> alt.LayerChart:
    """Overlay the curves of all runs.

    `curves` has the columns run, x, y. `hover` is wide: x, and a column r0, r1, ... for each run, for
    the exact values under the pointer. A run in `diverged` ends in a cross, and may leave the picture
    at the top unless all do.
    """
    domain = span(curves, "y", log, leave_out=diverged)
    y = alt.Y("y:Q", scale=scale(domain, log), axis=number_axis(y_title, log))
    x = alt.X("x:Q", axis=alt.Axis(title=x_title, format="~s", grid=False), scale=alt.Scale(nice=False))
    shown = curves[curves["y"] > 0] if log else curves
    lines = (
        alt.Chart(shown)
        .mark_line(clip=True, strokeCap="butt", strokeJoin="round")
        .encode(x, y, style.colour(), style.width(), style.dash(), alt.Detail("run:N"))
    )
    layers: list[alt.Chart] = [lines]
    if optimum is not None and domain is not None:
        layers.insert(0, _optimum(optimum, y))
    if diverged and domain is not None:
        layers.append(_crosses(shown, diverged, domain[1], x, y, style))
    layers.append(_hover(hover, style, x, x_title))
    return alt.layer(*layers).properties(height=HEIGHT)


def _optimum(optimum: float, y: alt.Y) -> alt.Chart:
    """A dotted line at the smallest loss there is."""
    table = pd.DataFrame({"y": [optimum], "what": [f"smallest possible loss {optimum:.6g}"]})
    return (
        alt.Chart(table)
        .mark_rule(strokeDash=[2, 4], color="gray", clip=True)
        .encode(y, tooltip=[alt.Tooltip("what:N", title=" ")])
    )


def _crosses(
    curves: pd.DataFrame, diverged: Collection[str], top: float, x: alt.X, y: alt.Y, style: Style
) -> alt.Chart:
    """A cross at the last finite value of each run that diverged, or at the top if that is beyond it."""
    last = curves[curves["run"].isin(list(diverged))].groupby("run", sort=False, observed=True).last()
    ends = last.reset_index().assign(last=lambda table: table["y"], y=lambda table: table["y"].clip(upper=top))
    return (
        alt.Chart(ends)
        .mark_point(shape="cross", angle=45, size=160, filled=True, opacity=1)
        .encode(
            x,
            y,
            style.colour(),
            tooltip=[
                alt.Tooltip("run:N", title="diverged"),
                alt.Tooltip("x:Q", title="last finite at", format=",~g"),
                alt.Tooltip("last:Q", title="value there", format=".4g"),
            ],
        )
    )


def _hover(hover: pd.DataFrame, style: Style, x: alt.X, x_title: str) -> alt.Chart:
    """A line under the pointer with the exact values of all runs there."""
    near = alt.selection_point(nearest=True, on="pointerover", clear="pointerout", fields=["x"], empty=False)
    values = [
        alt.Tooltip(f"r{i}:Q", title=name, format=".6g") for i, name in enumerate(style.names)
    ]
    return (
        alt.Chart(hover)
        .mark_rule(color="gray", strokeWidth=1)
        .encode(
            x,
            opacity=alt.condition(near, alt.value(0.6), alt.value(0)),
            tooltip=[alt.Tooltip("x:Q", title=x_title, format=",~g"), *values],
        )
        .add_params(near)
    )
