"""What a tab of the page is, and what it gets to draw itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from trainers.settings import Settings, choice, flag, real

if TYPE_CHECKING:
    from dashboard.tables import DataTab
    from dashboard.widgets import Placeholder
    from dashboard.work import Histories, Live
    from trainers.charts import Style
    from trainers.optimizers import Optimizer
    from trainers.run import Method, Run, Task

MOST_RUNS = 12


@dataclass(frozen=True)
class View(Settings):
    """What of the runs is shown: on the tab Loss, and in the sentence and the table of all tabs."""

    y: str = choice(
        "loss",
        ("loss", "gap", "accuracy"),
        help="Loss, gap (loss − minimum loss), or accuracy.",
        label="Metric",
    )
    scale: str = choice("log", ("log", "linear"), help="Scale of the loss chart's y-axis.", label="y scale")
    x: str = choice(
        "epochs",
        ("epochs", "gradients", "seconds"),
        help="Epochs, gradient evaluations, or training time (from the mean time of an epoch).",
        label="x-axis",
    )
    target: float = real(
        1e-2,
        1e-12,
        1e6,
        scale="log",
        help="Gap (loss − minimum loss) that counts as reaching the target.",
        label="Target gap",
    )
    held_out: bool = flag(
        True, help="Dotted: the same metric on the validation set.", label="Validation curve"
    )
    batches: bool = flag(
        False, help="Thin: the loss of each mini-batch, before its update.", label="Mini-batch loss"
    )


@dataclass(frozen=True, kw_only=True)
class TabSettings(Settings):
    """Settings of one tab. They are in the link under the tab's key."""

    def fitted(self, task: Task, methods: Sequence[Method]) -> Self:
        """The same settings, or the nearest that this comparison allows."""
        return self


@dataclass(frozen=True)
class Actions:
    """What a tab may do to the page. Called by a widget's callback, before the next script."""

    add: Callable[[Optimizer], None]
    """Add an optimizer to the comparison."""
    start_at: Callable[[Sequence[float]], None]
    """Start all runs from this point."""
    use_table: Callable[[], None]
    """Train on the chosen columns of the table that is shown."""


@dataclass(frozen=True)
class Context:
    """What a tab gets to draw itself. It lives as long as one script."""

    task: Task
    runs: tuple[Run, ...]
    names: tuple[str, ...]
    style: Style
    room: int
    """How many numbers may be kept of a run."""
    view: View
    settings: Any
    """The tab's own settings."""
    tables: DataTab
    dark: bool
    headline: Placeholder
    """Where the page says what the tab has found out."""
    train: Callable[[Live | None], Histories]
    """Train the runs, once a script, and draw them while they are under way."""
    actions: Actions

    @property
    def histories(self) -> Histories:
        """The runs as they were trained."""
        return self.train(None)


@dataclass(frozen=True)
class Tab:
    """A tab: its name, what draws it, and its settings if it has some."""

    name: str
    draw: Callable[[Context], None]
    settings: type[TabSettings] | None = None
    about_runs: bool = True
    """Whether the page's sentence is about the runs in the sidebar."""

    @property
    def key(self) -> str:
        """The name of its settings in links, and of its widgets."""
        return self.name.lower().replace(" ", "_")
