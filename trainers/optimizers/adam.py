"""Adam and AdamW."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import add_quotient, is_used, match_dtype
from trainers.optimizers.base import State
from trainers.optimizers.code import UpdateCode, literal
from trainers.optimizers.moments import MomentOptimizer
from trainers.settings import Number, flag, real


@dataclass(frozen=True)
class BiasCorrected(MomentOptimizer):
    """The first moment estimate divided by the root of the second, both with bias correction.

        r = v                                             amsgrad: largest v so far
        params -= lr m / (1 - beta1^t) / (sqrt(r / (1 - beta2^t)) + eps)

    m and v are the first and second moment estimates, t is the update number: see `MomentOptimizer`.
    """

    amsgrad: bool = flag(False, help="Use the maximum of past second-moment estimates (AMSGrad).")

    def update_code(self) -> UpdateCode:
        lines, _ = self.moment_lines()
        lines += [f"m_hat = m / (1 - {literal(self.beta1)}**t)"]
        lines += ["v_max = torch.maximum(v_max, v)"] * self.amsgrad
        lines += [f"v_hat = {'v_max' if self.amsgrad else 'v'} / (1 - {literal(self.beta2)}**t)"]
        direction = f"m_hat / (v_hat.sqrt() + {literal(self.eps)})"
        state = ["v_max = torch.zeros_like(params)"] * self.amsgrad
        return self.moment_code(direction, lines, state, (("max_exp_avg_sq", "v_max"),))

    def preconditioner(self, updates: int, state: State) -> Tensor:
        size = state["max_exp_avg_sq" if self.amsgrad else "exp_avg_sq"]
        return (size / (1 - self.beta2**updates)).sqrt() + self.eps

    def max_stable_sharpness(self) -> float:
        shrunk = self.lr * self.weight_decay if self.decoupled else 0.0
        return float((2 - shrunk) * (1 + self.beta1) / ((1 - self.beta1) * self.lr))

    @property
    def stability_formula(self) -> str:
        two = "(2 − lr weight_decay)" if self.decoupled and is_used(self.weight_decay) else "2"
        return f"{two} (1 + beta1) / ((1 − beta1) lr)"

    def init(self, params: Tensor) -> State:
        return super().init(params) | ({"max_exp_avg_sq": torch.zeros_like(params)} if self.amsgrad else {})

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        self.update_moments(params, gradient, state)
        size = state["exp_avg_sq"]
        if self.amsgrad:
            largest = state["max_exp_avg_sq"]
            size = torch.maximum(largest, size, out=largest)
        # Dividing by sqrt(size) / correction + eps, without a pass over all parameters for the correction.
        correction = (1 - self.beta2**t) ** 0.5
        divisor = size.sqrt().add_(match_dtype(self.eps * correction, params))
        add_quotient(params, self.lr, state["exp_avg"], divisor, scale=-correction / (1 - self.beta1**t))


@dataclass(frozen=True)
class Adam(BiasCorrected):
    """Adaptive moment estimation, with bias correction.

        g = gradient + weight_decay params
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        r = v                                             amsgrad: largest v so far
        params -= lr m / (1 - beta1^t) / (sqrt(r / (1 - beta2^t)) + eps)

    m and v are the first and second moment estimates, t is the update number. With
    `decoupled_weight_decay` it is AdamW.

    Source: D. Kingma and J. Ba 2015, arXiv 1412.6980, algorithm 1; amsgrad: S. Reddi, S. Kale and
    S. Kumar 2018, in the form of `torch.optim.Adam`, which differs by correcting the largest v too.
    """

    summary: ClassVar[str] = "Momentum, divided per parameter by the running RMS of the gradient."
    year: ClassVar[int] = 2015

    decoupled_weight_decay: bool = flag(False, help="Decay the parameters instead of the gradient (AdamW).")

    def torch(self, *params: Tensor) -> optim.Adam:
        return self.made(optim.Adam, params, betas=(self.beta1, self.beta2))


@dataclass(frozen=True)
class AdamW(BiasCorrected):
    """Adam with decoupled weight decay.

        params -= lr weight_decay params
        m = beta1 m + (1 - beta1) gradient
        v = beta2 v + (1 - beta2) gradient^2
        r = v                                             amsgrad: largest v so far
        params -= lr m / (1 - beta1^t) / (sqrt(r / (1 - beta2^t)) + eps)

    m and v are the first and second moment estimates, t is the update number.

    Source: I. Loshchilov and F. Hutter 2019, arXiv 1711.05101, algorithm 2, in the form of
    `torch.optim.AdamW`, which differs by multiplying the decay by lr.
    """

    summary: ClassVar[str] = "Adam with weight decay apart from the gradient."
    year: ClassVar[int] = 2019

    weight_decay: Number = real(0.01, 0, 10, help="Weight decay, decoupled: times lr, of the parameters.")

    @property
    def decoupled(self) -> bool:
        return True

    def torch(self, *params: Tensor) -> optim.AdamW:
        return self.made(optim.AdamW, params, betas=(self.beta1, self.beta2))
