"""Base of the optimizers that keep a running mean of gradients and one of their squares."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.optimizers.arithmetic import (
    add_product,
    add_weight_decay,
    decay,
    is_used,
    match_dtype,
)
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import UpdateCode, decayed, literal
from trainers.settings import Number, real

BETA_HIGH = 0.999999  # torch demands less than 1: at 1 the bias correction divides by 0
NAMES = (("exp_avg", "m"), ("exp_avg_sq", "v"))


@dataclass(frozen=True)
class MomentOptimizer(Optimizer):
    """First and second moment estimates, `exp_avg` and `exp_avg_sq`, with weight decay of either kind.

        g = gradient + weight_decay params                decoupled: g = gradient
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2

    Decoupled weight decay multiplies `params` by `1 - lr weight_decay` instead, before the step.

    Source: D. Kingma and J. Ba 2015, arXiv 1412.6980; decoupled: I. Loshchilov and F. Hutter 2019, arXiv
    1711.05101.
    """

    group: ClassVar[str] = "adaptive"

    lr: Number = real(1e-3, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    beta1: Number = real(
        0.9,
        0,
        BETA_HIGH,
        help="Decay rate of the running mean of gradients (first moment).",
        search=(0, 0.99),
    )
    beta2: Number = real(
        0.999,
        0,
        BETA_HIGH,
        help="Decay rate of the running mean of squared gradients (second moment).",
        search=(0.9, 0.9999),
    )
    eps: Number = real(
        1e-8,
        0,
        1,
        scale="log",
        help="Added to the denominator for numerical stability.",
        search=(1e-8, 1),
    )
    weight_decay: Number = real(0, 0, 10, help="Weight decay (L2 penalty).")

    @property
    def decoupled(self) -> bool:
        """Whether weight decay shrinks the parameters instead of being part of the gradient."""
        return bool(getattr(self, "decoupled_weight_decay", False))

    @property
    def l2_penalty(self) -> float:
        return 0.0 if self.decoupled else float(self.weight_decay)

    def init(self, params: Tensor) -> State:
        return {name: torch.zeros_like(params) for name, _ in NAMES}

    def decay_weights(self, params: Tensor, gradient: Tensor) -> Tensor:
        """Decay weights, in place if decoupled; return the gradient, with the penalty's if not."""
        if not self.decoupled:
            return add_weight_decay(gradient, self.weight_decay, params)
        if is_used(self.weight_decay):
            decay(params, self.lr * self.weight_decay)
        return gradient

    def update_moments(self, params: Tensor, gradient: Tensor, state: State) -> Tensor:
        """Decay weights and update both estimates in place; return the gradient that entered them."""
        gradient = self.decay_weights(params, gradient)
        state["exp_avg"].lerp_(gradient, match_dtype(1 - self.beta1, params))
        add_product(state["exp_avg_sq"].mul_(self.beta2), 1 - self.beta2, gradient, gradient)
        return gradient

    def decayed_lines(self) -> tuple[list[str], str]:
        """The lines that add a penalty's gradient, if not decoupled, and the name of the gradient then."""
        return decayed(0 if self.decoupled else self.weight_decay)

    def moment_lines(self) -> tuple[list[str], str]:
        """The lines that update both estimates, and the name of the gradient that enters them."""
        lines, grad = self.decayed_lines()
        beta1, beta2 = literal(self.beta1), literal(self.beta2)
        lines += [
            "t += 1",
            f"m = {beta1} * m + (1 - {beta1}) * {grad}",
            f"v = {beta2} * v + (1 - {beta2}) * {grad}**2",
        ]
        return lines, grad

    def moment_code(
        self, direction: str, lines: list[str], state: list[str], names: tuple[tuple[str, str], ...] = ()
    ) -> UpdateCode:
        """The update `lr * direction`, with decoupled weight decay, after these lines."""
        before = ["t = 0", "m = torch.zeros_like(params)", "v = torch.zeros_like(params)", *state]
        step = direction
        if self.decoupled and self.weight_decay != 0:
            lines = [*lines, f"direction = {direction}"]
            step = f"(direction + {literal(self.weight_decay)} * params)"
        return UpdateCode(f"{literal(self.lr)} * {step}", tuple(lines), tuple(before), (*NAMES, *names))
