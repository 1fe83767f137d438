"""Three runners, one course: for every optimizer, problem and precision."""

from itertools import cycle, product

import pytest
import torch

from tests.matrix import by_kind, hand_written, pairs, problems, run_on
from trainers import Run, train
from trainers.optimizers import OPTIMIZERS, SGD, Adadelta, Optimizer
from trainers.problems import PROBLEMS, Problem
from trainers.run import runners
from trainers.runners import RUNNERS

MAX_PARAMS = 12
TOLERANCE = {"float32": 2e-4, "float64": 1e-10}


SOME = [(*case, dtype) for case, dtype in zip(pairs(), cycle(TOLERANCE))]
EVERY = list(product(hand_written(), problems(), TOLERANCE))


@pytest.mark.parametrize("cases", by_kind(SOME, EVERY))
def test_all_runners_take_the_same_steps(cases: list[tuple[Optimizer, Problem, str]]) -> None:
    for optimizer, problem, dtype in cases:
        same_steps(optimizer, problem, dtype)


def same_steps(optimizer: Optimizer, problem: Problem, dtype: str) -> None:
    """Rounding grows along a path, so each step begins at the first runner's parameters.

    Among many derivatives some are so small that their sign is that of rounding.
    """
    if optimizer.group == "sign-based" and problem.num_params > MAX_PARAMS:
        return
    start = run_on(problem, dtype=dtype).initial()
    first, *others = (RUNNERS[name](problem, optimizer, start) for name in runners(type(optimizer), problem))
    steepest = torch.tensor(1.0, dtype=start.dtype)
    # On ripples Adadelta's steps magnify rounding, which it remembers.
    for _ in range(3 if isinstance(optimizer, Adadelta) else 8):
        leading = next(first)
        if not leading[1].isfinite():
            break  # here training ends
        for other in others:
            following = next(other)
            steepest = torch.maximum(steepest, leading[2].abs().max())
            # Where slopes cancel each other, rounding is that of the slopes.
            for ours, theirs, least in zip(leading[:3], following[:3], (1.0, 1.0, steepest), strict=True):
                size = ours.abs().max().clamp(min=least)
                assert theirs.shape == ours.shape
                assert torch.allclose(theirs.detach() / size, ours / size, rtol=0, atol=TOLERANCE[dtype])
            following[0].data.copy_(leading[0])


@pytest.mark.parametrize("optimizer", [kind() for kind in OPTIMIZERS.values()], ids=repr)
def test_all_runners_give_the_same_curve(optimizer: Optimizer) -> None:
    courses = [
        train(Run(optimizer=optimizer, runner=runner, epochs=40, dtype="float64"))
        for runner in runners(type(optimizer))
    ]
    for course in courses:
        torch.testing.assert_close(course.params, courses[0].params, rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(course.loss, courses[0].loss, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("runs", [1, 7])
@pytest.mark.parametrize("runner", RUNNERS)
def test_runs_lie_last(runner: str, runs: int) -> None:
    """Started with one run a column, a runner takes each run where it goes alone."""
    problem, optimizer = next(iter(PROBLEMS.values()))(), SGD(lr=1e-2, momentum=0.5)
    start = torch.randn(
        problem.num_params, runs, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    together = step_by_step(runner, problem, optimizer, start)
    for run in range(runs):
        alone = step_by_step(runner, problem, optimizer, start[:, run])
        for (params, loss, gradient), (p, value, g) in zip(together, alone, strict=True):
            torch.testing.assert_close(params[:, run], p)
            torch.testing.assert_close(loss[run], value)
            torch.testing.assert_close(gradient[:, run], g)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_runner_leaves_the_start_as_it_is(runner: str) -> None:
    problem = next(iter(PROBLEMS.values()))()
    start = problem.start(0)
    before = start.clone()
    step_by_step(runner, problem, SGD(lr=1e-2), start)
    assert torch.equal(start, before)
    assert start.grad is None
    assert not start.requires_grad


def step_by_step(
    runner: str, problem: Problem, optimizer: Optimizer, start: torch.Tensor, steps: int = 10
) -> list[tuple[torch.Tensor, ...]]:
    points = RUNNERS[runner](problem, optimizer, start)
    return [tuple(t.detach().clone() for t in next(points)[:3]) for _ in range(steps)]
