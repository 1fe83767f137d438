"""RAdam."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import add, add_quotient, match_dtype
from trainers.optimizers.base import State
from trainers.optimizers.code import Symbol, UpdateCode, literal
from trainers.optimizers.moments import MomentOptimizer
from trainers.settings import Number, flag

RECTIFIED_FROM = 5.0
"""Length of the moving average above which the second moment is used."""


@dataclass(frozen=True)
class RAdam(MomentOptimizer):
    """Adam that divides by the second moment only once its variance is known to be finite.

        g = gradient + weight_decay params                decoupled: params -= lr weight_decay params
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        rho_inf = 2 / (1 - beta2) - 1
        rho = rho_inf - 2 t beta2^t / (1 - beta2^t)
        r = sqrt((rho - 4) (rho - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho))
        params -= lr m / (1 - beta1^t) r sqrt(1 - beta2^t) / (sqrt(v) + eps)      if rho > 5, else
        params -= lr m / (1 - beta1^t)

    Source: L. Liu et al. 2020, arXiv 1908.03265, algorithm 2, in the form of `torch.optim.RAdam`, which
    differs by rectifying above 5 where the paper does above 4, and by adding eps.
    """

    summary: ClassVar[str] = "Adam with a warm-up that follows from its own statistics."
    year: ClassVar[int] = 2020

    decoupled_weight_decay: bool = flag(False, help="Decay the parameters instead of the gradient.")

    def torch(self, *params: Tensor) -> optim.RAdam:
        return self.made(optim.RAdam, params, betas=(self.beta1, self.beta2))

    def update_code(self) -> UpdateCode:
        lines, _ = self.moment_lines()
        beta2 = literal(self.beta2)
        lines += [
            f"m_hat = m / (1 - {literal(self.beta1)}**t)",
            f"rho_inf = 2 / (1 - {beta2}) - 1",
            f"rho = rho_inf - 2 * t * {beta2}**t / (1 - {beta2}**t)",
        ]
        varies = isinstance(self.beta2, Symbol) and self.beta2.varies
        # Of numbers, what is not used may not be divided by 0.
        only = "" if varies else " if rho > 5 else 0"
        known = "torch.where(rho > 5, scale, 1)" if varies else "scale if rho > 5 else 1"
        lines += [
            f"r = (rho - 4) * (rho - 2){only}",
            "rest = (rho_inf - 4) * (rho_inf - 2) * rho / rho_inf",
            f"r = r / rest{only}",
            f"scale = (r * (1 - {beta2}**t))**0.5 / (v.sqrt() + {literal(self.eps)})",
            f"scale = {known}",
        ]
        return self.moment_code("m_hat * scale", lines, [])

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        self.update_moments(params, gradient, state)
        mean, size = state["exp_avg"], state["exp_avg_sq"]
        factor: Number = -self.lr / (1 - self.beta1**t)
        longest, corrected = 2 / (1 - self.beta2) - 1, 1 - self.beta2**t
        length = longest - 2 * t * self.beta2**t / corrected
        divisor = size.sqrt().add_(match_dtype(self.eps, params))
        if isinstance(length, Tensor):
            scale = match_dtype((rectification(length, longest) * corrected) ** 0.5, params) / divisor
            add(params, factor, mean * torch.where(length > RECTIFIED_FROM, scale, 1.0))
        elif length > RECTIFIED_FROM:
            add_quotient(params, factor * (rectification(length, longest) * corrected) ** 0.5, mean, divisor)
        else:
            add(params, factor, mean)


def rectification(length: Number, longest: Number) -> Number:
    """The square of the rectification term, for lengths of the moving average above 4."""
    return (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
