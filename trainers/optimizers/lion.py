"""Lion."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.optimizers.arithmetic import add, decay, is_used, match_dtype
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import GRAD, UpdateCode, literal
from trainers.settings import Number, real


@dataclass(frozen=True)
class Lion(Optimizer):
    """The sign of a mean of momentum and gradient, found by a search over programs.

        c = beta1 m + (1 - beta1) gradient
        params -= lr (sign(c) + weight_decay params)
        m = beta2 m + (1 - beta2) gradient

    Not in torch. Its rate is usually a tenth to a third of Adam's.

    Source: X. Chen et al. 2023, arXiv 2302.06675, algorithm 2.
    """

    summary: ClassVar[str] = "Steps of size lr along the sign of momentum and gradient."
    group: ClassVar[str] = "sign-based"
    year: ClassVar[int] = 2023

    lr: Number = real(1e-4, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-5, 1))
    beta1: Number = real(0.9, 0, 1, help="Weight of the momentum in the step.", search=(0, 0.99))
    beta2: Number = real(0.99, 0, 1, help="Decay rate of the momentum.", search=(0.9, 0.999))
    weight_decay: Number = real(0, 0, 10, help="Weight decay, decoupled: times lr, of the parameters.")

    @property
    def l2_penalty(self) -> float:
        return 0.0

    def update_code(self) -> UpdateCode:
        beta1, beta2, lr = literal(self.beta1), literal(self.beta2), literal(self.lr)
        lines = (
            f"d = {beta1} * m + (1 - {beta1}) * {GRAD}",
            f"m = {beta2} * m + (1 - {beta2}) * {GRAD}",
        )
        step = f"{lr} * d.sign()"
        if self.weight_decay != 0:
            step = f"{lr} * (d.sign() + {literal(self.weight_decay)} * params)"
        return UpdateCode(step, lines, ("m = torch.zeros_like(params)",), (("exp_avg", "m"),))

    def init(self, params: Tensor) -> State:
        return {"exp_avg": torch.zeros_like(params)}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        mean = state["exp_avg"]
        direction = mean.lerp(gradient, match_dtype(1 - self.beta1, params)).sign_()
        if is_used(self.weight_decay):
            decay(params, self.lr * self.weight_decay)
        add(params, -self.lr, direction)
        mean.lerp_(gradient, match_dtype(1 - self.beta2, params))
