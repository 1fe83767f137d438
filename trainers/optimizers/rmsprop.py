"""RMSprop."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import (
    add,
    add_product,
    add_quotient,
    add_weight_decay,
    is_used,
    match_dtype,
)
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import UpdateCode, decayed, literal
from trainers.settings import Number, flag, real


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Gradient descent with each step divided by the running RMS of the gradient.

        g = gradient + weight_decay params
        s = alpha s + (1 - alpha) g^2
        m = alpha m + (1 - alpha) g                       centered only, else m = 0
        d = g / (sqrt(s - m^2) + eps)
        v = momentum v + d
        params -= lr v

    Rounding can take `s - m^2` below zero; the square root is then NaN, as in torch.

    Source: T. Tieleman and G. Hinton 2012, Lecture 6.5 of "Neural Networks for Machine Learning";
    centered: A. Graves 2013, arXiv 1308.0850, which differs by keeping eps inside the root.
    """

    summary: ClassVar[str] = "Each step divided by the running RMS of the gradient."
    group: ClassVar[str] = "adaptive"
    year: ClassVar[int] = 2012

    lr: Number = real(1e-2, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    alpha: Number = real(
        0.99,
        0,
        1,
        help="Smoothing constant (decay rate) of the squared gradient; often 0.9.",
        search=(0.9, 0.999),
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
    momentum: Number = real(0, 0, 1, help="Momentum factor.", search=(0, 0.99))
    centered: bool = flag(False, help="Divide by the gradient's estimated standard deviation.")

    def torch(self, *params: Tensor) -> optim.RMSprop:
        return self.made(optim.RMSprop, params)

    def update_code(self) -> UpdateCode:
        lines, grad = decayed(self.weight_decay)
        alpha, state, root = literal(self.alpha), ["s = torch.zeros_like(params)"], "s.sqrt()"
        lines += [f"s = {alpha} * s + (1 - {alpha}) * {grad}**2"]
        if self.centered:
            state += ["m = torch.zeros_like(params)"]
            lines += [f"m = {alpha} * m + (1 - {alpha}) * {grad}"]
            lines += ["std = (s - m**2).sqrt()"]
            root = "std"
        direction = f"{grad} / ({root} + {literal(self.eps)})"
        if is_used(self.momentum):
            state += ["velocity = torch.zeros_like(params)"]
            lines += [f"direction = {direction}"]
            lines += [f"velocity = {literal(self.momentum)} * velocity + direction"]
            direction = "velocity"
        names = (("square_avg", "s"), ("grad_avg", "m"), ("momentum_buffer", "velocity"))
        return UpdateCode(f"{literal(self.lr)} * {direction}", tuple(lines), tuple(state), names)

    def preconditioner(self, updates: int, state: State) -> Tensor:
        size = state["square_avg"]
        variance = size - state["grad_avg"] ** 2 if self.centered else size
        return variance.sqrt() + self.eps

    def max_stable_sharpness(self) -> float:
        return float(2 * (1 + self.momentum) / self.lr)

    @property
    def stability_formula(self) -> str:
        return "2 (1 + momentum) / lr" if is_used(self.momentum) else "2 / lr"

    def init(self, params: Tensor) -> State:
        names = ["square_avg"]
        names += ["grad_avg"] if self.centered else []
        names += ["momentum_buffer"] if is_used(self.momentum) else []
        return {name: torch.zeros_like(params) for name in names}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = add_weight_decay(gradient, self.weight_decay, params)
        variance = state["square_avg"]
        add_product(variance.mul_(self.alpha), 1 - self.alpha, gradient, gradient)
        if self.centered:
            mean = state["grad_avg"].lerp_(gradient, match_dtype(1 - self.alpha, params))
            variance = variance.addcmul(mean, mean, value=-1)
        divisor = variance.sqrt().add_(self.eps)
        if is_used(self.momentum):
            velocity = add_quotient(state["momentum_buffer"].mul_(self.momentum), 1, gradient, divisor)
            add(params, -self.lr, velocity)
        else:
            add_quotient(params, -self.lr, gradient, divisor)
