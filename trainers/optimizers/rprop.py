"""Rprop."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import match_dtype
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import GRAD, UpdateCode, literal
from trainers.settings import Number, real


@dataclass(frozen=True)
class Rprop(Optimizer):
    """Resilient backpropagation: only the signs of the gradient count, and each parameter has its step size.

        d = d etaplus                                     where the sign is that of the update before,
            d etaminus                                    where it has changed; then g = 0, else
            d
        d = min(max(d, step_size_min), step_size_max)     before the first: d = lr
        params -= d sign(g)

    Made for full batches: noise changes signs.

    Source: M. Riedmiller and H. Braun 1993, "A direct adaptive method for faster backpropagation learning:
    the RPROP algorithm", in the form of `torch.optim.Rprop`, which differs by not taking back a step over
    a minimum.
    """

    summary: ClassVar[str] = "Signs of the gradient, with a step size per parameter that grows and shrinks."
    group: ClassVar[str] = "sign-based"
    year: ClassVar[int] = 1993

    lr: Number = real(1e-2, 1e-8, 100, scale="log", help="Initial step size.", search=(1e-4, 10))
    etaminus: Number = real(
        0.5, 1e-3, 0.999, help="Factor of the step size where the sign changes.", search=(0.1, 0.9)
    )
    etaplus: Number = real(
        1.2, 1.001, 10, help="Factor of the step size where it does not.", search=(1.01, 2)
    )
    step_size_min: Number = real(
        1e-6, 0, 1e6, scale="log", help="Smallest step size.", label="Min. step size"
    )
    step_size_max: Number = real(
        50, 1e-8, 1e6, scale="log", help="Largest step size.", label="Max. step size"
    )

    def torch(self, *params: Tensor) -> optim.Rprop:
        etas, sizes = (self.etaminus, self.etaplus), (self.step_size_min, self.step_size_max)
        return self.made(optim.Rprop, params, etas=etas, step_sizes=sizes)

    def update_code(self) -> UpdateCode:
        low, high = literal(self.step_size_min), literal(self.step_size_max)
        lines = (
            f"sign = ({GRAD} * prev).sign()",
            f"d = torch.where(sign > 0, d * {literal(self.etaplus)}, d)",
            f"d = torch.where(sign < 0, d * {literal(self.etaminus)}, d)",
            f"d = d.clamp(min={low}).clamp(max={high})",
            f"prev = torch.where(sign < 0, 0, {GRAD})",
        )
        state = (f"d = {literal(self.lr)} * torch.ones_like(params)", "prev = torch.zeros_like(params)")
        return UpdateCode("d * prev.sign()", lines, state, (("step_size", "d"), ("prev", "prev")))

    def init(self, params: Tensor) -> State:
        return {
            "prev": torch.zeros_like(params),
            "step_size": torch.zeros_like(params) + match_dtype(self.lr, params),
        }

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        size, before = state["step_size"], state["prev"]
        sign = (gradient * before).sign_()
        plus, minus, low, high = (
            torch.as_tensor(each, dtype=params.dtype)
            for each in (self.etaplus, self.etaminus, self.step_size_min, self.step_size_max)
        )
        factor = sign.where(sign <= 0, plus).where(sign >= 0, minus)
        # NaN stays NaN, as in torch.
        size.mul_(factor.where(sign != 0, 1.0)).clamp_(min=low, max=high)
        before.copy_(gradient.where(~(sign < 0), 0.0))
        params.addcmul_(before.sign(), size, value=-1)
