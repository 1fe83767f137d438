"""Histories as the tables that charts draw."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from trainers.history import History
from trainers.problems import Problem
from trainers.reports.summary import ENDS
from trainers.reports.thinning import BUCKETS, thinned
from trainers.run import MAX_NUMBERS, Run
from trainers.words import figure

COLUMNS = {
    "batch_loss": "loss of a batch",
    "gradient_norm": "norm of the gradient",
    "validation_loss": "loss on the rows held out",
    "validation_accuracy": "accuracy on the rows held out",
}
"""What columns are called in a sentence, if not by their name."""
Y_TITLES = {
    "loss": "loss",
    "gap": "gap to the smallest loss",
    "accuracy": "share of rows whose class is found",
}
HELD_OUT = {"loss": "validation_loss", "accuracy": "validation_accuracy"}
X_TITLES = {
    "epochs": "epochs",
    "gradients": "gradient evaluations",
    "seconds": "seconds of training, from the mean time of an epoch",
}


def curves(
    histories: Sequence[History], names: Sequence[str], column: str, x: str = "epochs"
) -> pd.DataFrame:
    """One column of all runs, thinned: run, x, y."""
    parts = []
    for history, name in zip(histories, names, strict=True):
        values = history.column(column)
        rows = thinned(values)
        part = {"run": name, "x": rows.numpy() * cost(history, x), "y": values[rows].numpy()}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["run", "x", "y"])


def batches(histories: Sequence[History], names: Sequence[str], x: str = "epochs") -> pd.DataFrame:
    """The loss on each batch, thinned, of runs that have several an epoch: run, x, y."""
    parts = [pd.DataFrame(columns=["run", "x", "y"], dtype="float64")]
    for history, name in zip(histories, names, strict=True):
        updates = history.run.steps_per_epoch
        values = history.batch_loss.double() if updates > 1 else history.batch_loss[:0]
        rows = thinned(values)
        places = (history.epochs[rows // updates] + rows % updates / updates).numpy() * cost(history, x)
        parts.append(pd.DataFrame({"run": name, "x": places, "y": values[rows].numpy()}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def under_way(
    histories: Sequence[History], run: Run, loss: Tensor, names: Sequence[str], column: str, rows: int = 1200
) -> pd.DataFrame:
    """The losses or gaps of the finished histories and of the run being trained, in few rows: run, x, y."""
    parts, buckets = [], rows // 2 // len(names)
    courses = [*(history.loss for history in histories), loss]
    for values, name in zip(courses, names, strict=False):
        kept = thinned(values, buckets)
        y = run.training.gap(values[kept]) if column == "gap" else values[kept]
        parts.append(pd.DataFrame({"run": name, "x": kept.numpy(), "y": y.double().numpy()}))
    return pd.concat(parts, ignore_index=True)


def diverged(histories: Sequence[History], names: Sequence[str]) -> list[str]:
    """The runs whose loss became infinite, or not a number."""
    pairs = zip(histories, names, strict=True)
    return [name for history, name in pairs if history.status == "diverged"]


def away(histories: Sequence[History], names: Sequence[str]) -> list[str]:
    """The runs that did not diverge and yet ended ten times as far away as they began."""
    pairs = zip(histories, names, strict=True)
    return [name for history, name in pairs if history.finished and gone(history.run, history.loss)]


def gone(run: Run, loss: Tensor) -> bool:
    """Whether the last finite loss is ten times as far away as the first."""
    above = run.training.above(loss[loss.isfinite()])
    return len(above) > 0 and bool(above[-1] > 10 * above[0].abs())


def remarks(histories: Sequence[History], column: str, log: bool, also: Sequence[str] = ()) -> str:
    """What the reader of the chart of this column must know: what is thinned, hidden, or out of sight.

    `also` are the columns drawn beside it.
    """
    on_log = log and _above_0(histories, column)
    remarks = _minimum(histories[0], on_log) if histories and column == "loss" else []
    most = max((history.num_recorded for history in histories), default=0)
    if most > 2 * BUCKETS + 2:
        remarks.append(
            f"Of up to {most:,} epochs a curve shows at most {2 * BUCKETS + 2}: the first, the last, and the "
            f"least and largest of each of {BUCKETS} stretches."
        )
    if on_log:
        remarks += [part for name in (column, *also) for part in hidden(histories, name)]
    elif log and histories:
        remarks.append("No value is above 0, so the axis is linear.")
    if any(history.finished and gone(history.run, history.loss) for history in histories):
        remarks.append("Where a run that did not diverge leaves the picture, a triangle stands at the edge.")
    causes = {history.cause for history in histories}
    ends = " or ".join(words for cause, words in ENDS.items() if cause in causes)
    if ends:
        remarks.append(
            f"A cross marks the last finite value of a run that {ends}, at the edge if it lies beyond."
        )
    return " ".join(remarks)


def kept_remarks(histories: Sequence[History]) -> list[str]:
    """What is told of runs of which not all is kept."""
    thin = [history for history in histories if history.thinned]
    if not thin:
        return []
    fewest = min(len(history.epochs) for history in thin)
    who = "Of each run" if len(thin) == len(histories) else f"Of {len(thin)} of {len(histories)} runs"
    return [
        f"{who} parameters, gradients and losses on batches are kept at {fewest:,} of {thin[0].run.epochs:,} "
        f"epochs: a page has room for {MAX_NUMBERS:,} numbers. The losses after each epoch are complete."
    ]


def _minimum(history: History, log: bool) -> list[str]:
    """What marks the smallest possible loss, where it is known."""
    minimum = history.run.training.minimum
    if minimum is None:
        return []
    if log and minimum <= 0:
        told = figure(minimum, 6)
        return [f"No line marks the smallest possible loss, {told}: a log axis shows what is above 0."]
    return ["The gray line is the smallest possible loss."]


def _above_0(histories: Sequence[History], column: str) -> bool:
    """Whether a log axis has anything to show."""
    return any(bool((history.column(column) > 0).any()) for history in histories)


def norm_remarks(histories: Sequence[History]) -> list[str]:
    """What the reader of the chart of the gradient's norm must know."""
    return hidden(histories, "gradient_norm") if _above_0(histories, "gradient_norm") else []


def hidden(histories: Sequence[History], column: str) -> list[str]:
    """What a log axis leaves out of a column, and why there is such a thing."""
    values = torch.cat([history.column(column) for history in histories])
    out = values[values <= 0]
    if not len(out):
        return []
    rounding = column == "gap" or (column == "loss" and histories[0].run.training.minimum == 0)
    below, at = bool((out < 0).any()), bool((out == 0).any())
    sign = "0 but for rounding" if rounding else " or ".join(["negative"] * below + ["0"] * at)
    count = "one value" if len(out) == 1 else f"{len(out):,} values"
    linear = "" if rounding or column == "gradient_norm" else "; a linear axis can"
    what = COLUMNS.get(column, column)
    return [f"A log axis can't show {count} where the {what} is {sign}{linear}."]


def cost(history: History, x: str) -> float:
    """What one epoch costs in the unit of the horizontal axis."""
    seconds = history.seconds_per_epoch
    return {"epochs": 1.0, "gradients": float(history.run.gradients_per_epoch), "seconds": seconds}[x]


def hover(histories: Sequence[History], column: str, x: str, rows: int = 150) -> pd.DataFrame:
    """The exact values of all runs at the same x, evenly spaced: x, r0, r1, ..."""
    costs = [cost(history, x) for history in histories]
    ends = (c * min(h.num_recorded, h.run.epochs) for c, h in zip(costs, histories, strict=True))
    end = max(ends, default=0.0)  # where all diverged, the axis ends with the last of them
    places = np.linspace(0, end, rows)
    if x != "seconds":
        places = np.unique(places.round())
    table = {"x": places}
    for i, (history, c) in enumerate(zip(histories, costs, strict=True)):
        epochs = np.floor(places / c + 1e-9).astype(int)
        values = np.append(history.column(column).numpy(), np.nan)
        table[f"r{i}"] = values[np.minimum(epochs, len(values) - 1)]
    return pd.DataFrame(table)


def possible(problem: Problem) -> tuple[str, ...]:
    """What the loss chart can show of a problem."""
    gap = ("gap",) if problem.minimum is not None else ()
    return ("loss", *gap, *(("accuracy",) if problem.class_names else ()))
