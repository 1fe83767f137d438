"""Optimizer Lab: the page, read from top to bottom. Start it with `streamlit run streamlit_app.py`."""

import streamlit as st

st.set_page_config(page_title="Optimizer Lab", page_icon="📉", layout="wide")
st.title("Optimizer Lab", anchor=False)

# Importing torch takes seconds once a process: the title is on the page before.
with st.skeleton(height=480):
    import json
    import math
    import time
    from base64 import b64encode
    from collections.abc import Callable, Sequence
    from dataclasses import replace
    from typing import Any
    from urllib.parse import parse_qsl, urlencode

    import pandas as pd

    import charts
    from trainers import History, Run, controls, train
    from trainers.knobs import Choice, Flag, Integer, Knob, Real, Settings, knobs
    from trainers.optimizers import OPTIMIZERS, SGD
    from trainers.page import MOST_RUNS, TABS, Page, View
    from trainers.presets import PRESETS
    from trainers.problems import PROBLEMS
    from trainers.run import Method, runners
    from trainers.summary import names, sentence, table

CACHE = "256MB"
IMPATIENCE = 0.4  # seconds of training after which progress is shown
FRAME = 0.25  # seconds between two pictures of a training under way
TICK = 0.02  # seconds between two looks for a newer click

Y_TITLES = {"loss": "loss", "gap": "gap to the smallest loss"}
X_TITLES = {"epochs": "epochs", "gradients": "gradient evaluations", "seconds": "seconds of training"}


# --- The state: one page, shown by the controls and by the address --------------------------------


def show(page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> None:
    """Let the controls show this page."""
    st.session_state.page, st.session_state.ids = page, tuple(ids)
    st.session_state.notes = tuple(notes)
    for key, value in controls.values(page, ids).items():
        if st.session_state.get(key) != value:
            st.session_state[key] = value


def edited() -> tuple[Page, list[str]]:
    """The page that the controls ask for."""
    return controls.read(st.session_state, st.session_state.page, st.session_state.ids)


def fresh(count: int) -> list[int]:
    """Names for new runs, never used before in this session."""
    first = st.session_state.get("next_id", 0)
    st.session_state.next_id = first + count
    return list(range(first, first + count))


def address() -> str:
    """The query string in the browser's address bar."""
    return urlencode([(key, value) for key in st.query_params for value in st.query_params.get_all(key)])


def current() -> Page:
    """The page to show: what changed last wins, controls or address (opened, Back, Forward)."""
    if "page" not in st.session_state:
        st.session_state.update(page=Page(), ids=(), address=None)
    page, notes = edited()
    if page == st.session_state.page and address() != st.session_state.address:
        st.session_state.address = address()
        page, notes = Page.from_query(st.session_state.address, otherwise=PRESETS[0].page)
        show(page, fresh(len(page.methods)), notes)
        st.session_state.linked = page
    elif page != st.session_state.page or notes:
        show(page, st.session_state.ids, notes)
    if page != st.session_state.linked:
        query = parse_qsl(page.to_query())
        st.session_state.linked, st.session_state.address = page, urlencode(query)
        found: dict[str, list[str]] = {}
        for key, value in query:
            found.setdefault(key, []).append(value)
        st.query_params.from_dict(found)
    return page


# --- What the buttons do --------------------------------------------------------------------------


def tell(preset: str) -> None:
    page = next((p.page for p in PRESETS if p.name == preset), None)
    if page is not None:
        show(page, fresh(len(page.methods)))


def choose_story() -> None:
    tell(st.session_state.story)


def insert(index: int, change: Callable[[Method], Method]) -> None:
    """Put a changed copy of the run at `index` behind it."""
    page, _ = edited()
    method = change(page.methods[index]) if page.methods else Method()
    where = index + 1
    methods = (*page.methods[:where], method, *page.methods[where:])
    ids = st.session_state.ids
    show(replace(page, methods=methods), (*ids[:where], *fresh(1), *ids[where:]))


def next_optimizer(method: Method) -> Method:
    """The same with the next optimizer in the list, at its default settings."""
    kinds = list(OPTIMIZERS.values())
    kind = kinds[(kinds.index(type(method.optimizer)) + 1) % len(kinds)]
    can = runners(kind)
    return Method(optimizer=kind(), runner=method.runner if method.runner in can else can[0])


def add() -> None:
    insert(len(st.session_state.ids) - 1, next_optimizer)


def duplicate(index: int) -> None:
    insert(index, lambda method: method)


def remove(index: int) -> None:
    page, _ = edited()
    ids = st.session_state.ids
    methods = (*page.methods[:index], *page.methods[index + 1 :])
    show(replace(page, methods=methods), (*ids[:index], *ids[index + 1 :]))


# --- Controls -------------------------------------------------------------------------------------


def control(name: str, knob: Knob, key: str, label: str | None = None) -> None:
    """The control of one knob."""
    label = label or name
    if isinstance(knob, Flag):
        st.checkbox(label, key=key, help=knob.help)
    elif isinstance(knob, Choice):
        st.segmented_control(label, knob.options, key=key, help=knob.help, required=True)
    elif isinstance(knob, Real):
        st.number_input(
            label,
            float(knob.low),
            float(knob.high),
            step=step(knob, st.session_state[key]),
            format="%.0f" if isinstance(knob, Integer) else "%g",
            key=key,
            help=f"{knob.help} {knob.bounds().capitalize()}.",
        )


def step(knob: Real, value: float) -> float:
    """How far one press of + or - goes: on a log scale half of the value's leading digit."""
    if knob.scale == "linear" or value <= 0:
        return 1.0 if isinstance(knob, Integer) else 0.1 if knob.high <= 1 else 1.0
    size = 10.0 ** math.floor(math.log10(value)) / 2
    return max(size, 1.0) if isinstance(knob, Integer) else size


def settings_controls(settings: Settings, prefix: str) -> None:
    """The controls of a class of settings, two abreast where they are short."""
    for name, knob in knobs(settings).items():
        control(name, knob, f"{prefix}.{name}")


def swatch(colour: str) -> str:
    """A spot of colour as it may stand in a label."""
    spot = f"<svg xmlns='http://www.w3.org/2000/svg' width='16' height='16'><circle cx='8' cy='8' r='6' fill='{colour}'/></svg>"
    return f"![colour](data:image/svg+xml;base64,{b64encode(spot.encode()).decode()})"


# --- Training, cached for each run ----------------------------------------------------------------


@st.cache_data(max_size=CACHE, show_spinner=False, hash_funcs={Run: repr})
def trained(run: Run, _on_epoch: Any) -> History:
    return train(run, _on_epoch)


@st.cache_data(max_size=CACHE, show_spinner=False, hash_funcs={Run: repr})
def curve(run: Run, column: str, _history: History) -> pd.DataFrame:
    """The course of one column, thinned: epoch, y."""
    frame = _history.frame()[["epoch", column]]
    return charts.thin(frame.rename(columns={column: "y"}), "y")


page = current()
dark = st.context.theme.type == "dark"
labels = names(page.methods)
style = charts.Style.of(labels, [method.runner for method in page.methods], dark)

with st.sidebar:
    told = next((preset for preset in PRESETS if preset.page == page), None)
    st.session_state.story = told.name if told else None
    st.pills("Stories", [p.name for p in PRESETS], key="story", on_change=choose_story)

    st.subheader("Problem", anchor=False)
    st.selectbox("Problem", list(PROBLEMS), key="problem", label_visibility="collapsed")
    settings_controls(page.task.problem, f"problem.{type(page.task.problem).__name__}")
    settings_controls(page.task, "task")
    st.checkbox("Choose the start", key="start", help="Instead of the start that the seed gives.")
    if page.task.start is not None:
        for name in page.task.problem.names:
            st.number_input(f"start {name}", -1e6, 1e6, key=f"start.{name}", format="%g", step=0.5)

    st.subheader(f"Runs ({len(page.methods)} of at most {MOST_RUNS})", anchor=False)
    for index, (id, method) in enumerate(zip(st.session_state.ids, page.methods, strict=True)):
        label = f"{swatch(style.colours[index])} {method.label}"
        with st.expander(label, key=f"expander{id}"):
            st.segmented_control("runner", runners(type(method.optimizer)), key=f"{id}.runner", required=True)
            st.selectbox("optimizer", list(OPTIMIZERS), key=f"{id}.optimizer")
            settings_controls(method.optimizer, f"{id}.{type(method.optimizer).__name__}")
            with st.container(horizontal=True):
                full = len(page.methods) >= MOST_RUNS
                st.button("Duplicate", key=f"{id}.duplicate", on_click=duplicate, args=(index,), disabled=full)
                st.button("Remove", key=f"{id}.remove", on_click=remove, args=(index,))
    st.button("Add run", on_click=add, disabled=len(page.methods) >= MOST_RUNS, width="stretch")

for note in st.session_state.notes[:6]:
    st.warning(note)

headline = st.empty()
tabs = dict(zip(TABS, st.tabs(TABS, key="view.tab", on_change="rerun"), strict=True))
below = st.container()

histories = [trained(run, None) for run in page.runs]
headline.markdown(sentence(histories, page.view.target))
diverged = [name for name, history in zip(labels, histories, strict=True) if history.status == "diverged"]


def long(column: str) -> pd.DataFrame:
    parts = [curve(h.run, column, h).assign(run=name) for name, h in zip(labels, histories, strict=True)]
    return pd.concat(parts).rename(columns={"epoch": "x"}) if parts else pd.DataFrame({"x": [], "y": [], "run": []})


if tabs["Loss"].open:
    with tabs["Loss"]:
        view = page.view
        with st.container(horizontal=True):
            for name in ("y", "scale", "x", "target"):
                control(name, knobs(View)[name], f"view.{name}")
        wide = charts.sample(
            pd.DataFrame({"x": range(page.task.epochs + 1)} | {f"r{i}": h.loss.numpy() for i, h in enumerate(histories)})
        )
        st.altair_chart(
            charts.loss_chart(
                long(view.y), wide, style, x_title=view.x, y_title=Y_TITLES[view.y], log=view.scale == "log",
                diverged=diverged, optimum=page.task.problem.minimum if view.y == "loss" else None,
            )
        )
if tabs["Fit"].open:
    with tabs["Fit"]:
        st.write("fit")

with below:
    rows = table(histories, page.view.target)
    st.table(rows)
st.caption("Ready.")
