"""The tab Data: the samples of the problem, and the user's own table."""

from typing import Any

import streamlit as st

from dashboard.context import Actions, Context, Tab
from dashboard.tables import DataTab
from dashboard.widgets import class_title, control_key, escape_markdown, record_control, select
from dashboard.work import chart_spec
from trainers import charts
from trainers.datasets.csv.dataset import MAX_CLASSES
from trainers.datasets.csv.table import CsvTable
from trainers.problems import PROBLEMS, Module
from trainers.problems.compatible_models import models
from trainers.problems.supervised import CSV, Supervised
from trainers.reports import images, validation
from trainers.run import Task

PREVIEW = 100  # rows
PLACEHOLDER = "x,y\n1,2\n2,4.1"


def draw(context: Context) -> None:
    _rows(context.task, context.dark)
    st.subheader("Your own data", anchor=False)
    st.caption(
        "A CSV file, at most 10 MB. Only this session can use it, and it is not written to disk. A link "
        "to this page says which file it needs."
    )
    data = context.tables
    left, right = st.columns(2)
    file = left.file_uploader("A CSV file", type=["csv", "tsv", "txt"], key="csv.file", max_upload_size=10)
    record_control("csv.file", file)
    key = control_key("csv.text", data.text)
    right.text_area("or paste its text", data.text, key=key, height=110, placeholder=PLACEHOLDER)
    if data.error:
        st.error(escape_markdown(data.error))
    if data.table is not None:
        _table(data.table)
        _columns(data.table, data, context.actions)


def _rows(task: Task, dark: bool) -> None:
    """Draw the samples of the problem."""
    if not isinstance(task.problem, Supervised):
        st.write("This problem is a formula and has no data.")
        return
    rows = task.whole.data  # type: ignore[attr-defined]
    after = "" if isinstance(task.problem, Module) else ", after preprocessing"
    st.markdown(f"**{data_source_label(task.problem)}**: {len(rows):,} samples{after}")
    for remark in (validation.split_summary(task), *validation.split_warnings(task)):
        st.caption(escape_markdown(remark))
    if rows.image_size:
        spec = chart_spec(sample_images, task, dark)
        st.vega_lite_chart(spec, width="content", alt="The first samples as images, with their classes.")
        with st.expander("Samples as numbers"):
            st.dataframe(rows[:PREVIEW].frame(), height=220)
    else:
        st.dataframe(rows[:PREVIEW].frame(), height=220)


def sample_images(task: Task, dark: bool) -> Any:
    """Return the first samples as images."""
    return charts.image_chart(images.samples(task.whole.data), dark)  # type: ignore[attr-defined]


def data_source_label(problem: Supervised) -> str:
    """Return the name of a problem's dataset as Markdown."""
    if isinstance(problem, Module):
        return escape_markdown(problem.name)
    source = getattr(problem, "source", "thermometer")
    return (
        f"Your file {escape_markdown(problem.csv.name)}"
        if source == CSV and problem.csv
        else source.capitalize()
    )


def _table(table: CsvTable) -> None:
    """Draw a table, with encoding, delimiter and dropped rows."""
    size = f"{len(table.frame):,} of {table.rows:,} rows × {len(table.frame.columns)} columns"
    st.markdown(
        f"**{escape_markdown(table.name)}**: {size}; {table.encoding}, delimiter {table.delimiter}, "
        f"decimal {table.decimal}."
    )
    for reason, count in table.dropped:
        st.markdown(f"- {count:,} {'row' if count == 1 else 'rows'} dropped: {escape_markdown(reason)}")
    for note in table.notes:
        st.markdown(f"- {escape_markdown(note)}")
    st.dataframe(table.frame.head(PREVIEW), height=180)


def _columns(table: CsvTable, data: DataTab, actions: Actions) -> None:
    """Draw the selection of target, features and model."""
    columns = data.columns
    names, values = list(table.frame.columns), columns.values(table)
    places = range(len(names))
    left, right, third = st.columns([1, 2, 1])
    named: dict[str, Any] = {"format_func": names.__getitem__}
    select("Target", places, values["csv.target"], "csv.target", left, **named)
    allowed, features = columns.possible_features(table), values["csv.features"]
    right.multiselect("Features", allowed, features, key=control_key("csv.features", features), **named)
    csv = columns.dataset(table)
    if csv is None:
        st.write("Choose at least one feature.")
        return
    kinds = models(csv, PROBLEMS)
    if not kinds:
        reason = f"the target has {len(csv.classes):,} classes, and models support 2 to {MAX_CLASSES}"
        large = csv.too_large(classify=False)
        st.write(f"No compatible model: {f'it {escape_markdown(large)}' if large else reason}.")
        return
    select("Model", kinds, values["csv.model"], "csv.model", third, format_func=class_title)
    st.caption(f"Suggested: {class_title(kinds[0])}.")
    st.button("Train on this table", type="primary", on_click=actions.use_table)


DATA = Tab("Data", "data", draw)
