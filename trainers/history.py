"""What a training leaves behind."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import pandas as pd
import torch
from torch import Tensor

from trainers.run import Run

OVERFITTING_RISE = 0.05
"""By what share the validation loss must have risen again to count as over-fitting."""
GROWTH_FACTOR = 1000
"""How many times as large as at the start, or as 1, a number must be to have grown."""

Cause = Literal["overflow", "not a number"]


@dataclass(frozen=True, eq=False)
class History:
    """The course of one run: row k holds what was so after k epochs, which are updates without batches.

    After divergence or a stop the remaining rows are NaN. Of a long run of many parameters `train` may have
    been asked to keep parameters and gradients at some epochs only: row k is then that of `epochs[k]`.
    """

    run: Run
    epochs: Tensor
    """`(kept,)`, int64: those of which parameters, gradient and losses on batches are kept; usually all."""
    params: Tensor
    """`(kept, n)`, where all are kept `(epochs + 1, n)`."""
    loss: Tensor
    """`(epochs + 1,)`"""
    gradient: Tensor
    """`(kept, n)`: the derivative of the loss."""
    status: Literal["finished", "diverged", "stopped"]
    diverged_at: int | None
    """The first row whose loss is not finite. The book, which counts epochs from 1, says one more."""
    seconds: float
    """Wall time of the epochs trained: of the updates, with their losses and gradients.

    Neither the making of the optimizer counts nor the callback nor, with batches, the loss on all rows.
    """
    batch_loss: Tensor
    """`(epochs updates,)`: the loss on each batch before its update; with one batch the loss.

    Where not all is kept, of the kept epochs but the last of the run.
    """
    accuracy: Tensor | None = None
    """`(epochs + 1,)`: the share of training rows whose class is found; None without classes."""
    validation_loss: Tensor | None = None
    """`(epochs + 1,)`: the loss on the rows held out, if any."""
    validation_accuracy: Tensor | None = None

    @property
    def num_recorded(self) -> int:
        """How many rows hold numbers: all, unless the run was cut short."""
        return int(self.loss.isfinite().sum())

    @property
    def thinned(self) -> bool:
        """Whether parameters, gradients and losses on batches are kept at some epochs only."""
        return len(self.epochs) < len(self.loss)

    @property
    def kept_rows(self) -> int:
        """How many of the kept rows hold numbers."""
        return int((self.epochs < self.num_recorded).sum())

    def row(self, epoch: int) -> int:
        """The kept row of this epoch, or of the last one kept before."""
        return int(torch.searchsorted(self.epochs, epoch, right=True)) - 1

    @property
    def seconds_per_epoch(self) -> float:
        """The mean over the epochs trained. The last one of a run that diverged has no row."""
        trained = self.num_recorded if self.status == "diverged" else self.num_recorded - 1
        return self.seconds / max(trained, 1)

    @property
    def finished(self) -> bool:
        """Whether all epochs were trained."""
        return self.status == "finished"

    @property
    def cause(self) -> Cause | None:
        """Why a run diverged: "overflow" where something grew, "not a number" where nothing did; else None.

        Something grew where a number became infinite, or so large that its square is, or by `GROWTH_FACTOR`.
        Nothing did where zero was divided by zero, or the root taken of a negative number. Judged by the last
        finite row, the losses on the batches after it, and the first row that is not finite.
        """
        if self.diverged_at is None:
            return None
        before, updates = max(self.diverged_at - 1, 0), self.run.steps_per_epoch
        first, last = self.row(before), self.row(self.diverged_at)
        batches = self.batch_loss[first * updates : last * updates]
        losses = torch.cat([self.loss[before : self.diverged_at + 1], batches])
        gradients, params = self.gradient[first : last + 1], self.params[first : last + 1]
        # Parameters may have to be large, but not where they are numbers and their loss is none.
        suspect = params[-1:] if params[-1].isfinite().all() else params[:0]
        grown = (
            _size(torch.cat([losses, gradients.flatten(), params.flatten()]))
            > torch.finfo(losses.dtype).max ** 0.5
            or _size(losses) > GROWTH_FACTOR * max(_size(self.loss[:1]), 1.0)
            or _size(gradients) > GROWTH_FACTOR * max(_size(self.gradient[:1]), 1.0)
            or _size(suspect) > GROWTH_FACTOR * max(_size(self.params[:1]), 1.0)
        )
        return "overflow" if grown else "not a number"

    @property
    def best(self) -> float:
        """The smallest loss on the way; NaN if the first was not finite."""
        return float(self.loss[: self.num_recorded].min()) if self.num_recorded else float("nan")

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
    def overfitting_from(self) -> int | None:
        """The epoch of the smallest validation loss, if the last is more than 5 % above it.

        None without rows held out, where it never fell, and where the training loss rose since as well,
        which is not over-fitting.
        """
        if self.validation_loss is None or not self.finished or not self.validation_loss.isfinite().all():
            return None
        best = int(self.validation_loss.argmin())
        rose = self.validation_loss[-1] > (1 + OVERFITTING_RISE) * self.validation_loss[best]
        fell = best > 0 and self.loss[-1] <= self.loss[best]
        return best if rose and fell else None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the columns that this run has besides loss, gap and gradient_norm."""
        names = ("accuracy", "validation_loss", "validation_accuracy")
        return tuple(name for name in names if getattr(self, name) is not None)

    def column(self, name: str) -> Tensor:
        """`(epochs + 1,)`, float64: loss, gap, gradient_norm, what was measured, or a parameter by its name.

        NaN for what this run does not have, or has not kept. "batch_loss" has a row an update.
        """
        if name == "gap":
            return self.gap
        if name == "gradient_norm":
            return self._at_epochs((self.gradient.double() ** 2).sum(1).sqrt())
        if name in ("loss", "batch_loss", "accuracy", "validation_loss", "validation_accuracy"):
            values = getattr(self, name)
            return torch.full_like(self.loss, math.nan).double() if values is None else values.double()
        return self._at_epochs(self.params[:, self.run.problem.names.index(name)].double())

    def _at_epochs(self, values: Tensor) -> Tensor:
        """Values `(kept, ...)` as `(epochs + 1, ...)`, NaN where nothing is kept."""
        if not self.thinned:
            return values
        whole = torch.full((len(self.loss), *values.shape[1:]), math.nan, dtype=values.dtype)
        whole[self.epochs] = values
        return whole

    def frame(self, parameters: bool = True) -> pd.DataFrame:
        """One row an epoch: run, epoch, loss, gap, what was measured, gradient_norm, parameters by name."""
        names = ("loss", "gap", *self.metrics, "gradient_norm")
        columns = {name: self.column(name).numpy() for name in names}
        if parameters:
            courses = self._at_epochs(self.params.double()).T.numpy()
            columns |= dict(zip(self.run.problem.names, courses, strict=True))
        return pd.DataFrame({"run": self.run.label, "epoch": range(len(self.loss))} | columns)


def max_param_difference(histories: Sequence[History]) -> tuple[Tensor, Tensor]:
    """The epochs `(rows,)` that all of these runs have kept, and how far their parameters are apart there.

    The latter, `(rows,)` in float64, is the largest difference of one parameter between any two; NaN where a
    parameter is none.
    """
    epochs = reduce(_common, (history.epochs for history in histories))
    params = [h.params[torch.searchsorted(h.epochs, epochs)].double() for h in histories]
    low, high = reduce(torch.minimum, params), reduce(torch.maximum, params)
    return epochs, (high - low).amax(1)


def _common(some: Tensor, others: Tensor) -> Tensor:
    return some if torch.equal(some, others) else some[torch.isin(some, others)]


def _size(values: Tensor) -> float:
    """The largest absolute value of those that are numbers; 0 where none is."""
    return float(values.abs().nan_to_num(0.0, posinf=math.inf).amax()) if values.numel() else 0.0
