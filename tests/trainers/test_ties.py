"""Losses that differ by rounding alone are tied."""

import math

import pytest
import torch

from trainers.ties import tied


@pytest.mark.parametrize(
    ("ours", "theirs", "floor", "expected"),
    [
        (1.0, 1 + 7e-7, 0.0, True),
        (1.0, 1 + 2e-6, 0.0, False),
        (-1.0, -1 - 7e-7, 0.0, True),
        (0.0, 1e-30, 0.0, False),
        (0.0, 1e-30, 1e-29, True),
        (math.inf, math.inf, 0.0, True),
        (math.inf, 1.0, 0.0, False),
        (math.nan, math.nan, 1.0, False),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_ties(ours: float, theirs: float, floor: float, expected: bool, swapped: bool) -> None:
    pair = torch.tensor([ours, theirs], dtype=torch.float64)
    first, second = pair.flip(0) if swapped else pair
    assert bool(tied(first, second, floor, torch.float32)) is expected


def test_in_float64_rounding_is_smaller() -> None:
    pair = torch.tensor([1.0, 1 + 7e-7], dtype=torch.float64)
    assert not tied(*pair, 0.0, torch.float64)
    assert tied(torch.tensor(1.0), torch.tensor([1.0, 2.0, 1.0]), 0.0, torch.float64).tolist() == [1, 0, 1]
