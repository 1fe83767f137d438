"""Gradient by autograd, update by hand."""

from collections.abc import Iterator

import torch
from torch import Tensor

from trainers.objective import MiniBatches
from trainers.optimizers import Optimizer
from trainers.problems import Problem
from trainers.runners.plan import UpdatePlan
from trainers.runners.point import Point


def autograd(
    problem: Problem | MiniBatches, optimizer: Optimizer, params: Tensor, plan: UpdatePlan | None = None
) -> Iterator[Point]:
    """Yield params, loss and gradient before each update. `ones` counts every run's loss once."""
    params = params.clone().requires_grad_()
    plan = plan or UpdatePlan()
    state = plan.scheduled(optimizer).init(params)
    ones = torch.ones_like(params[0])

    for update, batch in enumerate(problem.batches()):
        params.grad = None
        loss = batch.loss(params)
        loss.backward(ones)
        gradient = params.grad
        yield Point(params, loss, gradient, update, optimizer.evaluated(params, state))

        with torch.no_grad():
            plan.scheduled(optimizer).step(update + 1, params, plan.clip(gradient), state)
