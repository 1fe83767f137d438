"""The tab Fit: what the models predict, at epochs that a slider chooses."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.components import player
from dashboard.context import Context, Tab
from dashboard.widgets import escaped, legend, swatch
from dashboard.work import Histories, drawn
from trainers import charts
from trainers.charts import Style
from trainers.problems.supervised import Supervised
from trainers.reports import fit as fit_report
from trainers.reports import fit_boundary, fit_confusion
from trainers.run import Task

HINTS = {
    "curve": "The prediction of each run.",
    "measured": "On the dotted diagonal a prediction is what was measured.",
    "border": "Regions have the colour of the class that the model finds there; the paler, the less certain.",
    "confusion": "Rows of each class, from left to right by what they were taken for: on the diagonal they "
    "are right.",
}


def draw(context: Context) -> None:
    problem, held_out = context.task.training, context.task.held_out
    if not isinstance(problem, Supervised):
        st.write("This problem has no data to fit.")
        return
    histories = context.histories
    if not histories and problem.class_names:
        st.write("Add a run to see how it fits the data.")
        return
    kind = fit_report.kind(problem)
    if kind in ("curve", "measured"):
        _lines(context, histories, problem)
    else:
        _panels(context, histories, problem, kind)
    apart = " Triangles are rows held out." if held_out and kind in ("curve", "border") else ""
    counted = " Counted are the rows held out." if held_out and kind == "confusion" else ""
    player()()
    st.caption(f"{HINTS[kind]}{apart}{counted} Move the slider to see earlier epochs.")


def _lines(context: Context, histories: Histories, problem: Supervised) -> None:
    """The predictions of all runs over one another."""
    legend(context.style.colours, context.names)
    spec = drawn(lines_chart, histories, context.names, context.style, context.task)
    what = f"{problem.num_samples} rows, and the prediction of each of {len(histories)} runs"
    st.vega_lite_chart(spec, alt=f"Scatter plot: {what}.")


def lines_chart(histories: Histories, names: Sequence[str], style: Style, task: Task) -> Any:
    """Curves over the data, or predictions against what was measured."""
    problem = task.training
    assert isinstance(problem, Supervised)
    rows = problem.data
    if fit_report.kind(problem) == "measured":
        return charts.measured_chart(fit_report.measured(histories, names), style, rows.target_name)
    points = fit_report.points(task)
    window = (float(points["x"].min()), float(points["x"].max()))
    curves = fit_report.curves(histories, names, window)
    return charts.fit_chart(points, curves, style, rows.features[0], rows.target_name)


def _panels(context: Context, histories: Histories, problem: Supervised, kind: str) -> None:
    """A panel for each run."""
    labels, colours = problem.data.class_names, context.style.colours
    if kind == "border":
        classes = charts.class_colours(len(labels), context.dark)
        legend(classes, [f"class {escaped(label)}" for label in labels])
    panels = st.columns(min(max(len(histories), 1), 2))
    what = "Confusion matrix" if kind == "confusion" else "Borders between classes"
    for place, name in enumerate(context.names[: fit_report.PANELS]):
        panel = panels[place % len(panels)]
        panel.markdown(f"{swatch(colours[place])} **{name}**")
        alone = histories.alone(place)
        if kind == "confusion":
            spec = drawn(confusion_chart, alone, colours[place])
        else:
            spec = drawn(boundary_chart, alone, context.task, context.dark)
        panel.vega_lite_chart(spec, alt=f"{what} of {name}.")
    if len(histories) > fit_report.PANELS:
        st.caption(f"Shown are the first {fit_report.PANELS} of {len(histories)} runs.")


def confusion_chart(histories: Histories, colour: str) -> Any:
    """The confusion matrix of one run."""
    return charts.confusion_chart(fit_confusion.confusion(histories[0]), colour)


def boundary_chart(histories: Histories, task: Task, dark: bool) -> Any:
    """The decision boundary of one run."""
    problem = task.training
    assert isinstance(problem, Supervised)
    rows, points = problem.data, fit_report.points(task)
    sides = fit_boundary.box(points)
    views, lines = fit_boundary.border(histories[0], sides)
    classes = charts.class_colours(len(rows.class_names), dark)
    titles = (rows.features[0], rows.features[1])
    return charts.border_chart(views, lines, points, sides, rows.class_names, classes, titles)


FIT = Tab("Fit", draw)
