"""The largest eigenvalue of a matrix that is known by its products with vectors.

Source: C. Lanczos 1950; the error bound is that of B. Parlett 1998, "The Symmetric Eigenvalue Problem", 13.2.
"""

from collections.abc import Callable

import torch
from torch import Tensor

MOST = 60
"""Max. number of products."""
ACCURACY = 1e-3
"""Relative error of the eigenvalue, at most, at which it ends."""


def largest_eigenvalue(times: Callable[[Tensor], Tensor], size: int) -> float:
    """Largest eigenvalue of a symmetric matrix `(size, size)`, where `times(v)` is its product with `v`.

    To `ACCURACY`, unless that takes more than `MOST` products: where no eigenvalue stands apart.

    Vectors `(size,)` are float64. Each is made orthogonal to all before it, so that no eigenvalue is found
    twice. NaN if a product is not finite.
    """
    generator = torch.Generator().manual_seed(0)
    vector = torch.randn(size, generator=generator, dtype=torch.float64)
    basis, found = (vector / vector.norm())[:, None], torch.nan
    diagonal: list[float] = []
    beside: list[float] = []
    for _ in range(min(MOST, size)):
        product = times(basis[:, -1])
        if not product.isfinite().all():
            return torch.nan
        diagonal.append(float(product @ basis[:, -1]))
        for _ in range(2):  # once is not enough in finite precision
            product = product - basis @ (basis.T @ product)
        length = float(product.norm())
        values, vectors = torch.linalg.eigh(_tridiagonal(diagonal, beside))
        found = float(values[-1])
        if length * abs(float(vectors[-1, -1])) <= ACCURACY * abs(found) or length == 0:
            break
        beside.append(length)
        basis = torch.cat([basis, product[:, None] / length], 1)
    return found


def _tridiagonal(diagonal: list[float], beside: list[float]) -> Tensor:
    matrix = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    for place, value in enumerate(beside):
        matrix[place, place + 1] = matrix[place + 1, place] = value
    return matrix
