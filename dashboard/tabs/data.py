"""The tab Data: the rows of the problem, and the user's own table."""

from typing import Any

import streamlit as st

from dashboard.context import Actions, Context, Tab
from dashboard.tables import DataTab
from dashboard.widgets import at, escaped, note_drawn, select, spaced
from trainers.datasets.csv.dataset import MAX_CLASSES
from trainers.datasets.csv.table import CsvTable
from trainers.problems import PROBLEMS
from trainers.problems.compatible_models import models
from trainers.problems.supervised import CSV, Supervised
from trainers.reports import validation
from trainers.run import Task

PREVIEW = 100  # rows
EXAMPLE = "x,y\n1,2\n2,4.1"


def draw(context: Context) -> None:
    _rows(context.task)
    st.subheader("Your own data", anchor=False)
    st.caption(
        "A CSV file, at most 10 MB. Only this session can use it, and it is not written to disk. A link "
        "to this page says which file it needs."
    )
    data = context.tables
    left, right = st.columns(2)
    file = left.file_uploader("A CSV file", type=["csv", "tsv", "txt"], key="csv.file", max_upload_size=10)
    note_drawn("csv.file", file)
    key = at("csv.text", data.text)
    right.text_area("or its text", data.text, key=key, height=110, placeholder=EXAMPLE)
    if data.trouble:
        st.error(escaped(data.trouble))
    if data.table is not None:
        _table(data.table)
        _columns(data.table, data, context.actions)


def _rows(task: Task) -> None:
    """The problem's own rows."""
    if not isinstance(task.problem, Supervised):
        st.write("This problem is a formula and has no data.")
        return
    rows = task.whole.data  # type: ignore[attr-defined]
    st.markdown(f"**{data_of(task.problem)}**: {len(rows):,} rows, as the model sees them")
    for remark in (validation.told(task), *validation.remarks(task)):
        st.caption(escaped(remark))
    st.dataframe(rows[:PREVIEW].frame(), height=220)


def data_of(problem: Supervised) -> str:
    """What data a problem has, as Markdown."""
    source = getattr(problem, "source", "thermometer")
    return f"Your file {escaped(problem.csv.name)}" if source == CSV and problem.csv else source.capitalize()


def _table(table: CsvTable) -> None:
    """What was understood of a table."""
    told = f"{len(table.frame):,} of {table.rows:,} rows × {len(table.frame.columns)} columns"
    st.markdown(
        f"**{escaped(table.name)}**: {told}; {table.encoding}, delimiter {table.delimiter}, "
        f"decimal {table.decimal}."
    )
    for reason, count in table.dropped:
        st.markdown(f"- {count:,} {'row' if count == 1 else 'rows'} dropped: {escaped(reason)}")
    for note in table.notes:
        st.markdown(f"- {escaped(note)}")
    st.dataframe(table.frame.head(PREVIEW), height=180)


def _columns(table: CsvTable, data: DataTab, actions: Actions) -> None:
    """The choice of a table's columns, and of a model."""
    columns = data.columns
    names, standing = list(table.frame.columns), columns.values(table)
    places = range(len(names))
    left, right, third = st.columns([1, 2, 1])
    named: dict[str, Any] = {"format_func": names.__getitem__}
    select("Target", places, standing["csv.target"], "csv.target", left, **named)
    able, features = columns.able(table), standing["csv.features"]
    right.multiselect("Features", able, features, key=at("csv.features", features), **named)
    csv = columns.dataset(table)
    if csv is None:
        st.write("Choose at least one feature.")
        return
    kinds = models(csv, PROBLEMS)
    if not kinds:
        told = f"the target has {len(csv.classes):,} classes, and a model can tell 2 to {MAX_CLASSES}"
        large = csv.too_large(classify=False)
        st.write(f"No model fits: {f'it {escaped(large)}' if large else told}.")
        return
    select("Model", kinds, standing["csv.model"], "csv.model", third, format_func=spaced)
    st.caption(f"Suggested: {spaced(kinds[0])}.")
    st.button("Train on this table", type="primary", on_click=actions.use_table)


DATA = Tab("Data", draw)
