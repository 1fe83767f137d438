"""What a sweep is: a run whose knobs are rows of numbers, and how its runs ended."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

from trainers.modes import kept
from trainers.optimizers import Optimizer, Rule
from trainers.run import Run
from trainers.settings import KnobError, Real, knobs, nearest
from trainers.words import is_number, plain, shown

LARGEST = 1e300
MOST_RUNS = 1_000_000
MOST_POINTS = 10_000_000_000
"""The largest sweep: runs times epochs."""
FAILED = "diverged, or ended ten times as far away as it began"
"""What it is to fail; see `Sweep.limit`."""
FAR = "failed: ended far away"
"""How a run failed that did not diverge, as text."""


@dataclass(frozen=True)
class Axis:
    """Values of one knob: `count` of them from `low` to `high`, evenly spaced, or so on a log scale."""

    low: float
    high: float
    count: int = 32
    log: bool = False
    digits: int | None = None
    """To how many significant digits values are rounded."""

    def __post_init__(self) -> None:
        if not all(is_number(x) and abs(x) <= LARGEST for x in (self.low, self.high)):
            raise KnobError("axis", f"must have numbers as ends, got {shown(self.low)} to {shown(self.high)}")
        if not self.low < self.high:
            raise KnobError("axis", f"must go from low to high, got {plain(self.low)} to {plain(self.high)}")
        if self.log and self.low <= 0:
            raise KnobError("axis", f"must begin above 0 on a log scale, got {plain(self.low)}")
        if not is_whole(self.count) or self.count < 2:
            raise KnobError("axis", f"must have at least 2 values, got {shown(self.count)}")
        if self.digits is not None and (not is_whole(self.digits) or self.digits < 1):
            raise KnobError("axis", f"must be rounded to at least 1 digit, got {shown(self.digits)}")
        for name, value in (("low", float(self.low)), ("high", float(self.high)), ("count", int(self.count))):
            object.__setattr__(self, name, value)

    def at(self, shares: Tensor) -> Tensor:
        """The values at these shares of the way from low to high, 0 to 1."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            values = torch.exp(low + (high - low) * shares)
        else:
            values = self.low + (self.high - self.low) * shares
        return (values if self.digits is None else rounded(values, self.digits)).clamp(self.low, self.high)

    def values(self) -> Tensor:
        """`(count,)`, float64."""
        return self.at(torch.linspace(0, 1, int(self.count), dtype=torch.float64))


def rounded(values: Tensor, digits: int) -> Tensor:
    """Values to so many significant digits; those in the thousands and beyond as whole numbers."""
    size = values.abs().where(values != 0, 1.0).log10().floor()
    scale = 10.0 ** (digits - 1 - size).clamp(min=0)
    return (values * scale).round() / scale


@dataclass(frozen=True)
class Sweep:
    """A run with some of its optimizer's knobs replaced by axes; the run's other settings stay.

    The grid of all axes' values is trained, or, if `points` is given, as many quasi-random points
    (scrambled Sobol sequence from the run's seed). Each point is trained from `starts` seeds, the run's
    own first. A bad axis, count or size raises `KnobError` before any work.
    """

    run: Run
    axes: Mapping[str, Axis] = field(default_factory=dict)
    starts: int = 1
    points: int | None = None
    targets: tuple[float, ...] = (1e-2,)

    def __post_init__(self) -> None:
        if not isinstance(self.run, Run):
            raise KnobError("run", f"of a sweep must be a Run, got {shown(self.run)}")
        if not isinstance(self.axes, Mapping) or not all(isinstance(a, Axis) for a in self.axes.values()):
            raise KnobError("axes", f"must map knobs to axes, got {shown(self.axes)}")
        if not isinstance(self.run.optimizer, Rule):
            name = type(self.run.optimizer).__name__
            raise KnobError("optimizer", f"of a sweep must be written by hand; {name} is not")
        for name, axis in self.axes.items():
            self._check_axis(name, axis)
        object.__setattr__(self, "starts", _count("starts", self.starts))
        if self.points is not None:
            object.__setattr__(self, "points", _count("points", self.points))
        if not isinstance(self.targets, tuple) or not all(is_number(x) and x == x for x in self.targets):
            raise KnobError("targets", f"must be a tuple of gaps, got {shown(self.targets)}")
        if self.run.start is not None and self.starts > 1:
            raise KnobError("starts", f"must be 1 where the run's start is chosen, got {self.starts}")
        if self.size > MOST_RUNS:
            raise KnobError("sweep", f"must have at most {MOST_RUNS:,} runs, got {self.size:,}")
        if self.size * self.run.epochs > MOST_POINTS:
            asked = f"{self.size:,} runs of {self.run.epochs:,} epochs"
            raise KnobError("sweep", f"must have at most {MOST_POINTS:,} epochs in all, got {asked}")
        replace(self.run.optimizer, **self.settings)  # refuses settings that contradict each other

    def _check_axis(self, name: str, axis: Axis) -> None:
        knob = knobs(self.run.optimizer).get(name)
        if not isinstance(knob, Real):
            able = [n for n, k in knobs(self.run.optimizer).items() if isinstance(k, Real)]
            raise KnobError("axis", f"must be one of {', '.join(able)}, got {shown(name)}")
        for end in (axis.low, axis.high):
            knob.checked(name, end)

    @property
    def size(self) -> int:
        """How many runs there are."""
        count = self.points or math.prod(int(axis.count) for axis in self.axes.values())
        return int(count) * int(self.starts)

    @cached_property
    @kept
    def settings(self) -> dict[str, Tensor]:
        """The swept knobs, `(size,)` each in float64. The starts of one point lie side by side."""
        if self.points is not None and self.axes:
            engine = SobolEngine(len(self.axes), scramble=True, seed=self.run.seed)
            shares = engine.draw(self.points, dtype=torch.float64).T
            columns = [axis.at(share) for axis, share in zip(self.axes.values(), shares, strict=True)]
        else:
            grids = (
                torch.meshgrid(*(axis.values() for axis in self.axes.values()), indexing="ij")
                if self.axes
                else ()
            )
            columns = [grid.flatten() for grid in grids]
        return {
            name: column.repeat_interleave(self.starts)
            for name, column in zip(self.axes, columns, strict=True)
        }

    def optimizer(self, row: int) -> Optimizer:
        """The optimizer of one run, with its own values of the swept knobs."""
        optimizer = self.run.optimizer
        values = {name: column[row].item() for name, column in self.settings.items()}
        given = {name: getattr(optimizer, name) for name in knobs(optimizer)}
        # Looking ahead without momentum is plain descent, which is how `nearest` puts it.
        alone: Optimizer = nearest(type(optimizer), given | values)[0]
        return alone

    @cached_property
    @kept
    def seeds(self) -> Tensor:
        """`(size,)`, int64: the seed of each run's start."""
        return self._starts().repeat(self.size // self.starts)

    def _starts(self) -> Tensor:
        return (self.run.seed + torch.arange(self.starts)) % 2**31

    def initial(self, rows: Tensor) -> Tensor:
        """The parameters of these runs before the first update, `(n, rows)`, in the run's precision."""
        return self._begins[:, rows % self.starts]

    @cached_property
    @kept
    def _begins(self) -> Tensor:
        begins = [replace(self.run, seed=seed).initial() for seed in self._starts().tolist()]
        return torch.stack(begins, dim=1)

    @cached_property
    @kept
    def limit(self) -> float:
        """Ten times the median gap, or loss, at the start: a run that ends beyond it failed, if finite."""
        above = self.run.training.above(self.run.training.loss(self._begins))
        return 10 * abs(float(torch.quantile(above, 0.5, interpolation="higher"))) or math.inf


def _count(name: str, value: Any) -> int:
    if not is_whole(value) or not 1 <= value <= MOST_RUNS:
        raise KnobError(name, f"must be a whole number from 1 to {MOST_RUNS:,}, got {shown(value)}")
    return int(value)


def is_whole(value: Any) -> bool:
    return is_number(value) and math.isfinite(value) and value == int(value)


@dataclass(frozen=True)
class SweepResult:
    """How each run of a sweep ended. Tensors have shape `(size,)`, float64 unless said otherwise."""

    sweep: Sweep
    final_loss: Tensor
    """NaN for a run that diverged."""
    best_loss: Tensor
    diverged_at: Tensor
    """int64: the first epoch whose loss is not finite, or -1."""
    epochs_to: dict[float, Tensor]
    """int64, by target gap: the epochs after which it was first reached, or -1."""
    seconds: float
    stopped: bool

    @property
    def settings(self) -> dict[str, Tensor]:
        """The swept knobs."""
        return self.sweep.settings

    @property
    def seeds(self) -> Tensor:
        """int64: the seed of each run's start."""
        return self.sweep.seeds

    @cached_property
    @kept
    def gap(self) -> Tensor:
        """The final loss minus the smallest loss there is; NaN where that is unknown or the run diverged."""
        return self.sweep.run.training.gap(self.final_loss)

    def run(self, row: int) -> Run:
        """One run of the sweep, to be trained alone."""
        return replace(self.sweep.run, optimizer=self.sweep.optimizer(row), seed=int(self.seeds[row]))

    def frame(self) -> pd.DataFrame:
        """One row a run: swept knobs, start, final_loss, best_loss, gap, status, diverged_at, epochs_to_X."""
        diverged = self.diverged_at >= 0
        status = pd.Series("finished", index=range(len(self.seeds)))
        status = status.mask(pd.Series(self.final_loss.isnan().numpy()), "stopped")
        status = status.mask(pd.Series(diverged.numpy()), "diverged")
        columns: dict[str, Any] = {name: column.numpy() for name, column in self.settings.items()}
        columns |= {"start": self.seeds.numpy(), "final_loss": self.final_loss.numpy()}
        columns |= {"best_loss": self.best_loss.numpy(), "gap": self.gap.numpy(), "status": status}
        columns |= {"diverged_at": _missing(self.diverged_at)}
        columns |= {f"epochs_to_{plain(gap)}": _missing(epochs) for gap, epochs in self.epochs_to.items()}
        return pd.DataFrame(columns)


def _missing(epochs: Tensor) -> pd.Series:
    return pd.Series(epochs.numpy(), dtype="Int64").mask(pd.Series((epochs < 0).numpy()))
