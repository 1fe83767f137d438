"""Parameter differences between runs that should agree."""

from collections.abc import Sequence

import pandas as pd
import torch

from trainers.history import History, param_differences
from trainers.reports.thinning import downsample
from trainers.words import format_number


def max_param_difference(histories: Sequence[History]) -> float:
    """Return the largest parameter difference at any epoch at which all are finite."""
    difference = param_differences(histories)[1]
    return float(difference[difference.isfinite()].max()) if difference.isfinite().any() else 0.0


def describe_difference(histories: Sequence[History]) -> str:
    """Return the largest difference between parameters as the end of a sentence."""
    difference = max_param_difference(histories)
    if difference:
        return f"never more than {format_number(difference)} apart"
    thinned = any(history.thinned for history in histories)
    return f"equal to the last digit at {'each epoch kept' if thinned else 'every epoch'}"


def differences(histories: Sequence[History]) -> pd.DataFrame:
    """Return the largest parameter difference between any two runs at each epoch: x, y."""
    epochs, difference = param_differences(histories)
    rows = downsample(difference)
    return pd.DataFrame({"x": epochs[rows].numpy(), "y": difference[rows].numpy()})


def ulp(histories: Sequence[History]) -> float:
    """Return 1 ulp of the largest parameter of all runs: the step to the next larger number."""
    params = torch.cat([history.params.abs().flatten() for history in histories])
    finite = params[params.isfinite()]
    if not len(finite):
        return 0.0
    largest = finite.max()
    return float(torch.nextafter(largest, torch.tensor(torch.inf, dtype=largest.dtype)) - largest)
