"""Base of linear least squares, with exact minimum and Hessian."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from trainers.datasets.dataset import Dataset, with_ones
from trainers.modes import cacheable, one_thread
from trainers.problems.supervised import Supervised, random_start


@dataclass(frozen=True)
class LeastSquares(Supervised):
    """Linear regression with a bias, which is the last parameter.

        prediction = design params                        design: features, and a column of ones
        loss = mean((prediction - target)^2)

    The inputs of the data are the design matrix. Seed 0 starts at 0.
    """

    by_group: ClassVar[bool] = True

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        weights = self.data.inputs.shape[-1] - 1
        return ("w", "b") if weights == 1 else (*(f"w{k + 1}" for k in range(weights)), "b")

    def start(self, seed: int = 0) -> Tensor:
        return random_start(self.num_params, seed)

    def design_matrix(self, x: Tensor) -> Tensor:
        """Return the features of inputs `(rows,)` or `(rows, inputs)`, and a column of ones: `(rows, n)`."""
        return with_ones(x[:, None] if x.ndim == 1 else x)

    def predict(self, params: Tensor, x: Tensor) -> Tensor:
        prediction: Tensor = self.design_matrix(x) @ params
        return prediction

    def fitted(self, params: Tensor, rows: Dataset) -> Tensor:
        return rows.inputs @ params

    def error(self, params: Tensor) -> Tensor:
        """Return `design params - target`, `(rows,)` or `(rows, runs)`; grouped `(groups, rows, runs)`."""
        design, target = self.data.to(params.dtype)
        if self.data.grouped:
            return torch.baddbmm(target[:, :, None], design, params.transpose(0, 1), beta=-1)
        return (design @ params).sub_(target if params.ndim == 1 else target[:, None])

    def loss(self, params: Tensor) -> Tensor:
        error = self.error(params)
        return error.square().sum(1 if self.data.grouped else 0) / len(self.data)

    def gradient(self, params: Tensor) -> Tensor:
        """The mean of `2 error feature`, for each feature; the bias has the feature 1."""
        design, _ = self.data.to(params.dtype)
        gradient = design.mT @ self.error(params) * (2 / len(self.data))
        return gradient.transpose(0, 1) if self.data.grouped else gradient

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        if self.data.grouped:
            return self.loss(params), self.gradient(params)
        return self.solution.reduced(params.dtype).loss_and_gradient(params)

    @cached_property
    def solution(self) -> "Solution":
        """The exact solution, shared by all problems on these samples."""
        return least_squares_solution(self.data)

    @property
    def minimum(self) -> float:
        return self.solution.min_loss

    @property
    def minimizers(self) -> tuple[tuple[float, ...], ...]:
        """The unique minimizer, if there is one."""
        solution = self.solution
        return (tuple(solution.params.tolist()),) if solution.unique else ()

    @property
    def hessian(self) -> Tensor:
        return self.solution.hessian


@dataclass(frozen=True, eq=False)
class Solution:
    """Exact solution for a design matrix `(rows, n)` and a target `(rows,)`, both float64."""

    design: Tensor
    target: Tensor

    @cached_property
    @cacheable
    def params(self) -> Tensor:
        """`(n,)`: the least squares solution; the one of minimum norm if there are several."""
        solution: Tensor = torch.linalg.lstsq(self.design, self.target, driver="gelsd").solution
        return solution

    @cached_property
    @cacheable
    def min_loss(self) -> float:
        """The minimum loss."""
        return (self.design @ self.params - self.target).square().mean().item()

    @cached_property
    @cacheable
    def unique(self) -> bool:
        """Whether the minimizer is unique."""
        return int(torch.linalg.matrix_rank(self.design)) == self.design.shape[1]

    @cached_property
    @cacheable
    def hessian(self) -> Tensor:
        return self.design.T @ self.design * (2 / len(self.target))

    @cached_property
    def _reduced(self) -> dict[tuple[torch.dtype, bool], "QRReduced"]:
        return {}

    def reduced(self, dtype: torch.dtype) -> "QRReduced":
        """The QR-reduced loss in this dtype. Cached; apart in inference mode: its own tensors are faster."""
        form = dtype, torch.is_inference_mode_enabled()
        if form not in self._reduced:
            with one_thread():
                self._reduced[form] = QRReduced.of(self.design, self.target, dtype)
        return self._reduced[form]


SOLUTIONS: WeakKeyDictionary[Dataset, Solution] = WeakKeyDictionary()
"""Solutions of the datasets in use."""


def least_squares_solution(rows: Dataset) -> Solution:
    """The least squares solution of a dataset. Cached."""
    found = SOLUTIONS.get(rows)
    if found is None:
        found = SOLUTIONS[rows] = Solution(*rows.to(torch.float64))
    return found


@dataclass(frozen=True)
class QRReduced:
    """QR-reduced least squares: the same loss with `k = min(n, rows)` rows.

        design = Q R                                              Q'Q = 1
        |design p - target|^2 = |R p - Q' target|^2 + rest        for all p

    So thousands of runs do not go through all samples at each epoch.

    Source: G. Golub 1965, "Numerical methods for solving linear least squares problems".
    """

    design: Tensor
    """`(k, n)`: R."""
    target: Tensor
    """`(k, 1)`: Q' target."""
    gradient_matrix: Tensor
    """`(n, k)`: its product with the errors is the gradient."""
    mean: Tensor
    """`(1, k)`: one over the number of samples."""
    min_loss: Tensor
    """`(1, 1)`: the minimum loss."""

    @classmethod
    def of(cls, design: Tensor, target: Tensor, dtype: torch.dtype) -> "QRReduced":
        """Reduce a design `(rows, n)` and a target `(rows,)`, both float64."""
        rows = len(target)
        q, r = torch.linalg.qr(design)
        projected_target = q.T @ target
        min_loss = (target - q @ projected_target).square().mean()
        gradient_matrix, mean = r.T * (2 / rows), r.new_full((1, len(r)), 1 / rows)
        tensors = (r, projected_target[:, None], gradient_matrix, mean, min_loss.reshape(1, 1))
        return cls(*(tensor.to(dtype).contiguous() for tensor in tensors))

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss `(runs,)` and its gradient `(n, runs)` for parameters `(n, runs)`."""
        error = torch.addmm(self.target, self.design, params, beta=-1)
        gradient = self.gradient_matrix @ error
        return torch.addmm(self.min_loss, self.mean, error.mul_(error))[0], gradient
