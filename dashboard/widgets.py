"""Widgets, and the values that a browser reports of them."""

import re
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from trainers.charts import Style
from trainers.clipping import Clipping
from trainers.optimizers import Optimizer
from trainers.run import Method
from trainers.schedules import Schedule
from trainers.settings import Choice, Flag, Integer, Real, Setting, Settings, Text, settings_of
from trainers.sweeps.axis import MAX_ABS
from trainers.words import is_number

MAX_BUTTONS = 3  # more options get a selectbox


class RefusedText(NamedTuple):
    """A text that was typed but can't be used, and the reason as a sentence."""

    text: str
    reason: str


class DrawnControls:
    """Values that each drawn control may report without having been changed by the user.

    Only drawn controls can be changed. A browser may send its next message before it has received the latest
    values, so it may still report earlier ones.
    """

    def __init__(self) -> None:
        self.values: dict[str, tuple[Any, ...]] = {}
        self._now: dict[str, tuple[Any, ...]] = {}
        self._unconfirmed: dict[str, tuple[Any, ...]] = {}
        """Values of earlier scripts, as long as the browser has not reported the latest one."""
        self.scripts = 0
        """Number of scripts that were started."""

    def begin(self) -> None:
        """Start a script."""
        self._now = {}
        self.scripts += 1

    def draw(self, key: str, value: Any) -> None:
        """Record a control drawn with this value."""
        self.values[key] = (*(other for other in self.values.get(key, ()) if other != value), value)
        self._now[key] = (value,)

    def end(self) -> None:
        """End a script: controls that were not drawn are dropped."""
        for key, now in self._now.items():
            earlier = (*self._unconfirmed.get(key, ()), *self.values.get(key, ()))
            self._unconfirmed[key] = tuple(value for value in earlier if value not in now)
        self._unconfirmed = {key: self._unconfirmed[key] for key in self._now}
        self.values = self._now

    def changed_values(self, get: Callable[[str, Any], Any], pressed: bool = False) -> dict[str, Any]:
        """Return the values changed by the user; `get(key, default)` returns what a control reports.

        If a button was `pressed`, that is what the message is about: a control that reports the value of an
        earlier script was not changed, but had not been told of the latest one.
        """
        now = {key: get(key, values[-1]) for key, values in self.values.items()}
        for key, value in now.items():
            if value == self.values[key][-1]:
                self._unconfirmed.pop(key, None)
        known = {key: (*self.values[key], *self._unconfirmed.get(key, ()) * pressed) for key in now}
        return {key: value for key, value in now.items() if value not in known[key]}

    def accept(self, touched: Mapping[str, Any]) -> None:
        """Record changed values as those of the controls."""
        self.values |= {key: (value,) for key, value in touched.items()}


def selected_points(state: Any, selection: str, *names: str) -> list[tuple[float, ...]]:
    """Return the selected point of a chart as finite numbers, in a list of at most one. Never raises.

    `state` is Streamlit's state of the chart, as the browser sent it.
    """
    found = state
    for part in ("selection", selection):
        found = found.get(part) if isinstance(found, Mapping) else None
    point = found[0] if isinstance(found, list) and found else None
    numbers: list[Any] = [point.get(name) if isinstance(point, Mapping) else None for name in names]
    usable = [is_number(number) and -MAX_ABS <= number <= MAX_ABS for number in numbers]
    return [tuple(map(float, numbers))] if all(usable) else []


def clicked_points(chart: str, selection: str, *names: str) -> list[tuple[float, ...]]:
    """Return the clicked point of a chart, in a list of at most one."""
    return selected_points(st.session_state.get(chart), selection, *names)


def scripts() -> int:
    """Return the number of scripts of this session, with this one."""
    number: int = st.session_state.drawn.scripts
    return number


def record_control(key: str, value: Any) -> None:
    """Record a control that is drawn with this value."""
    st.session_state.drawn.draw(key, value)


def control_key(key: str, value: Any) -> str:
    """Record a control, set its value in the session, and return its key."""
    record_control(key, value)
    if st.session_state.get(key, value) != value:
        st.session_state[key] = value
    return key


def control(name: str, setting: Setting, value: Any, key: str, width: Any = "stretch") -> None:
    """Draw the control of one setting."""
    label = setting.label or name.replace("_", " ").capitalize()
    labeled_control(label, setting, value, key, width)


def labeled_control(label: str, setting: Setting, value: Any, key: str, width: Any = "stretch") -> None:
    """Draw the control of one setting with this label."""
    if isinstance(setting, Flag):
        st.checkbox(label, value, key=control_key(key, value), help=setting.help)
    elif isinstance(setting, Choice) and len(setting.options) > MAX_BUTTONS:
        select(label, setting.options, value, key, help=setting.help, format_func=setting.caption)
    elif isinstance(setting, Choice):
        st.segmented_control(
            label,
            setting.options,
            default=value,
            format_func=setting.caption,
            key=control_key(key, value),
            help=setting.help,
            required=True,
        )
    elif isinstance(setting, Text):
        text_control(label, setting, value, key)
    elif isinstance(setting, Real):
        # Without bounds: the widget would silently replace values outside them.
        st.number_input(
            label,
            value=float(value),
            step=setting.step(value),
            format="%.0f" if isinstance(setting, Integer) else "%g",
            key=control_key(key, float(value)),
            help=f"{setting.help} {setting.bounds().capitalize()}.",
            width=width,
        )


def text_control(label: str, setting: Text, value: str, key: str) -> None:
    """Draw the field of a text; one that was typed but can't be used stays there, with the reason below."""
    refused: Mapping[str, RefusedText] = st.session_state.session_page.refused
    shown = refused[key].text if key in refused else value
    st.text_input(label, shown, key=control_key(key, shown), help=escape_markdown(setting.help))
    if key in refused:
        st.error(escape_markdown(refused[key].reason))


def select(label: str, options: Sequence[Any], value: Any, key: str, place: Any = st, **look: Any) -> None:
    """Draw a selectbox with this option selected."""
    key, named = control_key(key, value), look.get("format_func", str)(value)
    names = st.session_state.setdefault("option_names", {})
    if names.get(key, named) != named:
        st.session_state[key] = value  # else the browser would show the former name of the option
    names[key] = named
    place.selectbox(label, options, options.index(value), key=key, **look)


def all_controls(
    settings: Settings, prefix: str, only: Collection[str] = (), but: Collection[str] = ()
) -> None:
    """Draw the controls of active settings: `only` these, or all `but` those.

    Those that torch has, too, are labeled as there.
    """
    kinds = settings_of(settings)
    for name in only or kinds:
        if name in kinds and name not in but and settings.is_active(name):
            of_torch = isinstance(settings, Optimizer | Schedule | Clipping)
            draw = labeled_control if of_torch and not kinds[name].label else control
            draw(name, kinds[name], getattr(settings, name), f"{prefix}.{name}")


def class_title(name: str) -> str:
    """Return the name of a class as separate words."""
    return re.sub(r"(?<=[a-z])(?<!Mc)(?=[A-Z])", " ", name)


def escape_markdown(text: str) -> str:
    """Escape any text for Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table, the first as its head; cells with LaTeX or bold type as they are."""
    head, *body = ([_cell(text) for text in row] for row in rows)
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return text if "$" in text or text.startswith("**") else escape_markdown(text)


def swatch(color: str, dash: tuple[int, ...] = (1, 0)) -> str:
    """Return a dot of this color, or a dashed line, as Markdown, which is not read aloud."""
    mark = f"<circle cx='8' cy='8' r='6' fill='{color}'/>"
    if dash != (1, 0):
        scale = min(1.0, 10 / sum(dash))  # at least twice within the width
        pattern = " ".join(f"{part * scale:.1f}" for part in dash)
        line = f"stroke='{color}' stroke-width='6' stroke-dasharray='{pattern}'"
        mark = f"<line x1='0' y1='8' x2='20' y2='8' {line}/>"
    width = 16 if dash == (1, 0) else 20
    return image(f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='16'>{mark}</svg>")


def image(svg: str, title: str = "") -> str:
    """Return a drawing as Markdown; `title` is read aloud in its place."""
    return f"![{title}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def swatches(style: Style) -> list[str]:
    """Return a swatch for each run."""
    return [swatch(color, stroke.dash) for color, stroke in zip(style.colors, style.strokes, strict=True)]


def legend(marks: Sequence[str], labels: Sequence[str]) -> None:
    """Draw labels beside their swatches."""
    with st.container(horizontal=True):
        for mark, label in zip(marks, labels, strict=True):
            st.markdown(f"{mark} {label}", width="content")


def swatch_table(rows: pd.DataFrame, column: str, marks: Sequence[str], what: str) -> None:
    """Draw a table with a swatch per row, in front of this column."""
    names = [f"{mark} {name}" for mark, name in zip(marks, rows[column], strict=True)]
    st.table(rows.assign(**{column: names}), hide_index=True, border="horizontal", alt=what)


def adder(label: str, options: Mapping[str, Method], key: str, add: Callable[[Method], None]) -> None:
    """Draw a choice among runs and a button that adds one: the keyboard's way to a click on a chart."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(label, list(options), key=key)
        st.button("Add to runs", key=f"{key}.add", on_click=add, args=(options[chosen],))


def download(label: str, make: Callable[[], str | bytes], file: str) -> None:
    """Draw a download button; the file is made at the click."""
    st.download_button(label, make, file, on_click="ignore", icon=":material/download:")


class Placeholder:
    """A place that shows progress first, and the final content later."""

    def __init__(self, container: Any) -> None:
        self.container, self.passing = container, None

    def temporary(self) -> Any:
        """Return the place for temporary content."""
        self.passing = self.passing or self.container.empty()
        return self.passing

    def final(self) -> Any:
        """Return the place for final content, which replaces temporary content."""
        return self.passing or self.container

    def clear(self) -> None:
        """Remove temporary content."""
        if self.passing is not None:
            self.passing.empty()

    def say(self, text: str) -> None:
        """Write the summary sentence of the tab, in place of one before."""
        self.temporary().markdown(f"**{text}**")
