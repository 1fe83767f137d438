"""What a session keeps, the address bar, and what buttons do to the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard.context import MOST_RUNS, Actions
from dashboard.controls import read
from dashboard.examples import PRESETS
from dashboard.state import Page
from dashboard.tables import DataTab
from dashboard.widgets import Drawn
from trainers.optimizers import OPTIMIZERS, Optimizer
from trainers.problems import PROBLEMS, CsvDataset
from trainers.problems.supervised import CSV
from trainers.run import Method, Task, runners, with_start
from trainers.settings import coerce


@dataclass(frozen=True)
class SessionPage:
    """A page with what a session needs to show it. It is kept and replaced as one value, never in part."""

    page: Page
    ids: tuple[int, ...] = ()
    """Names of its methods, for good: keys of controls, never used again for another run."""
    notes: tuple[str, ...] = ()
    data: DataTab = field(default_factory=DataTab)
    csv: CsvDataset | None = None
    """The columns that a problem used last, for the next problem that can use them."""

    def turned(self, page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> "SessionPage":
        """Another page in the same session."""
        csv = getattr(page.task.problem, "csv", None) or self.csv
        return replace(self, page=page, ids=tuple(ids), notes=tuple(notes), csv=csv)

    def edited(self, touched: Mapping[str, Any]) -> "SessionPage":
        """After somebody touched these controls: their values, by key. Never raises."""
        page, notes = read(touched, self.page, self.ids, self.csv)
        return replace(self, data=self.data.read(touched)).turned(page, self.ids, notes)


# --- What is shown: the page of the controls, or of the address -----------------------------------------


def show(page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> None:
    """Let the controls show this page. Streamlit may end the script at any line of this."""
    st.session_state.shown = st.session_state.shown.turned(page, ids, notes)


def edited() -> SessionPage:
    """The page as it was shown last, and what has been touched since."""
    shown: SessionPage = st.session_state.shown
    drawn: Drawn = st.session_state.drawn
    touched = drawn.touched(st.session_state.get)
    if touched:
        st.session_state.shown = shown = shown.edited(touched)
        drawn.known(touched)
    return shown


def fresh(count: int) -> list[int]:
    """Names for new runs, never used before in this session."""
    first = st.session_state.get("next_id", 0)
    st.session_state.next_id = first + count
    return list(range(first, first + count))


def current() -> SessionPage:
    """What to show: the controls if they changed, else the address if it did (Back, Forward)."""
    state = st.session_state
    if "shown" not in state:
        state.link, state.awaited = (None, None), ""
        state.drawn, state.shown = Drawn(), SessionPage(Page())
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
    found: SessionPage = state.shown
    return found


def follow(link: str) -> Page:
    """Show the page of a link; one to a table that is not here waits for it."""
    shown = st.session_state.shown
    page, notes = Page.from_query(link, PRESETS[0].page, shown.data.tables)
    show(page, fresh(len(page.methods)), notes)
    st.session_state.awaited = "" if getattr(page.task.problem, "csv", None) else link
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


def remove(id: int) -> None:
    was = edited()
    page, ids, methods = was.page, was.ids, was.page.methods
    if id in ids:
        place = ids.index(id)
        page = replace(page, methods=methods[:place] + methods[place + 1 :])
        act(page, ids[:place] + ids[place + 1 :])


def use() -> None:
    """Make the chosen columns the problem's data, on the tab where their fit is seen."""
    was = edited()
    page, data = was.page, was.data
    csv = data.columns.dataset(data.table) if data.table else None
    kind = data.columns.model_of(csv) if csv else ""
    if kind:
        problem, _ = coerce(PROBLEMS[kind], {"source": CSV}, csv=csv)
        task, _ = coerce(Task, vars(page.task), problem=problem)
        act(replace(page, task=task, tab="Fit"), was.ids)


def start_at(point: Sequence[float]) -> None:
    """Start all runs there, or as near to it as can be."""
    was = edited()
    task, notes = with_start(was.page.task, tuple(point))
    act(replace(was.page, task=task), was.ids, notes)


ACTIONS = Actions(add=add, start_at=start_at, use_table=use)
