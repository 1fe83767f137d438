"""The floor of a loss: what rounding alone makes of the minimum."""

import math

import pytest
import torch

from trainers.optimizers import SGD
from trainers.problems import PROBLEMS, LogisticRegression, Problem
from trainers.run import Run
from trainers.ties import tied
from trainers.training import train

MEASURED = {
    "Rosenbrock": 8.9e-12,
    "Himmelblau": 9.1e-12,
    "Booth": 4.5e-13,
    "Beale": 2.9e-13,
    "GoldsteinPrice": 2.7e-5,
    "Rastrigin": 2.4e-6,
    "StyblinskiTang": 7.5e-5,
    "Thermometer": 2.8e-6,
}
"""In float32: largest gaps found next to a minimizer; of the last three the rounding of sums of that size."""
KNOWN = [kind() for kind in PROBLEMS.values() if kind().minimum is not None]


@pytest.mark.parametrize("name", MEASURED)
def test_it_is_of_the_size_that_was_measured(name: str) -> None:
    floor = PROBLEMS[name]().rounding(torch.float32)
    assert MEASURED[name] * 0.9 <= floor <= 4 * MEASURED[name]


@pytest.mark.parametrize("problem", KNOWN, ids=repr)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_point_a_rounding_step_away_is_above_it(problem: Problem, dtype: torch.dtype) -> None:
    floor, eps = problem.rounding(dtype), torch.finfo(dtype).eps
    generator = torch.Generator().manual_seed(1)
    for values in problem.minimizers:
        at = torch.tensor(values, dtype=torch.float64)[:, None]
        signs = torch.randint(-1, 2, (len(at), 200), generator=generator)
        gaps = problem.gap(problem.loss(at + eps * at.abs().clamp(min=1) * signs))
        assert gaps.max() <= floor * (1 + 1e-9) + 8 * torch.finfo(torch.float64).eps * abs(
            problem.minimum or 0
        )


@pytest.mark.parametrize("problem", [each for each in KNOWN if each.minimizers], ids=repr)
def test_it_is_far_below_all_that_is_no_rounding(problem: Problem) -> None:
    typical = abs(float(problem.gap(problem.loss(problem.start(1)))))
    assert problem.rounding(torch.float32) < 1e-4 * typical
    assert problem.rounding(torch.float64) < 1e-8 * problem.rounding(torch.float32)


def test_without_a_known_minimum_there_is_none() -> None:
    assert LogisticRegression().rounding(torch.float32) == 0


def test_what_lies_at_the_floor_ends_there() -> None:
    """Cosines hide what is nearer to Rastrigin's minimum."""
    history = train(
        Run(problem=PROBLEMS["Rastrigin"](), optimizer=SGD(lr=1e-3), start=(1e-4, -1e-4), epochs=300)
    )
    assert float(history.gap[-1]) <= PROBLEMS["Rastrigin"]().rounding(torch.float32)


def test_ties() -> None:
    a = torch.tensor([1.0, 1.0, 1.0, 0.0, math.inf, math.inf, 1.0, -1.0], dtype=torch.float64)
    b = torch.tensor([1.0, 1 + 5e-7, 1 + 2e-6, 1e-9, math.inf, 1.0, math.nan, -1 - 5e-7], dtype=torch.float64)
    expected = [True, True, False, False, True, False, False, True]
    assert tied(a, b, 0.0, torch.float32).tolist() == expected
    assert tied(b, a, 0.0, torch.float32).tolist() == expected
    assert tied(a, b, 1e-9, torch.float32).tolist() == [*expected[:3], True, *expected[4:]]
    assert tied(a[:2], b[:2], 0.0, torch.float64).tolist() == [True, False]
