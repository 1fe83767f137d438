"""Tables and captions of the loss chart."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from trainers.digits import Digits
from trainers.history import History
from trainers.objective import FAILURE_FACTOR
from trainers.problems import Problem
from trainers.reports.summary import END_PHRASES
from trainers.reports.thinning import BUCKETS, downsample
from trainers.run import MAX_NUMBERS, Run
from trainers.words import format_number, join_words

COLUMNS = {
    "batch_loss": "mini-batch loss",
    "gradient_norm": "gradient norm",
    "validation_loss": "validation loss",
    "validation_accuracy": "validation accuracy",
}
"""Names of columns in sentences, where they differ from the column's name."""
Y_TITLES = {
    "loss": "loss",
    "gap": "loss − minimum loss",
    "accuracy": "accuracy",
}
VALIDATION_METRICS = {"loss": "validation_loss", "accuracy": "validation_accuracy"}
MAX_LINEAR_RATIO = 20
"""Ratio of learning rates above which the smaller ones can't be seen on a linear axis."""
X_TITLES = {
    "epochs": "epochs",
    "gradients": "gradient evaluations",
    "seconds": "training time (s)",
}


def curves(
    histories: Sequence[History], names: Sequence[str], column: str, x: str = "epochs"
) -> pd.DataFrame:
    """Return one column of all runs, downsampled: run, x, y."""
    parts = []
    for history, name in zip(histories, names, strict=True):
        values = history.column(column)
        rows = downsample(values)
        part = {"run": name, "x": costs(history, x)[rows.numpy()], "y": values[rows].numpy()}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["run", "x", "y"])


def batches(histories: Sequence[History], names: Sequence[str], x: str = "epochs") -> pd.DataFrame:
    """Return the mini-batch losses, downsampled, of runs with several updates per epoch: run, x, y."""
    parts = [pd.DataFrame(columns=["run", "x", "y"], dtype="float64")]
    for history, name in zip(histories, names, strict=True):
        updates = history.run.steps_per_epoch
        values = history.batch_loss.double() if updates > 1 else history.batch_loss[:0]
        rows = downsample(values)
        epochs = history.epochs[rows // updates] + rows % updates / updates
        places = np.interp(epochs.numpy(), np.arange(len(history.loss)), costs(history, x))
        parts.append(pd.DataFrame({"run": name, "x": places, "y": values[rows].numpy()}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def live_curves(
    histories: Sequence[History], run: Run, loss: Tensor, names: Sequence[str], column: str, rows: int = 1200
) -> pd.DataFrame:
    """Return the losses or gaps of finished runs and of the run in training, downsampled: run, x, y."""
    parts, buckets = [], rows // 2 // len(names)
    losses = [*(history.loss for history in histories), loss]
    for values, name in zip(losses, names, strict=False):
        rows_kept = downsample(values, buckets)
        y = run.training.gap(values[rows_kept]) if column == "gap" else values[rows_kept]
        parts.append(pd.DataFrame({"run": name, "x": rows_kept.numpy(), "y": y.double().numpy()}))
    return pd.concat(parts, ignore_index=True)


def learning_rates(histories: Sequence[History], names: Sequence[str], x: str = "epochs") -> pd.DataFrame:
    """Return the learning rates of all runs, downsampled: run, x, y.

    That of an epoch stands where the epoch begins, the last one also where it ends.
    """
    parts = []
    for history, name in zip(histories, names, strict=True):
        rates = torch.cat([history.learning_rates, history.learning_rates[-1:]])
        rows = downsample(rates)
        x_values = costs(history, x)[rows.numpy()]
        parts.append(pd.DataFrame({"run": name, "x": x_values, "y": rates[rows].numpy()}))
    return pd.concat(parts, ignore_index=True)


def rates_far_apart(rates: pd.DataFrame) -> bool:
    """Return whether some learning rates are so small beside others that they need a log axis."""
    peaks = rates.groupby("run")["y"].max()
    return bool(peaks.max() > MAX_LINEAR_RATIO * peaks.min())


def arrivals(histories: Sequence[History], names: Sequence[str], target: float) -> pd.DataFrame:
    """Return where each run first came within the target gap: run, x (epochs), y (its gap)."""
    rows = [
        (name, epoch, float(history.gap[epoch]))
        for name, history in zip(names, histories, strict=True)
        if history.run.training.minimum is not None and (epoch := history.epochs_to(target)) is not None
    ]
    return pd.DataFrame(rows, columns=["run", "x", "y"])


def diverged_runs(histories: Sequence[History], names: Sequence[str]) -> list[str]:
    """Return the names of the runs whose loss became infinite or NaN."""
    pairs = zip(histories, names, strict=True)
    return [name for history, name in pairs if history.status == "diverged"]


def far_runs(histories: Sequence[History], names: Sequence[str]) -> list[str]:
    """Return the names of the finished runs that are far off at their end."""
    pairs = zip(histories, names, strict=True)
    return [name for history, name in pairs if history.finished and is_far(history.run, history.loss)]


def decided_since(
    histories: Sequence[History],
    names: Sequence[str],
    digits: Sequence[Digits | None],
    column: str,
    x: str = "epochs",
) -> dict[str, float]:
    """Return the place on the x-axis from which rounding decides the losses, by the names of such runs."""
    if column not in ("loss", "gap"):
        return {}
    return {
        name: float(costs(history, x)[each.since])
        for history, name, each in zip(histories, names, digits, strict=True)
        if each is not None and each.since is not None
    }


def decided_caption(since: Mapping[str, float]) -> str:
    """Return a sentence on the curves that are dotted as rounding decides them; "" for none."""
    if not since:
        return ""
    return f"Dotted from where rounding decides the loss: {join_words(list(since))}."


def is_far(run: Run, loss: Tensor) -> bool:
    """Return whether the last finite gap (or loss) is more than `FAILURE_FACTOR` times the first."""
    above = run.training.gap_or_loss(loss[loss.isfinite()])
    return len(above) > 0 and bool(above[-1] > FAILURE_FACTOR * above[0].abs())


def caption(histories: Sequence[History], column: str, log: bool, also: Sequence[str] = ()) -> str:
    """Return the caption of the loss chart: what is downsampled, hidden, or outside the chart.

    `also` are the columns drawn beside `column`.
    """
    on_log = log and _above_0(histories, column)
    sentences = _minimum(histories[0], on_log) if histories and column == "loss" else []
    drawn = (history.column(name) for history in histories for name in (column, *also))
    most = max((int((~values.isnan()).sum()) for values in drawn), default=0)
    if most > 2 * BUCKETS + 2:
        sentences.append(
            f"Curves are downsampled to at most {2 * BUCKETS + 2} points; the minimum and maximum of each "
            "interval are kept."
        )
    if on_log:
        sentences += [part for name in (column, *also) for part in hidden_values(histories, name)]
    elif log and histories:
        sentences.append("No value is above 0, so the axis is linear.")
    far = [history.finished and is_far(history.run, history.loss) for history in histories]
    stay = [history.finished and not away for history, away in zip(histories, far, strict=True)]
    if any(far) and any(stay) and column != "accuracy":  # else the chart shows all there is
        sentences.append("Triangle: a run that ends outside the chart without diverging.")
    causes = {history.cause for history in histories}
    ends = " or ".join(words for cause, words in END_PHRASES.items() if cause in causes)
    if ends:
        sentences.append(
            f"Cross: last finite value of a run that {ends}, at the edge if it is outside the chart."
        )
    return " ".join(sentences)


def storage_captions(histories: Sequence[History]) -> list[str]:
    """Return a sentence on runs whose parameters and gradients are kept at some epochs only."""
    thin = [history for history in histories if history.thinned]
    if not thin:
        return []
    fewest = min(len(history.epochs) for history in thin)
    runs = "all runs" if len(thin) == len(histories) else f"{len(thin)} of {len(histories)} runs"
    return [
        f"Parameters, gradients and mini-batch losses of {runs} are kept at {fewest:,} of "
        f"{thin[0].run.epochs:,} epochs: a page has room for {MAX_NUMBERS:,} numbers. The losses after each "
        "epoch are complete."
    ]


def _minimum(history: History, log: bool) -> list[str]:
    """Return a sentence on the line at the minimum loss, if it is known."""
    minimum = history.run.training.minimum
    if minimum is None:
        return []
    if log and minimum <= 0:
        value = format_number(minimum, 6)
        return [f"The minimum loss, {value}, is not shown: a log axis has only values above 0."]
    return ["The gray line is the minimum loss."]


def _above_0(histories: Sequence[History], column: str) -> bool:
    """Return whether a log axis has any value to show."""
    return any(bool((history.column(column) > 0).any()) for history in histories)


def gradient_norm_captions(histories: Sequence[History]) -> list[str]:
    """Return sentences on the chart of the gradient norm."""
    return hidden_values(histories, "gradient_norm") if _above_0(histories, "gradient_norm") else []


def hidden_values(histories: Sequence[History], column: str) -> list[str]:
    """Return a sentence on the values that a log axis leaves out, if any."""
    values = torch.cat([history.column(column) for history in histories])
    out = values[values <= 0]
    if not len(out):
        return []
    rounding = column == "gap" or (column == "loss" and histories[0].run.training.minimum == 0)
    below, at = bool((out < 0).any()), bool((out == 0).any())
    where = "at or below 0" if below and at else "below 0" if below else "equal to 0"
    why = " (rounding)" if rounding else ""
    count = "1 value" if len(out) == 1 else f"{len(out):,} values"
    linear = "" if rounding or column == "gradient_norm" else "; visible on a linear axis"
    what = COLUMNS.get(column, column)
    return [f"Not shown on the log axis: {count} of the {what} {where}{why}{linear}."]


def costs(history: History, x: str) -> "np.ndarray[Any, np.dtype[Any]]":
    """Return the cost of the training before each row, `(epochs + 1,)`, in the unit of the x-axis."""
    if x == "gradients":
        return history.evaluations.double().numpy()
    return np.arange(len(history.loss)) * {"epochs": 1.0, "seconds": history.seconds_per_epoch}[x]


def hover_table(histories: Sequence[History], column: str, x: str, rows: int = 150) -> pd.DataFrame:
    """Return the exact values of all runs at the same x, evenly spaced: x, r0, r1, ..."""
    each = [costs(history, x) for history in histories]
    ends = (c[min(h.num_recorded, h.run.epochs)] for c, h in zip(each, histories, strict=True))
    end = max(ends, default=0.0)  # if all diverged, up to the last of them
    places = np.linspace(0, end, rows)
    if x != "seconds":
        places = np.unique(places.round())
    table = {"x": places}
    for i, (history, c) in enumerate(zip(histories, each, strict=True)):
        c = c[: history.num_recorded]
        epochs = np.searchsorted(c * (1 - 1e-9), places, side="right") - 1
        beyond = places > c.max(initial=-1) * (1 + 1e-9)
        values = np.append(history.column(column).numpy(), np.nan)
        table[f"r{i}"] = values[np.where(beyond, -1, epochs)]
    return pd.DataFrame(table)


def available_metrics(problem: Problem) -> tuple[str, ...]:
    """Return the metrics that the loss chart can show of a problem."""
    gap = ("gap",) if problem.minimum is not None else ()
    return ("loss", *gap, *(("accuracy",) if problem.class_names else ()))
