"""Comparison of several runs: their histories, tables and summary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from typing import Any

import pandas as pd
from torch import Tensor

from trainers.digits import Digits, train_twins, trusted_digits
from trainers.display import NotebookDisplay
from trainers.exports import program
from trainers.history import History
from trainers.outcomes import TARGET
from trainers.reports.names import names
from trainers.reports.summary import sentence
from trainers.run import Run, Task
from trainers.settings import SettingError
from trainers.training import train
from trainers.words import format_value, safe_text

MAX_PARAMETERS = 100
"""Max. parameters for which tables have columns."""
OnProgress = Callable[[float], bool | None]


@dataclass(frozen=True, eq=False)
class Comparison(NotebookDisplay):
    """Histories of runs on one task. `target` is the gap that counts as reaching the target."""

    runs: tuple[Run, ...]
    """All runs asked for; the histories are of the first of them if training was stopped."""
    histories: tuple[History, ...] = field(repr=False)
    target: float = TARGET

    @property
    def names(self) -> list[str]:
        """Short, distinct names of the runs that have a history, as on the page."""
        return names([history.run for history in self.histories])

    @property
    def stopped(self) -> bool:
        """Whether training was stopped before all runs had ended."""
        unfinished = any(history.status == "stopped" for history in self.histories)
        return unfinished or len(self.histories) < len(self.runs)

    @cached_property
    def digits(self) -> tuple[Digits | None, ...]:
        """How many digits of each run can be trusted; their twins are trained for it."""
        once = cache(train_twins)  # runs that differ in their runner share them
        return tuple(trusted_digits(history, once) for history in self.histories)

    def sentence(self) -> str:
        """Summarize the comparison, as on the page."""
        return sentence(self.histories, self.target, self.digits)

    def frame(self) -> pd.DataFrame:
        """One row per run and epoch: the columns of `History.frame`, with short names of the runs.

        Parameters are left out if there are more than `MAX_PARAMETERS`.
        """
        frames = [
            history.frame(parameters=history.run.problem.num_params <= MAX_PARAMETERS).assign(run=name)
            for history, name in zip(self.histories, self.names, strict=True)
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def to_script(self) -> str:
        """Return a program of the runs: see `Run.to_script`."""
        return program(self.runs, names(self.runs)).text

    def to_notebook(self, link: str = "") -> str:
        """Return a notebook of the runs, as JSON: see `Run.to_notebook`."""
        return program(self.runs, names(self.runs)).notebook(link)

    def results(self) -> pd.DataFrame:
        """One row per run: run, lr, final_loss, best_loss, gap, status, outcome, diverged_at, epochs_to_X;
        then final metrics, seconds_per_epoch and the final parameters.
        """
        rows = [
            {"run": name, **_result(history, self.target)}
            for history, name in zip(self.histories, self.names, strict=True)
        ]
        whole = {name: "Int64" for name in (*rows[0],) if name.startswith(("diverged_at", "epochs_to"))}
        return pd.DataFrame(rows).astype(whole)


def compare(runs: Sequence[Run], target: float = TARGET, on_progress: OnProgress | None = None) -> Comparison:
    """Train runs one after the other. Raises `SettingError` if they do not share their task.

    `on_progress(fraction)` is called after each update with the fraction done; training stops when it returns
    True, and the comparison then lacks the runs that had not begun.
    """
    _check(runs)
    histories: list[History] = []
    for run in runs:
        history = train(run, _reporter(len(histories), len(runs), run.epochs, on_progress))
        histories.append(history)
        if history.status == "stopped":
            break
    return Comparison(tuple(runs), tuple(histories), target)


def _reporter(
    done: int, runs: int, epochs: int, on_progress: OnProgress | None
) -> Callable[[int, Tensor], bool | None] | None:
    """Return the callback of the next run, None without a callback."""
    if on_progress is None:
        return None
    return lambda epoch, loss: on_progress((done + epoch / epochs) / runs)


def _check(runs: Sequence[Run]) -> None:
    """Raise `SettingError` where runs differ in what they must share."""
    if not runs or not all(isinstance(run, Run) for run in runs):
        raise SettingError("runs", f"must be one or more of the class Run, got {safe_text(runs)}")
    for name in (f.name for f in fields(Task)):
        for run in runs:
            if getattr(run, name) != getattr(runs[0], name):
                values = " and ".join(safe_text(getattr(each, name)) for each in (runs[0], run))
                raise SettingError(name, f"must be the same in all runs of a comparison, got {values}")


def _result(history: History, target: float) -> dict[str, Any]:
    problem, known = history.run.problem, history.run.training.minimum is not None
    few = problem.num_params <= MAX_PARAMETERS
    return {
        "lr": getattr(history.run.optimizer, "lr", None),
        "final_loss": float(history.loss[-1]),
        "best_loss": history.best,
        "gap": float(history.gap[-1]),
        "status": history.status,
        "outcome": history.ending(target).outcome,
        "diverged_at": history.diverged_at,
        f"epochs_to_{format_value(target)}": history.epochs_to(target) if known else None,
        **{name: float(history.column(name)[-1]) for name in history.metrics},
        "seconds_per_epoch": history.seconds_per_epoch,
        **(dict(zip(problem.names, history.params[-1].tolist(), strict=True)) if few else {}),
    }
