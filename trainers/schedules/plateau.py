"""A schedule that looks at the losses."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import torch
from torch import Tensor
from torch.optim import Optimizer, lr_scheduler

from trainers.schedules.base import Schedule, initial_rate, keywords, shown
from trainers.settings import choice, integer, real

NO_COLUMNS: Mapping[str, Tensor] = MappingProxyType({})
EPS = 1e-8
"""Least change of the learning rate, torch's default."""


@dataclass(frozen=True, kw_only=True)
class ReduceLROnPlateau(Schedule):
    """Times `factor` once the loss on the training set has not improved for more than `patience` epochs.

    Source: `torch.optim.lr_scheduler.ReduceLROnPlateau`. The losses of the warm-up do not count.
    """

    summary: ClassVar[str] = "Times a factor where the loss no longer improves."
    adaptive: ClassVar[bool] = True

    factor: float = real(0.1, 0, 0.999, help="Factor of each decay.")
    patience: int = integer(10, 0, 10_000, scale="log", help="Epochs without improvement that are accepted.")
    threshold: float = real(1e-4, 0, 1, scale="log", help="Least improvement that counts.")
    threshold_mode: str = choice(
        "rel", ("rel", "abs"), help="Whether the threshold is relative to the best loss."
    )
    cooldown: int = integer(0, 0, 10_000, scale="log", help="Epochs after a decay that do not count.")
    min_factor: float = real(0, 0, 1, help="Lowest factor of lr; in torch min_lr is the lowest rate.")

    def lines(self, epochs: int) -> list[str]:
        """The factor is kept from epoch to epoch: see `end_lines`."""
        return ["factor = decay"]

    @property
    def setup_lines(self) -> list[str]:
        """The lines before the loop."""
        return ["decay, best, bad, cooling = 1, math.inf, 0, 0"]

    def end_lines(self, lr: str) -> list[str]:
        """The lines at the end of an epoch, after which the loss is `loss`."""
        bound = f"best - {shown(self.threshold)}"
        if self.threshold_mode == "rel":
            bound = f"best * (1 - {shown(self.threshold)})"
        return [
            f"better = loss < {bound}",
            "best = loss if better else best",
            "bad = 0 if better or cooling else bad + 1",
            "cooling = max(cooling - 1, 0)",
            f"if bad > {self.patience}:",
            f"    lower = max(decay * {shown(self.factor)}, {shown(self.min_factor)})",
            f"    if (decay - lower) * {lr} > {EPS}:",
            "        decay = lower",
            f"    bad, cooling = 0, {self.cooldown}",
        ]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        names = ("patience", "threshold", "threshold_mode", "cooldown")
        usual = type(self)()
        changed = [name for name in names if getattr(self, name) != getattr(usual, name)]
        lowest = [f"min_lr={shown(self.min_factor)} * {lr}"] * (self.min_factor != 0)
        return [*keywords(self, "factor", *changed), *lowest]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.ReduceLROnPlateau:
        return lr_scheduler.ReduceLROnPlateau(
            optimizer,
            factor=self.factor,
            patience=self.patience,
            threshold=self.threshold,
            threshold_mode=self.threshold_mode,  # type: ignore[arg-type]
            cooldown=self.cooldown,
            min_lr=self.min_factor * initial_rate(optimizer),
            eps=EPS,
        )


class PlateauState:
    """The factors of runs on their way: `(runs,)` each, or `()` for a single run."""

    def __init__(
        self, schedule: ReduceLROnPlateau, rate: Tensor, columns: Mapping[str, Tensor] = NO_COLUMNS
    ) -> None:
        """`rate` is the learning rate; `columns` are settings of the schedule that differ between runs."""
        self.schedule, self.relative = schedule, schedule.threshold_mode == "rel"
        self.columns = {name: column.double() for name, column in columns.items()}
        self.rate, self.factor = rate, torch.ones_like(rate)
        self.best = torch.full_like(rate, math.inf)
        self.bad, self.cooling = torch.zeros_like(rate), torch.zeros_like(rate)

    def _setting(self, name: str) -> Tensor | float:
        found: Tensor | float = self.columns.get(name, getattr(self.schedule, name))
        return found

    def step(self, loss: Tensor, counts: Tensor) -> None:
        """Take note of the losses after an epoch; only of runs where `counts` is true. Both like `rate`."""
        loss = loss.double()
        threshold = self._setting("threshold")
        bound = self.best * (1 - threshold) if self.relative else self.best - threshold
        better = (loss < bound) & counts
        self.best = torch.where(better, loss, self.best)
        self.bad = torch.where(better | ~counts, 0.0, self.bad + 1)
        cooling = (self.cooling > 0) & counts
        self.cooling = self.cooling - cooling.double()
        self.bad = torch.where(cooling, 0.0, self.bad)
        due = (self.bad > self._setting("patience")) & counts
        lowest = torch.as_tensor(self._setting("min_factor"), dtype=torch.float64)
        lower = torch.maximum(self.factor * self._setting("factor"), lowest)
        changes = due & ((self.factor - lower) * self.rate > EPS)
        self.factor = torch.where(changes, lower, self.factor)
        cooldown = torch.as_tensor(self._setting("cooldown"), dtype=torch.float64)
        self.cooling = torch.where(due, cooldown, self.cooling)
        self.bad = torch.where(due, 0.0, self.bad)

    def keep(self, alive: Tensor) -> None:
        """Keep the runs where `alive` `(runs,)` is true."""
        for name in ("rate", "factor", "best", "bad", "cooling"):
            setattr(self, name, getattr(self, name)[alive])
        self.columns = {name: column[alive] for name, column in self.columns.items()}
