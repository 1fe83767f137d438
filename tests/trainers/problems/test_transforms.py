"""Problems within the transforms of torch.func, also where that is their first use."""

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.trainers.test_sequences import forget
from trainers.problems import PROBLEMS, Problem

KINDS = [kind for kind in PROBLEMS.values() if kind().by_hand]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_they_cache_within_one_serves_later(kind: Any, dtype: torch.dtype) -> None:
    forget()
    problem: Problem = kind()
    params, vector = problem.start(1).to(dtype), torch.ones(problem.num_params, dtype=dtype)

    def product() -> Tensor:
        """The Hessian times a vector."""
        found: Tensor = torch.func.grad(lambda x: torch.func.grad(problem.loss)(x) @ vector)(params)
        return found

    assert torch.equal(product(), product())
    leaf = params.clone().requires_grad_()
    torch.testing.assert_close(
        torch.autograd.grad(problem.loss(leaf), leaf)[0], torch.func.grad(problem.loss)(params)
    )
