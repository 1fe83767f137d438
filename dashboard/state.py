"""State of the page: the comparison and its display. A link holds all of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

from dashboard.ask import Ask, Comparison
from dashboard.context import MAX_RUNS, Tab, TabSettings, View
from dashboard.tabs import TABS
from trainers import links
from trainers.datasets.csv.table import CsvTable
from trainers.links import BEGIN, DEFAULTS, END, FORMER, Link, parameters
from trainers.reports.loss import available_metrics
from trainers.run import NO_TABLES, Method, Run, Task, make_run, read_methods, read_task
from trainers.settings import Choice, Integer, SettingError
from trainers.words import quoted

NAMES = tuple(tab.name for tab in TABS)
SETTINGS = {tab.key: tab.settings for tab in TABS if tab.settings is not None}
"""Classes of the settings of tabs, by the tab's key."""
TAB = Choice("Loss", "The open tab.", NAMES)
EPOCH = Integer(0, "The epoch at which the slider over time begins.", 0, 100_000)
DISPLAY = Choice("page", "The whole page, or the open tab alone.", ("page", "chart"))
OLD_PLACES = {"zoom": ("path", "zoom"), "lesson": ("three_ways", "run"), "optimizers": ("race", "optimizers")}
"""Parameters of older links, and the tab and setting that replace them."""
OLD_TABS = {"grid": "Grid search"}
"""The tabs of older links, in lower case, and their names now."""
NO_NAMES: Mapping[str, str] = MappingProxyType({})
Kind = TypeVar("Kind", bound=TabSettings)


@dataclass(frozen=True)
class Page:
    """A task, the methods compared on it, the open tab, and the settings of the display."""

    task: Task = Task()
    methods: tuple[Method, ...] = ()
    tab: str = TAB.default
    view: View = View()
    settings: tuple[TabSettings, ...] = ()
    """Settings of tabs: the last of each class, the default of missing ones."""
    display: str = DISPLAY.default
    """Whether all of the page is shown, or the open tab alone."""
    at: int | None = None
    """Epoch at which the slider over time begins; None for the last. Only copied links have it."""
    ask: Ask | None = None
    """Question to be answered before the comparison is shown. None as soon as this is another comparison."""

    def __post_init__(self) -> None:
        TAB.validate("tab", self.tab)
        DISPLAY.validate("view", self.display)
        suited = tuple(method.suited(self.task.problem) for method in self.methods)
        object.__setattr__(self, "methods", suited)
        metrics = available_metrics(self.task.training)
        if self.view.y not in metrics:
            object.__setattr__(self, "view", replace(self.view, y=metrics[0]))
        given = {type(settings): settings for settings in self.settings}
        each = (given.get(kind, kind()) for kind in SETTINGS.values())
        fitted = tuple(settings.adapted(self.task, self.methods) for settings in each)
        object.__setattr__(self, "settings", fitted)
        if self.ask is not None and self.ask.about != self.comparison:
            object.__setattr__(self, "ask", None)

    @property
    def comparison(self) -> Comparison:
        return self.task, self.methods, self.view.target

    @property
    def open_tab(self) -> Tab:
        return TABS[NAMES.index(self.tab)]

    def of(self, kind: type[Kind]) -> Kind:
        """Return the settings of that class."""
        return next(settings for settings in self.settings if isinstance(settings, kind))

    def with_settings(self, settings: TabSettings) -> "Page":
        """Return the page with other settings of a tab."""
        others = (each for each in self.settings if type(each) is not type(settings))
        return replace(self, settings=(*others, settings))

    def by_key(self) -> dict[str, TabSettings]:
        """Return the settings of tabs by the tab's key."""
        return dict(zip(SETTINGS, self.settings, strict=True))

    @property
    def runs(self) -> tuple[Run, ...]:
        return tuple(make_run(self.task, method) for method in self.methods)

    def to_query(self) -> str:
        """Return the query string of a link to this page: all of its settings, between begin and end."""
        tabs = [f"{key}={links.write_settings(settings)}" for key, settings in self.by_key().items()]
        shown = [f"tab={self.tab}", *parameters(View, self.view), *tabs]
        shared = [self.task.to_query(), *self._runs()]
        return _joined(f"{BEGIN}=1", *shared, *shown, *self._display(), f"{END}=1")

    def to_short_query(self) -> str:
        """Return the query string of a short link: without defaults, but with the version of these."""
        tabs = [
            f"{key}={links.write_settings(settings, short=True)}"
            for key, settings in self.by_key().items()
            if settings != SETTINGS[key]().adapted(self.task, self.methods)
        ]
        shown = [f"tab={self.tab}"] * (self.tab != TAB.default) + parameters(View, self.view, short=True)
        version = f"v={DEFAULTS}"
        return _joined(self.task.to_query(True), *self._runs(True), *shown, *tabs, *self._display(), version)

    def _runs(self, short: bool = False) -> list[str]:
        """Return the runs of a link, and the question about them."""
        runs = [method.to_query(short) for method in self.methods] or ["run=none"]
        return [*runs, f"ask={self.ask.write()}"] if self.ask else runs

    def _display(self) -> list[str]:
        return [f"view={self.display}"] * (self.display != DISPLAY.default)

    @classmethod
    def from_query(
        cls,
        text: str,
        otherwise: "Page | None" = None,
        tables: Mapping[str, CsvTable] = NO_TABLES,
        arrival: "Page | None" = None,
    ) -> tuple["Page", list[str]]:
        """Return the page of any link, and notes on what was ignored or clamped. Never raises.

        `tables` are the user's, by digest. A link that names nothing opens `arrival`, or `otherwise`. A
        link without runs gets the methods of `otherwise`, on its task unless the link has one. A damaged run
        is left out.
        """
        link = Link(text)
        display, at = _choice(link, "view", DISPLAY), _epoch(link)
        version, ask = _version(link), link.take("ask")
        if not link.texts and not link.cut:
            page = replace(arrival or otherwise or cls(), display=display, at=at)
            return _asking(page, ask, link), [*version, *link.notes]
        if link.texts.get("run") == ["none"] or link.cut:
            otherwise = None
        if otherwise is not None and "run" not in link.texts:
            base = Link(otherwise.to_query()).texts
            link.texts = {name: texts for name, texts in base.items() if name != "run"} | link.texts
        task, readings = read_task(link, tables), read_methods(link)
        methods = tuple(_undamaged(link, readings))
        if len(methods) > MAX_RUNS:
            link.notes.append(f"The link has {len(methods)} runs: using the first {MAX_RUNS}.")
        methods = methods[:MAX_RUNS] if readings else (otherwise.methods if otherwise else ())
        tab = _choice(link, "tab", TAB, OLD_TABS)
        view, settings = link.settings(View), tuple(_tab_settings(link))
        page = _asking(cls(task, methods, tab, view, settings, display, at), ask, link)
        first = [*filter(None, [link.damage_sentence()]), *version]
        return page, [*first, *link.notes, *link.rest()]


def _joined(*parts: str) -> str:
    return "&".join(filter(None, parts)).replace(" ", "+")


def _version(link: Link) -> list[str]:
    """Take the version of the defaults from a link; returns a note if it is another one."""
    version = link.take("v")
    link.former = FORMER.get(version or "", {})
    if version in (None, DEFAULTS, *FORMER):
        return []
    return [
        f"This short link means the defaults of version {quoted(str(version))}: what it leaves out has those "
        f"of version {DEFAULTS} here."
    ]


def _asking(page: Page, ask: str | None, link: Link) -> Page:
    """Return the page with the question of a link, or with a note why there is none."""
    try:
        return page if ask is None else replace(page, ask=Ask.read(ask, page.comparison))
    except ValueError as error:
        link.notes.append(f"{error}: no question is asked.")
        return page


def _undamaged(link: Link, readings: Sequence[links.Reading]) -> Iterator[Method]:
    """Yield the methods of a link, with a note in place of each damaged one."""
    for number, reading in enumerate(readings, start=1):
        if reading.damaged:
            link.damage.append(f"run {number}")
            reasons = " ".join(note.partition(": using")[0].removesuffix(".") + "." for note in reading.notes)
            link.notes.append(f"Run {number} is left out: {reasons}")
        else:
            yield link.accept(reading, f"run {number}", f"Run {number}: ")


def _choice(link: Link, name: str, choice: Choice, old: Mapping[str, str] = NO_NAMES) -> str:
    """Take the value of a choice from a link; its default, with a note, if it is none of the options."""
    text = link.take(name) or choice.default
    try:
        return str(choice.validate(name, choice.read(old.get(text.lower(), text))))
    except ValueError as error:
        link.damage.append(name)
        link.notes.append(f"{error}: using {choice.default}.")
        return str(choice.default)


def _epoch(link: Link) -> int | None:
    """Take the epoch at which the slider over time begins from a link; None, with a note, if it is none."""
    text = link.take("at")
    try:
        return None if text is None else int(EPOCH.validate("at", EPOCH.read(text)))
    except ValueError as error:
        reason = str(error) if isinstance(error, SettingError) else f"at must be {error}"
        link.damage.append("at")
        link.notes.append(f"{reason}: ignored.")
        return None


def _tab_settings(link: Link) -> Iterator[Any]:
    old = {place: link.take(name) for name, place in OLD_PLACES.items()}
    for key, kind in SETTINGS.items():
        texts = {name: text for (tab, name), text in old.items() if tab == key and text is not None}
        yield link.compact(key, kind, texts)
