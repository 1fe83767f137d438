"""History of a training run: parameters, loss, gradient and metrics per epoch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from statistics import median, quantiles
from typing import Literal

import pandas as pd
import torch
from torch import Tensor

from trainers.display import NotebookDisplay
from trainers.outcomes import TARGET, Ending, Outcome, ending, opposite, relative_gradient, rises_again
from trainers.run import Run

GROWTH_FACTOR = 1000
"""Factor over its value at the start, or over 1, by which a number must have grown to count as overflow."""

Cause = Literal["overflow", "not a number"]
Status = Literal["finished", "diverged", "stopped", "failed"]
"""How a training ended; it failed where the step of another package's optimizer raised an exception."""


@dataclass(frozen=True, eq=False)
class History(NotebookDisplay):
    """History of one run: row k is the state after k epochs (k updates if full batch).

    Rows after divergence or a stop are NaN. With `most_rows`, `train` keeps parameters and gradients at some
    epochs only: row k of these is then the state after `epochs[k]` epochs.
    """

    run: Run
    epochs: Tensor = field(repr=False)
    """`(kept,)`, int64: epochs at which parameters, gradient and batch losses are kept; usually all."""
    params: Tensor = field(repr=False)
    """`(kept, n)`; `(epochs + 1, n)` if all are kept. What is evaluated: `Optimizer.evaluated`."""
    loss: Tensor = field(repr=False)
    """`(epochs + 1,)`"""
    gradient: Tensor = field(repr=False)
    """`(kept, n)`: gradient of the loss."""
    status: Status
    diverged_at: int | None
    """First row whose loss is not finite. The book counts epochs from 1, so its number is one higher."""
    seconds: float
    """Wall time of the updates, with their losses and gradients.

    Excludes setting up the optimizer, the callback and, with mini-batches, the loss on the full training set.
    """
    batch_loss: Tensor = field(repr=False)
    """`(epochs * steps_per_epoch,)`: loss on each mini-batch before its update; `loss` if full batch.

    At the point where the gradient of the update is taken, also of an optimizer that is judged by a mean.
    If not all epochs are kept: of the kept epochs except the run's last.
    """
    accuracy: Tensor | None = field(default=None, repr=False)
    """`(epochs + 1,)`: training accuracy; None without classes."""
    validation_loss: Tensor | None = field(default=None, repr=False)
    """`(epochs + 1,)`: loss on the validation set, if any."""
    validation_accuracy: Tensor | None = field(default=None, repr=False)
    closure_evaluations: Tensor | None = field(default=None, repr=False)
    """`(epochs + 1,)`, int64: gradient evaluations so far; None if each update has one."""

    laps: tuple[float, ...] = field(default=(), repr=False)
    """Mean wall time of an epoch, as `seconds`, in each of up to 32 equal parts of the training."""
    error: str = ""
    """The message of the exception, if it failed."""
    lr_factors: Tensor | None = field(default=None, repr=False)
    """`(epochs,)`, float64: factor of the learning rate in each epoch; None without a schedule."""

    @property
    def learning_rates(self) -> Tensor:
        """`(epochs,)`, float64: the learning rate in each epoch; NaN where the run had ended."""
        lr = torch.full((self.run.epochs,), float(getattr(self.run.optimizer, "lr", math.nan)))
        return lr.double() if self.lr_factors is None else lr.double() * self.lr_factors

    @property
    def evaluations(self) -> Tensor:
        """`(epochs + 1,)`, int64: gradient evaluations of all updates so far."""
        each = self.run.steps_per_epoch * torch.arange(len(self.loss))
        return each if self.closure_evaluations is None else self.closure_evaluations

    @property
    def num_recorded(self) -> int:
        """Number of recorded rows: `epochs + 1`, unless the run diverged or was stopped."""
        return int(self.loss.isfinite().sum())

    @property
    def thinned(self) -> bool:
        """Whether parameters, gradients and batch losses are kept at some epochs only."""
        return len(self.epochs) < len(self.loss)

    @property
    def kept_rows(self) -> int:
        """Number of kept rows that were recorded."""
        return int((self.epochs < self.num_recorded).sum())

    def row(self, epoch: int) -> int:
        """Index of the kept row of this epoch, or of the last kept epoch before it."""
        return int(torch.searchsorted(self.epochs, epoch, right=True)) - 1

    @property
    def seconds_per_epoch(self) -> float:
        """Wall time of an epoch: the median of `laps`, as other work of the machine slows some of them.

        Of a run that ended before the first of them, the mean. The last epoch of a diverged run has no row.
        """
        trained = self.num_recorded if self.status == "diverged" else self.num_recorded - 1
        return median(self.laps) if self.laps else self.seconds / max(trained, 1)

    @property
    def lap_quartiles(self) -> tuple[float, float] | None:
        """The first and third quartile of `laps`; None with fewer than four."""
        if len(self.laps) < 4:
            return None
        first, _, third = quantiles(self.laps, n=4, method="inclusive")
        return first, third

    @property
    def outcome(self) -> Outcome:
        """What became of the run, for the usual target: see `ending`."""
        return self.ending(TARGET).outcome

    def ending(self, target: float) -> Ending:
        """Judge how the run ended; `target` is the gap that counts as converged. See docs/method.md."""
        if self.status != "finished":
            return Ending(self.status, math.nan)
        known = self.run.training.minimum is not None
        rounding = self.run.training.rounding(self.loss.dtype) if known else -math.inf
        values = (self.gap if known else self.loss.double()).clamp(min=rounding)
        last = self.gradient[self.epochs >= self.run.epochs - 1]
        found = ending(
            values, target if known else None, relative_gradient(self.gradient), turns=opposite(last)
        )
        # With a schedule the gap does not go on falling by the same factor.
        return found if self.run.schedule is None else replace(found, epochs_left=None)

    @property
    def finished(self) -> bool:
        """Whether all epochs were trained."""
        return self.status == "finished"

    @property
    def cause(self) -> Cause | None:
        """Cause of divergence: "overflow" if something grew, "not a number" if nothing did; None otherwise.

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
        """Minimum of the losses recorded; NaN if the first was not finite."""
        return float(self.loss[: self.num_recorded].min()) if self.num_recorded else float("nan")

    @property
    def gap(self) -> Tensor:
        """`(epochs + 1,)`, float64: loss minus minimum loss; NaN if the minimum is unknown.

        Rounding of the loss can make it slightly negative.
        """
        return self.run.training.gap(self.loss)

    def epochs_to(self, gap: float) -> int | None:
        """Number of epochs until the gap was first at most `gap`; None if it never was."""
        reached = (self.gap <= gap).nonzero()
        return int(reached[0]) if len(reached) else None

    @property
    def overfitting_from(self) -> int | None:
        """Epoch of the smallest validation loss, if it rises again by more than noise: see `rises_again`.

        None without a validation set, if the validation loss never fell, and if the training loss has risen
        since then as well, which is not overfitting.
        """
        if self.validation_loss is None or not self.finished or not self.validation_loss.isfinite().all():
            return None
        best = int(self.validation_loss.argmin())
        fell = best > 0 and self.loss[-1] <= self.loss[best]
        return best if fell and rises_again(self.validation_loss) else None

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of this run's columns other than loss, gap and gradient_norm."""
        names = ("accuracy", "validation_loss", "validation_accuracy")
        return tuple(name for name in names if getattr(self, name) is not None)

    def column(self, name: str) -> Tensor:
        """`(epochs + 1,)`, float64: loss, gap, gradient_norm, a metric, a parameter by its name, or the
        gradient by it, as gradient_<name>.

        NaN for what this run does not have, or did not keep. "batch_loss" has one row per update.
        """
        if name == "gap":
            return self.gap
        if name == "gradient_norm":
            return self._at_epochs((self.gradient.double() ** 2).sum(1).sqrt())
        if name in ("loss", "batch_loss", "accuracy", "validation_loss", "validation_accuracy"):
            values = getattr(self, name)
            return torch.full_like(self.loss, math.nan).double() if values is None else values.double()
        of_gradient = name.startswith("gradient_")
        place = self.run.problem.names.index(name.removeprefix("gradient_") if of_gradient else name)
        return self._at_epochs((self.gradient if of_gradient else self.params)[:, place].double())

    def _at_epochs(self, values: Tensor) -> Tensor:
        """Expand values `(kept, ...)` to `(epochs + 1, ...)`, NaN for epochs that are not kept."""
        if not self.thinned:
            return values
        whole = torch.full((len(self.loss), *values.shape[1:]), math.nan, dtype=values.dtype)
        whole[self.epochs] = values
        return whole

    def frame(self, parameters: bool = True) -> pd.DataFrame:
        """One row per epoch: run, epoch, loss, gap, metrics, gradient_norm; then parameters by name, and the
        gradient by them as gradient_<name>.
        """
        names = ("loss", "gap", *self.metrics, "gradient_norm")
        columns = {name: self.column(name).numpy() for name in names}
        if parameters:
            names = self.run.problem.names
            for prefix, values in (("", self.params), ("gradient_", self.gradient)):
                each = self._at_epochs(values.double()).T.numpy()
                columns |= {f"{prefix}{name}": one for name, one in zip(names, each, strict=True)}
        return pd.DataFrame({"run": self.run.label, "epoch": range(len(self.loss))} | columns)


def param_differences(histories: Sequence[History]) -> tuple[Tensor, Tensor]:
    """Epochs `(rows,)` that all runs have kept, and the largest parameter difference there, `(rows,)`.

    It is the largest absolute difference of any parameter between any two runs, in float64; NaN if a
    parameter is NaN.
    """
    epochs = reduce(_common, (history.epochs for history in histories))
    params = [h.params[torch.searchsorted(h.epochs, epochs)].double() for h in histories]
    low, high = reduce(torch.minimum, params), reduce(torch.maximum, params)
    return epochs, (high - low).amax(1)


def _common(some: Tensor, others: Tensor) -> Tensor:
    return some if torch.equal(some, others) else some[torch.isin(some, others)]


def _size(values: Tensor) -> float:
    """Largest absolute value, NaN ignored; 0 if there is none."""
    return float(values.abs().nan_to_num(0.0, posinf=math.inf).amax()) if values.numel() else 0.0
