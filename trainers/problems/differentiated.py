"""Base of problems whose gradient is that of autograd."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.problems.base import Problem


@dataclass(frozen=True)
class Differentiated(Problem):
    """A problem with a loss alone: autograd derives its gradient."""

    by_hand: ClassVar[bool] = False

    def gradient(self, params: Tensor) -> Tensor:
        return self.loss_and_gradient(params)[1]

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode(False), torch.enable_grad():
            leaf = params.detach().clone().requires_grad_()  # what inference mode made has no gradient
            loss = self.loss(leaf)
            (gradient,) = torch.autograd.grad(loss, leaf, torch.ones_like(loss))
        return loss.detach(), gradient
