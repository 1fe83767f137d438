"""When two losses, or two gaps, are equal but for rounding."""

import torch
from torch import Tensor

SUM = 8
"""Rounding steps by which a loss may be off."""


def tied(ours: Tensor, theirs: Tensor, floor: float, dtype: torch.dtype) -> Tensor:
    """Return whether losses or gaps of one problem differ by rounding alone, bool.

    They may differ by `floor`, the rounding error of a gap, and by `SUM` rounding steps in `dtype`, in which
    they were computed. Equal infinities are tied.
    """
    size = torch.minimum(ours.abs(), theirs.abs())
    near: Tensor = (ours - theirs).abs() <= floor + SUM * torch.finfo(dtype).eps * size
    return near | (ours == theirs)
