"""What an optimizer is, and what a hand-written update rule adds."""

from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor
from torch.optim import Optimizer as TorchOptimizer

from trainers.settings import Number, Settings

State: TypeAlias = dict[str, Tensor]
"""What a rule remembers between steps, under the names that torch gives it."""


@dataclass(frozen=True)
class Optimizer(Settings):
    """An optimizer and its knobs, named as in torch and with torch's defaults."""

    def torch(self, params: Tensor) -> TorchOptimizer:
        """The optimizer of `torch.optim` with these settings, set up to update `params`."""
        raise NotImplementedError

    def edge(self, curvature: float) -> float | None:
        """The learning rate from which on steps grow without end on a quadratic loss, where that is known.

        `curvature` is the largest eigenvalue of the loss's Hessian. With batches it says nothing: each has
        a loss of its own.
        """
        return None


@dataclass(frozen=True)
class Rule(Optimizer):
    """An optimizer whose update is also written out by hand, for one run or many at once.

    `params` and `gradient` have shape `(n,)`, or `(n, runs)` with one run a column; a knob is a number
    or has shape `(runs,)`, float64.
    """

    def init(self, params: Tensor) -> State:
        """The state before the first step."""
        return {}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        """Update `params` and `state` in place; `gradient` stays as it is.

        `t` is the number of the update, from 1; an epoch in batches has many.
        """
        raise NotImplementedError


def used(knob: Number) -> bool:
    """Whether a knob does anything: false only for the plain number 0."""
    return isinstance(knob, Tensor) or knob != 0


def switch(knob: Number) -> Number:
    """1 where a knob does anything, else 0."""
    return (knob != 0).double() if isinstance(knob, Tensor) else float(knob != 0)


def matched(knob: Number, tensor: Tensor) -> Number:
    """A knob in the precision of a tensor."""
    return knob.to(tensor.dtype) if isinstance(knob, Tensor) else knob


# torch's fused operations take a plain number as factor, not one for each run: hence two ways.


def add(target: Tensor, factor: Number, term: Tensor) -> Tensor:
    """`target += factor term`, in place."""
    if isinstance(factor, Tensor):
        return target.add_(matched(factor, target) * term)
    return target.add_(term, alpha=factor)


def add_product(target: Tensor, factor: Number, a: Tensor, b: Tensor) -> Tensor:
    """`target += factor a b`, in place."""
    if isinstance(factor, Tensor):
        return target.addcmul_(matched(factor, target) * a, b)
    return target.addcmul_(a, b, value=factor)


def add_quotient(target: Tensor, factor: Number, a: Tensor, b: Tensor, scale: Number = 1.0) -> Tensor:
    """`target += scale factor a / b`, in place."""
    if isinstance(scale, Tensor):
        factor, scale = scale * factor, 1.0
    if isinstance(factor, Tensor):
        return target.addcdiv_(matched(factor, target) * a, b, value=scale)
    return target.addcdiv_(a, b, value=scale * factor)
