"""Twins of a run: copies whose parameters are changed by a rounding step after each update.

Where they end apart, rounding decides: another order of the same sums would give another loss, too.

Sources: J. Vignes and M. La Porte 1974 (CESTAC); D. S. Parker 1997, "Monte Carlo arithmetic"; C. Denis et al.
2016, arXiv 1509.01347 (Verificarlo).
"""

import torch
from torch import Tensor

COPIES = 3
"""A run and its two twins."""
PERIOD = 64
"""Number of updates after which the changes repeat."""


def changes(num_params: int, dtype: torch.dtype) -> Tensor:
    """Return the factors of parameters after each update, `(PERIOD, num_params, 1, COPIES)`.

    Those of the run itself are 1, those of its twins 1 + eps or 1 - eps, with fixed random signs.
    """
    generator = torch.Generator().manual_seed(0)
    signs = 2 * torch.randint(2, (PERIOD, num_params, 1, COPIES), generator=generator) - 1
    signs[..., 0] = 0
    return 1 + torch.finfo(dtype).eps * signs.to(dtype)
