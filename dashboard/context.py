"""Interface of a tab: its settings, and the context in which it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import streamlit as st

from trainers.settings import Settings, choice, flag, real

if TYPE_CHECKING:
    from dashboard.tables import DataTab
    from dashboard.widgets import Placeholder
    from dashboard.work import Histories, LiveChart
    from trainers.charts import Look, Style
    from trainers.digits import Digits
    from trainers.run import Method, Run, Task

MAX_RUNS = 12


@dataclass(frozen=True)
class View(Settings):
    """Settings of the tab Loss; the target applies to the sentence and the table of all tabs."""

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
        help="Epochs, gradient evaluations, or training time (from the median time of an epoch).",
        label="x-axis",
        captions={"gradients": "gradient evaluations"},
    )
    target: float = real(
        1e-2,
        1e-12,
        1e6,
        scale="log",
        help="Gap (loss − minimum loss) that counts as reaching the target.",
        label="Target gap",
    )
    validation_curve: bool = flag(
        True, help="Dashed: the same metric on the validation set.", label="Validation curve"
    )
    batches: bool = flag(
        False, help="Thin: the loss of each mini-batch, before its update.", label="Mini-batch loss"
    )


@dataclass(frozen=True, kw_only=True)
class TabSettings(Settings):
    """Settings of one tab, in the link under the tab's key."""

    def with_run_inserted(self, place: int) -> Self:
        """Return the settings after a run was inserted at a place, counted from 0: a tab keeps its run."""
        run = getattr(self, "run", 0)
        return self._about(run + 1) if run > place else self

    def with_run_removed(self, place: int) -> Self:
        """Return the settings after the run at a place was removed; its tab takes the default one."""
        run = getattr(self, "run", 0)
        if run <= place:
            return self
        return self._about(run - 1 if run > place + 1 else getattr(type(self)(), "run", 0))

    def _about(self, run: int) -> Self:
        changes: dict[str, Any] = {"run": run}
        return replace(self, **changes)

    def adapted(self, task: Task, methods: Sequence[Method]) -> Self:
        """Return the settings, adjusted to what this comparison allows."""
        return self


@dataclass(frozen=True)
class Actions:
    """Changes of the page that a tab may request from the callback of a widget."""

    add: Callable[[Method], None]
    """Add a run to the comparison."""
    start_at: Callable[[Sequence[float]], None]
    """Set the initial point of all runs."""
    keep_varied: Callable[[], None]
    """Add the runs at the place of the slider over a hyperparameter."""
    start_varying: Callable[[], None]
    """Put that slider to the value of its run, after another run or hyperparameter was chosen."""
    use_table: Callable[[], None]
    """Train on the selected columns of the displayed table."""
    change: Callable[[TabSettings], None]
    """Replace the settings of a tab."""


@dataclass(frozen=True)
class Context:
    """Everything that a tab needs to draw itself, for one run of the script."""

    task: Task
    runs: tuple[Run, ...]
    names: tuple[str, ...]
    style: Style
    looks: tuple[Look, ...]
    room: int
    """Maximum number of recorded numbers per run."""
    view: View
    settings: Any
    """Settings of the tab, None if it has none."""
    tables: DataTab
    dark: bool
    alone: bool
    """Whether the tab is shown alone, without the rest of the page."""
    link: str
    """Link to the page."""
    headline: Placeholder
    """Place of the tab's summary sentence."""
    train: Callable[[LiveChart | None], Histories]
    """Train the runs, once per script; the argument draws them during training."""
    digits: Callable[[], tuple[Digits | None, ...]]
    """Count the digits of each run that can be trusted."""
    actions: Actions

    def picture(self) -> Any:
        """Return the place of the main chart, which fills the window where the tab is shown alone."""
        return st.container(key="picture" if self.alone else None)

    @property
    def chart_height(self) -> Any:
        """The height of the main chart, as Streamlit has it."""
        return "stretch" if self.alone else "content"

    @property
    def histories(self) -> Histories:
        """Histories of the trained runs."""
        return self.train(None)


@dataclass(frozen=True)
class Tab:
    """A tab: its name, the function that draws it, and the class of its settings."""

    name: str
    key: str
    """Key of its settings in links, and prefix of its widgets."""
    draw: Callable[[Context], None]
    settings: type[TabSettings] | None = None
    about_runs: bool = True
    """Whether the page's sentence summarizes the runs of the sidebar."""
    snapshots: int = 0
    """Maximum number of snapshots of the slider over time, if the tab has one."""
