"""Optimizer Lab: the page, read from top to bottom. Start it with `streamlit run streamlit_app.py`."""

import streamlit as st

st.set_page_config(page_title="Optimizer Lab", page_icon="📉", layout="wide")
st.title("Optimizer Lab", anchor=False)

# Importing torch takes seconds, once a process: the title is on the page before.
with st.skeleton(height=480):
    import gc
    import html
    import re
    import time
    from base64 import b64encode
    from collections.abc import Callable, Sequence
    from contextvars import copy_context
    from dataclasses import replace
    from functools import partial
    from typing import Any
    from urllib.parse import parse_qsl, urlencode

    import pandas as pd
    import torch
    from torch import Tensor

    import charts
    from data.own import OwnTable
    from trainers import (
        History,
        Run,
        Sweep,
        controls,
        export,
        fits,
        grids,
        lesson,
        paths,
        race,
        race_tables,
        standings,
        sweep,
        tables,
        train,
        validation,
    )
    from trainers.conditioning import described
    from trainers.controls import Drawn, Shown
    from trainers.data_tab import Columns
    from trainers.grids import Grid
    from trainers.knobs import Choice, Flag, Integer, Knob, KnobError, Real, Settings, knobs, nearest
    from trainers.optimizers import OPTIMIZERS, Optimizer
    from trainers.page import MOST_RUNS, TABS, Page, View, possible
    from trainers.planes import plane, window
    from trainers.presets import PRESETS
    from trainers.problems import PROBLEMS
    from trainers.problems.own import MOST_CLASSES
    from trainers.problems.suiting import models
    from trainers.problems.supervised import OWN, Supervised
    from trainers.races import Race, RaceResult, Racing
    from trainers.run import MOST_COORDINATES, Method, Task, begun_at, runners
    from trainers.summary import cells, distance, furthest, names, sentence
    from trainers.sweeping import estimate, memory, work
    from trainers.sweeps import FAILED, SweepResult

CACHE = "100MB"
MOST_NOTES = 6
PREVIEW = 100  # rows
EXAMPLE = "x,y\n1,2\n2,4.1"
FEW_OPTIONS = 3  # more are chosen from a list
OF_MANY = ("Race", "Grid")  # the tabs that are not about the runs in the sidebar
TICK = 0.02  # seconds between two looks for a newer click while training
IMPATIENCE = 0.4  # seconds of training after which its progress is shown
FRAME = 0.2  # seconds between two pictures of its progress
LARGE = 1e8  # updates of one parameter, in all, from which on a sweep is estimated
LONG = 5.0  # seconds from which on it is not begun unasked
MUCH = 50  # megabytes from which on it is not begun unasked

LABELS = {
    "scaling": "Input",
    "source": "Data",
    "samples": "Rows made",
    "noise": "Noise",
    "data_seed": "Seed of the data",
    "degree": "Degree",
    "inputs": "Features made",
    "correlation": "Correlation",
    "depth": "Hidden layers",
    "width": "Width",
    "width2": "Width of the second",
    "activation": "Activation",
    "condition": "Condition number",
    "angle": "Angle",
    "batch": "Rows an update",
    "validation": "Share held out",
    "shuffle": "Seed of the order",
    "held_out": "Rows held out",
    "batches": "Batches",
    "zoom": "Look at",
    "epochs": "Epochs",
    "seed": "Seed",
    "dtype": "Precision",
    "y": "Show",
    "scale": "Axis",
    "x": "Against",
    "target": "Target gap",
    "entrants": "Who races",
    "search": "Tune",
    "trials": "Trials each",
    "starts": "Starts",
    "criterion": "Criterion",
    "low": "Rates from",
    "high": "to",
    "count": "Values each",
    "race.epochs": "Epochs of the race",
}
Y_TITLES = {
    "loss": "loss",
    "gap": "gap to the smallest loss",
    "accuracy": "share of rows whose class is found",
}
HELD_OUT = {"loss": "validation_loss", "accuracy": "validation_accuracy"}
X_TITLES = {
    "epochs": "epochs",
    "gradients": "gradient evaluations",
    "seconds": "seconds of training, from the mean time of an epoch",
}


@st.cache_resource(show_spinner=False)
def begin() -> None:
    """Set up a process that serves many: one thread, and collections that leave out what is imported."""
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()


# --- The state: one page, shown by the controls and by the address --------------------------------


def show(page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> None:
    """Let the controls show this page. Streamlit may end the script at any line of this."""
    st.session_state.shown = st.session_state.shown.turned(page, ids, notes)


def edited() -> Shown:
    """The page as it was shown last, and what has been touched since."""
    shown: Shown = st.session_state.shown
    drawn: Drawn = st.session_state.drawn
    touched = drawn.touched(st.session_state)
    if touched:
        st.session_state.shown = shown = shown.edited(touched)
        drawn.known(touched)
    return shown


def at(key: str, value: Any) -> str:
    """The key of a control that is drawn now, which shall stand at this value."""
    st.session_state.drawn.draw(key, value)
    if st.session_state.get(key, value) != value:
        st.session_state[key] = value
    return key


def fresh(count: int) -> list[int]:
    """Names for new runs, never used before in this session."""
    first = st.session_state.get("next_id", 0)
    st.session_state.next_id = first + count
    return list(range(first, first + count))


def current() -> Shown:
    """What to show: the controls if they changed, else the address if it did (Back, Forward)."""
    state = st.session_state
    if "shown" not in state:
        state.link, state.awaited = (None, None), ""
        state.drawn, state.shown = Drawn(), Shown(Page())
    acted, before = state.pop("acted", False), state.shown
    shown = edited()
    if (
        state.awaited
        and shown.data.table is not before.data.table
        and f"~{shown.data.digest}~" in state.awaited
    ):
        follow(state.awaited)
    elif shown == before and not acted and address() != state.link[1]:
        state.link = (follow(address()), address())
    return state.shown


def follow(link: str) -> Page:
    """Show the page of a link; one to a table that is not here waits for it."""
    shown = st.session_state.shown
    page, notes = Page.from_query(link, PRESETS[0].page, shown.data.tables)
    show(page, fresh(len(page.methods)), notes)
    st.session_state.awaited = "" if getattr(page.task.problem, "own", None) else link
    return page


def address() -> str:
    """The query string in the browser's address bar."""
    return urlencode([(key, value) for key in st.query_params for value in st.query_params.get_all(key)])


def write_address(page: Page) -> None:
    """Put the page's link into the address bar, unless what stands there already means this page."""
    if page == st.session_state.link[0]:
        return
    pairs = parse_qsl(page.to_query())
    st.session_state.link = (page, urlencode(pairs))
    st.query_params.from_dict({key: [v for k, v in pairs if k == key] for key, _ in pairs})


# --- What the buttons do --------------------------------------------------------------------------


def act(page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> None:
    """Show what a button made; the address that came with the click is older than this page."""
    st.session_state.acted = True
    show(page, ids, notes)


def tell() -> None:
    """Show the chosen story, on its own tab."""
    for preset in PRESETS:
        if preset.name == st.session_state.story:
            act(preset.page, fresh(len(preset.page.methods)))


def insert(after: int | None, method: Callable[[Method], Method]) -> None:
    """Put a method made from that of a run behind it, or at the end. A run that is gone asks nothing."""
    was = edited()
    page, ids, methods = was.page, was.ids, was.page.methods
    if len(ids) >= MOST_RUNS or (after is not None and after not in ids):
        return
    place = len(ids) if after is None else ids.index(after) + 1
    new = method(methods[place - 1]) if place else Method()
    page = replace(page, methods=(*methods[:place], new, *methods[place:]))
    act(page, (*ids[:place], *fresh(1), *ids[place:]))


def same(method: Method) -> Method:
    return method


def next_optimizer(method: Method) -> Method:
    """The next optimizer in the list, at its default settings."""
    kinds = list(OPTIMIZERS.values())
    kind = kinds[(kinds.index(type(method.optimizer)) + 1) % len(kinds)]
    able = runners(kind)
    return Method(optimizer=kind(), runner=method.runner if method.runner in able else able[0])


def add(optimizer: Optimizer) -> None:
    """Put an optimizer into the comparison."""
    was = edited()
    method = Method(optimizer=optimizer)
    if method in was.page.methods:
        st.toast(f"{method.label} is in the comparison already.")
    elif len(was.ids) >= MOST_RUNS:
        st.toast(f"A comparison has at most {MOST_RUNS} runs: remove one in the sidebar first.")
    else:
        insert(None, lambda _: method)
        st.toast(f"Added {method.label} to the comparison.")


def picked(chart: str, selection: str, *names: str) -> list[tuple[float, ...]]:
    """The point that was clicked in a chart."""
    return controls.points(st.session_state.get(chart), selection, *names)


def add_trial(field: Race) -> None:
    """Add the trial that was clicked in the race's chart."""
    for entry, trial in picked("race.chart", "trial", "entry", "trial"):
        if entry in range(len(field.optimizers)) and trial in range(field.trials):
            add(field.setting(int(entry), int(trial)))


def add_cell(grid: Sweep) -> None:
    """Add the cell that was clicked in the grid."""
    for (row,) in picked("grid.chart", "cell", "row"):
        if row in range(grid.size):
            add(grid.optimizer(int(row)))


def begin_there() -> None:
    """Begin where the map was clicked, or as near to it as can be."""
    for point in picked("path.chart.True", "start", "x", "y"):
        was = edited()
        begun, notes = begun_at(was.page.task, point)
        act(replace(was.page, task=begun), was.ids, notes)


def remove(id: int) -> None:
    was = edited()
    page, ids, methods = was.page, was.ids, was.page.methods
    if id in ids:
        place = ids.index(id)
        page = replace(page, methods=methods[:place] + methods[place + 1 :])
        act(page, ids[:place] + ids[place + 1 :])


# --- Controls -------------------------------------------------------------------------------------


def control(name: str, knob: Knob, value: Any, key: str, width: Any = "stretch") -> None:
    """The control of one knob that stands at this value."""
    label = LABELS.get(key, LABELS.get(name, name))
    if isinstance(knob, Flag):
        st.checkbox(label, value, key=at(key, value), help=knob.help)
    elif isinstance(knob, Choice) and len(knob.options) > FEW_OPTIONS:
        select(label, knob.options, value, key, help=knob.help)
    elif isinstance(knob, Choice):
        key = at(key, value)
        st.segmented_control(label, knob.options, default=value, key=key, help=knob.help, required=True)
    elif isinstance(knob, Real):
        # Without bounds of its own: out of bounds it would fall back without a word.
        st.number_input(
            label,
            value=float(value),
            step=knob.step(value),
            format="%.0f" if isinstance(knob, Integer) else "%g",
            key=at(key, float(value)),
            help=f"{knob.help} {knob.bounds().capitalize()}.",
            width=width,
        )


def select(label: str, options: Sequence[Any], value: Any, key: str, place: Any = st, **look: Any) -> None:
    """A list that stands at this one of its options."""
    place.selectbox(label, options, options.index(value), key=at(key, value), **look)


def all_controls(settings: Settings, prefix: str, but: str = "") -> None:
    for name, knob in knobs(settings).items():
        if name != but and settings.applies(name):
            control(name, knob, getattr(settings, name), f"{prefix}.{name}")


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


def standing(rows: pd.DataFrame, colours: Sequence[str], what: str) -> None:
    """A table with the colours of its runs."""
    names = [f"{swatch(colour)} {name}" for colour, name in zip(colours, rows["run"], strict=True)]
    st.table(rows.assign(run=names), hide_index=True, border="horizontal", alt=what)


def download(label: str, make: Callable[[], str], file: str) -> None:
    """A button whose file is made when it is pressed."""
    st.download_button(label, make, file, on_click="ignore", icon=":material/download:")


def run_controls(id: int, method: Method, colour: str, full: bool) -> None:
    """One run: collapsed its label, opened all its settings."""
    kind = type(method.optimizer)
    with st.expander(f"{swatch(colour)} {method.label}", key=f"{id}.expander"):
        select("optimizer", list(OPTIMIZERS), kind.__name__, f"{id}.optimizer")
        st.caption(kind.summary)
        hint = knobs(Method)["runner"].help
        select("runner", runners(kind), method.runner, f"{id}.runner", help=hint)
        all_controls(method.optimizer, f"{id}.{kind.__name__}")
        with st.container(horizontal=True):
            again = {"on_click": insert, "args": (id, same), "disabled": full}
            st.button("Duplicate", key=f"{id}.duplicate", **again)
            st.button("Remove", key=f"{id}.remove", on_click=remove, args=(id,))


# --- A table of the user's ------------------------------------------------------------------------


def data_of(problem: Supervised) -> str:
    """What data a problem has, as Markdown."""
    source = getattr(problem, "source", "thermometer")
    return f"Your file {escaped(problem.own.name)}" if source == OWN and problem.own else source.capitalize()


def own_table(table: OwnTable) -> None:
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


def own_columns(table: OwnTable, columns: Columns) -> None:
    """The choice of a table's columns, and of a model."""
    names, standing = list(table.frame.columns), columns.values(table)
    places = range(len(names))
    left, right, third = st.columns([1, 2, 1])
    named: dict[str, Any] = {"format_func": names.__getitem__}
    select("Target", places, standing["own.target"], "own.target", left, **named)
    able, features = columns.able(table), standing["own.features"]
    right.multiselect("Features", able, features, key=at("own.features", features), **named)
    own = columns.own(table)
    if own is None:
        st.write("Choose at least one feature.")
        return
    kinds = models(own, PROBLEMS)
    if not kinds:
        told = f"the target has {len(own.classes):,} classes, and a model can tell 2 to {MOST_CLASSES}"
        large = own.too_large(classify=False)
        st.write(f"No model fits: {f'it {escaped(large)}' if large else told}.")
        return
    select("Model", kinds, standing["own.model"], "own.model", third, format_func=spaced)
    st.caption(f"Suggested: {spaced(kinds[0])}.")
    st.button("Train on this table", type="primary", on_click=use)


def use() -> None:
    """Make the chosen columns the problem's data, on the tab where their fit is seen."""
    was = edited()
    page, data = was.page, was.data
    own = data.columns.own(data.table) if data.table else None
    kind = data.columns.model_of(own) if own else ""
    if kind:
        task, _ = nearest(Task, vars(page.task), problem=PROBLEMS[kind](source=OWN, own=own))
        act(replace(page, task=task, view=replace(page.view, tab="Fit")), was.ids)


# --- Training and drawing: cached by the settings of the runs --------------------------------------


@st.cache_data(max_size=CACHE, show_spinner=False, hash_funcs={Run: repr})
def trained(run: Run, _on_epoch: Any = None) -> History:
    return train(run, _on_epoch)


@st.cache_data(max_size=CACHE, show_spinner=False, hash_funcs={Task: repr, Run: repr, Race: repr})
def drawn_for(
    kind: str, about: tuple[Task | Run | Race, ...], look: tuple[Any, ...], _make: Callable[[], Any]
) -> dict[str, Any]:
    return charts.spec(_make())


def drawn(
    kind: str, runs: tuple[Run | Race, ...], look: tuple[Any, ...], make: Callable[[], Any]
) -> dict[str, Any]:
    """The spec of a chart that follows from its kind, the task, these runs and this look."""
    return drawn_for(kind, (task, *runs), look, make)


@st.cache_resource(show_spinner=False)
def play() -> Callable[..., Any]:
    """The button that plays the training, by moving the sliders of the charts."""
    return st.components.v2.component("play", **charts.player())


@st.cache_resource(show_spinner=False)
def copy_link() -> Callable[..., Any]:
    """The link to the page with a button that copies it, over plain http too."""
    return st.components.v2.component("copy_link", **charts.copier())


class Spot:
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


@st.cache_data(max_size=CACHE, show_spinner=False, hash_funcs={Race: repr})
def raced(asked: Race, _on_progress: Any = None) -> RaceResult:
    return race(asked, _on_progress)


@st.cache_data(max_size=CACHE, show_spinner=False, hash_funcs={Sweep: repr})
def swept(asked: Sweep, _on_progress: Any = None) -> SweepResult:
    return sweep(asked, _on_progress)


class Watch:
    """Looks for a newer click while something is trained, and at times shows how far it is."""

    def __init__(self) -> None:
        self.outside = copy_context()  # what is drawn within a cached function is drawn again at each hit
        self.began = self.looked = self.pictured = time.monotonic()

    def look(self, draw: Callable[[], object]) -> None:
        now = time.monotonic()
        if now - self.looked < TICK:
            return
        self.looked = now
        self.outside.run(st.session_state.get, "shown")  # here Streamlit ends a script that is out of date
        if now - self.began > IMPATIENCE and now - self.pictured > FRAME:
            self.pictured = now
            self.outside.run(draw)


def watched(action: Callable[..., Any], asked: Any, what: str) -> Any:
    """The result of a race or a sweep; a newer click ends it."""
    watch = Watch()
    return action(asked, lambda s: watch.look(lambda: headline.now().progress(s, f"{what}: {s:.0%}")))


def wanted(asked: Any, sweeps: Sequence[Sweep], what: str) -> bool:
    """Whether to begin: at once if it is short, else when somebody says so who has seen the estimate."""
    megabytes = sum(map(memory, sweeps)) / 1e6
    if st.session_state.get("wanted") == asked or (sum(map(work, sweeps)) < LARGE and megabytes < MUCH):
        return True
    seconds = sum(map(estimate, sweeps))
    if seconds < LONG and megabytes < MUCH:
        return True
    say(f"{what} take about {seconds:,.0f} seconds and {megabytes:,.0f} MB on this server.")
    st.button("Begin", on_click=lambda: st.session_state.update(wanted=asked))
    return False


def train_all(
    runs: Sequence[Run], view: View, style: charts.Style, headline: Spot, canvas: Spot | None
) -> list[History]:
    """Train what is not in the cache. What takes long shows its course; a newer click ends it."""
    histories: list[History] = []
    watch = Watch()

    def draw(epoch: int, loss: Tensor) -> None:
        number, run = len(histories), runs[len(histories)]
        text = f"Training {style.names[number]}, run {number + 1} of {len(runs)}: "
        text += f"epoch {epoch:,} of {run.epochs:,}"
        headline.now().progress((number + epoch / run.epochs) / len(runs), text)
        if canvas is None:
            return
        table = tables.under_way(histories, run, loss, style.names, view.y)
        courses = (*(history.loss for history in histories), loss)
        away = [name for name, course in zip(style.names, courses, strict=False) if tables.gone(run, course)]
        log = view.scale == "log"
        canvas.now().vega_lite_chart(*charts.live(table, style, run.epochs, Y_TITLES[view.y], log, away))

    for run in runs:
        histories.append(trained(run, lambda epoch, loss: watch.look(lambda: draw(epoch, loss))))
    return histories


def code(lines: Sequence[tuple[str, bool]]) -> str:
    """Lines of code as HTML, the new ones marked; a line that is too long goes on further right."""
    html_lines = []
    for line, new in lines:
        text = line.lstrip()
        indent = 4 + (len(line) - len(text)) // 2
        mark = "background:rgba(255,176,0,.3);border-radius:3px" if new else ""
        body = f"<span style='{mark}'>{html.escape(text)}</span>"
        html_lines.append(f"<div style='padding-left:{indent}ch;text-indent:-4ch'>{body}&nbsp;</div>")
    return f"<div style='font:.75rem/1.6 monospace;overflow-wrap:anywhere'>{''.join(html_lines)}</div>"


# --- The page -------------------------------------------------------------------------------------

begin()
shown = current()
st.session_state.drawn.begin()
page, view, task, runs = shown.page, shown.page.view, shown.page.task, shown.page.runs
full = len(runs) >= MOST_RUNS
write_address(page)
labels = names(page.methods)
dark = st.context.theme.type == "dark"
style = charts.Style.of(labels, [method.runner for method in page.methods], dark)

with st.sidebar:
    story = next((p for p in PRESETS if (p.page.task, p.page.methods) == (task, page.methods)), None)
    told = story.name if story else None
    stories = [preset.name for preset in PRESETS]
    st.pills("Stories", stories, default=told, key=at("story", told), on_change=tell)

    st.subheader("Problem", anchor=False)
    kind = type(task.problem).__name__
    select("Problem", list(PROBLEMS), kind, "problem", label_visibility="collapsed", format_func=spaced)
    st.caption(task.problem.summary)
    all_controls(task.problem, f"problem.{kind}")
    if described(task):
        st.caption(described(task))
    control("epochs", knobs(task)["epochs"], task.epochs, "task.epochs")
    all_controls(task, "task", but="epochs")
    for remark in validation.remarks(task):
        st.caption(escaped(remark))
    if task.problem.size <= MOST_COORDINATES:
        chosen, hint = task.start is not None, "Instead of the start that the seed gives."
        st.checkbox("Choose the start", chosen, key=at("start", chosen), help=hint)
    if task.start is not None and task.problem.size <= MOST_COORDINATES:
        for name, x in zip(task.problem.names, task.start, strict=True):
            key = at(f"start.{name}", x)
            st.number_input(f"start {name}", value=x, step=0.5, format="%g", key=key)

    st.subheader(f"Runs ({len(runs)} of at most {MOST_RUNS})", anchor=False)
    for id, method, colour in zip(shown.ids, page.methods, style.colours, strict=True):
        run_controls(id, method, colour, full)
    at_end = (None, next_optimizer)
    st.button("Add run", on_click=insert, args=at_end, disabled=full, width="stretch", icon=":material/add:")

for note in shown.notes[:MOST_NOTES]:
    st.warning(note.replace("_", "\\_"))
if len(shown.notes) > MOST_NOTES:
    st.warning(f"And {len(shown.notes) - MOST_NOTES} more like these.")

headline = Spot(st.container())


def say(text: str) -> None:
    """The one thing that the open tab has found out."""
    headline.finally_().markdown(f"**{text}**")


st.session_state.setdefault("view.tab", view.tab)  # a default that changes would make other tabs of them
tabs = dict(zip(TABS, st.tabs(TABS, key=at("view.tab", view.tab), on_change="rerun"), strict=True))
summary = st.container()

for tab in ("Loss", "Path", "Parameters"):
    if tabs[tab].open:
        with tabs[tab]:
            legend(style.colours, labels)
if tabs["Loss"].open:
    with tabs["Loss"].container(horizontal=True, vertical_alignment="bottom"):
        shown_y = replace(knobs(view)["y"], options=possible(task.training))
        control("y", shown_y, view.y, "view.y")
        aside = ("held_out",) * (task.held_out is not None) + ("batches",) * (task.updates > 1)
        known = ("target",) * (task.training.minimum is not None)
        for name in ("scale", "x", *known, *aside):
            control(name, knobs(view)[name], getattr(view, name), f"view.{name}", width=150)
canvas = Spot(tabs["Loss"].container()) if tabs["Loss"].open else None

histories = train_all(runs, view, style, headline, canvas)
diverged = [name for name, h in zip(labels, histories, strict=True) if h.status == "diverged"]
away = tables.away(histories, labels)

if view.tab not in OF_MANY:
    say(sentence(histories, view.target))
if story and view.tab in (story.page.view.tab, *(set(TABS) - set(OF_MANY))):
    headline.container.caption(story.hint)


def held_out_curves() -> pd.DataFrame | None:
    """The same on the rows held out, if that is to be seen."""
    if task.held_out is None or not view.held_out or view.y not in HELD_OUT:
        return None
    return tables.curves(histories, labels, HELD_OUT[view.y], view.x)


def loss_chart(style: charts.Style = style, legend: bool = False) -> Any:
    return charts.loss_chart(
        tables.curves(histories, labels, view.y, view.x),
        tables.hover(histories, view.y, view.x),
        style,
        x_title=X_TITLES[view.x],
        y_title=Y_TITLES[view.y],
        log=view.scale == "log",
        diverged=diverged,
        away=away,
        optimum=task.training.minimum if view.y == "loss" else None,
        held_out=held_out_curves(),
        batches=tables.batches(histories, labels, view.x) if view.batches and view.y == "loss" else None,
        legend=legend,
    )


if canvas is not None:
    look = (view.y, view.scale, view.x, view.held_out, view.batches, dark)
    spec = drawn("loss", runs, look, loss_chart)
    what = f"{Y_TITLES[view.y]} against {view.x} for {len(runs)} runs"
    canvas.finally_().vega_lite_chart(spec, alt=f"Line chart: {what}. {sentence(histories, view.target)}")
    also = (HELD_OUT.get(view.y, "validation_loss"),) * (held_out_curves() is not None)
    also += ("batch_loss",) * (view.batches and view.y == "loss" and task.updates > 1)
    canvas.container.caption(tables.remarks(histories, view.y, view.scale == "log", also))

if tabs["Fit"].open:
    with tabs["Fit"]:
        problem = task.training
        if not isinstance(problem, Supervised):
            st.write("This problem has no data to fit.")
        elif not runs and problem.labels:
            st.write("Add a run to see how it fits the data.")
        else:
            kind, rows = fits.kind(problem), problem.data
            if kind in ("curve", "measured"):
                legend(style.colours, labels)

                def fit_chart() -> Any:
                    if kind == "measured":
                        return charts.measured_chart(fits.measured(histories, labels), style, rows.aim)
                    points = fits.points(task)
                    window = (float(points["x"].min()), float(points["x"].max()))
                    curves = fits.curves(histories, labels, window)
                    return charts.fit_chart(points, curves, style, rows.features[0], rows.aim)

                what = f"{problem.count} rows, and the prediction of each of {len(runs)} runs"
                st.vega_lite_chart(drawn("fit", runs, (dark,), fit_chart), alt=f"Scatter plot: {what}.")
            else:
                classes = charts.class_colours(len(rows.labels), dark)
                if kind == "border":
                    legend(classes, [f"class {escaped(label)}" for label in rows.labels])
                panels = st.columns(min(max(len(runs), 1), 2))
                for place, history in enumerate(histories[: fits.PANELS]):

                    def panel_chart(history: History = history, colour: str = style.colours[place]) -> Any:
                        if kind == "confusion":
                            return charts.confusion_chart(fits.confusion(history), colour)
                        points = fits.points(task)
                        sides = fits.box(points)
                        views, lines = fits.border(history, sides)
                        titles = (rows.features[0], rows.features[1])
                        return charts.border_chart(views, lines, points, sides, rows.labels, classes, titles)

                    panel = panels[place % len(panels)]
                    panel.markdown(f"{swatch(style.colours[place])} **{labels[place]}**")
                    what = f"{'Confusion matrix' if kind == 'confusion' else 'Borders between classes'}"
                    spec = drawn(f"fit {place}", (history.run,), (style.colours[place], dark), panel_chart)
                    panel.vega_lite_chart(spec, alt=f"{what} of {labels[place]}.")
                if len(runs) > fits.PANELS:
                    st.caption(f"Shown are the first {fits.PANELS} of {len(runs)} runs.")
            hints = {
                "curve": "The prediction of each run.",
                "measured": "On the dotted diagonal a prediction is what was measured.",
                "border": "Regions have the colour of the class that the model finds there; the paler, the "
                "less certain.",
                "confusion": "Rows of each class, from left to right by what they were taken for: on the "
                "diagonal they are right.",
            }
            apart = " Triangles are rows held out." if task.held_out and kind in ("curve", "border") else ""
            counted = " Counted are the rows held out." if task.held_out and kind == "confusion" else ""
            play()()
            st.caption(f"{hints[kind]}{apart}{counted} Move the slider to see earlier epochs.")

if tabs["Path"].open:
    with tabs["Path"]:
        control("zoom", knobs(view)["zoom"], view.zoom, "view.zoom")
        seen = plane(task.training, histories)
        sides = window(seen, task.training, histories, view.zoom)
        ways = paths.paths(histories, labels, seen, sides)

        def path_chart() -> Any:
            ground = paths.relief(task.training, seen, sides)
            what = "gap to the smallest loss" if ground.what == "gap" else "loss"
            return charts.path_chart(
                ground.shares(),
                paths.isolines(ground),
                ways,
                paths.places(task.training, seen),
                sides,
                style,
                seen.names,
                value=what,
                span=ground.span,
                log=ground.log,
                epochs=tables.moments(task.epochs, paths.MOMENTS),
                cells=paths.cells(sides) if seen.exact else None,
                dark=dark,
            )

        asked = {"on_select": begin_there, "selection_mode": "start"} if seen.exact else {}
        st.vega_lite_chart(
            drawn("path", runs, (view.zoom, dark), path_chart),
            key=f"path.chart.{seen.exact}",
            alt=f"Map of the loss with the paths of {len(runs)} runs.",
            **asked,
        )
        play()()
        st.caption(" ".join(paths.remarks(task.training, seen, ways, sides)))

if tabs["Data"].open:
    with tabs["Data"]:
        if isinstance(task.problem, Supervised):
            data = task.whole.data
            st.markdown(f"**{data_of(task.problem)}**: {len(data):,} rows, as the model sees them")
            for remark in (validation.told(task), *validation.remarks(task)):
                st.caption(escaped(remark))
            st.dataframe(data[:PREVIEW].frame(), height=220)
        else:
            st.write("This problem is a formula and has no data.")
        st.subheader("Your own data", anchor=False)
        st.caption(
            "A CSV file, at most 10 MB. Only this session can use it, and it is not written to disk. A link "
            "to this page says which file it needs."
        )
        left, right = st.columns(2)
        file = left.file_uploader(
            "A CSV file", type=["csv", "tsv", "txt"], key="own.file", max_upload_size=10
        )
        st.session_state.drawn.draw("own.file", file)
        pasted, table = shown.data.text, shown.data.table
        key = at("own.text", pasted)
        right.text_area("or its text", pasted, key=key, height=110, placeholder=EXAMPLE)
        if shown.data.trouble:
            st.error(escaped(shown.data.trouble))
        if table is not None:
            own_table(table)
            own_columns(table, shown.data.columns)

if tabs["Parameters"].open:
    with tabs["Parameters"]:
        courses = (*task.problem.names[:4], "gradient_norm")
        minima = task.training.minima
        optimum = dict(zip(task.problem.names, minima[0], strict=True)) if len(minima) == 1 else {}
        columns = (*st.columns(len(courses) - 1), st.container())
        for name, place in zip(courses, columns, strict=True):
            norm = name == "gradient_norm"

            def parameter_chart(name: str = name, norm: bool = norm) -> Any:
                curves = tables.curves(histories, labels, name)
                title = name.replace("_", " ")
                best = optimum.get(name)
                return charts.parameter_chart(
                    curves, style, title, log=norm, leaving=diverged + away, optimum=best
                )

            spec = drawn(name, runs, (dark,), parameter_chart)
            place.vega_lite_chart(spec, alt=f"Line chart: {name} over the epochs, for {len(runs)} runs.")
        if task.problem.size > 4:
            st.caption(f"The first 4 of {task.problem.size:,} parameters, and the norm of the gradient.")
        if optimum:
            st.caption("Dotted: the parameters with the smallest loss.")
        for remark in tables.norm_remarks(histories):
            st.caption(remark)

if tabs["Three ways"].open:
    with tabs["Three ways"]:
        if not runs:
            st.write("Add a run to see it trained three ways.")
        else:
            numbers = range(1, len(runs) + 1)
            label_of = {number: method.label for number, method in zip(numbers, page.methods, strict=True)}
            select("Run", numbers, view.lesson, "view.lesson", format_func=label_of.get)
            run = runs[view.lesson - 1]
            able = runners(type(run.optimizer))
            verdict = Spot(st.container())
            for column, (name, lines) in zip(
                st.columns(3, border=True), lesson.three_ways().items(), strict=True
            ):
                column.markdown(f"**{name}**")
                column.html(code(lines))
            st.caption("Marked: the lines that are new compared with the way before.")
            plot = Spot(st.container())

            look = charts.Style.of(able, able, dark)
            ways = train_all([replace(run, runner=runner) for runner in able], view, look, verdict, plot)
            apart, rounding = furthest(ways), tables.rounding(ways)
            verdict.finally_().markdown(
                f"The same run trained with {', '.join(able)}, from one start. Over {run.epochs:,} epochs "
                f"in {run.dtype} their parameters were **{distance(apart)}**."
            )

            def difference_chart() -> Any:
                return charts.difference_chart(tables.differences(ways), rounding)

            what = f"largest difference between the runners' parameters, over the epochs, at most {apart:.2g}"
            spec = drawn("difference", (run,), (dark,), difference_chart)
            plot.finally_().vega_lite_chart(spec, alt=f"Scatter plot: {what}.")
            plot.container.caption(
                "The largest difference between two runners' parameters at each epoch; where they are equal "
                "there is no point. Dotted: one rounding step of the largest parameter in "
                f"{run.dtype}, {rounding:.2g}."
            )
            by_hand, twin = lesson.update_code(run.optimizer)
            name = type(run.optimizer).__name__
            left, right = st.columns(2)
            left.markdown(f"**{name} by hand**: `optimizer.step`")
            left.code(by_hand or "# has no rule written by hand", wrap_lines=True)
            right.markdown(f"**{name} in torch**: `optimizer.torch`")
            right.code(twin, wrap_lines=True)
            right.markdown(f"**{type(task.problem).__name__}**: the loss and its derivative by hand")
            right.code(lesson.problem_code(task.problem), wrap_lines=True)

if tabs["Race"].open:
    with tabs["Race"]:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            control("entrants", knobs(view)["entrants"], view.entrants, "view.entrants", width=150)
            for name, knob in knobs(Racing).items():
                if name != "target" or page.racing.criterion == "epochs":
                    control(name, knob, getattr(page.racing, name), f"race.{name}", width=130)
        st.caption(
            f"Each optimizer tries {page.racing.trials} settings; each such trial is trained from "
            f"{page.racing.starts} random starts, and the median counts. Then the best trial of each "
            f"runs from {page.racing.starts} fresh starts, which no trial has seen."
            + (" The chosen start plays no part." if task.start is not None else "")
        )
        field = page.race
        if view.entrants == "runs" and not runs:
            say("No runs to race: add one, or let the usual six race.")
        elif field is None:
            say("Nobody can race: a racer needs a rule by hand, and epochs to a gap a known minimum.")
        elif wanted(field, field.parts, f"{field.size:,} runs of {field.epochs:,} epochs"):
            result = watched(raced, field, f"Training {field.size:,} runs")
            racers = standings.entrant_names(field)
            footnote = "" if field.criterion == "epochs" else f", that is, {field.failure}"
            look = charts.Style.nested(racers, dark)
            say(standings.verdict(result, racers))
            for warning in standings.warnings(result, racers):
                st.warning(warning)
            legend(look.colours, racers)

            def sensitivity_chart(look: charts.Style = look) -> Any:
                trials, edges = race_tables.sensitivity(result, racers), race_tables.edges(result, racers)
                lines = field.search == "lr"
                return charts.sensitivity_chart(trials, edges, look, field.counted, field.missed, lines)

            def tuned_chart() -> Any:
                title = Y_TITLES["loss" if task.training.minimum is None else "gap"]
                return charts.band_chart(race_tables.tuned_curves(result, racers), look, "epochs", title)

            def budget_chart() -> Any:
                table = race_tables.budgets(result, racers)
                return charts.budget_chart(table, look, f"expected {field.counted}")

            st.vega_lite_chart(
                drawn("sensitivity", (field,), (dark,), sensitivity_chart),
                key="race.chart",
                on_select=partial(add_trial, field),
                selection_mode="trial",
                alt=f"Line chart: {field.counted} against the learning rate.",
            )
            st.caption(
                f"Each point is one trial. Cross: {field.missed}{footnote}. "
                f"{standings.margins(result, racers)} Click a point to add it to your runs, which have the "
                "sidebar's epochs and start."
            )
            left, right = st.columns(2)
            left.markdown("**Tuned**: each at its best trial, from fresh starts")
            left.vega_lite_chart(
                drawn("tuned", (field,), (dark,), tuned_chart),
                alt="Line chart: the gap of each tuned optimizer over the epochs.",
            )
            left.caption(
                f"Median and 10–90 % of {field.starts} starts that no trial has seen."
                + race_tables.unseen(race_tables.tuned_curves(result, racers)["mid"])
            )
            right.markdown("**Budget**: what to expect from fewer trials")
            right.vega_lite_chart(
                drawn("budget", (field,), (dark,), budget_chart),
                alt=f"Line chart: expected {field.counted} against the number of trials.",
            )
            fallen, worst = ("failed", "what it began with") if footnote else ("missed", "all epochs")
            right.caption(
                "Had only so many of the trials been made: the expected result of the best of them. One that "
                f"{fallen} counts as {worst}." + race_tables.unseen(race_tables.budgets(result, racers)["y"])
            )
            order = [look.colours[place] for place in result.ranking]
            standing(standings.standings(result, racers), order, "The standings")
            st.caption(
                "Of trials that are equal but for rounding the middle one is the best. Who beats whom is "
                "counted over the fresh starts; a tie is half a win."
            )
            if len(racers) > 1:
                with st.expander("Who beat whom"):
                    standing(standings.duels(result, racers), order, "In what share of starts who beat whom")
            with st.container(horizontal=True):
                light = charts.Style.nested(racers)
                download("Trials (CSV)", lambda: result.frame(racers).to_csv(index=False), "trials.csv")
                download("Race (SVG)", lambda: charts.svg(sensitivity_chart(light)), "race.svg")

if tabs["Grid"].open:
    with tabs["Grid"]:
        if not runs:
            say("Add a run to see two of its settings at once.")
        else:
            run = runs[page.grid.run - 1]
            able = list(grids.reals(run.optimizer))
            with st.container(horizontal=True, vertical_alignment="bottom"):
                numbers = range(1, len(runs) + 1)
                name_of = {number: labels[number - 1] for number in numbers}
                select("Run", numbers, page.grid.run, "grid.run", format_func=name_of.get, width=260)
                select("From left to right", able, page.grid.x, "grid.x", width=180)
                select("From bottom to top", able, page.grid.y, "grid.y", width=180)
                control("count", knobs(Grid)["count"], page.grid.count, "grid.count", width=150)
            try:
                asked = page.grid.sweep(run)
            except KnobError as error:
                say(f"No grid: {error}.")
            else:
                if wanted(asked, [asked], f"{asked.size:,} runs of {run.epochs:,} epochs"):
                    result = watched(swept, asked, f"Training {asked.size:,} runs")
                    say(grids.verdict(result))
                    table = grids.cells(result)
                    axes = list(asked.axes)

                    def heat_chart() -> Any:
                        what = "final loss" if task.training.minimum is None else "final gap"
                        logs = tuple(axis.log for axis in asked.axes.values())
                        return charts.heat_chart(table, (*axes, what), logs)

                    st.vega_lite_chart(
                        drawn("grid", (run,), (repr(page.grid),), heat_chart),
                        key="grid.chart",
                        on_select=partial(add_cell, asked),
                        selection_mode="cell",
                        alt=f"Heat map of {axes[0]} and {axes[1]}. {grids.verdict(result)}",
                    )
                    st.caption(
                        f"Each cell is one run of {run.epochs:,} epochs. Cross: failed, that is, {FAILED}. "
                        "Click a cell to add it to the comparison."
                    )
                    download("Grid (CSV)", lambda: result.frame().to_csv(index=False), "grid.csv")

with summary:
    if runs:
        st.markdown("**Your runs**")
        standing(cells(histories, labels, view.target), style.colours, "How each run ended")
    link = f"{str(st.context.url).partition('?')[0].rstrip('/')}/?{page.to_query()}"
    copy_link()(data={"link": link}, key="copy")
    with st.container(horizontal=True, vertical_alignment="center"):
        light = charts.Style.of(labels, [run.runner for run in runs])
        download("Curves (CSV)", lambda: export.curves_csv(histories, labels), "curves.csv")
        download("Settings (JSON)", lambda: export.settings_json(page, link), "settings.json")
        download("Chart (SVG)", lambda: charts.svg(loss_chart(light, legend=True)), "loss.svg")
    st.caption(
        f"torch {torch.__version__}, one thread. The same link gives the same numbers on the same versions; "
        "times differ."
    )

st.session_state.drawn.end()
