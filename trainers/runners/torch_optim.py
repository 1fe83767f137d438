"""Gradient by autograd, update by `torch.optim`."""

from collections.abc import Iterator

import torch
from torch import Tensor

from trainers.objective import MiniBatches
from trainers.optimizers import Optimizer
from trainers.problems import Problem
from trainers.runners.point import Point


def torch_optim(problem: Problem | MiniBatches, optimizer: Optimizer, params: Tensor) -> Iterator[Point]:
    """Yield params, loss and gradient before each update. `ones` counts every run's loss once."""
    params = params.clone().requires_grad_()
    optim = optimizer.torch(params)
    ones = torch.ones_like(params[0])

    for batch in problem.batches():
        optim.zero_grad()
        loss = batch.loss(params)
        loss.backward(ones)
        gradient = params.grad
        yield params, loss, gradient

        optim.step()
