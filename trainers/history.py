"""What a training leaves behind."""

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import torch
from torch import Tensor

from trainers.run import Run

OVERFITTED = 0.05
"""By what share the validation loss must have risen again to count as over-fitting."""


@dataclass(frozen=True, eq=False)
class History:
    """The course of one run: row k holds what was so after k epochs, which are updates without batches.

    After divergence or a stop the remaining rows are NaN.
    """

    run: Run
    params: Tensor
    """`(epochs + 1, n)`"""
    loss: Tensor
    """`(epochs + 1,)`: the loss at those parameters."""
    gradient: Tensor
    """`(epochs + 1, n)`: its derivative there."""
    status: Literal["finished", "diverged", "stopped"]
    diverged_at: int | None
    """The first row whose loss is not finite. The book, which counts epochs from 1, says one more."""
    seconds: float
    """Wall time of the epochs trained: of the updates, with their losses and gradients.

    Neither the making of the optimizer counts nor the callback nor, with batches, the loss on all rows.
    """
    batch_loss: Tensor
    """`(epochs updates,)`: the loss on each batch before its update; with one batch the loss."""
    accuracy: Tensor | None = None
    """`(epochs + 1,)`: the share of training rows whose class is found; None without classes."""
    validation_loss: Tensor | None = None
    """`(epochs + 1,)`: the loss on the rows held out, if any."""
    validation_accuracy: Tensor | None = None

    @property
    def rows(self) -> int:
        """How many rows hold numbers: all, unless the run was cut short."""
        return int(self.loss.isfinite().sum())

    @property
    def seconds_per_epoch(self) -> float:
        """The mean over the epochs trained. The last one of a run that diverged has no row."""
        trained = self.rows if self.status == "diverged" else self.rows - 1
        return self.seconds / max(trained, 1)

    @property
    def finished(self) -> bool:
        """Whether all epochs were trained."""
        return self.status == "finished"

    @property
    def best(self) -> float:
        """The smallest loss on the way; NaN if the first was not finite."""
        return float(self.loss[: self.rows].min()) if self.rows else float("nan")

    @property
    def gap(self) -> Tensor:
        """`(epochs + 1,)`, float64: loss minus the smallest loss there is; NaN where that is unknown.

        Rounding of the loss can make it a little less than 0.
        """
        return self.run.training.gap(self.loss)

    def epochs_to(self, gap: float) -> int | None:
        """The number of epochs after which the gap was first at most `gap`, or None."""
        reached = (self.gap <= gap).nonzero()
        return int(reached[0]) if len(reached) else None

    @property
    def overfitted_since(self) -> int | None:
        """The epoch of the smallest validation loss, if the last is more than 5 % above it.

        None without rows held out, where it never fell, and where the training loss rose since as well,
        which is not over-fitting.
        """
        if self.validation_loss is None or not self.finished:
            return None
        best = int(self.validation_loss.argmin())
        rose = self.validation_loss[-1] > (1 + OVERFITTED) * self.validation_loss[best]
        fell = best > 0 and self.loss[-1] <= self.loss[best]
        return best if rose and fell else None

    @property
    def measured(self) -> tuple[str, ...]:
        """The names of the columns that this run has besides loss, gap and gradient_norm."""
        names = ("accuracy", "validation_loss", "validation_accuracy")
        return tuple(name for name in names if getattr(self, name) is not None)

    def column(self, name: str) -> Tensor:
        """`(epochs + 1,)`, float64: loss, gap, gradient_norm, what was measured, or a parameter by its name.

        NaN for what this run does not have. "batch_loss" has a row an update.
        """
        if name == "gap":
            return self.gap
        if name == "gradient_norm":
            return (self.gradient.double() ** 2).sum(1).sqrt()
        if name in ("loss", "batch_loss", "accuracy", "validation_loss", "validation_accuracy"):
            values = getattr(self, name)
            return torch.full_like(self.loss, math.nan).double() if values is None else values.double()
        return self.params[:, self.run.problem.names.index(name)].double()

    def frame(self, parameters: bool = True) -> pd.DataFrame:
        """One row an epoch: run, epoch, loss, gap, what was measured, gradient_norm, parameters by name."""
        names = ("loss", "gap", *self.measured, "gradient_norm")
        columns = {name: self.column(name).numpy() for name in names}
        if parameters:
            courses = self.params.double().T.numpy()
            columns |= dict(zip(self.run.problem.names, courses, strict=True))
        return pd.DataFrame({"run": self.run.label, "epoch": range(len(self.loss))} | columns)
