"""The learning rates of runs in training, epoch by epoch."""

import math
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from trainers.schedules.base import Schedule
from trainers.schedules.plateau import PlateauState, ReduceLROnPlateau
from trainers.settings import Integer, settings_of

UNUSED = torch.empty(0)
"""Stands for losses where they are not needed: at epoch 0, and by most schedules."""


class Rates:
    """The factor of the learning rate in each epoch: of one run, or of runs with settings of their own."""

    def __init__(
        self,
        schedule: Schedule | None,
        epochs: int,
        lr: Tensor | float,
        columns: Mapping[str, Tensor] | None = None,
    ) -> None:
        """`lr` is a number, or `(runs,)`; `columns` are settings of the schedule by name, `(runs,)` each."""
        self.schedule = schedule
        self.factor: Tensor | float | None = None
        """The factor of the epoch that has begun, `(runs,)` or a number; None without a schedule."""
        self.plateau: PlateauState | None = None
        self.index: Tensor | None = None
        """Column of the table of each run, `(runs,)`; None for a single run."""
        if schedule is None:
            return
        schedules = [schedule]
        if isinstance(lr, Tensor) and lr.ndim:
            schedules, self.index = distinct(schedule, columns or {}, len(lr))
        each = [s.warmup_factors(epochs) if s.adaptive else s.factors(epochs) for s in schedules]
        self.table = torch.stack([_padded(factors, epochs) for factors in each], dim=1)
        """`(epochs, distinct)`: factors that follow from the epoch alone, NaN for others."""
        if isinstance(schedule, ReduceLROnPlateau):
            self.plateau = PlateauState(schedule, torch.as_tensor(lr, dtype=torch.float64), columns or {})

    def begin(self, epoch: int, loss: Tensor) -> None:
        """Begin an epoch, given the losses on the training set before it, `()` or `(runs,)`.

        They are used only where the rates depend on them, see `needs_loss`.
        """
        if self.schedule is None or epoch >= len(self.table):
            self.factor = None
            return
        row = self._row(epoch)
        if self.plateau is not None:
            if epoch:
                self.plateau.step(loss.detach(), counts=self._row(epoch - 1).isnan())
            row = torch.where(row.isnan(), self.plateau.factor, row)
        self.factor = row if self.index is not None else row.item()

    @property
    def needs_loss(self) -> bool:
        """Whether the learning rates depend on the losses."""
        return self.plateau is not None

    def keep(self, alive: Tensor) -> None:
        """Keep the runs where `alive` `(runs,)` is true."""
        if self.index is not None:
            self.index = self.index[alive]
        if self.plateau is not None:
            self.plateau.keep(alive)

    def _row(self, epoch: int) -> Tensor:
        row = self.table[epoch]
        return row[0] if self.index is None else row[self.index]


def distinct(schedule: Schedule, columns: Mapping[str, Tensor], runs: int) -> tuple[list[Schedule], Tensor]:
    """Return the schedules that occur among runs, and the index of that of each run, `(runs,)`."""
    if not columns:
        return [schedule], torch.zeros(runs, dtype=torch.int64)
    rows = torch.stack([column.double() for column in columns.values()], dim=1)
    found, index = torch.unique(rows, dim=0, return_inverse=True)
    kinds = settings_of(schedule)
    schedules = [
        replace(
            schedule,
            **{
                name: round(value) if isinstance(kinds[name], Integer) else value
                for name, value in zip(columns, row, strict=True)
            },
        )
        for row in found.tolist()
    ]
    return schedules, index


def _padded(factors: Tensor, epochs: int) -> Tensor:
    return torch.cat([factors, torch.full((epochs - len(factors),), math.nan, dtype=torch.float64)])
