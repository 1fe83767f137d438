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
    """Return what adds play buttons to the sliders of all charts; it has no look of its own.

    With `playOnArrival` in its data the first chart plays once, unless the visitor prefers no motion.
    """
    return _component("player", "play")


@st.cache_resource(show_spinner=False)
def copier() -> Callable[..., Any]:
    """Return a button that copies, also over http.

    Its data have the page's `link`, which a field beside it shows, and `epochs`, those of the slider over
    time; or a `text` of several lines. `label` is that of the button.
    """
    return _component("copier", "copy")


@st.cache_resource(show_spinner=False)
def page_behavior() -> Callable[..., Any]:
    """Return what reads decimal commas, and closes the sidebar of a phone when `choices` in its data grows.

    It sends `cleared`, the label of a number that was cleared and got its value back.
    """
    return _component("page", "page")


@st.cache_resource(show_spinner=False)
def rate_slider() -> Callable[..., Any]:
    """Return the slider over the values of a hyperparameter, with its picture.

    Its data are the bytes of `rate.payload.packed`. It sends `released`, the value at which it was let go.
    """
    return _component("rate", "rate")


def _component(folder: str, name: str) -> Callable[..., Any]:
    html, own, js = (_text(f"{folder}/{name}.{part}") for part in ("html", "css", "js"))
    made: Callable[..., Any] = st.components.v2.component(
        folder, html=html or None, css=_text("shared.css") + own, js=js
    )
    return made


def _text(file: str) -> str:
    """Return the content of a file; "" if there is none, as not every component has all."""
    path = FOLDER / file
    return path.read_text(encoding="utf-8") if path.exists() else ""
