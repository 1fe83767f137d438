"""A comparison in words and in a table."""

from collections.abc import Iterable, Sequence

import pandas as pd
import torch
from torch import Tensor

from trainers.history import Cause, History, spread
from trainers.run import Method
from trainers.words import epochs_told, figure, listed

MOST_PARAMETERS = 6
"""So many final parameters are told."""
ENDS: dict[Cause, str] = {"overflow": "diverged", "not a number": "became not a number"}
"""What a run did whose loss is not finite, by its cause."""


def names(methods: Sequence[Method]) -> list[str]:
    """A short name for each method: its optimizer, and what not all have in common."""
    return short([method.label.split(" · ") for method in methods])


def short(words: Sequence[Sequence[str]]) -> list[str]:
    """Names of which the first word stays, and of the others what not all have in common."""
    common = set.intersection(*map(set, words)) if words else set()
    names = [" · ".join([w[0], *(x for x in w[1:] if x not in common)]) for w in words]
    twins = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name} ({n + 1})" if n else name for name, n in zip(names, twins, strict=True)]


def cells(histories: Sequence[History], names: Sequence[str], target: float) -> pd.DataFrame:
    """One row a run, as text: how it ended and what it took."""
    rows = [
        {
            "run": name,
            "status": status(history),
            "final loss": _number(history, history.loss[-1], 6),
            "best loss": figure(history.best, 6),
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
    return {"final gap": _gap(history), f"epochs to gap {target:g}": arrival}


def _measured(history: History) -> dict[str, str]:
    """What was measured besides the loss."""
    cells = {}
    for name in history.measured:
        value = history.column(name)[-1]
        told = _number(history, value, 6) if name == "validation_loss" else _share(history, value)
        cells[name.replace("_", " ")] = told
    if "validation_loss" in cells or history.validation_loss is not None:
        cells["over-fitting"] = _overfitting(history)
    return cells


def _share(history: History, value: Tensor) -> str:
    return f"{100 * float(value):.1f} %" if history.finished else "–"


def _overfitting(history: History) -> str:
    if not history.finished:
        return "–"
    since = history.overfitted_since
    return "no" if since is None else f"since epoch {since:,}"


def status(history: History) -> str:
    """How a run ended, in words."""
    if history.diverged_at is None or history.cause is None:
        return history.status
    return f"{ENDS[history.cause].removeprefix('became ')} after {epochs_told(history.diverged_at)}"


def _number(history: History, value: Tensor, digits: int = 2) -> str:
    """A value at the end of a run; a dash for a run that diverged."""
    return figure(value, digits) if history.finished else "–"


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


def sentence(histories: Sequence[History], target: float) -> str:
    """What the comparison shows, in words."""
    if not histories:
        return "No runs yet. Add one in the sidebar, or pick a story there."
    labels = names([history.run for history in histories])
    named = list(zip(labels, histories, strict=True))
    parts = [
        _agreement(histories) or _winner(named, target),
        _return(named, target),
        _growth(named),
        *(_divergence(named, cause) for cause in ENDS),
        _accuracy(named),
        _overfitted(named),
    ]
    return " ".join(part for part in parts if part)


def furthest(histories: Sequence[History]) -> float:
    """The largest difference between these runs' parameters at any one epoch, as long as all are finite."""
    apart = spread(histories)[1]
    return float(apart[apart.isfinite()].max()) if apart.isfinite().any() else 0.0


def distance(apart: float) -> str:
    """How far parameters were apart, in words."""
    return f"never more than {figure(apart)} apart" if apart else "equal to the last digit at every epoch"


def _agreement(histories: Sequence[History]) -> str:
    """Whether runs with one optimizer and different runners gave one curve."""
    finished = all(history.finished for history in histories)
    optimizers = {history.run.optimizer for history in histories}
    runners = {history.run.runner for history in histories}
    if not finished or len(optimizers) > 1 or len(runners) < 2:
        return ""
    losses = [history.loss.double() for history in histories]
    if not all(torch.allclose(loss, losses[0], rtol=1e-3, atol=0) for loss in losses):
        return ""
    ends = sorted({f"{loss[-1]:.6g}" for loss in losses})
    return (
        f"{len(runners)} ways, one curve: after {epochs_told(histories[0].run.epochs)} each has loss "
        f"{' or '.join(ends)}, and their parameters were {distance(furthest(histories))}."
    )


def _winner(named: Sequence[tuple[str, History]], target: float) -> str:
    """Who came close to the optimum first, or closest."""
    finished = [(name, history) for name, history in named if history.finished]
    if not finished:
        return ""
    if finished[0][1].run.training.minimum is None:
        names, loss = _least((float(h.loss[-1]), name) for name, h in finished)
        if len(named) == 1:
            return f"After {epochs_told(finished[0][1].run.epochs)} the loss is {figure(loss, 4)}."
        return f"{names} ended lowest, at loss {figure(loss, 4)}."
    arrived = [(float(k), name) for name, h in named if (k := h.epochs_to(target)) is not None]
    if not arrived:
        return _closest(finished, len(named), target)
    names, epochs = _least(arrived)
    first = f"{names} came within {target:g} of the smallest loss"
    first += (
        f" first, after {epochs_told(int(epochs))}"
        if len(named) > 1
        else f" after {epochs_told(int(epochs))}"
    )
    missing = len(named) - len(arrived)
    return f"{first}; {missing} of {len(named)} runs did not." if missing else f"{first}."


def _closest(finished: Sequence[tuple[str, History]], runs: int, target: float) -> str:
    """Who ended closest to an optimum that nobody came close to."""
    names, gap = _least((float(h.gap[-1]), name) for name, h in finished)
    end = f"After {epochs_told(finished[0][1].run.epochs)} {names}"
    if runs == 1:
        return f"{end} is {figure(gap)} above the smallest loss, not yet within {target:g} of it."
    return f"{end} ended closest, {figure(gap)} above the smallest loss; none came within {target:g} of it."


def _return(named: Sequence[tuple[str, History]], target: float) -> str:
    """Who came close to the optimum and left again."""
    left = [
        name for name, h in named if h.finished and h.epochs_to(target) is not None and h.gap[-1] > target
    ]
    return f"{listed(left)} left again and ended further away." if left else ""


def _growth(named: Sequence[tuple[str, History]]) -> str:
    """Who ended worse than it began, without having diverged."""
    grown = [name for name, h in named if h.finished and h.loss[-1] > h.loss[0]]
    return f"{listed(grown)} ended with a larger loss than at the start." if grown else ""


def _divergence(named: Sequence[tuple[str, History]], cause: Cause) -> str:
    """Who diverged from this cause, and when."""
    gone = [(float(h.diverged_at or 0), name) for name, h in named if h.cause == cause]
    if not gone:
        return ""
    names, epochs = _least(gone)
    after = f"after {epochs_told(int(epochs))}."
    if len(gone) == 1:
        return f"{names} {ENDS[cause]} {after}"
    every = "Both runs" if len(gone) == 2 else f"All {len(gone)} runs"
    who = every if len(gone) == len(named) else f"{len(gone)} of {len(named)} runs"
    together = len({epoch for epoch, _ in gone}) == 1
    return f"{who} {ENDS[cause]}, {'each' if together else f'{names} first,'} {after}"


def _accuracy(named: Sequence[tuple[str, History]]) -> str:
    """Who has the highest accuracy, on the rows held out if there are any."""
    finished = [(name, h) for name, h in named if h.finished and h.accuracy is not None]
    if not finished:
        return ""
    held_out = finished[0][1].validation_accuracy is not None
    column = "validation_accuracy" if held_out else "accuracy"
    names, share = _least((-float(h.column(column)[-1]), name) for name, h in finished)
    told = f"{-100 * share:.1f} %" + (" on the rows held out" if held_out else "")
    if len(named) == 1:
        return f"Its accuracy is {told}."
    return f"{names} reached the highest accuracy, {told}."


def _overfitted(named: Sequence[tuple[str, History]]) -> str:
    """Whose validation loss rose again while the training loss fell."""
    names = [name for name, h in named if h.overfitted_since is not None]
    if not names:
        return ""
    since = min(h.overfitted_since or 0 for _, h in named if h.overfitted_since is not None)
    who = "It over-fits" if len(named) == 1 else f"{listed(names)} over-fit{'s' if len(names) == 1 else ''}"
    when = f"since epoch {since:,}" if len(names) == 1 else f"the first since epoch {since:,}"
    return f"{who}, {when}: the loss on the rows held out rises again."


def _least(pairs: Iterable[tuple[float, str]]) -> tuple[str, float]:
    """The names that share the smallest number, and that number."""
    pairs = list(pairs)
    least = min(number for number, _ in pairs)
    return listed([name for number, name in pairs if number == least]), least
