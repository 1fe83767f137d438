"""Muon."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, optim

from trainers.optimizers.base import Optimizer
from trainers.optimizers.several import Several
from trainers.settings import choice, flag, integer, real


@dataclass(frozen=True)
class Muon(Optimizer):
    """Momentum whose steps of matrices are made orthogonal; AdamW for vectors, such as biases.

    A few Newton-Schulz iterations bring all singular values of the step of a matrix near 1. The rest is
    trained by AdamW with the same lr, weight decay and its other defaults, as is usual. On a problem without
    matrices it is AdamW.

    Source: K. Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks", in the form of
    `torch.optim.Muon`; with `match_rms_adamw`: J. Liu et al. 2025, arXiv 2502.16982.
    """

    summary: ClassVar[str] = "Momentum with orthogonal steps for matrices; AdamW for the rest."
    group: ClassVar[str] = "momentum"
    year: ClassVar[int] = 2024
    by_matrix: ClassVar[bool] = True

    lr: float = real(1e-3, 1e-8, 100, scale="log", help="Learning rate (step size), of both.")
    weight_decay: float = real(0.1, 0, 10, help="Weight decay, decoupled: times lr, of the parameters.")
    momentum: float = real(0.95, 0, 1, help="Momentum factor.")
    nesterov: bool = flag(True, help="Use Nesterov momentum.")
    ns_coefficient_a: float = real(3.4445, -10, 10, help="First Newton-Schulz coefficient.")
    ns_coefficient_b: float = real(-4.775, -10, 10, help="Second Newton-Schulz coefficient.")
    ns_coefficient_c: float = real(2.0315, -10, 10, help="Third Newton-Schulz coefficient.")
    eps: float = real(1e-7, 1e-30, 1, scale="log", help="Least norm of a step, for numerical stability.")
    ns_steps: int = integer(5, 1, 99, help="Number of Newton-Schulz iterations.")
    adjust_lr_fn: str = choice(
        "original",
        ("original", "match_rms_adamw"),
        help="How lr follows from the shape of a matrix: by its ratio, or so that steps are of AdamW's size.",
    )

    @property
    def l2_penalty(self) -> float:
        return 0.0

    def torch(self, *params: Tensor) -> optim.Optimizer:
        matrices = [each for each in params if each.ndim == 2]
        vectors = [each for each in params if each.ndim != 2]
        parts: list[optim.Optimizer] = []
        if matrices:
            coefficients = self.ns_coefficient_a, self.ns_coefficient_b, self.ns_coefficient_c
            adjust = None if self.adjust_lr_fn == "original" else self.adjust_lr_fn
            made = self.made(optim.Muon, matrices, ns_coefficients=coefficients, adjust_lr_fn=adjust)
            parts.append(made)
        if vectors:
            parts.append(optim.AdamW(vectors, lr=self.lr, weight_decay=self.weight_decay))
        return parts[0] if len(parts) == 1 else Several(parts)
