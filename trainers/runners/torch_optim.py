"""The derivative by autograd, the update by `torch.optim`."""

from collections.abc import Iterator

import torch
from torch import Tensor

from trainers.optimizers import Optimizer
from trainers.problems import Problem


def torch_optim(problem: Problem, optimizer: Optimizer, params: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yield params, loss and gradient before each update."""
    params = params.clone().requires_grad_()
    ones = torch.ones_like(params[0])  # every run's loss counts once
    stepper = optimizer.torch(params)

    while True:
        stepper.zero_grad()
        loss = problem.loss(params)
        loss.backward(ones)
        yield params, loss, params.grad

        stepper.step()
