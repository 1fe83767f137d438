"""NAdam."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import add_quotient, as_number, match_dtype
from trainers.optimizers.base import State
from trainers.optimizers.code import UpdateCode, literal
from trainers.optimizers.moments import MomentOptimizer
from trainers.settings import Number, flag, real

DECAY = 0.96
"""Base of the momentum schedule."""


@dataclass(frozen=True)
class NAdam(MomentOptimizer):
    """Adam with Nesterov momentum.

        g = gradient + weight_decay params                decoupled: params -= lr weight_decay params
        mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        a = (1 - mu_t) g / (1 - mu_1 ... mu_t) + mu_(t+1) m / (1 - mu_1 ... mu_(t+1))
        params -= lr a / (sqrt(v / (1 - beta2^t)) + eps)

    The product of all mu is kept in torch's default dtype, as in torch: float32, unless that was changed.

    Source: T. Dozat 2016, "Incorporating Nesterov momentum into Adam", in the form of `torch.optim.NAdam`,
    which differs by dividing g and m by products of mu where the paper divides m by those of mu alone.
    """

    summary: ClassVar[str] = "Adam with Nesterov momentum."
    year: ClassVar[int] = 2016

    lr: Number = real(2e-3, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    momentum_decay: Number = real(
        4e-3, 0, 1, scale="log", help="How fast the momentum rises from half of beta1 to beta1."
    )
    decoupled_weight_decay: bool = flag(False, help="Decay the parameters instead of the gradient.")

    def torch(self, *params: Tensor) -> optim.NAdam:
        return self.made(optim.NAdam, params, betas=(self.beta1, self.beta2))

    def update_code(self) -> UpdateCode:
        lines, grad = self.moment_lines()
        beta1, rise = literal(self.beta1), literal(self.momentum_decay)
        lines += [
            f"mu = {beta1} * (1 - {DECAY}**(t * {rise}) / 2)",
            f"mu_next = {beta1} * (1 - {DECAY}**((t + 1) * {rise}) / 2)",
            "mu_product = mu_product * mu",
            "product = mu_product.double()",
            f"ahead = (1 - mu) / (1 - product) * {grad}",
            "product = product * mu_next",
            "ahead = ahead + mu_next / (1 - product) * m",
            f"v_hat = v / (1 - {literal(self.beta2)}**t)",
        ]
        direction = f"ahead / (v_hat.sqrt() + {literal(self.eps)})"
        names = (("mu_product", "mu_product"),)
        return self.moment_code(direction, lines, ["mu_product = torch.tensor(1.0)"], names)

    def init(self, params: Tensor) -> State:
        one = torch.ones_like(params[:1], dtype=torch.get_default_dtype())
        return super().init(params) | {"mu_product": one}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = self.update_moments(params, gradient, state)
        mu, mu_next = (self.beta1 * (1 - 0.5 * DECAY ** (k * self.momentum_decay)) for k in (t, t + 1))
        mus = state["mu_product"]
        product = as_number(mus.mul_(match_dtype(mu, mus)), self.beta1, self.momentum_decay)
        divisor = (state["exp_avg_sq"] / match_dtype(1 - self.beta2**t, params)).sqrt_()
        divisor.add_(match_dtype(self.eps, params))
        for term, factor in (
            (gradient, (1 - mu) / (1 - product)),
            (state["exp_avg"], mu_next / (1 - product * mu_next)),
        ):
            add_quotient(params, -self.lr * factor, term, divisor)
