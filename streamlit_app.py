"""Optimizer Lab: the page, read from top to bottom. Start it with `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st

st.set_page_config(page_title="Optimizer Lab", page_icon="📉", layout="wide")
st.html(Path(__file__).parent / "dashboard" / "page.css")
if st.query_params.get("view") != "chart":
    st.title("Optimizer Lab", anchor=False)

# Importing torch takes seconds, once per process: the title is shown first.
with st.skeleton(height=480):
    import gc
    import os
    import sys
    from collections.abc import Callable, Mapping, Sequence
    from dataclasses import replace
    from functools import partial
    from html import escape
    from typing import Any

    import torch

    from dashboard import downloads
    from dashboard.ask import Ask
    from dashboard.components import copier, page_behavior, player
    from dashboard.context import MAX_RUNS, Context
    from dashboard.controls import METHOD_PARTS, NONE
    from dashboard.examples import EXAMPLES, Example, example_of, neighbor, question_of
    from dashboard.own_problem import ProblemError, offer_problem, read_place
    from dashboard.session import (
        ACTIONS,
        SessionPage,
        answer,
        copy_method,
        insert_run,
        load_example,
        next_optimizer,
        remove_run,
        report_cleared,
        resolve_page,
        vary_run,
        write_address,
    )
    from dashboard.state import NAMES, Page
    from dashboard.tabs import COMPARE, TABS
    from dashboard.take_along import take_along
    from dashboard.widgets import (
        Placeholder,
        all_controls,
        class_title,
        control_key,
        download,
        escape_markdown,
        select,
        swatch_table,
        swatches,
    )
    from dashboard.work import COUNTING, Histories, Training
    from trainers.charts import Look, Style
    from trainers.digits import Digits
    from trainers.links import DEFAULTS
    from trainers.optimizers import by_group
    from trainers.optimizers.external import offer_more
    from trainers.problems import PROBLEMS
    from trainers.reports import loss as loss_report
    from trainers.reports import validation
    from trainers.reports.conditioning import hessian_summary
    from trainers.reports.formula import smallest_summary
    from trainers.reports.names import names, names_without_lr
    from trainers.reports.plain_text import result_text
    from trainers.reports.questions import Question
    from trainers.reports.remarks import remarks
    from trainers.reports.runs_table import cells, digits_caption
    from trainers.reports.summary import sentence
    from trainers.run import MAX_COORDINATES, Method, Task, runners, snapshot_epochs
    from trainers.settings import Settings, settings_of
    from trainers.words import join_words

MAX_NOTES = 6
PART_LABELS = {"schedule": "Schedule", "clipping": "Gradient clipping"}
PART_HELP = {
    "schedule": "How the learning rate changes over the epochs; none: it stays as it is.",
    "clipping": "A limit of the gradient before each update.",
}
VARY_HELP = "Opens a slider over its learning rate, or another of its hyperparameters."
FIRST = ("epochs", "batch_size")
"""Settings of the training that are visible at once."""
VERSIONS = (
    f"torch {torch.__version__}, one thread. The same link gives the same numbers on the same versions; "
    "times differ."
)


@st.cache_resource(show_spinner=False)
def configure_process() -> str:
    """Configure the server process: one thread for torch; imported objects are not garbage-collected.

    Offer optimizers of another package, and the problem of whoever runs the server; return what is wrong with
    that, "" if nothing is.
    """
    torch.set_num_threads(1)
    offer_more()
    gc.collect()
    gc.freeze()
    try:
        place, _ = read_place(sys.argv[1:], os.environ)
        _ = offer_problem(place) if place else ""
    except ProblemError as error:
        print(f"{error}.", file=sys.stderr)
        return "The server was to offer a problem of its own, which could not be loaded: see its terminal."
    return ""


# --- The sidebar ----------------------------------------------------------------------------------


def sidebar(session: SessionPage, style: Style) -> None:
    """Draw the sidebar: examples, runs, problem and training."""
    example_controls(example_of(session.page))
    full = len(session.ids) >= MAX_RUNS
    st.subheader(f"Runs ({len(session.ids)}{', the most' * full})", anchor=False)
    methods = session.page.methods
    rows = zip(session.ids, methods, swatches(style), names_without_lr(methods), strict=True)
    for id, method, mark, name in rows:
        run_controls(id, method, f"{mark} {name}", full, session.page.task)
    at_end = (None, next_optimizer)
    st.button(
        "Add run", on_click=insert_run, args=at_end, disabled=full, width="stretch", icon=":material/add:"
    )
    st.subheader("Problem", anchor=False)
    task_controls(session.page.task, session.asks)


def example_controls(example: Example | None) -> None:
    """Draw the choice of an example, and the way to the one before and the next."""
    chosen = example.name if example else None
    numbered = {each.name: f"{number}. {each.name}" for number, each in enumerate(EXAMPLES, start=1)}
    st.selectbox(
        "Examples",
        list(numbered),
        index=EXAMPLES.index(example) if example else None,
        key=control_key("example", chosen),
        format_func=numbered.__getitem__,
        placeholder="Choose an example",
        on_change=load_example,
    )
    with st.container(horizontal=True):
        for label, step in (("Previous", -1), ("Next", 1)):
            target = neighbor(example, step)
            st.button(
                label,
                key=f"example.{label.lower()}",
                on_click=load_example,
                args=(target,),
                disabled=target is None,
                width="stretch",
            )


def task_controls(task: Task, asks: bool) -> None:
    """Draw the controls of the problem and of its training; the stability limit may answer a question."""
    kind = type(task.problem).__name__
    select("Problem", list(PROBLEMS), kind, "problem", label_visibility="collapsed", format_func=class_title)
    st.caption(task.problem.summary)
    all_controls(task.problem, f"problem.{kind}")
    if not asks and (curvature := hessian_summary(task)):
        st.caption(curvature)
    if not asks and (smallest := smallest_summary(task.problem)):
        st.caption(smallest)
    all_controls(task, "task", only=FIRST)
    for remark in validation.split_warnings(task):
        st.caption(escape_markdown(remark))
    with st.expander("More", key="more"):
        all_controls(task, "task", but=FIRST)
        if task.problem.num_params <= MAX_COORDINATES:
            start_controls(task)


def start_controls(task: Task) -> None:
    """Draw the controls of the initial point."""
    chosen, hint = task.start is not None, "Replaces the initial point given by the seed."
    st.checkbox("Custom initial point", chosen, key=control_key("start", chosen), help=hint)
    for name, x in zip(task.problem.names, task.start or (), strict=chosen):
        key = control_key(f"start.{name}", x)
        st.number_input(f"Initial {name}", value=x, step=0.5, format="%g", key=key)


def run_controls(id: int, method: Method, label: str, full: bool, task: Task) -> None:
    """Draw the settings of one run: in a row with its label the learning rate, the others in an expander."""
    optimizer, kind = method.optimizer, type(method.optimizer)
    prefix = f"{id}.{kind.__name__}"
    with st.container(key=f"run-row-{id}"):
        with st.expander(label, key=f"{id}.expander"):
            titles = by_group()
            name = kind.__name__
            select("Optimizer", list(titles), name, f"{id}.optimizer", format_func=titles.__getitem__)
            st.caption(kind.summary)
            hint = settings_of(Method)["runner"].help
            select("Implementation", runners(kind, task.problem), method.runner, f"{id}.runner", help=hint)
            all_controls(optimizer, prefix, but=("lr",))
            for name, kinds in METHOD_PARTS.items():
                part_controls(id, name, kinds, getattr(method, name))
            for remark in remarks(task, method):
                st.caption(remark)
            with st.container(horizontal=True, gap="small"):
                st.button(
                    "Duplicate",
                    key=f"{id}.duplicate",
                    on_click=insert_run,
                    args=(id, copy_method),
                    disabled=full,
                )
                st.button("Remove", key=f"{id}.remove", on_click=remove_run, args=(id,))
                st.button("Vary", key=f"{id}.vary", on_click=vary_run, args=(id,), help=VARY_HELP)
        all_controls(optimizer, prefix, only=("lr",))


def part_controls(id: int, name: str, kinds: Mapping[str, type[Settings]], held: Settings | None) -> None:
    """Draw the choice of a schedule or of clipping, with its settings."""
    chosen = NONE if held is None else type(held).__name__
    select(PART_LABELS[name], [NONE, *kinds], chosen, f"{id}.{name}", help=PART_HELP[name])
    if held is not None:
        st.caption(held.summary)
        all_controls(held, f"{id}.{name}.{chosen}")


# --- The page -------------------------------------------------------------------------------------


def show_notices(notes: Sequence[str]) -> None:
    for note in notes[:MAX_NOTES]:
        st.warning(escape_markdown(note))
    if len(notes) > MAX_NOTES:
        st.warning(f"And {len(notes) - MAX_NOTES} more like these.")


def main(session: SessionPage) -> None:
    """Draw the page below its title."""
    page, dark = session.page, st.context.theme.type == "dark"
    labels = tuple(names(page.methods))
    style = Style.of(labels, session.looks, dark)
    alone = page.display == "chart"
    if alone:
        st.html(Path(__file__).parent / "dashboard" / "chart.css")
    else:
        with st.sidebar:
            sidebar(session, style)
    show_notices(session.notes)
    if session.asks and page.ask is not None:
        ask_first(page.ask, question_of(page))
        add_behavior(page, asks=True)
        meanwhile = Placeholder(st.container(key="meanwhile"))
        Training(page.runs, labels, meanwhile, lambda _: meanwhile.clear())()
        st.caption(VERSIONS)
        return
    if alone:
        draw_tab(session, labels, style, dark, st.container())
        add_behavior(page)
        return
    st.session_state.setdefault("view.tab", page.tab)  # a changing default would replace the widget
    tabs, below = st.tabs(NAMES, key=control_key("view.tab", page.tab), on_change="rerun"), st.container()
    with tabs[TABS.index(page.open_tab)]:
        training = draw_tab(session, labels, style, dark, below)
        if (example := example_of(page)) and example.hints_at(page):
            st.markdown(f"**{example.name}** {example.hint}")
    add_behavior(page)
    with below:
        draw_results(page, training, labels, style, session.looks)


def address(query: str) -> str:
    """Return the address of the page with this query."""
    return f"{str(st.context.url).partition('?')[0].rstrip('/')}/?{query}"


def link_to(page: Page) -> str:
    """Return the link to a page, which asks nothing."""
    return address(replace(page, ask=None).to_query())


def ask_first(ask: Ask, question: Question) -> None:
    """Draw a question in place of all that would answer it."""
    with st.container(key="question"):
        asker = "This link asks" if ask.text else "What do you expect?"
        st.html(f"<p>{asker}</p><h2 tabindex='-1'>{escape(question.text)}</h2>")
        for place, text in enumerate(question.answers):
            key = f"answer.{place}"
            st.button(escape_markdown(text), key=key, on_click=answer, args=(ask, place), width="stretch")
        st.button("Skip", key="answer.skip", on_click=answer, args=(ask, None), type="tertiary")


def report_answer(
    session: SessionPage,
    histories: Histories,
    digits: Callable[[], Sequence[Digits | None]],
    place: Any,
) -> None:
    """Say whether the guess about this page was right, if one was made."""
    ask = session.page.ask
    guess = None if ask is None else session.answered[ask]
    if ask is not None and guess is not None:
        question = question_of(session.page)
        with place:
            show_answer(question, guess, question.right(histories, digits()), by_link=bool(ask.text))


def show_answer(question: Question, guess: int, right: Sequence[int], by_link: bool) -> None:
    """Say whether a guess was right, or what the link says of it."""
    said = join_words([f"“{escape(question.answers[place])}”" for place in right] or ["none of these"])
    if guess in right:
        look, text = "answer", "Your guess is this link's answer:" if by_link else "Your guess was right:"
    else:
        look, text = "answer missed", "This link's answer:" if by_link else "In fact:"
    guessed = "" if guess in right else f"You guessed “{escape(question.answers[guess])}”. "
    st.html(f"<p class='{look}' role='status' tabindex='-1'>{guessed}<strong>{text}</strong> {said}.</p>")


def snapshot_list(page: Page) -> list[int]:
    """Return the epochs of the slider of the open tab."""
    count = page.open_tab.snapshots
    return snapshot_epochs(page.task.epochs, count) if count else []


def add_behavior(page: Page, asks: bool = False) -> None:
    """Add play buttons, set the slider to the epoch of the link, and add what fields and the sidebar do."""
    player()(
        data={
            "playOnArrival": page.open_tab is COMPARE and page.at is None,
            "at": page.at,
            "epochs": snapshot_list(page),
        },
        key="player",
    )
    page_behavior()(
        data={"choices": st.session_state.get("choices", 0), "question": asks},
        key="behavior",
        on_cleared_change=report_cleared,
    )


def draw_tab(session: SessionPage, labels: tuple[str, ...], style: Style, dark: bool, below: Any) -> Training:
    """Draw the open tab, with its summary sentence above; the runs are trained when it needs them."""
    page, tab, answered = session.page, session.page.open_tab, st.container()
    headline = Placeholder(st.container(key="headline"))
    progress = headline if tab.about_runs else Placeholder(below.container())
    if not tab.about_runs:
        progress.temporary()  # in place of the bar of a script that was ended

    def make_room(_: Histories) -> None:
        if tab.about_runs:  # without their digits, runs might be told apart that rounding sets apart
            headline.say(f"{COUNTING} …")
        else:
            progress.clear()

    train = Training(page.runs, labels, progress, make_room)
    context = Context(
        task=page.task,
        runs=train.runs,
        names=labels,
        style=style,
        looks=session.looks,
        dark=dark,
        alone=page.display == "chart",
        link=link_to(page),
        room=train.room,
        view=page.view,
        settings=page.by_key().get(tab.key),
        tables=session.data,
        headline=headline,
        train=train,
        digits=train.digits,
        actions=ACTIONS,
    )
    tab.draw(context)
    histories = train()
    report_answer(session, histories, train.digits, answered)
    if tab.about_runs:
        headline.say(sentence(histories, page.view.target, train.digits()))
    return train


def teaching_links(page: Page, ask: Ask) -> None:
    """Draw the short link to a page, and the one that asks before it shows the page."""
    st.caption(
        f"Short links leave out what has its default, and name the version of the defaults: {DEFAULTS}."
    )
    pages = {"Copy short link": page}
    if page.methods:
        pages["Copy question link"] = replace(page, ask=ask)
    for label, each in pages.items():
        data = {"link": address(each.to_short_query()), "label": label, "epochs": snapshot_list(page)}
        copier()(data=data, key=label)


def draw_results(
    page: Page, training: Training, labels: Sequence[str], style: Style, looks: Sequence[Look]
) -> None:
    """Draw the table of runs, the link, and the downloads."""
    histories, digits = training(), training.digits()
    rows = cells(histories, labels, page.view.target, digits)
    if histories:
        st.markdown("**Your runs**")
        swatch_table(rows, "run", swatches(style), "Results of each run")
        if told := digits_caption(digits):
            st.caption(told)
    link = link_to(page)
    copier()(data={"link": link, "epochs": snapshot_list(page)}, key="copy")
    with st.container(horizontal=True, vertical_alignment="center"):
        if histories:

            def result() -> str:
                return result_text(link, sentence(histories, page.view.target, digits), rows)

            runs = page.runs[0] if len(page.runs) == 1 else page.runs
            take_along("Take along", result, "runs", runs, labels, link)
            download("Curves (CSV)", partial(downloads.curves_csv, page, histories.room), "curves.csv")
            download("Chart (SVG)", partial(downloads.loss_svg, page, histories.room, looks), "loss.svg")
        download("Settings (JSON)", partial(downloads.settings_json, page, link), "settings.json")
        opened = st.popover("For teaching", icon=":material/school:", key="teaching", on_change="rerun")
        with opened:
            if opened.open:
                teaching_links(replace(page, ask=None), page.ask or Ask(page.comparison))
    for remark in loss_report.storage_captions(histories):
        st.caption(remark)
    st.caption(VERSIONS)


if failure := configure_process():
    st.error(failure)
session = resolve_page()
write_address(session.page)
st.session_state.drawn.begin()
main(session)
st.session_state.drawn.end()
