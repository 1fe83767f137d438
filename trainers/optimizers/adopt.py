"""ADOPT."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.optimizers.arithmetic import add, match_dtype
from trainers.optimizers.base import State
from trainers.optimizers.code import UpdateCode, literal
from trainers.optimizers.moments import MomentOptimizer
from trainers.settings import Number, flag, real


@dataclass(frozen=True)
class ADOPT(MomentOptimizer):
    """Adam whose gradient is divided by the second moment of earlier ones, before the momentum.

        first update: v = g^2, and no step
        d = min(max(g / max(sqrt(v), eps), -c), c)        c = (t - 1)^(1/4)
        m = beta1 m + (1 - beta1) d
        params -= lr m
        v = beta2 v + (1 - beta2) g^2

    g is the gradient, with weight decay if that is not decoupled. It converges with any beta2. Not in torch.

    Source: S. Taniguchi et al. 2024, arXiv 2411.02853, algorithm 2.
    """

    summary: ClassVar[str] = "Adam that divides each gradient by the size of earlier ones, not of its own."
    year: ClassVar[int] = 2024

    beta2: Number = real(
        0.9999,
        0,
        0.999999,
        help="Decay rate of the running mean of squared gradients.",
        search=(0.9, 0.9999),
    )
    eps: Number = real(1e-6, 0, 1, scale="log", help="Min. size that gradients are divided by.")
    decoupled_weight_decay: bool = flag(False, help="Decay the parameters instead of the gradient.")

    def update_code(self) -> UpdateCode:
        lines, grad = self.decayed_lines()
        beta1, beta2 = literal(self.beta1), literal(self.beta2)
        lines += [
            "t += 1",
            "limit = (t - 1)**0.25",
            f"d = {grad} / v.sqrt().clamp(min={literal(self.eps)})",
            "d = d.clamp(min=-limit).clamp(max=limit)",
            f"m = {beta1} * m + (1 - {beta1}) * d",
            f"keep = {beta2} if t > 1 else 0",
            f"v = keep * v + (1 - keep) * {grad}**2",
        ]
        return self.moment_code("m", lines, [])

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = self.decay_weights(params, gradient)
        mean, size = state["exp_avg"], state["exp_avg_sq"]
        if t == 1:
            size.copy_(gradient**2)
            return
        limit = (t - 1) ** 0.25
        least = torch.as_tensor(self.eps, dtype=params.dtype)
        scaled = (gradient / torch.maximum(size.sqrt(), least)).clamp_(-limit, limit)
        mean.lerp_(scaled, match_dtype(1 - self.beta1, params))
        add(params, -self.lr, mean)
        size.lerp_(gradient**2, match_dtype(1 - self.beta2, params))
