"""Parts of the page that the browser runs: each in a folder of its own, in HTML, CSS and JavaScript.

How fields and buttons look is in `shared.css`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent


@st.cache_resource(show_spinner=False)
def player() -> Callable[..., Any]:
    """The button that plays the training, by moving the sliders of the charts."""
    return _component("player", "play")


@st.cache_resource(show_spinner=False)
def copy_link() -> Callable[..., Any]:
    """The link to the page, its data `link`, with a button that copies it, over plain http too."""
    return _component("copier", "copy")


def _component(folder: str, name: str) -> Callable[..., Any]:
    html, own, js = (_text(f"{folder}/{name}.{part}") for part in ("html", "css", "js"))
    made: Callable[..., Any] = st.components.v2.component(
        folder, html=html, css=_text("shared.css") + own, js=js
    )
    return made


def _text(file: str) -> str:
    return (FOLDER / file).read_text(encoding="utf-8")
