"""A comparison in words and in a table."""

from collections.abc import Sequence

import pandas as pd
import torch

from trainers.history import History
from trainers.run import Method


def names(methods: Sequence[Method]) -> list[str]:
    """A short name for each method: its optimizer, and what not all have in common."""
    words = [method.label.split(" · ") for method in methods]
    common = set.intersection(*map(set, words)) if words else set()
    short = [" · ".join([w[0], *(x for x in w[1:] if x not in common)]) for w in words]
    twins = [short[:i].count(name) for i, name in enumerate(short)]
    return [f"{name} ({n + 1})" if n else name for name, n in zip(short, twins, strict=True)]


def cells(histories: Sequence[History], names: Sequence[str], target: float) -> pd.DataFrame:
    """One row a run, as text: how it ended and what it took."""
    rows = [
        {
            "run": name,
            "status": status(history),
            "final loss": _number(float(history.loss[-1]), ".6g"),
            "best loss": _number(history.best, ".6g"),
            "final gap": _number(float(history.gap[-1]), ".2g"),
            f"epochs to gap {target:g}": _arrival(history, target),
            "µs per epoch": f"{1e6 * history.seconds / max(history.rows, 1):.0f}",
            **_parameters(history),
        }
        for history, name in zip(histories, names, strict=True)
    ]
    return pd.DataFrame(rows, columns=None if rows else ["run"])


def status(history: History) -> str:
    """How a run ended, in words."""
    if history.diverged_at is not None:
        return f"diverged after {_epochs(history.diverged_at)}"
    return history.status


def _number(value: float, format: str) -> str:
    return "–" if value != value else f"{value:{format}}".replace("-", "−", 1 if value < 0 else 0)


def _arrival(history: History, target: float) -> str:
    if history.run.problem.minimum is None:
        return "unknown"
    epochs = history.epochs_to(target)
    return "not reached" if epochs is None else f"{epochs:,}"


def _parameters(history: History) -> dict[str, str]:
    """The final parameters, the first few of many."""
    values = zip(history.run.problem.names[:4], history.params[-1].tolist(), strict=False)
    return {name: _number(value, ".5g") for name, value in values}


def sentence(histories: Sequence[History], target: float) -> str:
    """What the comparison shows, in words."""
    if not histories:
        return "No runs yet. Add one in the sidebar, or pick a story there."
    labels = names([history.run for history in histories])
    named = list(zip(labels, histories, strict=True))
    parts = [_agreement(histories) or _winner(named, target), _growth(named), _divergence(named)]
    return " ".join(part for part in parts if part)


def spread(histories: Sequence[History]) -> float:
    """The largest difference between these runs' parameters at any one epoch, as long as all are finite."""
    params = torch.stack([history.params.double() for history in histories])
    apart = params.amax(0) - params.amin(0)
    return float(apart[apart.isfinite()].max()) if apart.isfinite().any() else 0.0


def distance(apart: float) -> str:
    """How far parameters were apart, in words."""
    return f"never more than {apart:.2g} apart" if apart else "equal to the last digit at every epoch"


def _agreement(histories: Sequence[History]) -> str:
    """Whether runs with one optimizer and different runners gave one curve."""
    finished = all(history.status == "finished" for history in histories)
    optimizers = {history.run.optimizer for history in histories}
    runners = {history.run.runner for history in histories}
    if not finished or len(optimizers) > 1 or len(runners) < 2:
        return ""
    losses = [history.loss.double() for history in histories]
    if any(float(((loss - losses[0]) / losses[0]).abs().max()) > 1e-3 for loss in losses):
        return ""
    ends = sorted({f"{loss[-1]:.6g}" for loss in losses})
    return (
        f"{len(runners)} ways, one curve: after {_epochs(histories[0].run.epochs)} each has loss "
        f"{' or '.join(ends)}, and their parameters were {distance(spread(histories))}."
    )


def _winner(named: Sequence[tuple[str, History]], target: float) -> str:
    """Who came close to the optimum first, or closest."""
    alive = [(name, history) for name, history in named if history.status != "diverged"]
    if not alive:
        return ""
    if alive[0][1].run.problem.minimum is None:
        name, history = min(alive, key=lambda pair: float(pair[1].loss[-1]))
        return f"{name} ended lowest, at loss {history.loss[-1]:.4g}."
    arrived = [(epochs, name) for name, h in alive if (epochs := h.epochs_to(target)) is not None]
    if not arrived:
        name, history = min(alive, key=lambda pair: float(pair[1].gap[-1]))
        end = f"After {_epochs(history.run.epochs)} {name}"
        gap = f"{history.gap[-1]:.2g} above the smallest loss"
        if len(named) == 1:
            return f"{end} is {gap}, not yet within {target:g} of it."
        return f"{end} ended closest, {gap}; none came within {target:g} of it."
    epochs = min(arrived)[0]
    name = _listed([name for after, name in arrived if after == epochs])
    first = f"{name} came within {target:g} of the smallest loss"
    first += f" first, after {_epochs(epochs)}" if len(named) > 1 else f" after {_epochs(epochs)}"
    missing = len(named) - len(arrived)
    return f"{first}; {missing} of {len(named)} runs did not." if missing else f"{first}."


def _growth(named: Sequence[tuple[str, History]]) -> str:
    """Who ended worse than it began, without having diverged."""
    grown = [name for name, h in named if h.status == "finished" and h.loss[-1] > h.loss[0]]
    return f"{_listed(grown)} ended with a larger loss than at the start." if grown else ""


def _divergence(named: Sequence[tuple[str, History]]) -> str:
    """Who diverged, and when."""
    gone = [(h.diverged_at, name) for name, h in named if h.diverged_at is not None]
    if not gone:
        return ""
    epochs, name = min(gone)
    if len(gone) == 1:
        return f"{name} diverged after {_epochs(epochs)}."
    who = f"All {len(gone)} runs" if len(gone) == len(named) else f"{len(gone)} of {len(named)} runs"
    return f"{who} diverged, {name} first, after {_epochs(epochs)}."


def _epochs(number: int) -> str:
    return f"{number:,} epoch" + ("" if number == 1 else "s")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
