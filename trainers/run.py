"""A run: problem, optimizer, runner, and everything else that determines the result."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainers.clipping import CLIPPINGS, Clipping
from trainers.datasets.csv.table import CsvTable
from trainers.exports import Exportable
from trainers.links import Link, Reading, parameters, read_about, write
from trainers.objective import Objective
from trainers.optimizers import OPTIMIZERS, SGD, Optimizer
from trainers.problems import PROBLEMS, CsvDataset, Problem, Thermometer
from trainers.problems.supervised import Supervised
from trainers.runners import RUNNERS, UpdatePlan
from trainers.schedules import SCHEDULES, Schedule
from trainers.settings import Real, SettingError, Settings, choice, integer, part
from trainers.words import format_value, is_number, quoted, safe_text

NO_TABLES: Mapping[str, CsvTable] = MappingProxyType({})
COORDINATE = Real(0.0, "One coordinate of a custom initial point.", -1e6, 1e6)
MAX_COORDINATES = 12
"""Max. parameters of a problem whose initial point can be set on the page."""
MAX_NUMBERS = 12_000_000
"""Max. numbers recorded for all runs of a page: epochs times parameters, or times updates per epoch."""


@dataclass(frozen=True, kw_only=True)
class Task(Objective):
    """Settings that runs must share to be comparable."""

    epochs: int = integer(
        1000, 1, 100_000, scale="log", help="Passes over the training data (one update each if full batch)."
    )
    start: tuple[float, ...] | None = None

    def check(self) -> None:
        super().check()
        if self.start is not None:
            object.__setattr__(self, "start", _start(self.start, self.problem))
        most = MAX_NUMBERS // max(self.problem.num_params, self.steps_per_epoch)
        if self.epochs > most:
            params, updates = self.problem.num_params, self.steps_per_epoch
            what = f"{params} parameters" if params >= updates else f"{updates} updates per epoch"
            raise SettingError("epochs", f"must be at most {most} with {what}, got {self.epochs}", most)

    def start_values(self) -> tuple[float, ...]:
        """The initial point: the custom one, or the problem's for this seed."""
        return self.start if self.start is not None else tuple(self.problem.start(self.seed).tolist())

    def initial(self) -> Tensor:
        """The initial parameters, `(n,)`, in the dtype of the task."""
        return torch.tensor(self.start_values(), dtype=getattr(torch, self.dtype))

    def to_query(self, short: bool = False) -> str:
        """The query string of a link to this task; without the defaults if `short`."""
        return self._short_query() if short else self._complete_query()

    def _short_query(self) -> str:
        problem = [f"problem={write(self.problem, short=True)}"] * (self.problem != Task().problem)
        return "&".join([*problem, *parameters(Task, self, short=True), *self._start(), *self._csv()])

    def _complete_query(self) -> str:
        return "&".join(
            [
                f"problem={write(self.problem)}",
                f"epochs={self.epochs}",
                *self._start(),
                f"seed={self.seed}",
                f"dtype={self.dtype}",
                *self._csv(),
                *self._rows(),
            ]
        )

    def _start(self) -> list[str]:
        return [] if self.start is None else [f"start={'~'.join(map(format_value, self.start))}"]

    def _csv(self) -> list[str]:
        csv = self.problem.csv if isinstance(self.problem, Supervised) else None
        return [f"csv={csv.write()}"] if csv else []

    def _rows(self) -> list[str]:
        """The parts of a query about mini-batches and validation split; none for the defaults."""
        parts = [f"batch_size={self.batch_size}"] if self.batch_size else []
        parts += [f"validation_split={format_value(self.validation_split)}"] if self.validation_split else []
        shuffled = self.shuffle_seed or self.batch_size or self.validation_split
        return parts + ([f"shuffle_seed={self.shuffle_seed}"] if shuffled else [])


@dataclass(frozen=True, kw_only=True)
class Method(Settings):
    """How a run is trained: optimizer and runner."""

    optimizer: Optimizer = part(OPTIMIZERS, SGD(), main=True)
    runner: str = choice(
        "manual",
        RUNNERS,
        help="How gradient and update are computed: by hand, by autograd, or by torch.optim.",
        label="Implementation",
    )
    schedule: Schedule | None = part(SCHEDULES, None)
    clipping: Clipping | None = part(CLIPPINGS, None)

    def check(self) -> None:
        super().check()
        if not isinstance(self.optimizer, Optimizer):
            raise SettingError("optimizer", f"must be one such as SGD(), got {safe_text(self.optimizer)}")
        for name, value in vars(self.optimizer).items():
            if isinstance(value, Tensor):
                raise SettingError(name, "must be a single number in a run; a sweep takes several")
        _check_part("schedule", self.schedule, Schedule)
        _check_part("clipping", self.clipping, Clipping)
        if self.schedule is not None and not hasattr(self.optimizer, "lr"):
            raise SettingError("schedule", f"needs a learning rate; {type(self.optimizer).__name__} has none")
        if self.runner not in runners(type(self.optimizer)):
            name = type(self.optimizer).__name__
            needed = "an optimizer of torch" if self.runner == "torch.optim" else "a hand-written update rule"
            able = runners(type(self.optimizer))
            reason = f"{self.runner} needs {needed}; {name} has none"
            raise SettingError("runner", reason, able[0])

    @property
    def label(self) -> str:
        """The method in a few words: optimizer, runner, learning rate, and what differs from the defaults."""
        rate = {"lr": self.optimizer.lr} if hasattr(self.optimizer, "lr") else {}
        settings = rate | self.optimizer.non_default()
        more = [describe(each) for each in (self.schedule, self.clipping) if each is not None]
        return " · ".join([type(self.optimizer).__name__, self.runner, *in_words(settings), *more])

    def suited(self, problem: Problem) -> "Method":
        """Return the method with a runner that can train on this problem: its own, or the first that can."""
        able = runners(type(self.optimizer), problem)
        return self if self.runner in able else replace(self.method, runner=able[0])

    @property
    def method(self) -> "Method":
        """The method alone."""
        return Method(**{f.name: getattr(self, f.name) for f in fields(Method)})

    def plan(self, epochs: int) -> UpdatePlan:
        """Return the learning rates and the clipping of a run of so many epochs, to be used once."""
        lr = float(getattr(self.optimizer, "lr", 1.0))
        return UpdatePlan(lr, self.schedule, self.clipping, epochs)

    def to_query(self, short: bool = False) -> str:
        """The query string of a link to this method; without the defaults if `short`."""
        return f"run={write(self.method, short)}"


@dataclass(frozen=True, kw_only=True)
class Run(Task, Method, Exportable):
    """Full specification of one training run. Its `repr` identifies it.

    A value out of bounds raises `SettingError`, a `ValueError` that names setting, value and bounds.
    """

    def check(self) -> None:
        super().check()
        if self.runner not in self.runners:
            name, able = type(self.problem).__name__, " or ".join(self.runners)
            reason = f"{self.runner} needs a gradient by hand; {name} has none: use {able}"
            raise SettingError("runner", reason, self.runners[0])

    @property
    def runners(self) -> tuple[str, ...]:
        """Names of the runners that can train it."""
        return runners(type(self.optimizer), self.problem)

    def to_query(self, short: bool = False) -> str:
        """The query string of a link that opens this run; without the defaults if `short`."""
        return "&".join(filter(None, [Task.to_query(self, short), Method.to_query(self, short)]))

    @classmethod
    def from_query(cls, text: str, tables: Mapping[str, CsvTable] = NO_TABLES) -> tuple["Run", list[str]]:
        """The run of any link, and notes on what was ignored or clamped. Never raises.

        `tables` are the user's, by digest: a link to a run on one of them names the digest alone.
        """
        link = Link(text)
        task, methods = read_task(link, tables), read_methods(link)
        method = link.accept(methods[0], "run 1", "Run 1: ") if methods else Method()
        more = [f"The link has {len(methods)} runs: using the first."] if len(methods) > 1 else []
        return make_run(task, method), [
            *link.notes,
            *more,
            *link.rest("no part of a run"),
        ]


def room_for(runs: int, dtype: str) -> int:
    """Max. numbers to keep of each of `runs` runs; the tab Three ways gets the share of one more run.

    Half as many in float64. A power of two, so that it seldom changes when a run is added, as long runs
    would be trained again.
    """
    share = MAX_NUMBERS // (runs + 1) // (2 if dtype == "float64" else 1)
    return int(1 << (share.bit_length() - 1))


def most_rows(run: Run, room: int) -> int | None:
    """Number of epochs whose parameters and gradients fit into `room` numbers; None for all."""
    rows = room // max(run.problem.num_params, run.steps_per_epoch)
    return None if rows > run.epochs else rows


def snapshot_epochs(epochs: int, count: int) -> list[int]:
    """At most `count` epochs on a log scale: dense at the start, where most changes."""
    steps = np.geomspace(1, epochs, min(count, epochs))
    return sorted({0, *steps.round().astype(int).tolist()})


def in_words(values: dict[str, Any]) -> list[str]:
    """Settings as short texts: `lr 0.1`, `nesterov`."""
    return [name if value is True else f"{name} {format_value(value)}" for name, value in values.items()]


def describe(settings: Settings) -> str:
    """A schedule or clipping as a short text: its class, and what differs from the defaults."""
    return " ".join([type(settings).__name__, *in_words(settings.non_default())])


def _check_part(name: str, value: Any, kind: type[Settings]) -> None:
    if value is not None and not isinstance(value, kind):
        raise SettingError(name, f"must be a {kind.__name__} or None, got {safe_text(value)}")


def make_run(task: Task, method: Method) -> Run:
    """Return the run of this task and method, by a runner that can train it."""
    method = method.suited(task.problem)
    settings = {f.name: getattr(task, f.name) for f in fields(task)}
    return Run(**settings, **{f.name: getattr(method, f.name) for f in fields(Method)})


def runners(kind: type[Optimizer], problem: Problem | None = None) -> tuple[str, ...]:
    """Names of the runners that can train with this optimizer, on this problem if one is given."""
    able = {
        "manual": kind.by_hand() and (problem is None or problem.by_hand),
        "autograd": kind.by_hand(),
        "torch.optim": kind.in_torch(),
    }
    return tuple(name for name in RUNNERS if able[name])


def read_task(link: Link, tables: Mapping[str, CsvTable] = NO_TABLES) -> Task:
    """Take a task out of a link."""
    csv, text = None, link.take("csv")
    if text is not None:
        try:
            csv = CsvDataset.read(text, tables)
        except SettingError as error:
            link.notes.append(f"{error}.")
    problem = link.part("problem", PROBLEMS, Thermometer, csv=csv)
    if text is not None:  # a table that is missing, or that the problem can't use, is no damage
        link.damage = [part for part in link.damage if part != "problem"]
    task: Task = link.settings(Task, problem=problem)
    start = link.take("start")
    if start is None:
        return task
    try:
        task, notes = with_start(task, tuple(map(COORDINATE.read, start.split("~"))))
    except ValueError:
        notes = [f"start {quoted(start)} can't be read: using the initial point of seed {task.seed}."]
    link.notes += notes
    link.damage += ["start"] * bool(notes)
    return task


def with_start(task: Task, start: tuple[Any, ...]) -> tuple[Task, list[str]]:
    """The task with this initial point, clamped to the bounds, and a note on each coordinate changed."""
    try:
        return replace(task, start=start), []
    except SettingError as error:
        if len(start) != task.problem.num_params:
            return task, [f"{error}: using the initial point of seed {task.seed}."]
    near, notes = [], []
    for name, value, default in zip(task.problem.names, start, task.start_values(), strict=True):
        try:
            near.append(COORDINATE.validate(f"start {name}", value))
        except SettingError as error:
            near.append(COORDINATE.coerce(name, value) if value == value else default)
            notes.append(f"{error}: using {format_value(near[-1])}.")
    return replace(task, start=tuple(near)), notes


def read_methods(link: Link) -> list[Reading]:
    """Take the methods out of a link, each as it was read."""
    texts = link.texts.pop("run", [])
    return [read_about(text, Method) for text in (texts if texts != ["none"] else [])]


def _start(start: Any, problem: Problem) -> tuple[float, ...]:
    """Check a custom initial point and return it as floats; raises `SettingError`."""
    low, high = format_value(COORDINATE.low), format_value(COORDINATE.high)
    wanted = f"must be {problem.num_params} numbers from {low} to {high}"
    numbers = list(start) if isinstance(start, tuple | list) else [start]
    usable = [is_number(x) and COORDINATE.low <= x <= COORDINATE.high for x in numbers]
    if len(numbers) != problem.num_params or not all(usable):
        raise SettingError("start", f"{wanted}, got {safe_text(', '.join(map(format_value, numbers)))}")
    return tuple(map(float, numbers))
