"""Adagrad."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import add_quotient, add_weight_decay, match_dtype
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import UpdateCode, decayed, literal
from trainers.settings import Number, real


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Gradient descent with each step divided by the root of the sum of all squared gradients.

        g = gradient + weight_decay params
        s = s + g^2                                       first: s = initial_accumulator_value
        params -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)

    Source: J. Duchi, E. Hazan and Y. Singer 2011, "Adaptive subgradient methods for online learning and
    stochastic optimization", with diagonal matrices, in the form of `torch.optim.Adagrad`.
    """

    summary: ClassVar[str] = "Each step divided by the root of the sum of all squared gradients."
    group: ClassVar[str] = "adaptive"
    year: ClassVar[int] = 2011

    lr: Number = real(1e-2, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    lr_decay: Number = real(0, 0, 10, help="Learning rate decay, per update.", search=(0, 0.1))
    weight_decay: Number = real(0, 0, 10, help="Weight decay (L2 penalty).")
    initial_accumulator_value: Number = real(0, 0, 1e6, help="Initial value of the sum of squared gradients.")
    eps: Number = real(
        1e-10,
        0,
        1,
        scale="log",
        help="Added to the denominator for numerical stability.",
        search=(1e-10, 1),
    )

    def torch(self, *params: Tensor) -> optim.Adagrad:
        return self.made(optim.Adagrad, params)

    def update_code(self) -> UpdateCode:
        lines, grad = decayed(self.weight_decay)
        lr, first = literal(self.lr), literal(self.initial_accumulator_value)
        state = ["s = torch.zeros_like(params)"]
        if self.initial_accumulator_value != 0:
            state = [f"s = {first} * torch.ones_like(params)"]
        if self.lr_decay != 0:
            now = "lr_t" if lr == "lr" else "lr"
            state += ["t = 0"]
            lines += ["t += 1", f"{now} = {lr} / (1 + (t - 1) * {literal(self.lr_decay)})"]
            lr = now
        lines += [f"s = s + {grad}**2"]
        step = f"{lr} * {grad} / (s.sqrt() + {literal(self.eps)})"
        return UpdateCode(step, tuple(lines), tuple(state), (("sum", "s"),))

    def preconditioner(self, updates: int, state: State) -> Tensor:
        return (state["sum"].sqrt() + self.eps) * (1 + (updates - 1) * self.lr_decay)

    def max_stable_sharpness(self) -> float:
        return float(2 / self.lr)

    @property
    def stability_formula(self) -> str:
        return "2 / lr"

    def init(self, params: Tensor) -> State:
        return {"sum": torch.zeros_like(params) + match_dtype(self.initial_accumulator_value, params)}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = add_weight_decay(gradient, self.weight_decay, params)
        divisor = state["sum"].addcmul_(gradient, gradient).sqrt().add_(match_dtype(self.eps, params))
        add_quotient(params, -self.lr / (1 + (t - 1) * self.lr_decay), gradient, divisor)
