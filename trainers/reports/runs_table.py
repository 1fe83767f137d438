"""Table of runs: final results and cost, as text."""

import math
from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from trainers.digits import Digits
from trainers.history import History
from trainers.reports.summary import DECIDED, END_PHRASES
from trainers.reports.weight_decay import at_its_optimum, elsewhere
from trainers.words import (
    format_beside,
    format_epochs,
    format_number,
    format_percent,
    format_target,
    format_value,
)

MAX_EPOCHS_LEFT = 1e6
"""Maximum number of epochs until the target that is estimated."""
MAX_SPREAD = 1.25
"""Ratio of the quartiles of the time of an epoch from which they are shown."""
LOSS_DIGITS, PARAMETER_DIGITS = 6, 5
"""Most digits that are shown."""
MAX_PARAMETERS = 6
"""Maximum number of parameters for which final values are shown."""


def cells(
    histories: Sequence[History],
    names: Sequence[str],
    target: float,
    digits: Sequence[Digits | None] | None = None,
) -> pd.DataFrame:
    """Return one row per run, as text; `target` is the gap that counts as reaching the target.

    Losses, gaps and parameters have no more than their trusted `digits`, where these are known.
    """
    known = [None] * len(histories) if digits is None else digits
    rows = [
        {
            "run": name,
            **_rate(history),
            "status": status(history, target),
            "final loss": _final_loss(history, trusted),
            "best loss": _best(history, trusted),
            **_target_cells(history, target, trusted),
            **_metrics(history, trusted),
            "µs per epoch": _time(history),
            **_parameters(history, trusted),
        }
        for history, name, trusted in zip(histories, names, known, strict=True)
    ]
    return pd.DataFrame(rows, columns=None if rows else ["run"])


def digits_caption(digits: Sequence[Digits | None]) -> str:
    """Return a sentence on digits that are left out, and on results that rounding decides; "" for none."""
    known = [each for each in digits if each is not None]
    sentences = []
    if any(min(each.loss, each.best) < LOSS_DIGITS for each in known):
        sentences.append("Digits that rounding may change are left out.")
    if any(0 in (each.loss, each.gap) for each in known):
        sentences.append(
            "Decided by rounding: another order of the same sums gives another loss. The range is that of "
            "the run and two copies of it, changed by a rounding step after each update."
        )
    return " ".join(sentences)


def _final_loss(history: History, trusted: Digits | None) -> str:
    """Return the final loss; of a run that rounding decides, where it and its twins end."""
    if trusted is None or not history.finished:
        return _number(history, history.loss[-1], LOSS_DIGITS)
    if trusted.loss and _is_zero(history, float(history.loss[-1])):
        return "0 (rounding)"
    if trusted.loss == 0:
        return _decided(trusted.low, trusted.high)
    return _trusted(history.loss[-1], min(trusted.loss, LOSS_DIGITS))


def _best(history: History, trusted: Digits | None) -> str:
    if trusted is None:
        return format_number(history.best, LOSS_DIGITS)
    if _is_zero(history, history.best):
        return "0 (rounding)"
    digits, final = min(trusted.best, LOSS_DIGITS), min(trusted.loss, LOSS_DIGITS)
    ends_there = final and format_number(history.best, final) == format_number(history.loss[-1], final)
    return _trusted(history.best, min(digits, final) if ends_there else digits)


def _is_zero(history: History, loss: float) -> bool:
    """Return whether the minimum loss is 0, but for rounding, and so is this loss."""
    training = history.run.training
    rounding = training.rounding(history.loss.dtype)
    return training.minimum is not None and max(abs(training.minimum), abs(loss)) <= rounding


def _decided(low: float, high: float) -> str:
    """Return a range that rounding decides."""
    ends = [format_number(low), format_number(high) if math.isfinite(high) else "divergence"]
    return f"{' to '.join(dict.fromkeys(ends))}, {DECIDED}"


def _trusted(value: Tensor | float, digits: int) -> str:
    """Return a value with so many digits; with two that are not certain, if there are less."""
    return format_number(value, digits) if digits > 1 else f"about {format_number(value, 2)}"


def _rate(history: History) -> dict[str, str]:
    """Return the learning rate, a dash if the optimizer has none."""
    lr = getattr(history.run.optimizer, "lr", None)
    return {"lr": "–" if lr is None else format_value(lr)}


def _time(history: History) -> str:
    """Return the median time of an epoch, with quartiles that are far apart; a dash for few epochs."""
    quartiles = history.lap_quartiles
    if quartiles is None:
        return "–"
    low, high = quartiles
    time = f"{1e6 * history.seconds_per_epoch:,.0f}"
    return time if high <= MAX_SPREAD * low else f"{time} ({1e6 * low:,.0f} to {1e6 * high:,.0f})"


def _target_cells(history: History, target: float, trusted: Digits | None) -> dict[str, str]:
    """Return final gap and epochs to target, where the minimum loss is known."""
    if history.run.training.minimum is None:
        return {}
    epochs = history.epochs_to(target)
    reached, goal = "not reached" if epochs is None else f"{epochs:,}", format_target(target)
    return {"final gap": _gap(history, target, trusted), f"epochs to target ({goal})": reached}


def _metrics(history: History, trusted: Digits | None) -> dict[str, str]:
    """Return the final metrics besides the loss."""
    cells = {}
    for name in history.metrics:
        value = history.column(name)[-1]
        digits = LOSS_DIGITS if trusted is None else max(min(trusted.loss, LOSS_DIGITS), 2)
        text = _number(history, value, digits) if name == "validation_loss" else _percentage(history, value)
        decided = history.finished and trusted is not None and trusted.loss == 0
        cells[name.replace("_", " ")] = f"{text}, {DECIDED}" if decided else text
    if history.validation_loss is not None:
        cells["overfitting"] = _overfitting(history)
    return cells


def _percentage(history: History, value: Tensor) -> str:
    return format_percent(float(value)) if history.finished else "–"


def _overfitting(history: History) -> str:
    if not history.finished:
        return "–"
    since = history.overfitting_from
    return "no" if since is None else f"from epoch {since:,}"


def status(history: History, target: float) -> str:
    """Return how a run ended, as text."""
    if history.status == "failed":
        return f"failed after {format_epochs(history.num_recorded - 1)}: {history.error}"
    if history.diverged_at is None or history.cause is None:
        return _ending(history, target)
    return f"{END_PHRASES[history.cause].removeprefix('became ')} after {format_epochs(history.diverged_at)}"


def _ending(history: History, target: float) -> str:
    found, decay = history.ending(target), elsewhere(history, target)
    if decay is not None and decay.coupled and at_its_optimum(history, target):
        return "converged, with weight decay"
    if found.outcome == "oscillating":
        what = "loss" if history.run.training.minimum is None else "gap"
        return f"oscillating, {what} about {format_beside(found.level, target)}"
    if decay is None and found.epochs_left is not None and found.epochs_left < MAX_EPOCHS_LEFT:
        return f"falling, about {round_epochs(found.epochs_left)} left"
    return found.outcome


def round_epochs(number: float) -> str:
    """Return an estimated number of epochs with two digits."""
    return format_epochs(max(int(float(f"{number:.2g}")), 1))


def _number(history: History, value: Tensor, digits: int = 2) -> str:
    """Return a final value as text, a dash for a run that did not finish."""
    return format_number(value, digits) if history.finished else "–"


def _gap(history: History, target: float, trusted: Digits | None) -> str:
    """Return the final gap as text, which reads as above the target if it is."""
    if trusted is not None and trusted.gap == 0 and history.finished:
        above = history.run.training.gap(torch.tensor([trusted.low, trusted.high], dtype=torch.float64))
        return _decided(*above.clamp(min=0).tolist())
    if history.gap[-1] <= history.run.training.rounding(history.loss.dtype):
        return "0 (rounding)"
    return format_beside(history.gap[-1], target) if history.finished else "–"


def _parameters(history: History, trusted: Digits | None) -> dict[str, str]:
    """Return the final parameters, if there are at most `MAX_PARAMETERS`."""
    names = history.run.problem.names
    if len(names) > MAX_PARAMETERS:
        return {}
    values = dict(zip(names, history.params[-1], strict=True))
    if trusted is None or not history.finished:
        return {name: _number(history, value, PARAMETER_DIGITS) for name, value in values.items()}
    return {
        name: _trusted(value, min(digits, PARAMETER_DIGITS))
        for (name, value), digits in zip(values.items(), trusted.params, strict=True)
    }
