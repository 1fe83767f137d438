"""Runs as asked for: what a link says, with the options in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import click

from trainers.links import read
from trainers.optimizers import OPTIMIZERS
from trainers.problems import PROBLEMS
from trainers.problems.supervised import CSV
from trainers.run import COORDINATE, Method, Run, Task, make_run, runners
from trainers.settings import Real, Setting, SettingError, Settings, parts, settings_of
from trainers.terminal.link import TARGET, Request, read_link
from trainers.terminal.options import flag
from trainers.terminal.own_data import read_own_data
from trainers.terminal.text import say
from trainers.words import among, safe_text

Given = Mapping[str, Any]
"""Values of options by name; None where one was not given."""
S = TypeVar("S", bound=Settings)
OPTIMIZER_SETTINGS = tuple(dict.fromkeys(name for kind in OPTIMIZERS.values() for name in settings_of(kind)))
PROBLEM_SETTINGS = tuple(dict.fromkeys(name for kind in PROBLEMS.values() for name in settings_of(kind)))


def read_request(given: Given) -> Request:
    """Return what the link and the options ask for. Raises `SettingError` and `click.UsageError`."""
    data = read_own_data(given)
    request = read_link(given["link"], given.get("runs") or (), data.tables, given["allow_damaged"])
    task = _task(data.use(request.task, given["problem"]), given)
    methods = None if request.methods is None else tuple(_method(each, given) for each in request.methods)
    target = given.get("target")
    target = request.target if target is None else parse("target", TARGET, target)
    return replace(request, task=task, methods=methods, target=target)


def several_runs(request: Request) -> list[Run]:
    """Return the runs asked for. Raises `UsageError` if there are none."""
    if not request.methods:
        raise click.UsageError("No run to train: give a link with runs, or --run, such as --run Adam~lr-0.1.")
    return [make_run(request.task, method) for method in request.methods]


def asked_runs(request: Request, given: Given) -> list[Run]:
    """Return the runs asked for: without a run in the link, the one of the options."""
    if request.methods is None:
        request = replace(request, methods=(_method(Method(), given),))
    return several_runs(request)


def one_run(given: Given) -> tuple[Run, Request]:
    """Return the run that the link and the options ask for, the first of several, and the whole request."""
    request = read_request(given)
    run, *others = asked_runs(request, given)
    if others:
        say(f"The link has {1 + len(others)} runs: using the first. The command compare trains all.")
    return run, request


HELD = {"schedule": "lr_schedule", "clipping": "clipping"}
"""The options for what a run holds besides its optimizer."""


def _task(task: Task, given: Given) -> Task:
    name = given["problem"]
    if name is not None and name != type(task.problem).__name__:
        if task.start is not None:
            say("The link's initial point is that of another problem: ignored.")
        task = replace(task, problem=PROBLEMS[name](), start=None)
    if given["source"] == CSV and given["csv"] is None:
        raise click.UsageError("--source csv needs a file: give it with --csv.")
    task = replace(task, problem=with_options(task.problem, given, PROBLEM_SETTINGS))
    names = [name for name in settings_of(Task) if name in given]
    task = with_options(task, given, names)
    start = given.get("start")
    return task if start is None else replace(task, start=_start(start))


def _start(text: str) -> tuple[float, ...]:
    """Parse an initial point such as `1,-0.5`."""
    return tuple(parse("start", COORDINATE, part) for part in text.split(","))


def _method(method: Method, given: Given) -> Method:
    kind = OPTIMIZERS[given["optimizer"]] if given.get("optimizer") else type(method.optimizer)
    optimizer = method.optimizer if kind is type(method.optimizer) else kind()
    optimizer = with_options(optimizer, given, OPTIMIZER_SETTINGS)
    able = runners(kind)
    runner = given.get("runner") or (method.runner if method.runner in able else able[0])
    held = {
        name: _part(option, given[option], parts(Method)[name])
        for name, option in HELD.items()
        if given.get(option)
    }
    return replace(method, optimizer=optimizer, runner=runner, **held)


def _part(name: str, text: str, allowed: Mapping[str, type[Settings]]) -> Any:
    """Parse a schedule or clipping such as `StepLR~step_size-50`."""
    if among(text.partition("~")[0], allowed) is None:
        raise click.UsageError(f"{flag(name)} must be one of {', '.join(allowed)}, got {safe_text(text)}")
    found = read(text, allowed, next(iter(allowed.values())))
    if found.notes:
        raise click.UsageError(f"{flag(name)}: {found.notes[0]}")
    return found.settings


def with_options(settings: S, given: Given, names: Sequence[str] | Mapping[str, Any]) -> S:
    """Return settings with the given values of these names. Raises `SettingError` where one is invalid."""
    own = settings_of(settings)
    values = {name: given[name] for name in names if given.get(name) is not None}
    for name in values:
        if name not in own:
            has = f"it has {', '.join(map(flag, own))}" if own else "it has none"
            raise click.UsageError(f"{type(settings).__name__} has no setting {flag(name)}: {has}.")
    parsed: dict[str, Any] = {name: parse(name, own[name], value) for name, value in values.items()}
    return replace(settings, **parsed) if parsed else settings


def parse(name: str, setting: Setting, value: str | bool) -> Any:
    """Return the value of an option. Raises `SettingError`."""
    try:
        return setting.validate(name, value if isinstance(value, bool) else setting.read(value))
    except SettingError:
        raise
    except ValueError:
        bounds = setting.bounds() if isinstance(setting, Real) else "can't be read"
        raise SettingError(name, f"{bounds}, got {safe_text(value)}") from None
