"""Everything by hand: the derivative and the update."""

from collections.abc import Iterator
from itertools import count

from torch import Tensor

from trainers.optimizers import Rule
from trainers.problems import Problem
from trainers.runners.point import Point


def manual(problem: Problem, optimizer: Rule, params: Tensor) -> Iterator[Point]:
    """Yield params, loss and gradient before each update."""
    params = params.clone()
    state = optimizer.init(params)

    for epoch in count(1):
        loss = problem.loss(params)
        gradient = problem.gradient(params)
        yield params, loss, gradient

        optimizer.step(epoch, params, gradient, state)
