"""Performance profile: on what fraction of problems a method is within a factor of the best.

Source: E. Dolan and J. Moré 2002, "Benchmarking optimization software with performance profiles".
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def performance_profile(scores: Tensor, factors: Sequence[float]) -> Tensor:
    """Return `(methods, factors)`: on what fraction of problems a score is at most so many times the best.

    `scores` `(problems, methods)` are above 0, lower is better, infinite where a method failed. Where all
    failed none is within any factor. Raises `ValueError` on scores that are not above 0.
    """
    if not bool((scores > 0).all()):
        raise ValueError(f"scores must be above 0, got {float(scores.min()):g}")
    ratios = scores / scores.amin(1, keepdim=True)  # NaN where all failed
    return torch.stack([(ratios <= factor).double().mean(0) for factor in factors], 1)
