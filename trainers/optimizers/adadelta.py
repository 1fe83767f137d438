"""Adadelta."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import add, add_product, add_weight_decay, match_dtype
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import UpdateCode, decayed, literal
from trainers.settings import Number, real


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Each step has the size of recent steps, times the gradient in units of its running RMS.

        g = gradient + weight_decay params
        s = rho s + (1 - rho) g^2
        d = sqrt(a + eps) / sqrt(s + eps) g
        a = rho a + (1 - rho) d^2
        params -= lr d

    Source: M. Zeiler 2012, arXiv 1212.5701, algorithm 1, in the form of `torch.optim.Adadelta`, which
    differs by the factor lr.
    """

    summary: ClassVar[str] = "Steps in units of recent steps: the learning rate is only a factor."
    group: ClassVar[str] = "adaptive"
    year: ClassVar[int] = 2012

    lr: Number = real(
        1, 1e-8, 100, scale="log", help="Factor of the step; 1 in the paper.", search=(1e-2, 100)
    )
    rho: Number = real(
        0.9, 0, 1, help="Decay rate of the running means of squared gradients and steps.", search=(0.8, 0.999)
    )
    eps: Number = real(
        1e-6,
        0,
        1,
        scale="log",
        help="Added within the roots; the size of the first steps.",
        search=(1e-8, 1e-2),
    )
    weight_decay: Number = real(0, 0, 10, help="Weight decay (L2 penalty).")

    def torch(self, *params: Tensor) -> optim.Adadelta:
        return self.made(optim.Adadelta, params)

    def update_code(self) -> UpdateCode:
        lines, grad = decayed(self.weight_decay)
        rho, eps = literal(self.rho), literal(self.eps)
        lines += [
            f"s = {rho} * s + (1 - {rho}) * {grad}**2",
            f"direction = (a + {eps}).sqrt() / (s + {eps}).sqrt() * {grad}",
            f"a = {rho} * a + (1 - {rho}) * direction**2",
        ]
        state = ("s = torch.zeros_like(params)", "a = torch.zeros_like(params)")
        names = (("square_avg", "s"), ("acc_delta", "a"))
        return UpdateCode(f"{literal(self.lr)} * direction", tuple(lines), state, names)

    def init(self, params: Tensor) -> State:
        return {name: torch.zeros_like(params) for name in ("square_avg", "acc_delta")}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = add_weight_decay(gradient, self.weight_decay, params)
        eps, size, steps = match_dtype(self.eps, params), state["square_avg"], state["acc_delta"]
        add_product(size.mul_(self.rho), 1 - self.rho, gradient, gradient)
        delta = steps.add(eps).sqrt_().div_(size.add(eps).sqrt_()).mul_(gradient)
        add_product(steps.mul_(self.rho), 1 - self.rho, delta, delta)
        add(params, -self.lr, delta)
