"""Gradient and update by hand."""

from collections.abc import Iterator

from torch import Tensor

from trainers.objective import MiniBatches
from trainers.optimizers import Optimizer
from trainers.problems import Problem
from trainers.runners.plan import UpdatePlan
from trainers.runners.point import Point


def manual(
    problem: Problem | MiniBatches, optimizer: Optimizer, params: Tensor, plan: UpdatePlan | None = None
) -> Iterator[Point]:
    """Yield params, loss and gradient before each update."""
    params = params.clone()
    plan = plan or UpdatePlan()
    state = plan.scheduled(optimizer).init(params)

    for update, batch in enumerate(problem.batches()):
        loss = batch.loss(params)
        gradient = batch.gradient(params)
        yield Point(params, loss, gradient, update, optimizer.evaluated(params, state))

        plan.scheduled(optimizer).step(update + 1, params, plan.clip(gradient), state)
