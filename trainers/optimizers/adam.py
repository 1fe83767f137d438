"""Adam."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import add_product, add_quotient, add_weight_decay, match_dtype
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import UpdateCode, decayed, literal
from trainers.settings import Number, flag, real

BETA_HIGH = 0.999999  # torch demands less than 1: at 1 the bias correction divides by 0


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adaptive moment estimation, with bias correction.

        g = gradient + weight_decay params
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        r = v                                             amsgrad: largest v so far
        params -= lr m / (1 - beta1^t) / (sqrt(r / (1 - beta2^t)) + eps)

    m and v are the first and second moment estimates, t is the update number.

    Source: D. Kingma and J. Ba 2015, arXiv 1412.6980, algorithm 1; amsgrad: S. Reddi, S. Kale and
    S. Kumar 2018, in the form of `torch.optim.Adam`, which differs by correcting the largest v too.
    """

    summary: ClassVar[str] = "Momentum, divided per parameter by the running RMS of the gradient."

    lr: Number = real(1e-3, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    beta1: Number = real(
        0.9,
        0,
        BETA_HIGH,
        help="Decay rate of the running mean of gradients (first moment).",
        search=(0, 0.99),
    )
    beta2: Number = real(
        0.999,
        0,
        BETA_HIGH,
        help="Decay rate of the running mean of squared gradients (second moment).",
        search=(0.9, 0.9999),
    )
    eps: Number = real(1e-8, 0, 1, scale="log", help="Added to the denominator for numerical stability.")
    weight_decay: Number = real(0, 0, 10, help="Weight decay (L2 penalty).")
    amsgrad: bool = flag(False, help="Use the maximum of past second-moment estimates (AMSGrad).")

    def torch(self, params: Tensor) -> optim.Adam:
        return optim.Adam(
            [params],
            lr=self.lr,
            betas=(self.beta1, self.beta2),
            eps=float(self.eps),
            weight_decay=float(self.weight_decay),
            amsgrad=self.amsgrad,
        )

    def update_code(self) -> UpdateCode:
        lines, grad = decayed(self.weight_decay)
        beta1, beta2 = literal(self.beta1), literal(self.beta2)
        state = ["m = torch.zeros_like(params)", "v = torch.zeros_like(params)"]
        lines += [
            "t += 1",
            f"m = {beta1} * m + (1 - {beta1}) * {grad}",
            f"v = {beta2} * v + (1 - {beta2}) * {grad}**2",
            f"m_hat = m / (1 - {beta1}**t)",
        ]
        if self.amsgrad:
            state += ["v_max = torch.zeros_like(params)"]
            lines += ["v_max = torch.maximum(v_max, v)"]
        lines += [f"v_hat = {'v_max' if self.amsgrad else 'v'} / (1 - {beta2}**t)"]
        step = f"{literal(self.lr)} * m_hat / (v_hat.sqrt() + {literal(self.eps)})"
        names = (("exp_avg", "m"), ("exp_avg_sq", "v"), ("max_exp_avg_sq", "v_max"))
        return UpdateCode(step, tuple(lines), ("t = 0", *state), names)

    def preconditioner(self, updates: int, state: State) -> Tensor:
        size = state["max_exp_avg_sq" if self.amsgrad else "exp_avg_sq"]
        return (size / (1 - self.beta2**updates)).sqrt() + self.eps

    def max_stable_sharpness(self) -> float:
        return float(2 * (1 + self.beta1) / ((1 - self.beta1) * self.lr))

    @property
    def stability_formula(self) -> str:
        return "2 (1 + beta1) / ((1 − beta1) lr)"

    def init(self, params: Tensor) -> State:
        names = ["exp_avg", "exp_avg_sq"] + (["max_exp_avg_sq"] if self.amsgrad else [])
        return {name: torch.zeros_like(params) for name in names}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = add_weight_decay(gradient, self.weight_decay, params)
        exp_avg = state["exp_avg"].lerp_(gradient, match_dtype(1 - self.beta1, params))
        size = state["exp_avg_sq"]
        add_product(size.mul_(self.beta2), 1 - self.beta2, gradient, gradient)
        if self.amsgrad:
            largest = state["max_exp_avg_sq"]
            size = torch.maximum(largest, size, out=largest)
        # Dividing by sqrt(size) / correction + eps, without a pass over all parameters for the correction.
        correction = (1 - self.beta2**t) ** 0.5
        divisor = size.sqrt().add_(match_dtype(self.eps * correction, params))
        add_quotient(params, self.lr, exp_avg, divisor, scale=-correction / (1 - self.beta1**t))
