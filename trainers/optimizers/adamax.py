"""Adamax."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import add_quotient, add_weight_decay, match_dtype
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import UpdateCode, decayed, literal
from trainers.optimizers.moments import BETA_HIGH
from trainers.settings import Number, real


@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the root of the mean square.

        g = gradient + weight_decay params
        m = beta1 m + (1 - beta1) g
        u = max(beta2 u, |g| + eps)
        params -= lr / (1 - beta1^t) m / u

    Source: D. Kingma and J. Ba 2015, arXiv 1412.6980, algorithm 2, in the form of `torch.optim.Adamax`,
    which differs by adding eps.
    """

    summary: ClassVar[str] = "Adam, divided per parameter by the largest recent gradient."
    group: ClassVar[str] = "adaptive"
    year: ClassVar[int] = 2015

    lr: Number = real(2e-3, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    beta1: Number = real(
        0.9, 0, BETA_HIGH, help="Decay rate of the running mean of gradients.", search=(0, 0.99)
    )
    beta2: Number = real(
        0.999, 0, BETA_HIGH, help="Decay rate of the largest gradient.", search=(0.9, 0.9999)
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

    def torch(self, *params: Tensor) -> optim.Adamax:
        return self.made(optim.Adamax, params, betas=(self.beta1, self.beta2))

    def update_code(self) -> UpdateCode:
        lines, grad = decayed(self.weight_decay)
        beta1, beta2 = literal(self.beta1), literal(self.beta2)
        lines += [
            "t += 1",
            f"m = {beta1} * m + (1 - {beta1}) * {grad}",
            f"size = {grad}.abs() + {literal(self.eps)}",
            f"u = torch.maximum({beta2} * u, size)",
            f"m_hat = m / (1 - {beta1}**t)",
        ]
        state = ("t = 0", "m = torch.zeros_like(params)", "u = torch.zeros_like(params)")
        names = (("exp_avg", "m"), ("exp_inf", "u"))
        return UpdateCode(f"{literal(self.lr)} * m_hat / u", tuple(lines), state, names)

    def preconditioner(self, updates: int, state: State) -> Tensor:
        return state["exp_inf"]

    def max_stable_sharpness(self) -> float:
        return float(2 * (1 + self.beta1) / ((1 - self.beta1) * self.lr))

    @property
    def stability_formula(self) -> str:
        return "2 (1 + beta1) / ((1 − beta1) lr)"

    def init(self, params: Tensor) -> State:
        return {name: torch.zeros_like(params) for name in ("exp_avg", "exp_inf")}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = add_weight_decay(gradient, self.weight_decay, params)
        mean = state["exp_avg"].lerp_(gradient, match_dtype(1 - self.beta1, params))
        largest = state["exp_inf"].mul_(self.beta2)
        torch.maximum(largest, gradient.abs().add_(match_dtype(self.eps, params)), out=largest)
        add_quotient(params, -self.lr / (1 - self.beta1**t), mean, largest)
