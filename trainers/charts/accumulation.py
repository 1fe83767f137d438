"""Gradients that are not cleared, and the losses that follow."""

import altair as alt
import pandas as pd

from trainers.charts.axes import positive, scale, span, x_axis, x_scale, y_axis
from trainers.charts.line_names import NAMED, end_names, isolated, last_points, plot_range, with_selections
from trainers.charts.style import INK, Style

GRADIENT_HEIGHT, LOSS_HEIGHT = 260, 240
OWN, HELD = "#3b76c4", "#e07b00"


def accumulated_gradient_chart(bars: pd.DataFrame, name: str, dark: bool) -> alt.LayerChart:
    """Draw `bars`, update, what ("added", "held"), value: what each update adds, and what is held then."""
    axis = alt.Axis(title="update", labelAngle=0, grid=False, labelOverlap=True)
    domain = ["added by backward()", "held in .grad"]
    color = alt.Color(
        "what:N",
        scale=alt.Scale(domain=domain, range=[OWN, HELD]),
        legend=alt.Legend(title=None, orient="top", labelLimit=300),
    )
    chart = (
        alt.Chart(bars)
        .mark_bar()
        .encode(
            alt.X("update:O", axis=axis, scale=alt.Scale(paddingInner=0.25)),
            alt.Y("value:Q", axis=alt.Axis(title=f"gradient by {name}", format=".3~g", tickCount=5)),
            color,
            xOffset=alt.XOffset("what:N", sort=domain),
            tooltip=[
                alt.Tooltip("update:O"),
                alt.Tooltip("what:N", title="gradient"),
                alt.Tooltip("value:Q", format=".5~g"),
            ],
        )
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=INK[dark], opacity=0.6).encode(y="y:Q")
    return alt.LayerChart(layer=[chart, zero], height=GRADIENT_HEIGHT)


def accumulated_loss_chart(losses: pd.DataFrame, style: Style, dark: bool) -> alt.LayerChart:
    """Draw `losses`, run, x (updates), y, with names at the ends of the lines."""
    log = bool(positive(losses["y"]).all())
    domain = span(losses, "y", log)
    x = alt.X("x:Q", axis=x_axis("updates"), scale=x_scale(losses["x"], ends=plot_range(style.names)))
    y = alt.Y("y:Q", axis=y_axis("loss", domain, log), scale=scale(domain, log))
    loss = alt.Tooltip("y:Q", title="loss", format=".5~g")
    tooltip = [alt.Tooltip("run:N"), alt.Tooltip("x:Q", title="updates"), loss]
    lines = (
        alt.Chart(losses)
        .mark_line(clip=True, strokeCap="butt")
        .encode(x, y, style.color(), *style.lines(), tooltip=tooltip, opacity=isolated(by=NAMED))
    )
    names = end_names(alt.Chart(last_points(losses)), domain, log, style, dark) if domain else []
    return with_selections(alt.LayerChart(layer=[lines, *names], height=LOSS_HEIGHT))
