"""Which rows are trained on and which are held out."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trainers.problems import Problem
from trainers.problems.rows import Rows


@dataclass(frozen=True, eq=False)
class Split:
    """A problem on the rows to train on, and on those held out, if any: scaled as the former say."""

    training: Problem
    held_out: Problem | None = None
    kept: Tensor | None = None
    """The numbers of the rows to train on; None for all."""


def drawn(rows: Rows, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """The numbers of the rows to train on and of those held out, at random."""
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    out = round(share * len(rows))
    return order[out:], order[:out]
