"""What can be taken along: the result as text, a program, a notebook."""

import io
from collections.abc import Sequence
from functools import partial
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import streamlit as st

from dashboard.components import copier
from dashboard.widgets import download, escape_markdown
from trainers.exports import Program, program


def take_along(
    label: str, result: str, key: str, spec: Any = None, names: Sequence[str] = (), link: str = ""
) -> None:
    """Draw the button that opens what can be taken along.

    `result` is the text that is copied. `spec` are several runs, a race or a sweep, of which there are a
    program and a notebook; None if there are no runs. Files are made at the click.
    """
    with st.popover(label, icon=":material/ios_share:", key=f"{key}.take"):
        copier()(data={"text": result, "label": "Copy result"}, key=f"{key}.result")
        if spec is None:
            return
        try:
            made = program(spec, names)
        except NotImplementedError as reason:
            st.caption(f"No program: {escape_markdown(str(reason))}.")
            return
        copier()(data={"text": made.text, "label": "Copy program"}, key=f"{key}.program")
        if made.data is None:
            download("Program (.py)", partial(str, made.text), f"{key}.py")
            download("Notebook (.ipynb)", partial(made.notebook, link), f"{key}.ipynb")
        else:
            download("Program, notebook, data (.zip)", partial(zipped, made, key, link), f"{key}.zip")
        st.caption(
            "They give the numbers of this page, to rounding. The program needs torch alone; the notebook "
            "also draws the chart, with Altair."
        )


def zipped(made: Program, name: str, link: str) -> bytes:
    """Return a program, its notebook, and the data that both read, as one file."""
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as folder:
        files = {f"{name}.py": made.text, f"{name}.ipynb": made.notebook(link), **made.files()}
        for file, text in files.items():
            folder.writestr(file, text)
    return content.getvalue()
