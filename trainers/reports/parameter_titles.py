"""Titles of parameters: their names, with the feature that a weight of the first layer multiplies."""

import re

from trainers.problems import Problem
from trainers.problems.supervised import Supervised

WEIGHT = re.compile(r"w(?:(\d+)|1\.(\d+)\.\d+)?")
"""A weight of a linear model, w or w2, or of a first layer, w1.2.3: layer, input and output."""


def title(problem: Problem, name: str) -> str:
    """Return the title of a parameter, or of the gradient norm."""
    weight = WEIGHT.fullmatch(name)
    if weight is None or not isinstance(problem, Supervised):
        return name.replace("_", " ")
    features, place = problem.data.features, int(weight[1] or weight[2] or 1)
    several = problem.data.inputs.shape[1] - 1 != len(features) and weight[2] is None  # powers of one feature
    return name if several else f"{name} · {features[place - 1]}"
