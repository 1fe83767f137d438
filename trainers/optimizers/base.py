"""Base of all optimizers: hyperparameters, and an update rule in torch, written by hand, or both."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from inspect import signature
from typing import Any, ClassVar, Self, TypeAlias, TypeVar

from torch import Tensor
from torch.optim import Optimizer as TorchOptimizer

from trainers.optimizers.code import UpdateCode
from trainers.settings import Number, Settings, settings_of
from trainers.words import error_text

GROUPS = ("momentum", "adaptive", "sign-based", "second-order", "schedule-free", "pytorch-optimizer")
"""Kinds of optimizers: by what they make of the gradient."""
State: TypeAlias = dict[str, Tensor]
"""Optimizer state, with keys as in torch's `state_dict`."""


class StepError(RuntimeError):
    """The step of an optimizer of another package ended with an exception; its text is the message."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error_text(error))


InTorch = TypeVar("InTorch", bound=TorchOptimizer)


@dataclass(frozen=True)
class Optimizer(Settings):
    """An optimizer and its hyperparameters, named as in torch and with torch's defaults.

    A subclass has one or both of `torch`, for the runner `torch.optim`, and `step` with `init`, for the other
    runners, for sweeps and for races.

    In `step` and `init`, `params` and `gradient` have shape `(n,)`, or `(n, runs)` with one run per column; a
    hyperparameter is a number, or a float64 tensor `(runs,)`.
    """

    vectorized: ClassVar[bool] = True
    group: ClassVar[str] = ""
    """One of `GROUPS`, "" for others."""
    year: ClassVar[int] = 0
    """Year of its publication; 0 if it has none."""
    by_matrix: ClassVar[bool] = False
    """Whether `torch` is given each matrix and vector of the problem's parameters as a tensor of its own."""
    needs_closure: ClassVar[bool] = False
    """Whether torch's `step` evaluates loss and gradient itself, through a closure."""
    guarded: ClassVar[bool] = False
    """Whether an exception of torch's `step` is a result of the run: another package's optimizer."""

    @classmethod
    def in_torch(cls) -> bool:
        """Whether `torch` is implemented."""
        return cls.torch is not Optimizer.torch

    @classmethod
    def by_hand(cls) -> bool:
        """Whether `step` is implemented."""
        return cls.step is not Optimizer.step

    def with_lr(self, lr: Number) -> Self:
        """Return the optimizer with another learning rate, which may be out of its bounds."""
        changed = copy(self)
        object.__setattr__(changed, "lr", lr)
        return changed

    @property
    def is_plain(self) -> bool:
        """Whether a step is that of plain gradient descent, lr times the gradient."""
        return False

    @property
    def l2_penalty(self) -> float:
        """Factor of the parameters that is added to the gradient: coupled weight decay."""
        return float(getattr(self, "weight_decay", 0.0))

    def made(self, kind: type[InTorch], params: Iterable[Tensor], **others: Any) -> InTorch:
        """Return torch's optimizer of `params` with `others` and those hyperparameters it has by name."""
        known = signature(kind).parameters.keys() - others.keys()
        named = {name: getattr(self, name) for name in settings_of(self) if name in known}
        return kind(params, **named, **others)

    def torch(self, *params: Tensor) -> TorchOptimizer:
        """Return the `torch.optim` optimizer of `params` with these hyperparameters.

        `params` is one tensor `(n,)`, unless the optimizer works `by_matrix`.
        """
        raise NotImplementedError(f"{type(self).__name__} is not in torch")

    def init(self, params: Tensor) -> State:
        """Return the state before the first step."""
        return {}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        """Update `params` and `state` in place; do not change `gradient`.

        `t` is the update number, from 1. With mini-batches an epoch has several updates.
        """
        raise NotImplementedError(f"{type(self).__name__} is not written by hand")

    def evaluated(self, params: Tensor, state: State) -> Tensor:
        """Return the parameters whose loss counts: those the gradient is taken at, or a mean of earlier ones.

        A tensor other than `params` is part of the state, and changes with it.
        """
        return params

    def update_code(self) -> UpdateCode:
        """Return the update by hand as lines of a program, with these hyperparameters."""
        raise NotImplementedError(f"{type(self).__name__} is not written by hand")

    def max_stable_lr(self, curvature: float) -> float | None:
        """Maximum stable learning rate on a quadratic loss, if it is known.

        `curvature` is the largest eigenvalue of the loss's Hessian. Not valid for mini-batches, each of which
        has its own loss.
        """
        return None

    def preconditioner(self, updates: int, state: State) -> Tensor | None:
        """Return what the step divides the gradient of each parameter by, `(n,)`, beside lr and momentum.

        `state` is that after some updates, at least one. None if the step is not of this form.
        """
        return None

    def max_stable_sharpness(self) -> float | None:
        """Maximum stable sharpness, None if it is not known; see `stability_formula`.

        It is the largest eigenvalue of the Hessian of the loss, with weight decay, after division by the
        preconditioner.

        Source: J. Cohen et al. 2022, arXiv 2207.14484.
        """
        return None

    @property
    def stability_formula(self) -> str:
        """The maximum stable sharpness as text, "" if it is not known."""
        return ""
