"""Gradient descent, with or without momentum."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import add, add_weight_decay, is_used, switch
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import Symbol, UpdateCode, decayed, literal
from trainers.settings import Number, SettingError, flag, real


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent, optionally with momentum.

        g = gradient + weight_decay params
        v = momentum v + (1 - dampening) g                first step: v = g
        params -= lr v                                    nesterov: lr (g + momentum v)

    Without momentum, `params -= lr g`.

    Source: I. Sutskever et al. 2013, "On the importance of initialization and momentum in deep
    learning", in the form of `torch.optim.SGD`, which differs from it by keeping lr out of v.
    """

    summary: ClassVar[str] = "A step down the gradient, optionally with momentum."
    group: ClassVar[str] = "momentum"
    year: ClassVar[int] = 1951

    lr: Number = real(1e-3, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    momentum: Number = real(0, 0, 1, help="Momentum factor.", search=(0, 0.99))
    dampening: Number = real(0, 0, 1, help="Dampening of the momentum.")
    nesterov: bool = flag(False, help="Use Nesterov momentum.")
    weight_decay: Number = real(0, 0, 10, help="Weight decay (L2 penalty).")

    def check(self) -> None:
        if self.nesterov and (not is_used(self.momentum) or is_used(self.dampening)):
            raise SettingError("nesterov", "needs momentum above 0 and dampening 0")

    @property
    def is_plain(self) -> bool:
        return self == SGD(lr=self.lr)

    def torch(self, *params: Tensor) -> optim.SGD:
        return self.made(optim.SGD, params)

    def max_stable_lr(self, curvature: float) -> float:
        """2 / curvature without momentum; 2 (1 + momentum) / curvature with it; smaller for Nesterov.

        Source: B. Polyak 1964, "Some methods of speeding up the convergence of iteration methods", for
        the form of torch.
        """
        return float(self._limit() / (curvature + self.weight_decay))

    def preconditioner(self, updates: int, state: State) -> Tensor:
        return torch.ones(())

    def max_stable_sharpness(self) -> float:
        return float(self._limit() / self.lr)

    @property
    def stability_formula(self) -> str:
        if not is_used(self.momentum):
            return "2 / lr"
        if self.nesterov:
            return "2 (1 + momentum) / ((1 + 2 momentum) lr)"
        return "2 (1 + momentum) / ((1 − dampening) lr)" if self.dampening else "2 (1 + momentum) / lr"

    def _limit(self) -> Number:
        """Maximum stable lr times curvature."""
        if self.dampening == 1 and is_used(self.momentum):
            return math.inf  # no gradient enters the velocity after the first
        ahead = (1 + 2 * self.momentum) if self.nesterov else (1 - self.dampening * switch(self.momentum))
        return 2 * (1 + self.momentum) / ahead

    def update_code(self) -> UpdateCode:
        lines, grad = decayed(self.weight_decay)
        if not is_used(self.momentum):
            return UpdateCode(f"{literal(self.lr)} * {grad}", tuple(lines))
        momentum, state = literal(self.momentum), ["velocity = torch.zeros_like(params)"]
        if is_used(self.dampening):  # not at the first update, nor without momentum
            later = literal(self.dampening)
            now = "damping" if later == "dampening" else "dampening"
            if isinstance(self.momentum, Symbol) and self.momentum.varies:
                later += f" * ({momentum} > 0)"
            state += [f"{now} = 0"]
            lines += [f"velocity = {momentum} * velocity + (1 - {now}) * {grad}", f"{now} = {later}"]
        else:
            lines += [f"velocity = {momentum} * velocity + {grad}"]
        ahead = f"({grad} + {momentum} * velocity)" if self.nesterov else "velocity"
        names = (("momentum_buffer", "velocity"),)
        return UpdateCode(f"{literal(self.lr)} * {ahead}", tuple(lines), tuple(state), names)

    def init(self, params: Tensor) -> State:
        return {"momentum_buffer": torch.zeros_like(params)} if is_used(self.momentum) else {}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = add_weight_decay(gradient, self.weight_decay, params)
        if is_used(self.momentum):
            velocity = state["momentum_buffer"]
            # Runs without momentum have no dampening either, nor has the first step.
            dampening = self.dampening * switch(self.momentum) * (t > 1)
            add(velocity.mul_(self.momentum), 1 - dampening, gradient)
            gradient = add(gradient.clone(), self.momentum, velocity) if self.nesterov else velocity
        add(params, -self.lr, gradient)
