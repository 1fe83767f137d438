"""Grouped data: loss and gradient of each group are those of the problem on its samples alone."""

import pytest
import torch

from trainers.problems import PROBLEMS, Problem
from trainers.problems.supervised import Supervised

BY_GROUP = [
    problem
    for kind in PROBLEMS.values()
    for problem in [kind()]
    if isinstance(problem, Supervised) and problem.by_group
]
GROUPS, RUNS = 3, 4


def grouped(problem: Supervised) -> tuple[Supervised, list[Supervised]]:
    """The problem on the samples in three orders, less one, and on each of them alone."""
    generator = torch.Generator().manual_seed(1)
    count = problem.num_samples
    index = torch.stack([torch.randperm(count, generator=generator)[: count - 1] for _ in range(GROUPS)])
    return problem.in_groups(index), [problem.subset(each) for each in index]


@pytest.mark.parametrize("problem", BY_GROUP, ids=repr)
def test_each_group_is_its_problem_alone(problem: Supervised) -> None:
    together, alone = grouped(problem)
    assert together.num_samples == problem.num_samples - 1
    generator = torch.Generator().manual_seed(2)
    params = torch.randn(problem.num_params, GROUPS, RUNS, generator=generator, dtype=torch.float64)
    loss, gradient = together.loss_and_gradient(params)
    torch.testing.assert_close(together.loss(params), loss)
    torch.testing.assert_close(together.gradient(params), gradient)
    for place, part in enumerate(alone):
        mine = params[:, place].contiguous()
        torch.testing.assert_close(loss[place], part.loss(mine))
        torch.testing.assert_close(gradient[:, place], part.gradient(mine))
        same = together.group(place)
        assert torch.equal(same.data.inputs, part.data.inputs)


@pytest.mark.parametrize("problem", BY_GROUP, ids=repr)
def test_groups_have_batches(problem: Supervised) -> None:
    together, alone = grouped(problem)
    order = torch.stack([torch.randperm(together.num_samples) for _ in range(GROUPS)])
    batch = together.subset(order).subset(slice(2, 5))
    params = torch.ones(problem.num_params, GROUPS, 1, dtype=torch.float64) / 7
    for place, part in enumerate(alone):
        expected = part.subset(order[place]).subset(slice(2, 5)).gradient(params[:, place])
        torch.testing.assert_close(batch.gradient(params)[:, place], expected)


def test_datasets_are_stacked() -> None:
    problem = PROBLEMS["LinearRegression"]()
    assert isinstance(problem, Supervised)
    parts = [problem.data[torch.arange(k, k + 5)] for k in range(3)]
    stacked = parts[0].stacked(parts[1:])
    assert len(stacked) == 5
    for place, part in enumerate(parts):
        assert torch.equal(stacked.group(place).target, part.target)


def test_a_problem_says_whether_it_has_groups() -> None:
    assert {type(problem).__name__ for problem in BY_GROUP} >= {"Thermometer", "MLP", "SoftmaxRegression"}
    assert not getattr(Problem, "by_group", False)
