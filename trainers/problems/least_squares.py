"""What the mean squared error of a linear model needs to know of its data: very little."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Reduced:
    """A table with as few rows as parameters, and the same loss as the one it was made from.

        design = Q R                                              Q'Q = 1, R square
        |design p - target|^2 = |R p - Q' target|^2 + rest        for all p

    So thousands of runs need not go through all rows of the data at each epoch.

    Source: G. Golub 1965, "Numerical methods for solving linear least squares problems".
    """

    design: Tensor
    """`(n, n)`: R."""
    target: Tensor
    """`(n, 1)`: Q' target."""
    slopes: Tensor
    """`(n, n)`: turns errors into the gradient."""
    mean: Tensor
    """`(1, n)`: one over the number of rows of the data."""
    least: Tensor
    """`(1, 1)`: the mean square that no parameters can avoid."""

    @classmethod
    def of(cls, design: Tensor, target: Tensor, dtype: torch.dtype) -> "Reduced":
        """Reduce a design `(rows, n)` and a target `(rows,)`, both float64."""
        rows = len(target)
        q, r = torch.linalg.qr(design)
        shadow = q.T @ target
        least = (target - q @ shadow).square().mean()
        slopes, mean = r.T * (2 / rows), torch.full_like(r[:1], 1 / rows)
        tensors = (r, shadow[:, None], slopes, mean, least.reshape(1, 1))
        return cls(*(tensor.to(dtype).contiguous() for tensor in tensors))

    def point(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """The loss `(runs,)` and its gradient `(n, runs)` for parameters `(n, runs)`."""
        error = torch.addmm(self.target, self.design, params, beta=-1)
        gradient = self.slopes @ error
        return torch.addmm(self.least, self.mean, error.mul_(error))[0], gradient
