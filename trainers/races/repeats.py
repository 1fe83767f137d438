"""The same race with other seeds, several times: how much of its result is luck?"""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from trainers.races.result import RaceResult
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
    found: list[RaceResult] = []

    def report(fraction: float) -> bool | None:
        return on_progress((len(found) + fraction) / count) if on_progress is not None else None

    for place in range(count):
        result = race(replace(spec, seed=(spec.seed + place * spec.looks[-1]) % 2**31), report)
        if result.stopped:
            break
        found.append(result)
    number = len(spec.optimizers)
    lowest = torch.zeros(len(found), number, dtype=torch.bool)
    beats = torch.zeros(len(found), number, number, dtype=torch.bool)
    for place, result in enumerate(found):
        lowest[place, result.leaders] = True
        if result.evidence is not None:
            beats[place] = result.evidence.beats
    medians = [result.medians for result in found]
    stacked = torch.stack(medians) if found else torch.empty(0, number, dtype=torch.float64)
    return Repeats(spec, stacked, lowest, beats)
