"""Components that run in the browser, in HTML, CSS and JavaScript, one folder each.

The style of fields and buttons is in `shared.css`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent


@st.cache_resource(show_spinner=False)
def player() -> Callable[..., Any]:
    """Return the play button, which moves the sliders of the charts."""
    return _component("player", "play")


@st.cache_resource(show_spinner=False)
def copy_link() -> Callable[..., Any]:
    """Return the field of the page's link, `link` in its data, with a copy button that works over http."""
    return _component("copier", "copy")


def _component(folder: str, name: str) -> Callable[..., Any]:
    html, own, js = (_text(f"{folder}/{name}.{part}") for part in ("html", "css", "js"))
    made: Callable[..., Any] = st.components.v2.component(
        folder, html=html, css=_text("shared.css") + own, js=js
    )
    return made


def _text(file: str) -> str:
    return (FOLDER / file).read_text(encoding="utf-8")
