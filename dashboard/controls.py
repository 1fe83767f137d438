"""Conversion of a page to the values of its controls, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.context import View
from dashboard.state import NAMES, Page
from dashboard.widgets import RefusedText
from trainers.optimizers import OPTIMIZERS
from trainers.problems import PROBLEMS, CsvDataset, Problem
from trainers.run import MAX_COORDINATES, Method, Task, runners, with_start
from trainers.settings import Integer, SettingError, Settings, Text, coerce, main_part, parts, settings_of

METHOD_PARTS = {name: kinds for name, kinds in parts(Method).items() if name != main_part(Method)}
"""What a run may hold besides its optimizer, by name."""
NONE = "none"


def values(page: Page, ids: Sequence[int]) -> dict[str, Any]:
    """Return the value of each control by key. `ids` identify the methods."""
    task = page.task
    state: dict[str, Any] = {
        "problem": type(task.problem).__name__,
        "start": task.start is not None,
        **_of(task, "task"),
        **_of(task.problem, _prefix("problem", task.problem)),
        **start_values(task),
        "view.tab": page.tab,
        **_of(page.view, "view"),
    }
    for key, settings in page.by_key().items():
        state |= _of(settings, key)
    for id, method in zip(ids, page.methods, strict=True):
        state[f"{id}.optimizer"] = type(method.optimizer).__name__
        state[f"{id}.runner"] = method.runner
        state |= _of(method.optimizer, _prefix(id, method.optimizer))
        for name in METHOD_PARTS:
            held = getattr(method, name)
            state[f"{id}.{name}"] = type(held).__name__ if held is not None else NONE
            state |= _of(held, _prefix(f"{id}.{name}", held)) if held is not None else {}
    return state


def read(
    state: Mapping[str, Any], page: Page, ids: Sequence[int], csv: CsvDataset | None = None
) -> tuple[Page, list[str]]:
    """Return the page that the controls describe, and notes on invalid values. Never raises.

    Controls without a value keep the setting of `page`. `csv` are the columns for a problem that needs some.
    """
    task, notes = _task(state, page.task, csv)
    methods = []
    for number, (id, current) in enumerate(zip(ids, page.methods, strict=True), start=1):
        method, more = _method(state, id, current, task.problem)
        methods.append(method)
        notes += [f"Run {number}: {note}" for note in more]
    view, more = _settings(state, "view", View, page.view)
    notes += more
    settings = []
    for key, tab_settings in page.by_key().items():
        kept, more = _settings(state, key, type(tab_settings), tab_settings)
        settings.append(kept)
        notes += more
    tab = state.get("view.tab")
    tab = tab if tab in NAMES else page.tab
    shown = Page(task, tuple(methods), tab, view, tuple(settings), page.display, ask=page.ask)
    return shown, notes


def refused_texts(state: Mapping[str, Any], problem: Problem) -> dict[str, RefusedText]:
    """Return the texts among the values of controls that the problem can't use, by key."""
    prefix, refused = _prefix("problem", problem), {}
    for name, setting in settings_of(problem).items():
        key = f"{prefix}.{name}"
        if isinstance(setting, Text) and isinstance(text := state.get(key), str):
            try:
                replace(problem, **{name: text})
            except SettingError as error:
                reason = (
                    f"{setting.label or name.capitalize()} {error.reason}. The one before is still in use."
                )
                refused[key] = RefusedText(text, reason)
    return refused


def start_values(task: Task) -> dict[str, float]:
    """Return the coordinates of the initial point, if they are few enough to be edited."""
    if task.problem.num_params > MAX_COORDINATES:
        return {}
    return {f"start.{name}": x for name, x in zip(task.problem.names, task.start_values(), strict=True)}


def _task(state: Mapping[str, Any], current: Task, csv: CsvDataset | None) -> tuple[Task, list[str]]:
    kind = _among(state.get("problem"), PROBLEMS, type(current.problem))
    csv = getattr(current.problem, "csv", None) or csv
    problem, notes = _settings(state, f"problem.{kind.__name__}", kind, current.problem, csv=csv)
    task, more = _settings(state, "task", Task, current, problem=problem)
    notes += more
    chosen = state.get("start", current.start is not None) and problem.num_params <= MAX_COORDINATES
    if not chosen:
        return task, notes
    kept = current.start if current.start is not None and len(current.start) == problem.num_params else None
    begin = kept or task.start_values()
    start = tuple(state.get(f"start.{name}", x) for name, x in zip(problem.names, begin, strict=True))
    task, more = with_start(task, start)
    return task, notes + more


def _method(state: Mapping[str, Any], id: int, current: Method, problem: Problem) -> tuple[Method, list[str]]:
    kind = _among(state.get(f"{id}.optimizer"), OPTIMIZERS, type(current.optimizer))
    optimizer, notes = _settings(state, f"{id}.{kind.__name__}", kind, current.optimizer)
    can = runners(kind, problem)
    runner = state.get(f"{id}.runner", current.runner)
    runner = runner if runner in can else can[0]
    held: dict[str, Any] = {}
    for name, allowed in METHOD_PARTS.items():
        held[name], more = _part(state, f"{id}.{name}", allowed, getattr(current, name))
        notes += more
    return Method(optimizer=optimizer, runner=runner, **held), notes


def _part(
    state: Mapping[str, Any], key: str, allowed: Mapping[str, type[Settings]], current: Settings | None
) -> tuple[Settings | None, list[str]]:
    """Return the settings that a run holds, such as its schedule, or None."""
    name = state.get(key, type(current).__name__ if current is not None else NONE)
    kind = allowed.get(name) if isinstance(name, str) else None
    if kind is None:
        return (None if name == NONE else current), []
    settings, notes = _settings(state, f"{key}.{kind.__name__}", kind, current or kind())
    return settings, notes


def _settings(
    state: Mapping[str, Any], prefix: str, kind: type[Settings], current: Settings, **others: Any
) -> tuple[Any, list[str]]:
    """Return settings of a class from the controls under a prefix; others stay or get the default."""
    stand = {name: getattr(current, name) for name in settings_of(kind)} if isinstance(current, kind) else {}
    edits = {name: state[f"{prefix}.{name}"] for name in settings_of(kind) if f"{prefix}.{name}" in state}
    return coerce(kind, stand | edits, **others)


def _of(settings: Settings, prefix: str) -> dict[str, Any]:
    """Return the values of the controls of these settings; integers as floats, as browsers send them."""
    return {
        f"{prefix}.{name}": float(value) if isinstance(setting, Integer) else value
        for name, setting in settings_of(settings).items()
        for value in [getattr(settings, name)]
    }


def _prefix(of: str | int, settings: Settings) -> str:
    return f"{of}.{type(settings).__name__}"


def _among(name: Any, kinds: Mapping[str, type[Any]], fallback: type[Any]) -> type[Any]:
    return kinds.get(name, fallback) if isinstance(name, str) else fallback
