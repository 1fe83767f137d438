"""What can be taken along: the result as text, a program, a notebook."""

import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import streamlit as st

from dashboard.components import copier
from dashboard.widgets import download, escape_markdown
from trainers.exports import Program, program

WIDTH = 400
"""Of the opened button, in pixels."""


def take_along(
    label: str,
    result: Callable[[], str],
    key: str,
    spec: Any,
    names: Sequence[str] = (),
    link: str = "",
) -> None:
    """Draw the button that opens what can be taken along.

    `result` makes the text that is copied. `spec` is a run, several runs, a race or a sweep, of which there
    is a program and a notebook. All is made when it is opened.
    """
    opened = st.popover(label, icon=":material/ios_share:", key=f"{key}.take", on_change="rerun")
    if not opened.open:
        return
    with opened, st.container(width=WIDTH):
        st.caption("To hand in: the link, the verdict and the table, as text.")
        copier()(data={"text": result(), "label": "Copy result"}, key=f"{key}.result")
        _programs(key, spec, names, link)


def _programs(key: str, spec: Any, names: Sequence[str], link: str) -> None:
    """Draw what copies the program, and the downloads."""
    try:
        made = program(spec, names)
    except NotImplementedError as reason:
        st.caption(f"No program: {escape_markdown(str(reason))}.")
        return
    st.caption(
        "To run elsewhere: a program that needs torch alone, and a notebook that draws the chart, too. They "
        "give the numbers of this page, except where rounding decides."
    )
    copier()(data={"text": made.text, "label": "Copy program"}, key=f"{key}.program")
    with st.container(horizontal=True):
        if made.data is None:
            download("Program (.py)", partial(str, made.text), f"{key}.py")
            download("Notebook (.ipynb)", partial(made.notebook, link), f"{key}.ipynb")
        else:
            download("Program, notebook, data (.zip)", partial(zipped, made, key, link), f"{key}.zip")


def zipped(made: Program, name: str, link: str) -> bytes:
    """Return a program, its notebook, and the data that both read, as one file."""
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as folder:
        files = {f"{name}.py": made.text, f"{name}.ipynb": made.notebook(link), **made.files()}
        for file, text in files.items():
            folder.writestr(file, text)
    return content.getvalue()
