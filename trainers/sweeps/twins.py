"""Twins of a run: copies whose parameters are changed by a rounding step after each update.

Where they end apart, rounding decides: another order of the same sums would give another loss, too.

Sources: J. Vignes and M. La Porte 1974 (CESTAC); D. S. Parker 1997, "Monte Carlo arithmetic"; C. Denis et al.
2016, arXiv 1509.01347 (Verificarlo).
"""

import torch
from torch import Tensor

COPIES = 3
"""A run and its two twins."""
PERIOD, LEAST_PERIOD = 64, 4
"""Number of updates after which the changes repeat; of many parameters fewer, see `MOST_NUMBERS`."""
MOST_NUMBERS = 2**20
"""Parameters times period, at most: bounds memory."""


def changes(num_params: int, dtype: torch.dtype) -> Tensor:
    """Return the factors of parameters after each update, `(period, num_params, 1, COPIES)`.

    Those of the run itself are 1, those of its twins 1 + eps or 1 - eps, with fixed random signs.
    """
    generator = torch.Generator().manual_seed(0)
    period = max(min(MOST_NUMBERS // num_params, PERIOD), LEAST_PERIOD)
    signs = 2 * torch.randint(2, (period, num_params, 1, COPIES), generator=generator) - 1
    signs[..., 0] = 0
    return 1 + torch.finfo(dtype).eps * signs.to(dtype)
