"""The same race with other seeds, several times: how much of its result is luck?"""

import math
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from trainers.races.spec import Race
from trainers.races.tuning import race
from trainers.sweeps.training import OnProgress


@dataclass(frozen=True, eq=False)
class Repeats:
    """Results of repeated races. Optimizers are in the order of the race."""

    race: Race
    medians: Tensor = field(repr=False)
    """`(races, optimizers)`, float64: median scores over the new seeds."""
    lowest: Tensor = field(repr=False)
    """`(races, optimizers)`, bool: whether the median is the lowest, but for rounding."""
    beats: Tensor = field(repr=False)
    """`(races, optimizers, optimizers)`, bool: whether the row beats the column; none with too few seeds."""

    @property
    def first(self) -> Tensor:
        """`(races, optimizers)`, bool: whether an optimizer beats all others."""
        others = self.beats.shape[1] - 1
        return (self.beats.sum(2) == others) & (others > 0)

    @property
    def contradicted(self) -> int:
        """How many pairs of races say of two optimizers that they beat one another."""
        wins = self.beats.sum(0)
        return int((wins * wins.T).triu().sum())


def repeated(spec: Race, count: int, on_progress: OnProgress | None = None) -> Repeats:
    """Run a race with `count` sets of seeds, none in two of them; the first is that of the race itself.

    `on_progress(fraction)` is called often; when it returns True, the result has the finished races.
    """
    number = len(spec.optimizers)
    medians = torch.full((count, number), math.nan, dtype=torch.float64)
    lowest = torch.zeros(count, number, dtype=torch.bool)
    beats = torch.zeros(count, number, number, dtype=torch.bool)
    done = 0

    def report(fraction: float) -> bool | None:
        return on_progress((done + fraction) / count) if on_progress is not None else None

    while done < count:
        result = race(replace(spec, seed=(spec.seed + done * spec.looks[-1]) % 2**31), report)
        if result.stopped:
            break
        medians[done] = result.medians
        lowest[done, result.leaders] = True
        if result.evidence is not None:
            beats[done] = result.evidence.beats
        done += 1
    return Repeats(spec, medians[:done], lowest[:done], beats[:done])
