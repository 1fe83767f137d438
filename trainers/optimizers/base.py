"""What an optimizer is: settings, and an update in torch, or written by hand, or both."""

from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor
from torch.optim import Optimizer as TorchOptimizer

from trainers.settings import Settings

State: TypeAlias = dict[str, Tensor]
"""The state of an optimizer, under the names that torch gives it in `state_dict`."""


@dataclass(frozen=True)
class Optimizer(Settings):
    """An optimizer and its hyperparameters, named as in torch and with torch's defaults.

    It has one or both of two abilities, and the runners that can train with it follow: `torch`, for the
    runner of that name, and `step` with `init`, for those by hand, for sweeps and for races.

    In `step` and `init`, `params` and `gradient` have shape `(n,)`, or `(n, runs)` with one run a column; a
    hyperparameter is a number, or has shape `(runs,)`, float64.
    """

    @classmethod
    def in_torch(cls) -> bool:
        """Whether it has `torch`."""
        return cls.torch is not Optimizer.torch

    @classmethod
    def by_hand(cls) -> bool:
        """Whether it has `step`."""
        return cls.step is not Optimizer.step

    def torch(self, params: Tensor) -> TorchOptimizer:
        """The optimizer of `torch.optim` with these settings, set up to update `params`."""
        raise NotImplementedError(f"{type(self).__name__} is not in torch")

    def init(self, params: Tensor) -> State:
        """The state before the first step."""
        return {}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        """Update `params` and `state` in place; `gradient` stays as it is.

        `t` is the number of the update, from 1; an epoch in batches has many.
        """
        raise NotImplementedError(f"{type(self).__name__} is not written by hand")

    def max_stable_lr(self, curvature: float) -> float | None:
        """The learning rate from which on steps grow without end on a quadratic loss, where that is known.

        `curvature` is the largest eigenvalue of the loss's Hessian. With batches it says nothing: each has
        a loss of its own.
        """
        return None
