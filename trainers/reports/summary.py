"""A comparison in words and in a table."""

from collections.abc import Iterable, Sequence

import torch

from trainers.history import Cause, History
from trainers.reports.names import names
from trainers.reports.three_ways import distance, furthest
from trainers.words import epochs_told, figure, listed

ENDS: dict[Cause, str] = {"overflow": "diverged", "not a number": "became not a number"}
"""What a run did whose loss is not finite, by its cause."""


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
    names = [name for name, h in named if h.overfitting_from is not None]
    if not names:
        return ""
    since = min(h.overfitting_from or 0 for _, h in named if h.overfitting_from is not None)
    who = "It over-fits" if len(named) == 1 else f"{listed(names)} over-fit{'s' if len(names) == 1 else ''}"
    when = f"since epoch {since:,}" if len(names) == 1 else f"the first since epoch {since:,}"
    return f"{who}, {when}: the loss on the rows held out rises again."


def _least(pairs: Iterable[tuple[float, str]]) -> tuple[str, float]:
    """The names that share the smallest number, and that number."""
    pairs = list(pairs)
    least = min(number for number, _ in pairs)
    return listed([name for number, name in pairs if number == least]), least
