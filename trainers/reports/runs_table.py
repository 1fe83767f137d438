"""How each run ended, as a table of text."""

from collections.abc import Sequence

import pandas as pd
from torch import Tensor

from trainers.history import History
from trainers.reports.summary import END_PHRASES
from trainers.words import format_epochs, format_number

MOST_PARAMETERS = 6
"""So many final parameters are told."""


def cells(histories: Sequence[History], names: Sequence[str], target: float) -> pd.DataFrame:
    """One row a run, as text: how it ended and what it took."""
    rows = [
        {
            "run": name,
            "status": status(history),
            "final loss": _number(history, history.loss[-1], 6),
            "best loss": format_number(history.best, 6),
            **_distance(history, target),
            **_measured(history),
            "µs per epoch": f"{1e6 * history.seconds_per_epoch:,.0f}",
            **_parameters(history),
        }
        for history, name in zip(histories, names, strict=True)
    ]
    return pd.DataFrame(rows, columns=None if rows else ["run"])


def _distance(history: History, target: float) -> dict[str, str]:
    """How close to the smallest loss a run came, where that is known."""
    if history.run.training.minimum is None:
        return {}
    epochs = history.epochs_to(target)
    arrival = "not reached" if epochs is None else f"{epochs:,}"
    return {"final gap": _gap(history), f"epochs to target ({target:g})": arrival}


def _measured(history: History) -> dict[str, str]:
    """What was measured besides the loss."""
    cells = {}
    for name in history.metrics:
        value = history.column(name)[-1]
        told = _number(history, value, 6) if name == "validation_loss" else _share(history, value)
        cells[name.replace("_", " ")] = told
    if "validation_loss" in cells or history.validation_loss is not None:
        cells["overfitting"] = _overfitting(history)
    return cells


def _share(history: History, value: Tensor) -> str:
    return f"{100 * float(value):.1f}%" if history.finished else "–"


def _overfitting(history: History) -> str:
    if not history.finished:
        return "–"
    since = history.overfitting_from
    return "no" if since is None else f"from epoch {since:,}"


def status(history: History) -> str:
    """How a run ended, in words."""
    if history.diverged_at is None or history.cause is None:
        return history.status
    return f"{END_PHRASES[history.cause].removeprefix('became ')} after {format_epochs(history.diverged_at)}"


def _number(history: History, value: Tensor, digits: int = 2) -> str:
    """A value at the end of a run; a dash for a run that diverged."""
    return format_number(value, digits) if history.finished else "–"


def _gap(history: History) -> str:
    if history.gap[-1] <= history.run.training.rounding(history.loss.dtype):
        return "0 (rounding)"
    return _number(history, history.gap[-1])


def _parameters(history: History) -> dict[str, str]:
    """The final parameters, if they are few."""
    names = history.run.problem.names
    if len(names) > MOST_PARAMETERS:
        return {}
    return {name: _number(history, value, 5) for name, value in zip(names, history.params[-1], strict=True)}
