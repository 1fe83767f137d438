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
    from dataclasses import dataclass, replace
    from functools import cached_property, partial
    from typing import Any
    from urllib.parse import parse_qsl, urlencode

    import pandas as pd
    import torch
    from torch import Tensor

    from dashboard import downloads, widgets
    from dashboard.components import copy_link, player
    from dashboard.examples import PRESETS, Preset
    from dashboard.grid_settings import Grid
    from dashboard.session import Shown
    from dashboard.state import MOST_RUNS, TABS, Page, View, possible
    from dashboard.tables import Columns, DataTab
    from dashboard.widgets import Drawn
    from trainers import History, Run, Sweep, charts, race, sweep, train
    from trainers.datasets.csv.dataset import MOST_CLASSES
    from trainers.datasets.csv.table import OwnTable
    from trainers.optimizers import OPTIMIZERS, Optimizer
    from trainers.problems import PROBLEMS
    from trainers.problems.compatible_models import models
    from trainers.problems.supervised import OWN, Supervised
    from trainers.races.result import RaceResult
    from trainers.races.spec import Race, Racing
    from trainers.reports import fit as fit_report
    from trainers.reports import (
        fit_boundary,
        fit_confusion,
        path_surface,
        race_curves,
        race_ranking,
        source_code,
        thinning,
        validation,
    )
    from trainers.reports import grid as grid_report
    from trainers.reports import loss as loss_report
    from trainers.reports import path as path_report
    from trainers.reports import race as race_report
    from trainers.reports import three_ways as three_ways_report
    from trainers.reports.conditioning import described
    from trainers.reports.names import names
    from trainers.reports.path_plane import plane, window
    from trainers.reports.race_scores import FAILED, failure, failure_label, metric_label
    from trainers.reports.runs_table import cells
    from trainers.reports.summary import sentence
    from trainers.reports.three_ways import distance, furthest
    from trainers.run import MOST_COORDINATES, MOST_NUMBERS, Method, Task, begun_at, most_rows, runners
    from trainers.settings import (
        Choice,
        Flag,
        Integer,
        Knob,
        KnobError,
        Real,
        Settings,
        knobs,
        nearest,
        real_settings,
    )
    from trainers.sweeps.cost import estimate, memory, work
    from trainers.sweeps.result import SweepResult

CACHE = "150MB"  # of each function; config.toml bounds them together
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
FIT_HINTS = {
    "curve": "The prediction of each run.",
    "measured": "On the dotted diagonal a prediction is what was measured.",
    "border": "Regions have the colour of the class that the model finds there; the paler, the less certain.",
    "confusion": "Rows of each class, from left to right by what they were taken for: on the diagonal they "
    "are right.",
}
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
    return widgets.points(st.session_state.get(chart), selection, *names)


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
def trained(run: Run, most: int | None, _on_epoch: Any = None) -> History:
    return train(run, _on_epoch, most)


@st.cache_data(max_size=CACHE, show_spinner=False, hash_funcs={Task: repr, Run: repr, Race: repr})
def drawn_for(
    kind: str, about: tuple[Task | Run | Race, ...], look: tuple[Any, ...], _make: Callable[[], Any]
) -> dict[str, Any]:
    return charts.spec(_make())


def drawn(
    kind: str, task: Task, runs: tuple[Run | Race, ...], look: tuple[Any, ...], make: Callable[[], Any]
) -> dict[str, Any]:
    """The spec of a chart that follows from its kind, the task, these runs and this look."""
    return drawn_for(kind, (task, *runs), look, make)


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

    def say(self, text: str) -> None:
        """Write what the open tab has found out."""
        self.finally_().markdown(f"**{text}**")


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


def watched(action: Callable[..., Any], asked: Any, headline: Spot, what: str) -> Any:
    """The result of a race or a sweep; a newer click ends it."""
    watch = Watch()
    return action(asked, lambda s: watch.look(lambda: headline.now().progress(s, f"{what}: {s:.0%}")))


def wanted(headline: Spot, asked: Any, sweeps: Sequence[Sweep], what: str) -> bool:
    """Whether to begin: at once if it is short, else when somebody says so who has seen the estimate."""
    megabytes = sum(map(memory, sweeps)) / 1e6
    if st.session_state.get("wanted") == asked or (sum(map(work, sweeps)) < LARGE and megabytes < MUCH):
        return True
    seconds = sum(map(estimate, sweeps))
    if seconds < LONG and megabytes < MUCH:
        return True
    headline.say(f"{what} take about {seconds:,.0f} seconds and {megabytes:,.0f} MB on this server.")
    st.button("Begin", on_click=partial(st.session_state.update, wanted=asked))
    return False


def train_all(
    runs: Sequence[Run], room: int, view: View, style: charts.Style, headline: Spot, canvas: Spot | None
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
        table = loss_report.under_way(histories, run, loss, style.names, view.y)
        courses = (*(history.loss for history in histories), loss)
        away = [
            name for name, course in zip(style.names, courses, strict=False) if loss_report.gone(run, course)
        ]
        log = view.scale == "log"
        canvas.now().vega_lite_chart(*charts.live(table, style, run.epochs, Y_TITLES[view.y], log, away))

    for run in runs:
        most = most_rows(run, room)
        histories.append(trained(run, most, lambda epoch, loss: watch.look(lambda: draw(epoch, loss))))
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
# What a session keeps of a script, such as what its buttons do, holds all names of this file: what is trained
# is held by the functions that draw it alone, and found again in the cache.


@dataclass(frozen=True)
class Comparison:
    """The page's runs and how they look. What was trained of them is in the cache."""

    page: Page
    dark: bool

    @property
    def task(self) -> Task:
        return self.page.task

    @property
    def view(self) -> View:
        return self.page.view

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        return self.page.runs

    @cached_property
    def labels(self) -> list[str]:
        return names(self.page.methods)

    @cached_property
    def style(self) -> charts.Style:
        return charts.Style.of(self.labels, [method.runner for method in self.page.methods], self.dark)

    @cached_property
    def room(self) -> int:
        """How many numbers may be kept of a run. As many are left to the three runs of the tab Three ways.

        They are half as many in float64. As a power of two it seldom changes when a run is added, which would
        have long runs trained anew.
        """
        share = MOST_NUMBERS // (len(self.runs) + 1) // (2 if self.task.dtype == "float64" else 1)
        return 1 << (share.bit_length() - 1)


def sidebar(c: Comparison, ids: Sequence[int], story: Preset | None) -> None:
    told = story.name if story else None
    stories = [preset.name for preset in PRESETS]
    st.pills("Stories", stories, default=told, key=at("story", told), on_change=tell)
    st.subheader("Problem", anchor=False)
    task_controls(c.task)
    st.subheader(f"Runs ({len(ids)} of at most {MOST_RUNS})", anchor=False)
    full = len(ids) >= MOST_RUNS
    for id, method, colour in zip(ids, c.page.methods, c.style.colours, strict=True):
        run_controls(id, method, colour, full)
    at_end = (None, next_optimizer)
    st.button("Add run", on_click=insert, args=at_end, disabled=full, width="stretch", icon=":material/add:")


def task_controls(task: Task) -> None:
    kind = type(task.problem).__name__
    select("Problem", list(PROBLEMS), kind, "problem", label_visibility="collapsed", format_func=spaced)
    st.caption(task.problem.summary)
    all_controls(task.problem, f"problem.{kind}")
    if curvature := described(task):
        st.caption(curvature)
    control("epochs", knobs(task)["epochs"], task.epochs, "task.epochs")
    all_controls(task, "task", but="epochs")
    for remark in validation.remarks(task):
        st.caption(escaped(remark))
    if task.problem.size > MOST_COORDINATES:
        return
    chosen, hint = task.start is not None, "Instead of the start that the seed gives."
    st.checkbox("Choose the start", chosen, key=at("start", chosen), help=hint)
    for name, x in zip(task.problem.names, task.start or (), strict=chosen):
        key = at(f"start.{name}", x)
        st.number_input(f"start {name}", value=x, step=0.5, format="%g", key=key)


def notices(notes: Sequence[str]) -> None:
    for note in notes[:MOST_NOTES]:
        st.warning(note.replace("_", "\\_"))
    if len(notes) > MOST_NOTES:
        st.warning(f"And {len(notes) - MOST_NOTES} more like these.")


def loss_controls(c: Comparison) -> None:
    task, view = c.task, c.view
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown_y = replace(knobs(view)["y"], options=possible(task.training))
        control("y", shown_y, view.y, "view.y")
        aside = ("held_out",) * (task.held_out is not None) + ("batches",) * (task.updates > 1)
        known = ("target",) * (task.training.minimum is not None)
        for name in ("scale", "x", *known, *aside):
            control(name, knobs(view)[name], getattr(view, name), f"view.{name}", width=150)


def held_out_curves(c: Comparison, histories: Sequence[History]) -> pd.DataFrame | None:
    """The same on the rows held out, if that is to be seen."""
    if c.task.held_out is None or not c.view.held_out or c.view.y not in HELD_OUT:
        return None
    return loss_report.curves(histories, c.labels, HELD_OUT[c.view.y], c.view.x)


def loss_chart(c: Comparison, histories: Sequence[History], style: charts.Style, legend: bool = False) -> Any:
    view, labels = c.view, c.labels
    batches = view.batches and view.y == "loss"
    return charts.loss_chart(
        loss_report.curves(histories, labels, view.y, view.x),
        loss_report.hover(histories, view.y, view.x),
        style,
        x_title=X_TITLES[view.x],
        y_title=Y_TITLES[view.y],
        log=view.scale == "log",
        diverged=loss_report.diverged(histories, labels),
        away=loss_report.away(histories, labels),
        optimum=c.task.training.minimum if view.y == "loss" else None,
        held_out=held_out_curves(c, histories),
        batches=loss_report.batches(histories, labels, view.x) if batches else None,
        legend=legend,
    )


def loss_tab(c: Comparison, histories: Sequence[History], canvas: Spot) -> None:
    view = c.view
    look = (view.y, view.scale, view.x, view.held_out, view.batches, c.dark)
    spec = drawn("loss", c.task, c.runs, look, lambda: loss_chart(c, histories, c.style))
    what = f"{Y_TITLES[view.y]} against {view.x} for {len(c.runs)} runs"
    canvas.finally_().vega_lite_chart(spec, alt=f"Line chart: {what}. {sentence(histories, view.target)}")
    also = (HELD_OUT.get(view.y, "validation_loss"),) * (held_out_curves(c, histories) is not None)
    also += ("batch_loss",) * (view.batches and view.y == "loss" and c.task.updates > 1)
    canvas.container.caption(loss_report.remarks(histories, view.y, view.scale == "log", also))


def fit_tab(c: Comparison, histories: Sequence[History]) -> None:
    problem, held_out = c.task.training, c.task.held_out
    if not isinstance(problem, Supervised):
        st.write("This problem has no data to fit.")
        return
    if not histories and problem.labels:
        st.write("Add a run to see how it fits the data.")
        return
    kind = fit_report.kind(problem)
    if kind in ("curve", "measured"):
        fit_lines(c, histories, problem, kind)
    else:
        fit_panels(c, histories, problem, kind)
    apart = " Triangles are rows held out." if held_out and kind in ("curve", "border") else ""
    counted = " Counted are the rows held out." if held_out and kind == "confusion" else ""
    player()()
    st.caption(f"{FIT_HINTS[kind]}{apart}{counted} Move the slider to see earlier epochs.")


def fit_lines(c: Comparison, histories: Sequence[History], problem: Supervised, kind: str) -> None:
    """The predictions of all runs over one another."""
    legend(c.style.colours, c.labels)
    rows = problem.data

    def chart() -> Any:
        if kind == "measured":
            return charts.measured_chart(fit_report.measured(histories, c.labels), c.style, rows.aim)
        points = fit_report.points(c.task)
        window = (float(points["x"].min()), float(points["x"].max()))
        curves = fit_report.curves(histories, c.labels, window)
        return charts.fit_chart(points, curves, c.style, rows.features[0], rows.aim)

    what = f"{problem.count} rows, and the prediction of each of {len(histories)} runs"
    st.vega_lite_chart(drawn("fit", c.task, c.runs, (c.dark,), chart), alt=f"Scatter plot: {what}.")


def fit_panels(c: Comparison, histories: Sequence[History], problem: Supervised, kind: str) -> None:
    """A panel for each run."""
    rows, labels, colours = problem.data, c.labels, c.style.colours
    classes = charts.class_colours(len(rows.labels), c.dark)
    if kind == "border":
        legend(classes, [f"class {escaped(label)}" for label in rows.labels])

    def chart(history: History, colour: str) -> Any:
        if kind == "confusion":
            return charts.confusion_chart(fit_confusion.confusion(history), colour)
        points = fit_report.points(c.task)
        sides = fit_boundary.box(points)
        views, lines = fit_boundary.border(history, sides)
        titles = (rows.features[0], rows.features[1])
        return charts.border_chart(views, lines, points, sides, rows.labels, classes, titles)

    panels = st.columns(min(max(len(histories), 1), 2))
    what = "Confusion matrix" if kind == "confusion" else "Borders between classes"
    for place, history in enumerate(histories[: fit_report.PANELS]):
        panel = panels[place % len(panels)]
        panel.markdown(f"{swatch(colours[place])} **{labels[place]}**")
        make, look = partial(chart, history, colours[place]), (colours[place], c.dark, c.room)
        spec = drawn(f"fit {place}", c.task, (history.run,), look, make)
        panel.vega_lite_chart(spec, alt=f"{what} of {labels[place]}.")
    if len(histories) > fit_report.PANELS:
        st.caption(f"Shown are the first {fit_report.PANELS} of {len(histories)} runs.")


def path_tab(c: Comparison, histories: Sequence[History]) -> None:
    training, zoom = c.task.training, c.view.zoom
    control("zoom", knobs(c.view)["zoom"], zoom, "view.zoom")
    seen = plane(training, histories)
    sides = window(seen, training, histories, zoom)
    ways = path_report.paths(histories, c.labels, seen, sides)

    def chart() -> Any:
        ground = path_surface.relief(training, seen, sides)
        return charts.path_chart(
            ground.shares(),
            path_surface.isolines(ground),
            ways,
            path_report.places(training, seen),
            sides,
            c.style,
            seen.names,
            value="gap to the smallest loss" if ground.what == "gap" else "loss",
            span=ground.span,
            log=ground.log,
            epochs=thinning.snapshot_epochs(c.task.epochs, path_report.MOMENTS),
            cells=path_report.cells(sides) if seen.exact else None,
            dark=c.dark,
        )

    asked: Any = {"on_select": begin_there, "selection_mode": "start"} if seen.exact else {}
    st.vega_lite_chart(
        drawn("path", c.task, c.runs, (zoom, c.dark), chart),
        key=f"path.chart.{seen.exact}",
        alt=f"Map of the loss with the paths of {len(histories)} runs.",
        **asked,
    )
    player()()
    st.caption(" ".join(path_report.remarks(training, seen, ways, sides)))


def data_tab(task: Task, data: DataTab) -> None:
    if isinstance(task.problem, Supervised):
        rows = task.whole.data
        st.markdown(f"**{data_of(task.problem)}**: {len(rows):,} rows, as the model sees them")
        for remark in (validation.told(task), *validation.remarks(task)):
            st.caption(escaped(remark))
        st.dataframe(rows[:PREVIEW].frame(), height=220)
    else:
        st.write("This problem is a formula and has no data.")
    st.subheader("Your own data", anchor=False)
    st.caption(
        "A CSV file, at most 10 MB. Only this session can use it, and it is not written to disk. A link "
        "to this page says which file it needs."
    )
    left, right = st.columns(2)
    file = left.file_uploader("A CSV file", type=["csv", "tsv", "txt"], key="own.file", max_upload_size=10)
    st.session_state.drawn.draw("own.file", file)
    key = at("own.text", data.text)
    right.text_area("or its text", data.text, key=key, height=110, placeholder=EXAMPLE)
    if data.trouble:
        st.error(escaped(data.trouble))
    if data.table is not None:
        own_table(data.table)
        own_columns(data.table, data.columns)


def parameters_tab(c: Comparison, histories: Sequence[History]) -> None:
    task, labels = c.task, c.labels
    courses = (*task.problem.names[:4], "gradient_norm")
    minima = task.training.minima
    optimum = dict(zip(task.problem.names, minima[0], strict=True)) if len(minima) == 1 else {}
    leaving = loss_report.diverged(histories, labels) + loss_report.away(histories, labels)

    def chart(name: str) -> Any:
        curves, title = loss_report.curves(histories, labels, name), name.replace("_", " ")
        look = {"log": name == "gradient_norm", "leaving": leaving, "optimum": optimum.get(name)}
        return charts.parameter_chart(curves, c.style, title, **look)

    columns = (*st.columns(len(courses) - 1), st.container())
    for name, place in zip(courses, columns, strict=True):
        spec = drawn(name, task, c.runs, (c.dark,), partial(chart, name))
        place.vega_lite_chart(spec, alt=f"Line chart: {name} over the epochs, for {len(histories)} runs.")
    if task.problem.size > 4:
        st.caption(f"The first 4 of {task.problem.size:,} parameters, and the norm of the gradient.")
    if optimum:
        st.caption("Dotted: the parameters with the smallest loss.")
    for remark in loss_report.norm_remarks(histories):
        st.caption(remark)


def three_ways_tab(c: Comparison) -> None:
    if not c.runs:
        st.write("Add a run to see it trained three ways.")
        return
    numbers = range(1, len(c.runs) + 1)
    label_of = {number: method.label for number, method in zip(numbers, c.page.methods, strict=True)}
    select("Run", numbers, c.view.lesson, "view.lesson", format_func=label_of.get)
    run = c.runs[c.view.lesson - 1]
    verdict = Spot(st.container())
    three = source_code.three_ways()
    for column, (name, lines) in zip(st.columns(len(three), border=True), three.items(), strict=True):
        column.markdown(f"**{name}**")
        column.html(code(lines))
    st.caption("Marked: the lines that are new compared with the way before.")
    difference(c, run, verdict)
    by_hand, twin = source_code.update_code(run.optimizer)
    name = type(run.optimizer).__name__
    left, right = st.columns(2)
    left.markdown(f"**{name} by hand**: `optimizer.step`")
    left.code(by_hand or "# has no rule written by hand", wrap_lines=True)
    right.markdown(f"**{name} in torch**: `optimizer.torch`")
    right.code(twin, wrap_lines=True)
    right.markdown(f"**{type(c.task.problem).__name__}**: the loss and its derivative by hand")
    right.code(source_code.problem_code(c.task.problem), wrap_lines=True)


def difference(c: Comparison, run: Run, verdict: Spot) -> None:
    """How far the three ways are apart."""
    able, plot = runners(type(run.optimizer)), Spot(st.container())
    look = charts.Style.of(able, able, c.dark)
    each = [replace(run, runner=runner) for runner in able]
    ways = train_all(each, c.room // len(each), c.view, look, verdict, plot)
    apart, rounding = furthest(ways), three_ways_report.rounding(ways)
    verdict.finally_().markdown(
        f"The same run trained with {', '.join(able)}, from one start. Over {run.epochs:,} epochs "
        f"in {run.dtype} their parameters were **{distance(apart)}**."
    )
    what = f"largest difference between the runners' parameters, over the epochs, at most {apart:.2g}"
    make = partial(charts.difference_chart, three_ways_report.differences(ways), rounding)
    spec = drawn("difference", c.task, (run,), (c.dark, c.room), make)
    plot.finally_().vega_lite_chart(spec, alt=f"Scatter plot: {what}.")
    kept = f"each of the {len(ways[0].epochs):,} epochs kept" if ways[0].thinned else "each epoch"
    plot.container.caption(
        f"The largest difference between two runners' parameters at {kept}; where they are equal "
        "there is no point. Dotted: one rounding step of the largest parameter in "
        f"{run.dtype}, {rounding:.2g}."
    )


def race_tab(c: Comparison, headline: Spot) -> None:
    racing, view, field = c.page.racing, c.view, c.page.race
    with st.container(horizontal=True, vertical_alignment="bottom"):
        control("entrants", knobs(view)["entrants"], view.entrants, "view.entrants", width=150)
        for name, knob in knobs(Racing).items():
            if name != "target" or racing.criterion == "epochs":
                control(name, knob, getattr(racing, name), f"race.{name}", width=130)
    st.caption(
        f"Each optimizer tries {racing.trials} settings; each such trial is trained from "
        f"{racing.starts} random starts, and the median counts. Then the best trial of each "
        f"runs from {racing.starts} fresh starts, which no trial has seen."
        + (" The chosen start plays no part." if c.task.start is not None else "")
    )
    if view.entrants == "runs" and not c.runs:
        headline.say("No runs to race: add one, or let the usual six race.")
    elif field is None:
        headline.say("Nobody can race: a racer needs a rule by hand, and epochs to a gap a known minimum.")
    elif wanted(headline, field, field.parts, f"{field.size:,} runs of {field.epochs:,} epochs"):
        result = watched(raced, field, headline, f"Training {field.size:,} runs")
        show_race(c, headline, field, result)


def show_race(c: Comparison, headline: Spot, field: Race, result: RaceResult) -> None:
    racers = race_report.entrant_names(field)
    look = charts.Style.nested(racers, c.dark)
    headline.say(race_report.verdict(result, racers))
    for warning in race_report.warnings(result, racers):
        st.warning(warning)
    legend(look.colours, racers)
    st.vega_lite_chart(
        drawn("sensitivity", c.task, (field,), (c.dark,), partial(sensitivity_chart, result, look)),
        key="race.chart",
        on_select=partial(add_trial, field),
        selection_mode="trial",
        alt=f"Line chart: {metric_label(field)} against the learning rate.",
    )
    footnote = "" if field.criterion == "epochs" else f", that is, {failure(field)}"
    st.caption(
        f"Each point is one trial. Cross: {failure_label(field)}{footnote}. "
        f"{race_report.margins(result, racers)} Click a point to add it to your runs, which have the "
        "sidebar's epochs and start."
    )
    tuned_and_budget(c, field, result, look)
    order = [look.colours[place] for place in result.ranking]
    standing(race_ranking.standings(result, racers), order, "The standings")
    st.caption(
        "Of trials that are equal but for rounding the middle one is the best. Who beats whom is "
        "counted over the fresh starts; a tie is half a win."
    )
    if len(racers) > 1:
        with st.expander("Who beat whom"):
            standing(race_ranking.duels(result, racers), order, "In what share of starts who beat whom")
    with st.container(horizontal=True):
        download("Trials (CSV)", partial(trials_csv, field), "trials.csv")
        download("Race (SVG)", partial(race_svg, field), "race.svg")


def sensitivity_chart(result: RaceResult, look: charts.Style) -> Any:
    field, racers = result.race, look.names
    trials, edges = race_curves.sensitivity(result, racers), race_curves.edges(result, racers)
    return charts.sensitivity_chart(
        trials, edges, look, metric_label(field), failure_label(field), field.search == "lr"
    )


def tuned_and_budget(c: Comparison, field: Race, result: RaceResult, look: charts.Style) -> None:
    """The tuned optimizers over the epochs, and what fewer trials would have given."""
    tuned, budgets = race_curves.tuned_curves(result, look.names), race_curves.budgets(result, look.names)
    title = Y_TITLES["loss" if c.task.training.minimum is None else "gap"]
    left, right = st.columns(2)
    left.markdown("**Tuned**: each at its best trial, from fresh starts")
    make = partial(charts.band_chart, tuned, look, "epochs", title)
    left.vega_lite_chart(
        drawn("tuned", c.task, (field,), (c.dark,), make),
        alt="Line chart: the gap of each tuned optimizer over the epochs.",
    )
    starts = f"Median and 10–90 % of {field.starts} starts that no trial has seen."
    left.caption(starts + race_curves.unseen(tuned["mid"]))
    right.markdown("**Budget**: what to expect from fewer trials")
    make = partial(charts.budget_chart, budgets, look, f"expected {metric_label(field)}")
    right.vega_lite_chart(
        drawn("budget", c.task, (field,), (c.dark,), make),
        alt=f"Line chart: expected {metric_label(field)} against the number of trials.",
    )
    epochs = field.criterion == "epochs"
    fallen, worst = ("missed", "all epochs") if epochs else ("failed", "what it began with")
    right.caption(
        "Had only so many of the trials been made: the expected result of the best of them. One that "
        f"{fallen} counts as {worst}." + race_curves.unseen(budgets["y"])
    )


def grid_tab(c: Comparison, headline: Spot) -> None:
    if not c.runs:
        headline.say("Add a run to see two of its settings at once.")
        return
    grid, labels, run = c.page.grid, c.labels, c.runs[c.page.grid.run - 1]
    able = list(real_settings(run.optimizer))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        numbers = range(1, len(c.runs) + 1)
        name_of = {number: labels[number - 1] for number in numbers}
        select("Run", numbers, grid.run, "grid.run", format_func=name_of.get, width=260)
        if len(able) > 1:
            select("From left to right", able, grid.x, "grid.x", width=180)
            select("From bottom to top", able, grid.y, "grid.y", width=180)
        control("count", knobs(Grid)["count"], grid.count, "grid.count", width=150)
    try:
        asked = grid.sweep(run)
    except KnobError as error:
        headline.say(f"No grid: {error}.")
        return
    if wanted(headline, asked, [asked], f"{asked.size:,} runs of {run.epochs:,} epochs"):
        show_grid(c, headline, asked, watched(swept, asked, headline, f"Training {asked.size:,} runs"))


def show_grid(c: Comparison, headline: Spot, asked: Sweep, result: SweepResult) -> None:
    headline.say(grid_report.verdict(result))
    axes, what = list(asked.axes), "final loss" if c.task.training.minimum is None else "final gap"
    logs = tuple(axis.log for axis in asked.axes.values())
    make = partial(charts.heat_chart, grid_report.cells(result), (*axes, what), logs)
    st.vega_lite_chart(
        drawn("grid", c.task, (asked.run,), (repr(c.page.grid),), make),
        key="grid.chart",
        on_select=partial(add_cell, asked),
        selection_mode="cell",
        alt=f"Heat map of {axes[0]} and {axes[1]}. {grid_report.verdict(result)}",
    )
    st.caption(
        f"Each cell is one run of {asked.run.epochs:,} epochs. Cross: failed, that is, {FAILED}. "
        "Click a cell to add it to the comparison."
    )
    download("Grid (CSV)", partial(grid_csv, asked), "grid.csv")


def results(c: Comparison, histories: Sequence[History]) -> None:
    """The table of runs, the link, and what can be taken along."""
    if c.runs:
        st.markdown("**Your runs**")
        standing(cells(histories, c.labels, c.view.target), c.style.colours, "How each run ended")
    link = f"{str(st.context.url).partition('?')[0].rstrip('/')}/?{c.page.to_query()}"
    copy_link()(data={"link": link}, key="copy")
    with st.container(horizontal=True, vertical_alignment="center"):
        download("Curves (CSV)", partial(curves_csv, c), "curves.csv")
        download("Settings (JSON)", partial(downloads.settings_json, c.page, link), "settings.json")
        download("Chart (SVG)", partial(loss_svg, c), "loss.svg")
    for remark in loss_report.kept_remarks(histories):
        st.caption(remark)
    st.caption(
        f"torch {torch.__version__}, one thread. The same link gives the same numbers on the same versions; "
        "times differ."
    )


# What a button of a download makes once it is pressed: from the cache, or trained anew.


def curves_csv(c: Comparison) -> str:
    return downloads.curves_csv([trained(run, most_rows(run, c.room)) for run in c.runs], c.labels)


def loss_svg(c: Comparison) -> str:
    light = charts.Style.of(c.labels, [run.runner for run in c.runs])
    histories = [trained(run, most_rows(run, c.room)) for run in c.runs]
    return charts.svg(loss_chart(c, histories, light, legend=True))


def trials_csv(field: Race) -> str:
    return raced(field).frame(race_report.entrant_names(field)).to_csv(index=False)


def race_svg(field: Race) -> str:
    return charts.svg(sensitivity_chart(raced(field), charts.Style.nested(race_report.entrant_names(field))))


def grid_csv(asked: Sweep) -> str:
    return swept(asked).frame().to_csv(index=False)


def main(shown: Shown) -> None:
    """All but the title."""
    page, view = shown.page, shown.page.view
    c = Comparison(page, st.context.theme.type == "dark")
    story = next((p for p in PRESETS if (p.page.task, p.page.methods) == (c.task, page.methods)), None)
    with st.sidebar:
        sidebar(c, shown.ids, story)
    notices(shown.notes)
    headline = Spot(st.container())
    st.session_state.setdefault("view.tab", view.tab)  # a default that changes would make other tabs of them
    tabs = st.tabs(TABS, key=at("view.tab", view.tab), on_change="rerun")
    tab, below = tabs[TABS.index(view.tab)], st.container()
    with tab:
        if view.tab in ("Loss", "Path", "Parameters"):
            legend(c.style.colours, c.labels)
        if view.tab == "Loss":
            loss_controls(c)
    canvas = Spot(tab.container()) if view.tab == "Loss" else None

    histories = train_all(c.runs, c.room, view, c.style, headline, canvas)
    if view.tab not in OF_MANY:
        headline.say(sentence(histories, view.target))
    if story and view.tab in (story.page.view.tab, *(set(TABS) - set(OF_MANY))):
        headline.container.caption(story.hint)
    with tab:
        open_tab(c, shown.data, histories, headline, canvas)
    with below:
        results(c, histories)


def open_tab(
    c: Comparison, data: DataTab, histories: Sequence[History], headline: Spot, canvas: Spot | None
) -> None:
    tabs: dict[str, Callable[[], None]] = {
        "Fit": lambda: fit_tab(c, histories),
        "Path": lambda: path_tab(c, histories),
        "Parameters": lambda: parameters_tab(c, histories),
        "Data": lambda: data_tab(c.task, data),
        "Three ways": lambda: three_ways_tab(c),
        "Race": lambda: race_tab(c, headline),
        "Grid": lambda: grid_tab(c, headline),
    }
    if canvas is not None:
        loss_tab(c, histories, canvas)
    else:
        tabs[c.view.tab]()


begin()
shown = current()
write_address(shown.page)
st.session_state.drawn.begin()
main(shown)
st.session_state.drawn.end()
