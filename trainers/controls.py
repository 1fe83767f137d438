"""The page as the values of its controls, and back from whatever the controls say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from trainers.data_tab import DataTab
from trainers.grids import Grid
from trainers.optimizers import OPTIMIZERS
from trainers.page import Page, View
from trainers.problems import PROBLEMS, Own
from trainers.races.spec import Racing
from trainers.run import MOST_COORDINATES, Method, Task, begun_at, runners
from trainers.settings import Integer, Settings, knobs, nearest
from trainers.sweeps.axis import LARGEST
from trainers.words import is_number


@dataclass(frozen=True)
class Shown:
    """A page with what a session needs to show it. It is kept and replaced as one value, never in part."""

    page: Page
    ids: tuple[int, ...] = ()
    """Names of its methods, for good: keys of controls, never used again for another run."""
    notes: tuple[str, ...] = ()
    data: DataTab = field(default_factory=DataTab)
    own: Own | None = None
    """The columns that a problem used last, for the next problem that can use them."""

    def turned(self, page: Page, ids: Sequence[int], notes: Sequence[str] = ()) -> "Shown":
        """Another page in the same session."""
        own = getattr(page.task.problem, "own", None) or self.own
        return replace(self, page=page, ids=tuple(ids), notes=tuple(notes), own=own)

    def edited(self, touched: Mapping[str, Any]) -> "Shown":
        """After somebody touched these controls: their values, by key. Never raises."""
        page, notes = read(touched, self.page, self.ids, self.own)
        return replace(self, data=self.data.read(touched)).turned(page, self.ids, notes)


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

    def touched(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The values of those that somebody has touched."""
        now = {key: found.get(key, values[-1]) for key, values in self.values.items()}
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
    usable = [is_number(number) and -LARGEST <= number <= LARGEST for number in numbers]
    return [tuple(map(float, numbers))] if all(usable) else []


def values(page: Page, ids: Sequence[int]) -> dict[str, Any]:
    """The value of each control, by its key. `ids` name the methods, one each, for good."""
    task = page.task
    found: dict[str, Any] = {
        "problem": type(task.problem).__name__,
        "start": task.start is not None,
        **_of(task, "task"),
        **_of(task.problem, _prefix("problem", task.problem)),
        **start_values(task),
        **_of(page.view, "view"),
        **_of(page.racing, "race"),
        **_of(page.grid, "grid"),
    }
    for id, method in zip(ids, page.methods, strict=True):
        found[f"{id}.optimizer"] = type(method.optimizer).__name__
        found[f"{id}.runner"] = method.runner
        found |= _of(method.optimizer, _prefix(id, method.optimizer))
    return found


def read(
    found: Mapping[str, Any], page: Page, ids: Sequence[int], own: Own | None = None
) -> tuple[Page, list[str]]:
    """The page that the controls ask for, and notes on what they ask that can't be. Never raises.

    A control without a value stands as on `page`. `own` are the columns for a problem that wants some.
    """
    task, notes = _task(found, page.task, own)
    methods = []
    for number, (id, shown) in enumerate(zip(ids, page.methods, strict=True), start=1):
        method, more = _method(found, id, shown)
        methods.append(method)
        notes += [f"Run {number}: {note}" for note in more]
    view, about_view = _settings(found, "view", View, page.view)
    racing, about_race = _settings(found, "race", Racing, page.racing)
    grid, about_grid = _settings(found, "grid", Grid, page.grid)
    return Page(task, tuple(methods), view, racing, grid), notes + about_view + about_race + about_grid


def start_values(task: Task) -> dict[str, float]:
    """The coordinates of the start, if they are few enough to be chosen."""
    if task.problem.size > MOST_COORDINATES:
        return {}
    return {f"start.{name}": x for name, x in zip(task.problem.names, task.beginning(), strict=True)}


def _task(found: Mapping[str, Any], shown: Task, own: Own | None) -> tuple[Task, list[str]]:
    kind = _among(found.get("problem"), PROBLEMS, type(shown.problem))
    own = getattr(shown.problem, "own", None) or own
    problem, notes = _settings(found, f"problem.{kind.__name__}", kind, shown.problem, own=own)
    task, more = _settings(found, "task", Task, shown, problem=problem)
    notes += more
    chosen = found.get("start", shown.start is not None) and problem.size <= MOST_COORDINATES
    if not chosen:
        return task, notes
    kept = shown.start if shown.start is not None and len(shown.start) == problem.size else None
    begin = kept or task.beginning()
    start = tuple(found.get(f"start.{name}", x) for name, x in zip(problem.names, begin, strict=True))
    task, more = begun_at(task, start)
    return task, notes + more


def _method(found: Mapping[str, Any], id: int, shown: Method) -> tuple[Method, list[str]]:
    kind = _among(found.get(f"{id}.optimizer"), OPTIMIZERS, type(shown.optimizer))
    optimizer, notes = _settings(found, f"{id}.{kind.__name__}", kind, shown.optimizer)
    can = runners(kind)
    runner = found.get(f"{id}.runner", shown.runner)
    return Method(optimizer=optimizer, runner=runner if runner in can else can[0]), notes


def _settings(
    found: Mapping[str, Any], prefix: str, kind: type[Settings], shown: Settings, **others: Any
) -> tuple[Any, list[str]]:
    """Settings of that kind from the controls under a prefix, for the rest as shown or by default."""
    stand = {name: getattr(shown, name) for name in knobs(kind)} if isinstance(shown, kind) else {}
    asked = {name: found[f"{prefix}.{name}"] for name in knobs(kind) if f"{prefix}.{name}" in found}
    return nearest(kind, stand | asked, **others)


def _of(settings: Settings, prefix: str) -> dict[str, Any]:
    """The values of the controls of these settings. Whole numbers are floats, as browsers send them."""
    return {
        f"{prefix}.{name}": float(value) if isinstance(knob, Integer) else value
        for name, knob in knobs(settings).items()
        for value in [getattr(settings, name)]
    }


def _prefix(of: str | int, settings: Settings) -> str:
    return f"{of}.{type(settings).__name__}"


def _among(name: Any, kinds: Mapping[str, type[Any]], fallback: type[Any]) -> type[Any]:
    return kinds.get(name, fallback) if isinstance(name, str) else fallback
