"""How far the parameters of runs that should agree are apart."""

from collections.abc import Sequence

import pandas as pd
import torch

from trainers.history import History, param_differences
from trainers.reports.thinning import thinned
from trainers.words import figure


def furthest(histories: Sequence[History]) -> float:
    """The largest difference between these runs' parameters at any one epoch, as long as all are finite."""
    apart = param_differences(histories)[1]
    return float(apart[apart.isfinite()].max()) if apart.isfinite().any() else 0.0


def distance(apart: float) -> str:
    """How far parameters were apart, in words."""
    return f"never more than {figure(apart)} apart" if apart else "equal to the last digit at every epoch"


def differences(histories: Sequence[History]) -> pd.DataFrame:
    """The largest difference between any two of these runs' parameters at each epoch: x, y."""
    epochs, apart = param_differences(histories)
    rows = thinned(apart)
    return pd.DataFrame({"x": epochs[rows].numpy(), "y": apart[rows].numpy()})


def rounding(histories: Sequence[History]) -> float:
    """The distance from the largest parameter of all runs to the next larger number of its precision."""
    params = torch.cat([history.params.abs().flatten() for history in histories])
    finite = params[params.isfinite()]
    if not len(finite):
        return 0.0
    largest = finite.max()
    return float(torch.nextafter(largest, torch.tensor(torch.inf, dtype=largest.dtype)) - largest)
