"""Every problem: its gradient, its minimum, its start."""

import math
from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor

from tests.matrix import slow_but
from trainers import Run, train
from trainers.optimizers import SGD
from trainers.problems import (
    MLP,
    PROBLEMS,
    SURFACES,
    LinearRegression,
    LogisticRegression,
    Polynomial,
    Problem,
    Quadratic,
    SoftmaxRegression,
    Thermometer,
)
from trainers.problems.surfaces import Surface

NETWORKS = [
    MLP(source=source, depth=depth, width=5, width2=3, activation=activation)
    for source in ("moons", "circles", "spirals", "xor", "digits")
    for depth in (1, 2)
    for activation in ("tanh", "relu")
]
OTHERS = [
    Thermometer(scaling="raw"),
    Thermometer(scaling="standardized"),
    LinearRegression(scaling="raw", features=1),
    Polynomial(source="thermometer", degree=1),
    Polynomial(degree=15),
    Polynomial(degree=15, samples=4),
    LinearRegression(features=50, samples=20),
    SoftmaxRegression(source="spirals"),
    LogisticRegression(source="xor"),
    MLP(width=1),
    MLP(depth=2, width=64, width2=64),
]
ALL = [kind() for kind in PROBLEMS.values()] + OTHERS + NETWORKS
SMALL = [problem for problem in NETWORKS if problem.source == "moons"]
LARGE = [problem for problem in NETWORKS if problem.source == "digits"]
MOST, MOST_OF_RUNS = 12, 5
"""By how many parameters the difference quotient is found at a point, and of runs, whose loss is the same."""
AT_ONCE = 10_000
"""How many numbers the points have at which a loss is found at once."""
SHAPES: list[tuple[int, ...]] = [(), (1,), (7,)]
"""Those of the runs. One alone is compared with a single column, too."""
QUICK = [
    *((problem, ()) for problem in ALL),
    *((problem, (7,)) for problem in (*(kind() for kind in PROBLEMS.values()), *SMALL, LARGE[0])),
    *((problem, SHAPES[1 + place % 2]) for place, problem in enumerate(OTHERS)),
]


@pytest.mark.parametrize(("problem", "runs"), slow_but(QUICK, product(ALL, SHAPES)), ids=repr)
def test_the_gradient_by_hand_is_autograd_s_and_the_difference_quotient(
    problem: Problem, runs: tuple[int, ...]
) -> None:
    generator = torch.Generator().manual_seed(3)
    random = torch.randn(problem.num_params, *runs, generator=generator, dtype=torch.float64)
    special = [problem.start(), *(torch.tensor(place, dtype=torch.float64) for place in problem.minimizers)]
    points = [0 * random, random, 3 * random, 100 * random]
    points += [place.reshape(-1, *[1] * len(runs)).expand_as(random) for place in special]
    for params in points:
        params = params.clone().requires_grad_()
        loss = problem.loss(params)
        assert loss.shape == runs
        columns = params.detach().reshape(problem.num_params, -1)
        torch.testing.assert_close(problem.loss(columns).reshape(runs), loss.detach())
        loss.sum().backward()
        by_hand = problem.gradient(params.detach())
        assert by_hand.shape == params.shape
        torch.testing.assert_close(problem.gradient(columns).reshape(params.shape), by_hand)
        size = params.grad.abs().amax(0).clamp(min=1.0)
        torch.testing.assert_close(by_hand / size, params.grad / size, rtol=0, atol=1e-11)
        if params.abs().max() < 50:
            index = coordinates(problem, MOST_OF_RUNS if runs else MOST)
            coarse, fine = (quotient(problem, params.detach(), index, step) for step in (1e-5, 2e-6))
            smooth = (coarse - fine).abs() < 1e-5 * size  # not across a kink of relu
            assert smooth.float().mean() > 0.97
            apart = ((by_hand[index] - fine) / size)[smooth]
            torch.testing.assert_close(apart, torch.zeros_like(apart), rtol=0, atol=1e-5)


@pytest.mark.parametrize("problem", [kind() for kind in PROBLEMS.values() if kind().by_hand], ids=repr)
def test_the_gradient_by_hand_can_be_differentiated(problem: Problem) -> None:
    """Backwards, and many at once: the Hessian times a vector is that of the loss."""
    generator = torch.Generator().manual_seed(3)
    params, vector = torch.randn(2, problem.num_params, generator=generator, dtype=torch.float64)

    def product_by(gradient: Callable[[Tensor], Tensor]) -> Tensor:
        return torch.func.vmap(torch.func.vjp(gradient, params)[1])(vector[None])[0][0]

    by_hand, expected = product_by(problem.gradient), product_by(torch.func.grad(problem.loss))
    torch.testing.assert_close(by_hand, expected, rtol=1e-7, atol=1e-9 * float(expected.abs().max()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("problem", ALL, ids=repr)
def test_many_points_at_once_are_the_same_points(problem: Problem, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(4)
    sizes = torch.logspace(-3, 3, 9, dtype=dtype)
    params = sizes * torch.randn(problem.num_params, 9, generator=generator, dtype=torch.float64).to(dtype)
    losses, gradients = problem.loss_and_gradient(params)
    rounding = 50 * torch.finfo(dtype).eps
    torch.testing.assert_close(losses, problem.loss(params), rtol=rounding, atol=rounding)
    gradient = problem.gradient(params)
    size = gradient.abs().amax(0).clamp(min=torch.finfo(dtype).tiny)
    torch.testing.assert_close(gradients / size, gradient / size, rtol=0, atol=rounding)


@pytest.mark.parametrize("problem", ALL, ids=repr)
def test_nothing_is_below_the_minimum(problem: Problem) -> None:
    for place in problem.minimizers:
        best = torch.tensor(place, dtype=torch.float64)
        torch.testing.assert_close(problem.gradient(best), torch.zeros_like(best), rtol=0, atol=1e-10)
        if problem.minimum is None:
            continue
        assert problem.loss(best).item() == pytest.approx(problem.minimum, rel=1e-12, abs=1e-15)
        near = 0.1 * torch.randn(problem.num_params, 200, generator=torch.Generator().manual_seed(0))
        assert (problem.loss(best[:, None] + near) >= problem.minimum).all()


@pytest.mark.parametrize("problem", [kind() for kind in SURFACES], ids=repr)
def test_nothing_in_the_window_is_below_the_known_minima(problem: Surface) -> None:
    (left, right), (low, high) = problem.window
    across, up = (torch.linspace(*side, 400, dtype=torch.float64) for side in problem.window)
    grid = torch.cartesian_prod(across, up)
    lowest = problem.loss(torch.tensor(problem.minimizers[0], dtype=torch.float64))
    assert (problem.loss(grid.T) >= lowest - 1e-12).all()
    begin = problem.start()
    assert left <= begin[0] <= right
    assert low <= begin[1] <= high


@pytest.mark.parametrize(
    ("problem", "point", "value"),
    [
        ("Rosenbrock", (-1.2, 1), 24.2),
        ("Beale", (0, 0), 14.203125),
        ("Booth", (0, 0), 74),
        ("Himmelblau", (0, 0), 170),
        ("Rastrigin", (1, 1), 2),
        ("GoldsteinPrice", (0, 0), 600),
        ("GoldsteinPrice", (0, -1), 3),
        ("Matyas", (6, 6), 1.44),
        ("Ackley", (1, 1), 3.625384938),
        ("StyblinskiTang", (-2.903534, -2.903534), -78.3323314),
        ("SixHumpCamel", (-0.089842, 0.712656), -1.0316284),
        ("McCormick", (-0.54719, -1.54719), -1.9132230),
        ("Easom", (math.pi, math.pi), -1),
    ],
)
def test_surfaces_have_their_published_values(problem: str, point: tuple[float, float], value: float) -> None:
    """Surjanovic and Bingham's library; J. Moré, B. Garbow and K. Hillstrom 1981 for Rosenbrock."""
    params = torch.tensor(point, dtype=torch.float64)
    assert PROBLEMS[problem]().loss(params).item() == pytest.approx(value, rel=1e-7)


ANGLES, CONDITIONS = (0.0, 30.0, 90.0), (1.0, 100.0, 1e6)
SOME = [(1.0, 0.0), (100.0, 90.0), (1e6, 30.0)]


@pytest.mark.parametrize(("condition", "angle"), slow_but(SOME, product(CONDITIONS, ANGLES)))
def test_a_quadratic_has_the_condition_that_was_asked(condition: float, angle: float) -> None:
    bowl = Quadratic(condition=condition, angle=angle)
    curvatures = torch.linalg.eigvalsh(bowl.hessian)
    torch.testing.assert_close(
        curvatures, torch.tensor([1.0, condition], dtype=torch.float64), rtol=1e-9, atol=0
    )
    for factor, falls in ((0.99, True), (1.03, False)):
        run = Run(problem=bowl, optimizer=SGD(lr=factor * 2 / condition), epochs=100)
        first, *_, last = train(run).loss
        assert (last < 0.1 * first) if falls else (last > 1e4 * first)


@pytest.mark.parametrize("problem", ALL, ids=repr)
def test_a_start_follows_from_its_seed_alone(problem: Problem) -> None:
    torch.manual_seed(0)
    first = problem.start(5)
    torch.manual_seed(1)
    assert torch.equal(problem.start(5), first)
    assert not torch.equal(problem.start(6), first)
    assert first.shape == (problem.num_params,)
    assert first.dtype == torch.float64


def test_the_thermometer_starts_as_in_the_book() -> None:
    assert Thermometer().start(0).tolist() == [1.0, 0.0]


def test_standardised_data_are_as_well_conditioned_as_can_be() -> None:
    points = torch.eye(2, dtype=torch.float64)
    gradients = Thermometer("standardized").gradient(torch.cat([points, torch.zeros(2, 1)], dim=1))
    hessian = gradients[:, :2] - gradients[:, 2:]
    torch.testing.assert_close(hessian, 2 * points)


def coordinates(problem: Problem, most: int) -> torch.Tensor:
    """All parameters of a small problem, so many of a large one."""
    return torch.randperm(problem.num_params, generator=torch.Generator().manual_seed(0))[:most]


def quotient(problem: Problem, params: torch.Tensor, index: torch.Tensor, step: float) -> torch.Tensor:
    """Central differences by these parameters, many at once, each a run of its own."""
    size, flat = step * max(1.0, float(params.abs().max())), params.reshape(len(params), 1, -1)
    rows = []
    for places in index.split(max(AT_ONCE // params.numel(), 1)):
        ahead = torch.zeros(len(params), len(places), 1, dtype=params.dtype)
        ahead[places, torch.arange(len(places))] = size
        sides = [problem.loss((flat + way * ahead).flatten(1)) for way in (1, -1)]
        rows.append((sides[0] - sides[1]) / (2 * size))
    return torch.cat(rows).reshape(len(index), *params.shape[1:])
