"""Adafactor."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, optim

from trainers.optimizers.base import Optimizer
from trainers.settings import real


@dataclass(frozen=True)
class Adafactor(Optimizer):
    """Steps relative to the size of the parameters; of a matrix, second moments by row and column only.

    Rows and columns are averaged, so its parameters do not move on their own. With few parameters it saves
    nothing.

    Source: N. Shazeer and M. Stern 2018, arXiv 1804.04235, algorithms 4 and 5, in the form of
    `torch.optim.Adafactor`.
    """

    summary: ClassVar[str] = "Steps relative to the size of the parameters, with little memory."
    group: ClassVar[str] = "adaptive"
    year: ClassVar[int] = 2018
    by_matrix: ClassVar[bool] = True

    lr: float = real(1e-2, 1e-8, 100, scale="log", help="Max. relative step size.")
    beta2_decay: float = real(
        -0.8, -10, 0, help="Power of the update number by which new squared gradients count less."
    )
    eps1: float = real(
        0, 0, 1, scale="log", help="Min. squared gradient. 0: the machine epsilon of the precision."
    )
    eps2: float = real(
        1e-3, 0, 1, scale="log", help="Min. size of the parameters that steps are relative to."
    )
    d: float = real(1, 1, 1e3, scale="log", help="Max. root mean square of a step, in units of lr.")
    weight_decay: float = real(0, 0, 10, help="Weight decay, decoupled: times lr, of the parameters.")

    @property
    def l2_penalty(self) -> float:
        return 0.0

    def torch(self, *params: Tensor) -> optim.Adafactor:
        return self.made(optim.Adafactor, params, eps=(self.eps1 or None, self.eps2))
