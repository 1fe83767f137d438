"""Which rows are trained on and which are held out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trainers.problems import Problem
from trainers.problems.supervised import Supervised


@dataclass(frozen=True, eq=False)
class Split:
    """A problem on the rows to train on, and on those held out, if any: scaled as the former say."""

    training: Problem
    held_out: Problem | None = None
    whole: Problem | None = None
    """The problem on all rows, if some are held out."""

    @property
    def bytes(self) -> float:
        """What it takes at most."""
        parts = [part for part in (self.training, self.held_out, self.whole) if isinstance(part, Supervised)]
        tables = [part.csv.table for part in parts[:1] if part.csv is not None]
        return sum(part.subset_data.bytes for part in parts if part.subset_data is not None) + sum(
            t.bytes for t in tables
        )


def split_indices(count: int, classes: Tensor | None, fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """The numbers of the rows to train on and of those held out, at random.

    `classes` are the numbers `(count,)` of the rows' classes: of each the same share is held out.
    """
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    ordered = torch.zeros_like(order) if classes is None else classes[order]
    out = torch.zeros(count, dtype=torch.bool)
    for number, quota in enumerate(quotas(ordered.bincount().tolist(), fraction)):
        out[(ordered == number).nonzero().flatten()[:quota]] = True
    return order[~out], order[out]


def quotas(counts: Sequence[int], fraction: float) -> list[int]:
    """How many rows of each class are held out, by largest remainders: less than one row off the share.

    In all they are `fraction` of the rows, rounded, or as near to that as two rules allow: each class keeps a
    row to train on, and has one held out where so many are that each class can have one.

    Source: A. Hamilton 1792, on the apportionment of representatives.
    """
    exact = [round(fraction * count, 9) if count > 1 else 0.0 for count in counts]
    total = round(fraction * sum(counts))
    for_each = total >= sum(number > 0 for number in exact)
    least = [max(math.floor(number), int(for_each and number > 0)) for number in exact]
    able = sorted(range(len(exact)), key=lambda place: least[place] - exact[place])
    more = [place for place in able if exact[place] > least[place]][: max(total - sum(least), 0)]
    return [number + (place in more) for place, number in enumerate(least)]
