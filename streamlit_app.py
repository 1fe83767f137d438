"""Optimizer Lab: the page, read from top to bottom. Start it with `streamlit run streamlit_app.py`."""

import streamlit as st

st.set_page_config(page_title="Optimizer Lab", page_icon="📉", layout="wide")
st.title("Optimizer Lab", anchor=False)

# Importing torch takes seconds, once a process: the title is on the page before.
with st.skeleton(height=480):
    import gc
    from collections.abc import Sequence
    from functools import partial

    import torch

    from dashboard import downloads
    from dashboard.components import copy_link
    from dashboard.context import MOST_RUNS, Context
    from dashboard.examples import PRESETS, Preset
    from dashboard.session import (
        ACTIONS,
        SessionPage,
        current,
        insert,
        next_optimizer,
        remove,
        same,
        tell,
        write_address,
    )
    from dashboard.state import NAMES, Page
    from dashboard.tabs import TABS
    from dashboard.widgets import (
        Placeholder,
        all_controls,
        at,
        control,
        download,
        escaped,
        runs_table,
        select,
        spaced,
        swatch,
    )
    from dashboard.work import Histories, Training
    from trainers.charts import Style
    from trainers.optimizers import OPTIMIZERS
    from trainers.problems import PROBLEMS
    from trainers.reports import loss as loss_report
    from trainers.reports import validation
    from trainers.reports.conditioning import described
    from trainers.reports.names import names
    from trainers.reports.runs_table import cells
    from trainers.reports.summary import sentence
    from trainers.run import MAX_COORDINATES, Method, Task, runners
    from trainers.settings import settings_of

MOST_NOTES = 6
VERSIONS = (
    f"torch {torch.__version__}, one thread. The same link gives the same numbers on the same versions; "
    "times differ."
)


@st.cache_resource(show_spinner=False)
def begin() -> None:
    """Set up a process that serves many: one thread, and collections that leave out what is imported."""
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()


# --- The sidebar ----------------------------------------------------------------------------------


def sidebar(shown: SessionPage, colours: Sequence[str], example: Preset | None) -> None:
    """All that decides the numbers."""
    chosen = example.name if example else None
    st.pills(
        "Examples",
        [preset.name for preset in PRESETS],
        default=chosen,
        key=at("story", chosen),
        on_change=tell,
    )
    st.subheader("Problem", anchor=False)
    task_controls(shown.page.task)
    st.subheader(f"Runs ({len(shown.ids)} of {MOST_RUNS})", anchor=False)
    full = len(shown.ids) >= MOST_RUNS
    for id, method, colour in zip(shown.ids, shown.page.methods, colours, strict=True):
        run_controls(id, method, colour, full)
    at_end = (None, next_optimizer)
    st.button("Add run", on_click=insert, args=at_end, disabled=full, width="stretch", icon=":material/add:")


def task_controls(task: Task) -> None:
    """The problem, and how it is trained."""
    kind = type(task.problem).__name__
    select("Problem", list(PROBLEMS), kind, "problem", label_visibility="collapsed", format_func=spaced)
    st.caption(task.problem.summary)
    all_controls(task.problem, f"problem.{kind}")
    if curvature := described(task):
        st.caption(curvature)
    control("epochs", settings_of(task)["epochs"], task.epochs, "task.epochs")
    all_controls(task, "task", but="epochs")
    for remark in validation.remarks(task):
        st.caption(escaped(remark))
    if task.problem.num_params <= MAX_COORDINATES:
        start_controls(task)


def start_controls(task: Task) -> None:
    """Where the runs start."""
    chosen, hint = task.start is not None, "Instead of the start that the seed gives."
    st.checkbox("Custom initial point", chosen, key=at("start", chosen), help=hint)
    for name, x in zip(task.problem.names, task.start or (), strict=chosen):
        key = at(f"start.{name}", x)
        st.number_input(f"Initial {name}", value=x, step=0.5, format="%g", key=key)


def run_controls(id: int, method: Method, colour: str, full: bool) -> None:
    """One run: collapsed its label, opened all its settings."""
    kind = type(method.optimizer)
    with st.expander(f"{swatch(colour)} {method.label}", key=f"{id}.expander"):
        select("optimizer", list(OPTIMIZERS), kind.__name__, f"{id}.optimizer")
        st.caption(kind.summary)
        hint = settings_of(Method)["runner"].help
        select("runner", runners(kind), method.runner, f"{id}.runner", help=hint)
        all_controls(method.optimizer, f"{id}.{kind.__name__}")
        with st.container(horizontal=True):
            st.button("Duplicate", key=f"{id}.duplicate", on_click=insert, args=(id, same), disabled=full)
            st.button("Remove", key=f"{id}.remove", on_click=remove, args=(id,))


# --- The page -------------------------------------------------------------------------------------


def notices(notes: Sequence[str]) -> None:
    for note in notes[:MOST_NOTES]:
        st.warning(note.replace("_", "\\_"))
    if len(notes) > MOST_NOTES:
        st.warning(f"And {len(notes) - MOST_NOTES} more like these.")


def example_of(page: Page) -> Preset | None:
    """The example whose runs these are."""
    alike = (p for p in PRESETS if (p.page.task, p.page.methods) == (page.task, page.methods))
    return next(alike, None)


def main(shown: SessionPage) -> None:
    """All but the title."""
    page, tab, dark = shown.page, shown.page.open_tab, st.context.theme.type == "dark"
    labels = tuple(names(page.methods))
    style = Style.of(labels, [method.runner for method in page.methods], dark)
    example = example_of(page)
    with st.sidebar:
        sidebar(shown, style.colours, example)
    notices(shown.notes)
    headline = Placeholder(st.container())
    st.session_state.setdefault("view.tab", page.tab)  # a default that changes would make other tabs of them
    tabs, below = st.tabs(NAMES, key=at("view.tab", page.tab), on_change="rerun"), st.container()
    progress = headline if tab.about_runs else Placeholder(below.container())

    def told(histories: Histories) -> None:
        if tab.about_runs:
            headline.say(sentence(histories, page.view.target))
        else:
            progress.clear()

    train = Training(page.runs, labels, progress, told)
    with tabs[TABS.index(tab)]:
        context = Context(
            task=page.task,
            runs=train.runs,
            names=labels,
            style=style,
            dark=dark,
            room=train.room,
            view=page.view,
            settings=page.by_key().get(tab.key),
            tables=shown.data,
            headline=headline,
            train=train,
            actions=ACTIONS,
        )
        tab.draw(context)
    histories = train()
    if example and (tab.about_runs or tab.name == example.page.tab):
        headline.container.caption(example.hint)
    with below:
        results(page, histories, labels, style)


def results(page: Page, histories: Histories, labels: Sequence[str], style: Style) -> None:
    """The table of runs, the link, and what can be taken along."""
    if histories:
        st.markdown("**Your runs**")
        runs_table(cells(histories, labels, page.view.target), style.colours, "How each run ended")
    link = f"{str(st.context.url).partition('?')[0].rstrip('/')}/?{page.to_query()}"
    copy_link()(data={"link": link}, key="copy")
    with st.container(horizontal=True, vertical_alignment="center"):
        download("Curves (CSV)", partial(downloads.curves_csv, page, histories.room), "curves.csv")
        download("Settings (JSON)", partial(downloads.settings_json, page, link), "settings.json")
        download("Chart (SVG)", partial(downloads.loss_svg, page, histories.room), "loss.svg")
    for remark in loss_report.kept_remarks(histories):
        st.caption(remark)
    st.caption(VERSIONS)


begin()
shown = current()
write_address(shown.page)
st.session_state.drawn.begin()
main(shown)
st.session_state.drawn.end()
