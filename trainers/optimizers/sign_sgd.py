"""SignSGD."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.optimizers.arithmetic import add, add_weight_decay, is_used, match_dtype
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import UpdateCode, decayed, literal
from trainers.settings import Number, real


@dataclass(frozen=True)
class SignSGD(Optimizer):
    """Steps of size lr along the sign of the gradient, or of its running mean (Signum).

        g = gradient + weight_decay params
        m = momentum m + (1 - momentum) g
        params -= lr sign(m)

    Not in torch.

    Source: J. Bernstein et al. 2018, arXiv 1802.04434, algorithms 1 and 2.
    """

    summary: ClassVar[str] = "Steps of size lr along the sign of the gradient."
    group: ClassVar[str] = "sign-based"
    year: ClassVar[int] = 2018

    lr: Number = real(1e-3, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    momentum: Number = real(0, 0, 1, help="Decay rate of the running mean of gradients.", search=(0, 0.99))
    weight_decay: Number = real(0, 0, 10, help="Weight decay (L2 penalty).")

    def update_code(self) -> UpdateCode:
        lines, grad = decayed(self.weight_decay)
        if not is_used(self.momentum):
            return UpdateCode(f"{literal(self.lr)} * {grad}.sign()", tuple(lines))
        momentum = literal(self.momentum)
        lines += [f"m = {momentum} * m + (1 - {momentum}) * {grad}"]
        state, names = ("m = torch.zeros_like(params)",), (("momentum_buffer", "m"),)
        return UpdateCode(f"{literal(self.lr)} * m.sign()", tuple(lines), state, names)

    def init(self, params: Tensor) -> State:
        return {"momentum_buffer": torch.zeros_like(params)} if is_used(self.momentum) else {}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = add_weight_decay(gradient, self.weight_decay, params)
        if is_used(self.momentum):
            gradient = state["momentum_buffer"].lerp_(gradient, match_dtype(1 - self.momentum, params))
        add(params, -self.lr, gradient.sign())
