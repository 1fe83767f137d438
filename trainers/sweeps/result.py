"""Result of a sweep."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from trainers.display import NotebookDisplay
from trainers.modes import cacheable
from trainers.run import Run
from trainers.sweeps.spec import Sweep
from trainers.words import format_value


@dataclass(frozen=True)
class SweepResult(NotebookDisplay):
    """Result of a sweep. Tensors have shape `(size,)` and are float64 unless stated otherwise."""

    sweep: Sweep
    final_loss: Tensor = field(repr=False)
    """NaN for a run that diverged."""
    best_loss: Tensor = field(repr=False)
    diverged_at: Tensor = field(repr=False)
    """int64: first epoch whose loss is not finite, or -1."""
    epochs_to: dict[float, Tensor] = field(repr=False)
    """int64, by target gap: epochs until it was first reached, or -1."""
    stays_from: dict[float, Tensor] = field(repr=False)
    """int64, by target gap: epochs from which on it stayed reached to the end, or -1."""
    seconds: float
    stopped: bool

    @property
    def settings(self) -> dict[str, Tensor]:
        """The swept settings."""
        return self.sweep.settings

    @property
    def seeds(self) -> Tensor:
        """int64: the seed of each run."""
        return self.sweep.run_seeds

    @cached_property
    @cacheable
    def gap(self) -> Tensor:
        """Final loss minus minimum loss; NaN if the minimum is unknown or the run diverged."""
        if self.sweep.minima is None:
            return torch.full_like(self.final_loss, math.nan)
        return self.sweep.gap_or_loss(self.final_loss)

    def run(self, row: int) -> Run:
        """One run of the sweep, as it would be trained alone."""
        return replace(
            self.sweep.run,
            optimizer=self.sweep.optimizer(row),
            schedule=self.sweep.schedule(row),
            seed=int(self.seeds[row]),
        )

    def frame(self) -> pd.DataFrame:
        """One row per run: settings, seed, final_loss, best_loss, gap, status, diverged_at, epochs_to_X."""
        diverged = self.diverged_at >= 0
        status = pd.Series("finished", index=range(len(self.seeds)))
        status = status.mask(pd.Series(self.final_loss.isnan().numpy()), "stopped")
        status = status.mask(pd.Series(diverged.numpy()), "diverged")
        columns: dict[str, Any] = {name: column.numpy() for name, column in self.settings.items()}
        columns |= {"seed": self.seeds.numpy(), "final_loss": self.final_loss.numpy()}
        columns |= {"best_loss": self.best_loss.numpy(), "gap": self.gap.numpy(), "status": status}
        columns |= {"diverged_at": _missing(self.diverged_at)}
        columns |= {
            f"epochs_to_{format_value(gap)}": _missing(epochs) for gap, epochs in self.epochs_to.items()
        }
        return pd.DataFrame(columns)


def _missing(epochs: Tensor) -> pd.Series:
    return pd.Series(epochs.numpy(), dtype="Int64").mask(pd.Series((epochs < 0).numpy()))
