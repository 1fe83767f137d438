"""What a training leaves behind."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd
from torch import Tensor

from trainers.run import Run


@dataclass(frozen=True, eq=False)
class History:
    """The course of one run: row k holds what was so after k updates.

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
    """Wall time of the training loop alone."""

    @property
    def rows(self) -> int:
        """How many rows hold numbers: all, unless the run was cut short."""
        return int(self.loss.isfinite().sum())

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
        return self.run.problem.gap(self.loss)

    def epochs_to(self, gap: float) -> int | None:
        """The number of updates after which the gap was first at most `gap`, or None."""
        reached = (self.gap <= gap).nonzero()
        return int(reached[0]) if len(reached) else None

    def column(self, name: str) -> Tensor:
        """`(epochs + 1,)`, float64: loss, gap, gradient_norm, or a parameter by its name."""
        if name == "loss":
            return self.loss.double()
        if name == "gap":
            return self.gap
        if name == "gradient_norm":
            return (self.gradient.double() ** 2).sum(1).sqrt()
        return self.params[:, self.run.problem.names.index(name)].double()

    def frame(self) -> pd.DataFrame:
        """One row an epoch: run, epoch, loss, gap, gradient_norm, and the parameters by name."""
        names = ("loss", "gap", "gradient_norm", *self.run.problem.names)
        columns = {name: self.column(name).numpy() for name in names}
        return pd.DataFrame({"run": self.run.label, "epoch": range(len(self.loss))} | columns)
