"""Parameter differences between runs that should agree."""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from trainers.history import History, param_differences
from trainers.reports.thinning import downsample
from trainers.words import format_at_most, format_epochs


def until(histories: Sequence[History]) -> int | None:
    """Return after how many epochs the first run diverged, None if none did."""
    return min((h.diverged_at for h in histories if h.diverged_at is not None), default=None)


def param_distances(histories: Sequence[History]) -> tuple[Tensor, Tensor]:
    """Return epochs `(rows,)` and the largest parameter difference there, before any run diverged.

    If one did, parameters have grown without limit: the difference is divided by the largest of them.
    """
    epochs, difference = param_differences(histories)
    end = until(histories)
    if end is None:
        return epochs, difference
    before = epochs[epochs < end]
    largest = torch.stack([h.params[torch.searchsorted(h.epochs, before)].double() for h in histories])
    size = largest.abs().amax((0, 2)).clamp(min=torch.finfo(torch.float64).tiny)
    return before, difference[: len(before)] / size


def max_param_difference(histories: Sequence[History]) -> float:
    """Return the largest of `param_distances` that is finite."""
    difference = param_distances(histories)[1]
    return float(difference[difference.isfinite()].max()) if difference.isfinite().any() else 0.0


def describe_difference(histories: Sequence[History]) -> str:
    """Return the largest difference between parameters as the end of a sentence."""
    difference = max_param_difference(histories)
    if difference:
        relative = "" if until(histories) is None else ", relative to the largest of them"
        return f"never more than {format_at_most(difference)} apart{relative}"
    thinned = any(history.thinned for history in histories)
    return f"equal to the last digit at {'each epoch kept' if thinned else 'every epoch'}"


def describe_end(histories: Sequence[History]) -> str:
    """Return how far the runs were trained, as the begin of a sentence on what was so until then."""
    ends = [history.diverged_at for history in histories if history.diverged_at is not None]
    if not ends:
        return f"Over {format_epochs(histories[0].run.epochs)}"
    first, last = min(ends), max(ends)
    if len(ends) < len(histories):
        which = f"{len(ends)} of {len(histories)}"
    else:
        which = "Both" if len(ends) == 2 else f"All {len(ends)}"
    when = format_epochs(last) if first == last else f"{first:,} to {format_epochs(last)}"
    return f"{which} diverged, after {when}. Before that,"


def differences(histories: Sequence[History]) -> pd.DataFrame:
    """Return the largest parameter difference between any two runs at each epoch: x, y."""
    epochs, difference = param_distances(histories)
    rows = downsample(difference)
    return pd.DataFrame({"x": epochs[rows].numpy(), "y": difference[rows].numpy()})


def ulp(histories: Sequence[History]) -> float:
    """Return 1 ulp of the largest parameter of all runs: the step to the next larger number.

    Relative to it, the rounding step of 1, if a run diverged.
    """
    if until(histories) is not None:
        return float(torch.finfo(histories[0].params.dtype).eps)
    params = torch.cat([history.params.abs().flatten() for history in histories])
    finite = params[params.isfinite()]
    if not len(finite):
        return 0.0
    largest = finite.max()
    return float(torch.nextafter(largest, torch.tensor(torch.inf, dtype=largest.dtype)) - largest)
