"""The tab Fit: predictions of the models, at the epoch of a slider."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.context import Context, Tab
from dashboard.widgets import escape_markdown, legend, swatch, swatches
from dashboard.work import Histories, chart_spec, compute_cached
from trainers import charts
from trainers.charts import Style
from trainers.problems.supervised import Supervised
from trainers.reports import fit as fit_report
from trainers.reports import fit_boundary, fit_confusion, images
from trainers.reports.thinning import MAX_SNAPSHOTS
from trainers.run import Task

HINTS = {
    "curve": "The prediction of each run.",
    "predicted_actual": "Dotted: perfect prediction.",
    "decision_boundary": "Background: predicted class, paler where the model is less certain.",
    "confusion": "Rows: true class. Columns: predicted class. Correct predictions are on the diagonal.",
}


def draw(context: Context) -> None:
    problem = context.task.training
    if not isinstance(problem, Supervised):
        st.write("This problem has no data to fit.")
        return
    histories = context.histories
    if not histories and problem.class_names:
        st.write("Add a run to see how it fits the data.")
        return
    kind = fit_report.kind(problem)
    if kind is None:
        st.write("Each sample has several targets or predictions: the fit is not drawn.")
        return
    if kind in ("curve", "predicted_actual"):
        _lines(context, histories, kind)
    else:
        _panels(context, histories, problem, kind)
    st.caption(" ".join(_captions(context.task, kind, len(histories))))


def _captions(task: Task, kind: fit_report.Kind, runs: int) -> list[str]:
    """Return what is drawn, of which samples, and what the slider does."""
    captions = [HINTS[kind]] if runs else []
    if task.validation and kind in ("curve", "decision_boundary"):
        captions.append("Triangles: validation samples.")
    if task.validation and kind == "predicted_actual":
        captions.append("Computed on the training set.")
    if task.validation and kind == "confusion":
        captions.append("Computed on the validation set.")
    drawn, samples = fit_report.num_drawn(task, kind), fit_report.num_shown(task, kind)
    if drawn < samples:
        captions.append(f"{drawn:,} of {samples:,} samples are drawn.")
    return [*captions, "Move the slider to see earlier epochs."] if runs else captions


def _lines(context: Context, histories: Histories, kind: fit_report.Kind) -> None:
    """Draw the predictions of all runs in one chart."""
    if kind == "predicted_actual":
        legend(swatches(context.style), context.names)
    given = (histories, context.names, context.style, context.task, context.dark)
    spec = chart_spec(lines_chart, *given)
    samples = fit_report.num_drawn(context.task, kind)
    what = f"{samples:,} samples, and the predictions of {len(histories)} runs"
    context.picture().vega_lite_chart(spec, height=context.chart_height, alt=f"Scatter plot: {what}.")


def lines_chart(histories: Histories, names: Sequence[str], style: Style, task: Task, dark: bool) -> Any:
    """Return the chart of prediction curves, or of predicted against actual values."""
    problem = task.training
    assert isinstance(problem, Supervised)
    rows = problem.data
    if fit_report.kind(problem) == "predicted_actual":
        return charts.predicted_actual_chart(
            fit_report.predicted_actual(histories, names), style, rows.target_name
        )
    points = fit_report.points(task)
    window = (float(points["x"].min()), float(points["x"].max()))
    curves = fit_report.curves(histories, names, window)
    return charts.fit_chart(points, curves, style, rows.features[0], rows.target_name, dark)


def _panels(context: Context, histories: Histories, problem: Supervised, kind: str) -> None:
    """Draw a panel for each run."""
    labels, marks = problem.data.class_names, swatches(context.style)
    if kind == "decision_boundary":
        classes = charts.class_colors(len(labels), context.dark)
        legend([swatch(color) for color in classes], [f"class {escape_markdown(label)}" for label in labels])
    shown = context.names[: fit_report.MAX_PANELS]
    beside = min(len(shown), 2)
    panels = [panel for _ in shown[::beside] for panel in st.columns(beside)]  # by row: a phone stacks these
    what = "Confusion matrix" if kind == "confusion" else "Decision boundary"
    for place, (name, panel) in enumerate(zip(shown, panels, strict=False)):
        panel.markdown(f"{marks[place]} **{name}**")
        alone = histories.single(place)
        if kind == "confusion":
            spec = chart_spec(confusion_chart, alone, context.style.colors[place])
        else:
            spec = chart_spec(boundary_chart, alone, context.task, context.dark)
        panel.vega_lite_chart(spec, alt=f"{what} of {name}.")
        if problem.data.image_size:
            _misclassified(panel, alone, name, context.dark)
    if len(histories) > fit_report.MAX_PANELS:
        st.caption(f"Only the first {fit_report.MAX_PANELS} of {len(histories)} runs are shown.")


def _misclassified(panel: Any, alone: Histories, name: str, dark: bool) -> None:
    """Draw the images that a run misclassifies."""
    count = compute_cached(misclassified, alone)[1]
    shown = min(count, images.MAX_MISCLASSIFIED)
    which = "" if shown == count else f" The {shown} of which the run is surest:"
    panel.caption(f"{count:,} misclassified at the end, true → predicted.{which}")
    if count:
        spec = chart_spec(misclassified_chart, alone, dark)
        panel.vega_lite_chart(spec, width="content", alt=f"Images that {name} misclassifies.")


def misclassified_chart(histories: Histories, dark: bool) -> Any:
    """Return the images that one run misclassifies."""
    return charts.image_chart(misclassified(histories)[0], dark, columns=8)


def misclassified(histories: Histories) -> tuple[pd.DataFrame, int]:
    """Return the images that one run misclassifies, and how many there are."""
    return images.misclassified(histories[0])


def confusion_chart(histories: Histories, color: str) -> Any:
    """Return the confusion matrix of one run."""
    return charts.confusion_chart(fit_confusion.confusion(histories[0]), color)


def boundary_chart(histories: Histories, task: Task, dark: bool) -> Any:
    """Return the decision boundary of one run."""
    problem = task.training
    assert isinstance(problem, Supervised)
    rows, points = problem.data, fit_report.points(task)
    limits = fit_boundary.box(points)
    regions, lines = fit_boundary.decision_boundary(histories[0], limits)
    classes = charts.class_colors(len(rows.class_names), dark)
    titles = (rows.features[0], rows.features[1])
    return charts.decision_boundary_chart(regions, lines, points, limits, rows.class_names, classes, titles)


FIT = Tab("Fit", "fit", draw, snapshots=MAX_SNAPSHOTS)
