"""The scores of a race as text."""

import math

import pandas as pd
from torch import Tensor

from trainers.objective import FAILURE_FACTOR
from trainers.problems import Problem
from trainers.races.spec import Race
from trainers.words import format_number, format_target

NOT_DIVERGED = "failed, not diverged"
"""The label of a failed run with a finite loss."""


def loss_or_gap(problem: Problem) -> str:
    """Return "gap" where the minimum loss is known, else "loss"."""
    return "loss" if problem.minimum is None else "gap"


def metric_label(race: Race) -> str:
    """Return the name of the metric, for axes and columns."""
    if race.metric == "epochs":
        return f"epochs to target ({format_target(race.target)})"
    return f"{race.metric} {loss_or_gap(race.training)}"


def failure_label(race: Race) -> str:
    """Return the name of an infinite score."""
    return "not reached" if race.metric == "epochs" else "failed"


def failure_condition(race: Race) -> str:
    """Return when a trial counts as failed, for the metrics final and best; see `Race.limit`."""
    value = loss_or_gap(race.training)
    return f"diverged, or {race.metric} {value} more than {FAILURE_FACTOR}× the median initial {value}"


def rounding_caption(values: "pd.Series[float]", rounding: float, verb: str = "are drawn at") -> str:
    """Return a sentence on the value that stands for gaps within rounding error; "" if there are none."""
    there = rounding > 0 and bool((values <= rounding).any())
    return f" Gaps within rounding error {verb} {format_number(rounding)}." if there else ""


def format_score(race: Race, score: Tensor | float) -> str:
    """Return a score as text."""
    number = float(score)
    if math.isinf(number):
        return failure_label(race)
    if race.metric == "epochs":
        return f"{number:,.0f}"
    if race.training.minimum is not None and number <= race.rounding:
        return "0 (rounding)"
    return format_number(number)
