"""The whole state of the page: what is compared, and how it is shown. A link holds all of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from dashboard.grid_settings import Grid
from trainers import links
from trainers.datasets.csv.table import OwnTable
from trainers.objective import Objective
from trainers.problems import Problem
from trainers.races.spec import USUAL, Race, Racing, eligible_optimizers
from trainers.run import NO_TABLES, Method, Run, Task, join, read_methods, read_task
from trainers.settings import Settings, choice, flag, integer, knobs, real

MOST_RUNS = 12
TABS = ("Loss", "Fit", "Path", "Parameters", "Data", "Three ways", "Race", "Grid")


@dataclass(frozen=True)
class View(Settings):
    """How the comparison is shown."""

    tab: str = choice("Loss", TABS, help="The open tab.")
    y: str = choice(
        "loss",
        ("loss", "gap", "accuracy"),
        help="The loss, its distance to the smallest loss, or the share of rows whose class is found.",
    )
    scale: str = choice("log", ("log", "linear"), help="The loss chart's vertical axis.")
    x: str = choice("epochs", ("epochs", "gradients", "seconds"), help="What a run has spent.")
    target: float = real(
        1e-2, 1e-12, 1e6, scale="log", help="How close to the smallest loss counts as arrived."
    )
    entrants: str = choice(
        "usual",
        ("usual", "runs"),
        help="SGD, with momentum 0.9, with Nesterov's, Adam, RMSprop and Adagrad; or the optimizers of your "
        "runs, where runs that differ in tuned settings alone are one.",
    )
    held_out: bool = flag(True, help="Dotted: the same for the rows held out from training.")
    batches: bool = flag(False, help="Thin: the loss of each batch, before its update.")
    zoom: str = choice("all", ("all", "paths", "minimum"), help="How much of the surface is shown.")
    lesson: int = integer(1, 1, MOST_RUNS, help="The run that is trained three ways.")


def possible(problem: Problem) -> tuple[str, ...]:
    """What the loss chart can show of a problem."""
    gap = ("gap",) if problem.minimum is not None else ()
    return ("loss", *gap, *(("accuracy",) if problem.labels else ()))


@dataclass(frozen=True)
class Page:
    """A task, the methods compared on it, and the view."""

    task: Task = Task()
    methods: tuple[Method, ...] = ()
    view: View = View()
    racing: Racing = Racing()
    grid: Grid = Grid()

    def __post_init__(self) -> None:
        last = max(len(self.methods), 1)
        if self.view.lesson > last:
            object.__setattr__(self, "view", replace(self.view, lesson=last))
        if self.grid.run > last:
            object.__setattr__(self, "grid", replace(self.grid, run=last))
        shown = possible(self.task.training)
        if self.view.y not in shown:
            object.__setattr__(self, "view", replace(self.view, y=shown[0]))
        if self.methods:
            optimizer = self.methods[self.grid.run - 1].optimizer
            object.__setattr__(self, "grid", self.grid.fitted(optimizer))

    @property
    def race(self) -> Race | None:
        """The race that the page shows; none if nobody can race."""
        optimizers = tuple(method.optimizer for method in self.methods)
        field = eligible_optimizers(USUAL if self.view.entrants == "usual" else optimizers, self.racing)
        rules = {name: getattr(self.racing, name) for name in knobs(Racing)}
        if not field or (self.racing.criterion == "epochs" and self.task.training.minimum is None):
            return None
        shared = {f.name: getattr(self.task, f.name) for f in fields(Objective)}
        return Race(optimizers=field, **shared, **rules)

    @property
    def runs(self) -> tuple[Run, ...]:
        return tuple(join(self.task, method) for method in self.methods)

    def to_query(self) -> str:
        """The query string of a link to this page."""
        shared = [self.task.to_query(), *(method.to_query() for method in self.methods)]
        if not self.methods:
            shared.append("run=none")
        view = [f"{name}={knob.write(getattr(self.view, name))}" for name, knob in knobs(View).items()]
        tabs = [f"race={links.write(self.racing)}", f"grid={links.write(self.grid)}"]
        return "&".join(shared + view + tabs).replace(" ", "+")

    @classmethod
    def from_query(
        cls, text: str, otherwise: "Page | None" = None, tables: Mapping[str, OwnTable] = NO_TABLES
    ) -> tuple["Page", list[str]]:
        """The page of any link, and notes on what was ignored or clamped. Never raises.

        `tables` are the user's, by digest. A link that names no run shows the methods of `otherwise`, on its
        task unless it says more.
        """
        link = links.Link(text)
        if not link.texts:
            return otherwise or cls(), link.notes
        if link.texts.get("run") == ["none"]:
            otherwise = None
        if otherwise is not None and "run" not in link.texts:
            base = links.Link(otherwise.to_query()).texts
            link.texts = {name: texts for name, texts in base.items() if name != "run"} | link.texts
        task, found = read_task(link, tables), read_methods(link)
        methods = tuple(_usable(link, found))
        view = link.settings(View)
        racing = link.part("race", {"Racing": Racing}, Racing)
        grid = link.part("grid", {"Grid": Grid}, Grid)
        if len(methods) > MOST_RUNS:
            link.notes.append(f"The link has {len(methods)} runs: using the first {MOST_RUNS}.")
        methods = methods[:MOST_RUNS] if found else (otherwise.methods if otherwise else ())
        told = ["The link is damaged."] if link.damaged else []
        return cls(task, methods, view, racing, grid), [*told, *link.notes, *link.rest()]


def _usable(link: links.Link, found: Sequence[links.Reading]) -> Iterator[Method]:
    """The methods of a link but those that were damaged: nobody knows what they were."""
    for number, reading in enumerate(found, start=1):
        if reading.damaged:
            link.damaged = True
            reasons = " ".join(note.partition(": using")[0].removesuffix(".") + "." for note in reading.notes)
            link.notes.append(f"Run {number} is left out: {reasons}")
        else:
            yield link.noted(reading, f"Run {number}: ")
