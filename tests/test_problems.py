"""Every problem: its gradient, its minimum, its start."""

import pytest
import torch

from trainers.problems import PROBLEMS, Problem, Thermometer

ALL = [kind() for kind in PROBLEMS.values()] + [Thermometer(scaling=s) for s in ("raw", "standardised")]


@pytest.mark.parametrize("runs", [(), (1,), (7,)], ids=str)
@pytest.mark.parametrize("problem", ALL, ids=repr)
def test_the_gradient_by_hand_is_autograd_s_and_the_difference_quotient(
    problem: Problem, runs: tuple[int, ...]
) -> None:
    generator = torch.Generator().manual_seed(3)
    for size in (0.0, 1.0, 100.0):
        params = size * torch.randn(problem.size, *runs, generator=generator, dtype=torch.float64)
        params.requires_grad_()
        loss = problem.loss(params)
        assert loss.shape == runs
        loss.sum().backward()
        by_hand = problem.gradient(params.detach())
        torch.testing.assert_close(by_hand, params.grad, rtol=1e-10, atol=1e-9)
        torch.testing.assert_close(by_hand, quotient(problem, params.detach()), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("problem", ALL, ids=repr)
def test_many_points_at_once_are_the_same_points(problem: Problem, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(4)
    sizes = torch.logspace(-3, 3, 9, dtype=dtype)
    params = sizes * torch.randn(problem.size, 9, generator=generator, dtype=torch.float64).to(dtype)
    losses, gradients = problem.points(params)
    rounding = 50 * torch.finfo(dtype).eps
    torch.testing.assert_close(losses, problem.loss(params), rtol=rounding, atol=rounding)
    gradient = problem.gradient(params)
    size = gradient.abs().amax(0)
    torch.testing.assert_close(gradients / size, gradient / size, rtol=0, atol=rounding)


@pytest.mark.parametrize("problem", ALL, ids=repr)
def test_nothing_is_below_the_minimum(problem: Problem) -> None:
    assert bool(problem.minima) <= (problem.minimum is not None)
    for minimum in problem.minima:
        best = torch.tensor(minimum, dtype=torch.float64)
        assert problem.loss(best).item() == pytest.approx(problem.minimum, rel=1e-12, abs=1e-20)
        around = best[:, None] + 0.1 * torch.randn(
            problem.size, 200, generator=torch.Generator().manual_seed(0)
        )
        assert (problem.loss(around) >= problem.minimum).all()


@pytest.mark.parametrize("problem", ALL, ids=repr)
def test_a_start_follows_from_its_seed_alone(problem: Problem) -> None:
    torch.manual_seed(0)
    first = problem.start(5)
    torch.manual_seed(1)
    assert torch.equal(problem.start(5), first)
    assert not torch.equal(problem.start(6), first)
    assert first.shape == (problem.size,)
    assert first.dtype == torch.float64


def test_the_thermometer_starts_as_in_the_book() -> None:
    assert Thermometer().start(0).tolist() == [1.0, 0.0]


def test_standardised_data_are_as_well_conditioned_as_can_be() -> None:
    points = torch.eye(2, dtype=torch.float64)
    gradients = Thermometer("standardised").gradient(torch.cat([points, torch.zeros(2, 1)], dim=1))
    hessian = gradients[:, :2] - gradients[:, 2:]
    torch.testing.assert_close(hessian, 2 * points)


def quotient(problem: Problem, params: torch.Tensor) -> torch.Tensor:
    """Central differences."""
    rows = []
    for index in range(len(params)):
        step = torch.zeros_like(params)
        step[index] = 1e-5 * max(1.0, float(params.abs().max()))
        rows.append((problem.loss(params + step) - problem.loss(params - step)) / (2 * step[index]))
    return torch.stack(rows)
