"""The page as the values of its controls, and back from whatever the controls say."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.context import View
from dashboard.state import NAMES, Page
from trainers.optimizers import OPTIMIZERS
from trainers.problems import PROBLEMS, CsvDataset
from trainers.run import MAX_COORDINATES, Method, Task, runners, with_start
from trainers.settings import Integer, Settings, coerce, settings_of


def values(page: Page, ids: Sequence[int]) -> dict[str, Any]:
    """The value of each control, by its key. `ids` name the methods, one each, for good."""
    task = page.task
    found: dict[str, Any] = {
        "problem": type(task.problem).__name__,
        "start": task.start is not None,
        **_of(task, "task"),
        **_of(task.problem, _prefix("problem", task.problem)),
        **start_values(task),
        "view.tab": page.tab,
        **_of(page.view, "view"),
    }
    for key, settings in page.by_key().items():
        found |= _of(settings, key)
    for id, method in zip(ids, page.methods, strict=True):
        found[f"{id}.optimizer"] = type(method.optimizer).__name__
        found[f"{id}.runner"] = method.runner
        found |= _of(method.optimizer, _prefix(id, method.optimizer))
    return found


def read(
    found: Mapping[str, Any], page: Page, ids: Sequence[int], csv: CsvDataset | None = None
) -> tuple[Page, list[str]]:
    """The page that the controls ask for, and notes on what they ask that can't be. Never raises.

    A control without a value stands as on `page`. `csv` are the columns for a problem that wants some.
    """
    task, notes = _task(found, page.task, csv)
    methods = []
    for number, (id, was) in enumerate(zip(ids, page.methods, strict=True), start=1):
        method, more = _method(found, id, was)
        methods.append(method)
        notes += [f"Run {number}: {note}" for note in more]
    view, more = _settings(found, "view", View, page.view)
    notes += more
    settings = []
    for key, shown in page.by_key().items():
        kept, more = _settings(found, key, type(shown), shown)
        settings.append(kept)
        notes += more
    tab = found.get("view.tab")
    return Page(task, tuple(methods), tab if tab in NAMES else page.tab, view, tuple(settings)), notes


def start_values(task: Task) -> dict[str, float]:
    """The coordinates of the start, if they are few enough to be chosen."""
    if task.problem.num_params > MAX_COORDINATES:
        return {}
    return {f"start.{name}": x for name, x in zip(task.problem.names, task.start_values(), strict=True)}


def _task(found: Mapping[str, Any], shown: Task, csv: CsvDataset | None) -> tuple[Task, list[str]]:
    kind = _among(found.get("problem"), PROBLEMS, type(shown.problem))
    csv = getattr(shown.problem, "csv", None) or csv
    problem, notes = _settings(found, f"problem.{kind.__name__}", kind, shown.problem, csv=csv)
    task, more = _settings(found, "task", Task, shown, problem=problem)
    notes += more
    chosen = found.get("start", shown.start is not None) and problem.num_params <= MAX_COORDINATES
    if not chosen:
        return task, notes
    kept = shown.start if shown.start is not None and len(shown.start) == problem.num_params else None
    begin = kept or task.start_values()
    start = tuple(found.get(f"start.{name}", x) for name, x in zip(problem.names, begin, strict=True))
    task, more = with_start(task, start)
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
    stand = {name: getattr(shown, name) for name in settings_of(kind)} if isinstance(shown, kind) else {}
    asked = {name: found[f"{prefix}.{name}"] for name in settings_of(kind) if f"{prefix}.{name}" in found}
    return coerce(kind, stand | asked, **others)


def _of(settings: Settings, prefix: str) -> dict[str, Any]:
    """The values of the controls of these settings. Whole numbers are floats, as browsers send them."""
    return {
        f"{prefix}.{name}": float(value) if isinstance(setting, Integer) else value
        for name, setting in settings_of(settings).items()
        for value in [getattr(settings, name)]
    }


def _prefix(of: str | int, settings: Settings) -> str:
    return f"{of}.{type(settings).__name__}"


def _among(name: Any, kinds: Mapping[str, type[Any]], fallback: type[Any]) -> type[Any]:
    return kinds.get(name, fallback) if isinstance(name, str) else fallback
