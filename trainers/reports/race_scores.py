"""The scores of a race in words."""

import math

from torch import Tensor

from trainers.races.spec import Race
from trainers.words import figure

FAILED = "diverged, or ended ten times as far away as it began"
"""What it is to fail: see `Sweep.limit`."""
FAR = "failed: ended far away"
"""What a run is called that failed without diverging."""


def metric_label(race: Race) -> str:
    """What the metric measures."""
    if race.metric == "epochs":
        return f"epochs to gap {figure(race.target, 6)}"
    return f"{race.metric} {'loss' if race.training.minimum is None else 'gap'}"


def failure_label(race: Race) -> str:
    """What an infinite score is called."""
    return "not reached" if race.metric == "epochs" else "failed"


def failure(race: Race) -> str:
    """What it is to fail, where epochs are not what is measured."""
    return FAILED if race.metric == "final" else "diverged, or stayed ten times as far away as runs begin"


def format_score(race: Race, score: Tensor | float) -> str:
    """A score as text."""
    number = float(score)
    if math.isinf(number):
        return failure_label(race)
    if race.metric == "epochs":
        return f"{number:,.0f}"
    if race.training.minimum is not None and number <= race.rounding:
        return "0 (rounding)"
    return figure(number)
