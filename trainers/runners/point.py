"""The tuple that runners yield."""

from typing import NamedTuple

from torch import Tensor


class Point(NamedTuple):
    """Where an update begins. Of many runs `(n, runs)`, `(runs,)`, `(n, runs)`."""

    params: Tensor
    """`(n,)`"""
    loss: Tensor
    """`()`"""
    gradient: Tensor
    """`(n,)`"""
    evaluations: int
    """Number of gradient evaluations of the updates before it."""
    evaluated: Tensor
    """`(n,)`: what the run is judged by here, `params` or a mean of earlier ones: `Optimizer.evaluated`."""
