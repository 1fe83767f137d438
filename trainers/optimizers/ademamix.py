"""AdEMAMix."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.optimizers.arithmetic import add_quotient, match_dtype
from trainers.optimizers.base import State
from trainers.optimizers.code import UpdateCode, literal
from trainers.optimizers.moments import MomentOptimizer
from trainers.settings import Number, flag, real


@dataclass(frozen=True)
class AdEMAMix(MomentOptimizer):
    """Adam with a second, slow running mean of the gradient.

        m = beta1 m + (1 - beta1) g
        s = beta3 s + (1 - beta3) g
        v = beta2 v + (1 - beta2) g^2
        params -= lr (m / (1 - beta1^t) + alpha s) / (sqrt(v / (1 - beta2^t)) + eps)

    g is the gradient, with weight decay if that is not decoupled. alpha and beta3 are constant, as in the
    paper without its schedules for them. Not in torch.

    Source: M. Pagliardini, P. Ablin and D. Grangier 2024, arXiv 2409.03137, algorithm 1.
    """

    summary: ClassVar[str] = "Adam with a second, slow momentum."
    year: ClassVar[int] = 2024

    alpha: Number = real(5, 0, 100, help="Weight of the slow momentum.", search=(0, 10))
    beta3: Number = real(0.9999, 0, 0.999999, help="Decay rate of the slow momentum.", search=(0.99, 0.9999))
    decoupled_weight_decay: bool = flag(True, help="Decay the parameters instead of the gradient.")

    def update_code(self) -> UpdateCode:
        lines, grad = self.moment_lines()
        beta3 = literal(self.beta3)
        lines += [
            f"s = {beta3} * s + (1 - {beta3}) * {grad}",
            f"ahead = m / (1 - {literal(self.beta1)}**t) + {literal(self.alpha)} * s",
            f"v_hat = v / (1 - {literal(self.beta2)}**t)",
        ]
        direction = f"ahead / (v_hat.sqrt() + {literal(self.eps)})"
        return self.moment_code(direction, lines, ["s = torch.zeros_like(params)"], (("exp_avg_slow", "s"),))

    def init(self, params: Tensor) -> State:
        return super().init(params) | {"exp_avg_slow": torch.zeros_like(params)}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = self.update_moments(params, gradient, state)
        slow = state["exp_avg_slow"].lerp_(gradient, match_dtype(1 - self.beta3, params))
        divisor = (state["exp_avg_sq"] / match_dtype(1 - self.beta2**t, params)).sqrt_()
        divisor.add_(match_dtype(self.eps, params))
        add_quotient(params, -self.lr / (1 - self.beta1**t), state["exp_avg"], divisor)
        add_quotient(params, -self.lr * self.alpha, slow, divisor)
