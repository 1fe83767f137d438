"""Gradient and update by hand."""

from collections.abc import Iterator

from torch import Tensor

from trainers.objective import MiniBatches
from trainers.optimizers import Optimizer
from trainers.problems import Problem
from trainers.problems.classifier import Classifier
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
        loss, gradient = loss_and_gradient(batch, params)
        yield Point(params, loss, gradient, update, optimizer.evaluated(params, state))

        plan.scheduled(optimizer).step(update + 1, params, plan.clip(gradient), state)


def loss_and_gradient(problem: Problem, params: Tensor) -> tuple[Tensor, Tensor]:
    """Return loss and gradient: of a classifier from one forward pass, which gives the same numbers."""
    if isinstance(problem, Classifier):
        return problem.loss_and_gradient(params)
    return problem.loss(params), problem.gradient(params)
