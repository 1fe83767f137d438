"""Split of the samples into training and validation set."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trainers.problems import Problem


@dataclass(frozen=True, eq=False)
class Split:
    """A problem on the training and the validation set, both preprocessed as fitted to the training set."""

    training: Problem
    validation: Problem | None = None
    whole: Problem | None = None
    """The problem on all samples, if there is a validation set."""

    @property
    def bytes(self) -> float:
        """Max. memory."""
        csv = getattr(self.training, "csv", None)
        held = (self.training, self.validation, self.whole, csv and csv.table)
        return float(sum(getattr(each, "bytes", 0.0) for each in held))


def split_indices(count: int, classes: Tensor | None, fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """Draw the indices of the training and of the validation samples, int64.

    `classes` `(count,)` are class indices, by which the split is stratified; None for no stratification.
    """
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    ordered = torch.zeros_like(order) if classes is None else classes[order]
    out = torch.zeros(count, dtype=torch.bool)
    for number, quota in enumerate(quotas(ordered.bincount().tolist(), fraction)):
        out[(ordered == number).nonzero().flatten()[:quota]] = True
    return order[~out], order[out]


def quotas(counts: Sequence[int], fraction: float) -> list[int]:
    """Validation samples of each class, by largest remainders: each less than one off `fraction`.

    Their sum is `fraction` of all samples, rounded, or as near as two rules allow: each class keeps a
    training sample, and gets a validation sample if there are enough for one of each class.

    Source: A. Hamilton 1792, on the apportionment of representatives.
    """
    exact = [round(fraction * count, 9) if count > 1 else 0.0 for count in counts]
    total = round(fraction * sum(counts))
    for_each = total >= sum(number > 0 for number in exact)
    least = [max(math.floor(number), int(for_each and number > 0)) for number in exact]
    able = sorted(range(len(exact)), key=lambda place: least[place] - exact[place])
    more = [place for place in able if exact[place] > least[place]][: max(total - sum(least), 0)]
    return [number + (place in more) for place, number in enumerate(least)]
