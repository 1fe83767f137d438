"""Session state, address bar, and callbacks of buttons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard.ask import Ask
from dashboard.context import MAX_RUNS, Actions, TabSettings
from dashboard.controls import read, refused_texts
from dashboard.examples import ARRIVAL, EXAMPLES, Example
from dashboard.looks import assign_hues, looks
from dashboard.state import Page
from dashboard.tables import DataTab
from dashboard.tabs.rate import RATE, RateSettings, released_value
from dashboard.widgets import DrawnControls, RefusedText, escape_markdown
from trainers.charts import Look
from trainers.optimizers import OPTIMIZERS
from trainers.problems import PROBLEMS, CsvDataset
from trainers.problems.supervised import CSV
from trainers.run import Method, Task, runners, with_start
from trainers.settings import coerce
from trainers.words import safe_text


@dataclass(frozen=True)
class SessionPage:
    """Immutable state of a session. Replaced as a whole: Streamlit may stop a script anywhere."""

    page: Page
    ids: tuple[int, ...] = ()
    """Permanent ids of the methods, used in keys of controls and never reused."""
    notes: tuple[str, ...] = ()
    data: DataTab = field(default_factory=DataTab)
    hues: Mapping[int, tuple[Method, int]] = field(default_factory=lambda: MappingProxyType({}))
    """Variant and hue of each run by its id: see `assign_hues`."""
    csv: CsvDataset | None = None
    """Columns that a problem used last, for the next problem that can use them."""
    answered: Mapping[Ask, int | None] = field(default_factory=lambda: MappingProxyType({}))
    """Places of the answers chosen in this session; None if the question was skipped."""
    refused: Mapping[str, RefusedText] = field(default_factory=lambda: MappingProxyType({}))
    """Texts that were typed into controls of the problem but can't be used, by key."""

    def with_page(self, page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> "SessionPage":
        """Return the session with another page."""
        csv = getattr(page.task.problem, "csv", None) or self.csv
        hues = MappingProxyType(assign_hues(ids, page.methods, self.hues))
        refused = self.refused if page.task.problem == self.page.task.problem else MappingProxyType({})
        shown = replace(self, page=page, ids=tuple(ids), notes=tuple(notes), hues=hues, csv=csv)
        return replace(shown, refused=refused)

    @property
    def looks(self) -> tuple[Look, ...]:
        """The look of each run."""
        return looks(self.page.methods, [self.hues[id][1] for id in self.ids])

    @property
    def asks(self) -> bool:
        """Whether the page waits for an answer."""
        return self.page.ask is not None and self.page.ask not in self.answered

    def with_edits(self, changes: Mapping[str, Any]) -> "SessionPage":
        """Return the session after changes of controls, values by key. Never raises."""
        refused = refused_texts(changes, self.page.task.problem)
        usable = {key: value for key, value in changes.items() if key not in refused}
        page, notes = read(usable, self.page, self.ids, self.csv)
        earlier = {key: text for key, text in self.refused.items() if key not in changes}
        kept = replace(self, data=self.data.read(changes), refused=MappingProxyType(earlier | refused))
        return kept.with_page(page, self.ids, notes)


# --- The displayed page: from the controls, or from the address -----------------------------------


def set_page(page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> None:
    """Replace the page of the session."""
    st.session_state.session_page = st.session_state.session_page.with_page(page, ids, notes)


def page_from_controls(pressed: bool = False) -> SessionPage:
    """Return the session, with changes of controls applied; `pressed` if a button was."""
    session: SessionPage = st.session_state.session_page
    drawn: DrawnControls = st.session_state.drawn
    changes = drawn.changed_values(st.session_state.get, pressed)
    if changes:
        st.session_state.session_page = session = session.with_edits(changes)
        drawn.accept(changes)
    return session


def new_ids(count: int) -> list[int]:
    """Return ids for new runs, never used before in this session."""
    first = st.session_state.get("next_id", 0)
    st.session_state.next_id = first + count
    return list(range(first, first + count))


def resolve_page() -> SessionPage:
    """Return the session after changes of controls, or of the address (Back, Forward)."""
    state = st.session_state
    if "session_page" not in state:
        state.link, state.pending_link = (None, None), ""
        state.drawn, state.session_page = DrawnControls(), SessionPage(Page())
    button_pressed, before = state.pop("button_pressed", False), state.session_page
    session = page_from_controls(button_pressed)
    if (
        state.pending_link
        and session.data.table is not before.data.table
        and f"~{session.data.digest}~" in state.pending_link
    ):
        follow(state.pending_link)
    elif session == before and not button_pressed and address() != state.link[1]:
        state.link = (follow(address()), address())
    resolved: SessionPage = state.session_page
    return resolved


def follow(link: str) -> Page:
    """Load the page of a link; a link to a missing table waits for its upload."""
    session = st.session_state.session_page
    page, notes = Page.from_query(link, EXAMPLES[0].page, session.data.tables, ARRIVAL)
    set_page(page, kept_ids(session, page.methods), notes)
    st.session_state.pending_link = "" if getattr(page.task.problem, "csv", None) else link
    return page


def kept_ids(session: SessionPage, methods: Sequence[Method]) -> list[int]:
    """Return ids of methods: those of the session where the optimizers are of the same kinds, else new ones.

    So the settings of a run stay open while one goes back and forward.
    """
    kinds = [type(method.optimizer) for method in methods]
    if kinds == [type(method.optimizer) for method in session.page.methods]:
        return list(session.ids)
    return new_ids(len(methods))


def address() -> str:
    """Return the query string of the browser's address bar."""
    return urlencode([(key, value) for key in st.query_params for value in st.query_params.get_all(key)])


def write_address(page: Page) -> None:
    """Write the page's link into the address bar, unless it already leads to this page."""
    if page == st.session_state.link[0]:
        return
    pairs = parse_qsl(page.to_query())
    st.session_state.link = (page, urlencode(pairs))
    st.query_params.from_dict({key: [v for k, v in pairs if k == key] for key, _ in pairs})


def apply_page(page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> None:
    """Set a page made by a button; the address that came with the click is outdated."""
    st.session_state.button_pressed = True
    set_page(page, ids, notes)


def load_example(example: Example | None = None) -> None:
    """Load an example, by default the selected one, on its own tab, with its question before it."""
    selected = [each for each in EXAMPLES if each.name == st.session_state.example]
    for each in [example] if example else selected:
        count_choice()
        apply_page(each.asking, new_ids(len(each.page.methods)))


def answer(ask: Ask, place: int | None) -> None:
    """Take the answer to a question; None skips it. What the answer is about stays as it is."""
    current = page_from_controls(pressed=True)
    answered = MappingProxyType({**current.answered, ask: place})
    st.session_state.button_pressed = True
    st.session_state.session_page = replace(current, answered=answered)


def count_choice() -> None:
    """Count a choice in the sidebar after which a phone shows the page."""
    st.session_state.choices = st.session_state.get("choices", 0) + 1


def insert_run(after: int | None, method: Callable[[Method], Method]) -> None:
    """Insert a method made from run `after` behind it, or at the end. Ignored if the run was removed."""
    current = page_from_controls(pressed=True)
    page, ids, methods = current.page, current.ids, current.page.methods
    if len(ids) >= MAX_RUNS or (after is not None and after not in ids):
        return
    place = len(ids) if after is None else ids.index(after) + 1
    new = method(methods[place - 1]) if place else Method()
    settings = tuple(each.with_run_inserted(place) for each in page.settings)
    page = replace(page, methods=(*methods[:place], new, *methods[place:]), settings=settings)
    apply_page(page, (*ids[:place], *new_ids(1), *ids[place:]))


def copy_method(method: Method) -> Method:
    return method


def next_optimizer(method: Method) -> Method:
    """Return the next optimizer in the list, at its default settings."""
    kinds = list(OPTIMIZERS.values())
    kind = kinds[(kinds.index(type(method.optimizer)) + 1) % len(kinds)]
    supported = runners(kind)
    runner = method.runner if method.runner in supported else supported[0]
    return replace(method, optimizer=kind(), runner=runner)


def add_run(method: Method) -> None:
    """Add a run to the comparison, or show why not."""
    add_runs([method])


def add_runs(methods: Sequence[Method]) -> None:
    """Add those runs that the comparison has not, as many as there is room for, and show which."""
    current = page_from_controls()
    new = [method for method in methods if method not in current.page.methods]
    added = new[: MAX_RUNS - len(current.ids)]
    for method in methods:
        if method not in new:
            st.toast(f"{method.label} is in the comparison already.")
    if added:
        page = replace(current.page, methods=(*current.page.methods, *added))
        apply_page(page, (*current.ids, *new_ids(len(added))))
        what = added[0].label if len(added) == 1 else f"{len(added)} runs"
        st.toast(f"Added {what} to the comparison.")
    if len(added) < len(new):
        st.toast(f"A comparison has at most {MAX_RUNS} runs: remove one in the sidebar first.")


def vary_run(id: int) -> None:
    """Open the slider over the learning rate of a run."""
    current = page_from_controls(pressed=True)
    if id in current.ids:
        page = current.page.with_settings(RateSettings(run=current.ids.index(id) + 1))
        count_choice()
        apply_page(replace(page, tab=RATE.name), current.ids)
        start_varying()


def start_varying() -> None:
    """Put the slider over a hyperparameter to the value of its run."""
    current = page_from_controls()
    settings = current.page.of(RateSettings)
    if settings.run:
        optimizer = current.page.methods[settings.run - 1].optimizer
        change(replace(settings, value=getattr(optimizer, settings.x, settings.value)))


def keep_varied() -> None:
    """Add the runs at the place of the slider over a hyperparameter."""
    page = page_from_controls().page
    settings = page.of(RateSettings)
    value = released_value(st.session_state.get("rate.slider"))  # of the same message, if there is one
    settings = settings if value is None else replace(settings, value=value)
    add_runs(settings.kept(page.task, page.methods))


def remove_run(id: int) -> None:
    current = page_from_controls(pressed=True)
    page, ids, methods = current.page, current.ids, current.page.methods
    if id in ids:
        place = ids.index(id)
        settings = tuple(each.with_run_removed(place) for each in page.settings)
        page = replace(page, methods=methods[:place] + methods[place + 1 :], settings=settings)
        apply_page(page, ids[:place] + ids[place + 1 :])


def report_cleared() -> None:
    """Say that a number that was cleared keeps its value."""
    label = getattr(st.session_state.get("behavior"), "cleared", None)
    if isinstance(label, str):
        st.toast(f"{escape_markdown(safe_text(label))} needs a number: it keeps the one it had.")


def use_table() -> None:
    """Use the selected columns as the problem's data, and open the tab Fit."""
    current = page_from_controls()
    page, data = current.page, current.data
    csv = data.columns.dataset(data.table) if data.table else None
    kind = data.columns.model_of(csv) if csv else ""
    if kind:
        problem, notes = coerce(PROBLEMS[kind], {"source": CSV}, csv=csv)
        task, more = coerce(Task, vars(page.task), problem=problem)
        apply_page(replace(page, task=task, tab="Fit"), current.ids, notes + more)


def start_at(point: Sequence[float]) -> None:
    """Set the initial point of all runs, clamped to its bounds."""
    current = page_from_controls()
    task, notes = with_start(current.page.task, tuple(point))
    apply_page(replace(current.page, task=task), current.ids, notes)


def change(settings: TabSettings) -> None:
    """Replace the settings of a tab."""
    current = page_from_controls()
    apply_page(current.page.with_settings(settings), current.ids, current.notes)


ACTIONS = Actions(
    add=add_run,
    keep_varied=keep_varied,
    start_varying=start_varying,
    start_at=start_at,
    use_table=use_table,
    change=change,
)
