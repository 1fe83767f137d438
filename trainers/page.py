"""The whole state of the page: what is compared, and how it is shown. A link holds all of it."""

from dataclasses import dataclass, replace
from typing import Any

from trainers import links
from trainers.knobs import Settings, choice, integer, knobs, real
from trainers.run import Method, Run, Task, join, read_methods, read_task

MOST_RUNS = 12
TABS = ("Loss", "Fit", "Parameters", "Three ways")


@dataclass(frozen=True)
class View(Settings):
    """How the comparison is shown."""

    tab: str = choice("Loss", TABS, help="The open tab.")
    y: str = choice("loss", ("loss", "gap"), help="The loss, or its distance to the smallest loss.")
    scale: str = choice("log", ("log", "linear"), help="The loss chart's vertical axis.")
    x: str = choice("epochs", ("epochs", "gradients", "seconds"), help="What a run has spent.")
    target: float = real(
        1e-2, 1e-12, 1e6, scale="log", help="How close to the smallest loss counts as arrived."
    )
    lesson: int = integer(1, 1, MOST_RUNS, help="The run that is trained three ways.")


@dataclass(frozen=True)
class Page:
    """A task, the methods compared on it, and the view."""

    task: Task = Task()
    methods: tuple[Method, ...] = ()
    view: View = View()

    def __post_init__(self) -> None:
        last = max(len(self.methods), 1)
        if self.view.lesson > last:
            object.__setattr__(self, "view", replace(self.view, lesson=last))

    @property
    def runs(self) -> tuple[Run, ...]:
        return tuple(join(self.task, method) for method in self.methods)

    def to_query(self) -> str:
        """The query string of a link to this page."""
        shared = [self.task.to_query(), *(method.to_query() for method in self.methods)]
        if not self.methods:
            shared.append("run=none")
        view = [f"{name}={knob.write(getattr(self.view, name))}" for name, knob in knobs(View).items()]
        return "&".join(shared + view).replace(" ", "+")

    @classmethod
    def from_query(cls, text: str, otherwise: "Page | None" = None) -> tuple["Page", list[str]]:
        """The page of any link, and notes on what was ignored or clamped. Never raises.

        A link that names no run shows the methods of `otherwise`, on its task unless it says more.
        """
        found, notes = links.parameters(text)
        if not found:
            return otherwise or cls(), notes
        if found.get("run") == ["none"]:
            found.pop("run")
            otherwise = None
        if otherwise is not None and "run" not in found:
            found = {k: v for k, v in links.parameters(otherwise.to_query())[0].items() if k != "run"} | found
        task, about_task = read_task(found)
        methods, about_methods = read_methods(found)
        view, about_view = _view(found)
        if len(methods) > MOST_RUNS:
            about_methods.append(f"The link has {len(methods)} runs: using the first {MOST_RUNS}.")
        methods = methods[:MOST_RUNS] or (otherwise.methods if otherwise else ())
        notes += about_task + about_methods + about_view + links.ignored(found)
        return cls(task, methods, view), notes


def _view(found: dict[str, list[str]]) -> tuple[View, list[str]]:
    notes: list[str] = []
    texts: dict[str, Any] = {name: links.single(found, name, notes) for name in knobs(View)}
    view, more = links.read_knobs(View, {name: text for name, text in texts.items() if text is not None})
    return view, notes + more
