"""Widgets: what they stand at, and what a browser reports of them."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from trainers.optimizers import Optimizer
from trainers.settings import Choice, Flag, Integer, Real, Setting, Settings, settings_of
from trainers.sweeps.axis import MAX_ABS
from trainers.words import is_number

FEW_OPTIONS = 3  # more are chosen from a list


class Drawn:
    """Where each control may stand without anybody having touched it.

    Only a control that was drawn can be touched. A browser may not have got yet what was drawn last when it
    sends its next message, so it may still report what stood there before.
    """

    def __init__(self) -> None:
        self.values: dict[str, tuple[Any, ...]] = {}
        self._now: dict[str, tuple[Any, ...]] = {}

    def begin(self) -> None:
        """A script begins to draw."""
        self._now = {}

    def draw(self, key: str, value: Any) -> None:
        """A control is drawn that stands at this value."""
        self.values[key] = (*(other for other in self.values.get(key, ()) if other != value), value)
        self._now[key] = (value,)

    def end(self) -> None:
        """A script has drawn all that it draws: what it did not draw is gone."""
        self.values = self._now

    def touched(self, get: Callable[[str, Any], Any]) -> dict[str, Any]:
        """The values of those that somebody has touched; `get(key, default)` is what a control reports."""
        now = {key: get(key, values[-1]) for key, values in self.values.items()}
        return {key: value for key, value in now.items() if value not in self.values[key]}

    def known(self, touched: Mapping[str, Any]) -> None:
        """What somebody touched is taken note of: there they stand now."""
        self.values |= {key: (value,) for key, value in touched.items()}


def points(state: Any, selection: str, *names: str) -> list[tuple[float, ...]]:
    """The points of a chart's selection as finite numbers, whatever a browser says; at most one.

    `state` is what Streamlit keeps for the chart.
    """
    found = state
    for part in ("selection", selection):
        found = found.get(part) if isinstance(found, Mapping) else None
    point = found[0] if isinstance(found, list) and found else None
    numbers: list[Any] = [point.get(name) if isinstance(point, Mapping) else None for name in names]
    usable = [is_number(number) and -MAX_ABS <= number <= MAX_ABS for number in numbers]
    return [tuple(map(float, numbers))] if all(usable) else []


def picked(chart: str, selection: str, *names: str) -> list[tuple[float, ...]]:
    """The point that was clicked in a chart."""
    return points(st.session_state.get(chart), selection, *names)


def note_drawn(key: str, value: Any) -> None:
    """Take note of a control that is drawn, which stands at this value."""
    st.session_state.drawn.draw(key, value)


def at(key: str, value: Any) -> str:
    """The key of a control that is drawn now, which shall stand at this value."""
    note_drawn(key, value)
    if st.session_state.get(key, value) != value:
        st.session_state[key] = value
    return key


def control(name: str, setting: Setting, value: Any, key: str, width: Any = "stretch") -> None:
    """The control of one setting that stands at this value."""
    label = setting.label or name.replace("_", " ").capitalize()
    labelled(label, setting, value, key, width)


def labelled(label: str, setting: Setting, value: Any, key: str, width: Any = "stretch") -> None:
    """The same under any label."""
    if isinstance(setting, Flag):
        st.checkbox(label, value, key=at(key, value), help=setting.help)
    elif isinstance(setting, Choice) and len(setting.options) > FEW_OPTIONS:
        select(label, setting.options, value, key, help=setting.help, format_func=setting.caption)
    elif isinstance(setting, Choice):
        st.segmented_control(
            label,
            setting.options,
            default=value,
            format_func=setting.caption,
            key=at(key, value),
            help=setting.help,
            required=True,
        )
    elif isinstance(setting, Real):
        # Without bounds of its own: out of bounds it would fall back without a word.
        st.number_input(
            label,
            value=float(value),
            step=setting.step(value),
            format="%.0f" if isinstance(setting, Integer) else "%g",
            key=at(key, float(value)),
            help=f"{setting.help} {setting.bounds().capitalize()}.",
            width=width,
        )


def select(label: str, options: Sequence[Any], value: Any, key: str, place: Any = st, **look: Any) -> None:
    """A list that stands at this one of its options."""
    place.selectbox(label, options, options.index(value), key=at(key, value), **look)


def all_controls(settings: Settings, prefix: str, but: str = "") -> None:
    """The controls of all settings that do anything. Those of optimizers are called as in torch."""
    for name, setting in settings_of(settings).items():
        if name != but and settings.is_active(name):
            draw = labelled if isinstance(settings, Optimizer) else control
            draw(name, setting, getattr(settings, name), f"{prefix}.{name}")


def spaced(name: str) -> str:
    """The name of a class as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def escaped(text: str) -> str:
    """Anybody's text, for a place that reads Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def swatch(colour: str) -> str:
    """A spot of colour, as Markdown."""
    circle = f"<circle cx='8' cy='8' r='6' fill='{colour}'/>"
    spot = f"<svg xmlns='http://www.w3.org/2000/svg' width='16' height='16'>{circle}</svg>"
    return f"![colour](data:image/svg+xml;base64,{b64encode(spot.encode()).decode()})"


def legend(colours: Sequence[str], labels: Sequence[str]) -> None:
    with st.container(horizontal=True):
        for colour, label in zip(colours, labels, strict=True):
            st.markdown(f"{swatch(colour)} {label}", width="content")


def runs_table(rows: pd.DataFrame, colours: Sequence[str], what: str) -> None:
    """A table with the colours of its runs."""
    names = [f"{swatch(colour)} {name}" for colour, name in zip(colours, rows["run"], strict=True)]
    st.table(rows.assign(run=names), hide_index=True, border="horizontal", alt=what)


def download(label: str, make: Callable[[], str], file: str) -> None:
    """A button whose file is made when it is pressed."""
    st.download_button(label, make, file, on_click="ignore", icon=":material/download:")


class Placeholder:
    """A place on the page that may show something passing before what stays."""

    def __init__(self, container: Any) -> None:
        self.container, self.passing = container, None

    def now(self) -> Any:
        """Where to draw what will be replaced."""
        self.passing = self.passing or self.container.empty()
        return self.passing

    def finally_(self) -> Any:
        """Where to draw what stays: in place of what was passing."""
        return self.passing or self.container

    def clear(self) -> None:
        """Take away what was passing."""
        if self.passing is not None:
            self.passing.empty()

    def say(self, text: str) -> None:
        """Write what the open tab has found out."""
        self.finally_().markdown(f"**{text}**")
