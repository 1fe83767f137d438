"""Synthetic two-class datasets in the plane: tables with columns x, y and class, half of the rows each.

`noise` is the standard deviation of normal noise added to both coordinates.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Points = NDArray[np.float64]


def moons(points: int, noise: float, seed: int) -> pd.DataFrame:
    """Two interleaving half circles."""
    fraction, kind, random = _sample(points, seed)
    angle = np.pi * fraction
    x = np.where(kind == 0, np.cos(angle), 1 - np.cos(angle))
    y = np.where(kind == 0, np.sin(angle), 0.5 - np.sin(angle))
    return _table(x - 0.5, y - 0.25, kind, noise, random)


def circles(points: int, noise: float, seed: int) -> pd.DataFrame:
    """A circle of radius 0.5 within one of radius 1."""
    fraction, kind, random = _sample(points, seed)
    angle, radius = 2 * np.pi * fraction, np.where(kind == 0, 1.0, 0.5)
    return _table(radius * np.cos(angle), radius * np.sin(angle), kind, noise, random)


def spirals(points: int, noise: float, seed: int) -> pd.DataFrame:
    """Two interleaving spirals of one and a half turns.

    After K. Lang and M. Witbrock 1988, "Learning to tell two spirals apart", who use three turns.
    """
    fraction, kind, random = _sample(points, seed)
    radius = np.sqrt(0.02 + 0.98 * fraction)
    angle = 3 * np.pi * radius + np.pi * kind
    return _table(radius * np.cos(angle), radius * np.sin(angle), kind, noise, random)


def xor(points: int, noise: float, seed: int) -> pd.DataFrame:
    """Four squares; opposite ones have the same class."""
    _, kind, random = _sample(points, seed)
    x, y = random.uniform(0.1, 1, (2, points))
    left = random.random(points) < 0.5
    return _table(np.where(left, -x, x), np.where(left == (kind == 0), -y, y), kind, noise, random)


def _sample(points: int, seed: int) -> tuple[Points, Points, np.random.Generator]:
    """Return positions along the curve, uniform in [0, 1), alternating classes 0 and 1, and the generator."""
    random = np.random.default_rng(seed)
    return random.random(points), (np.arange(points) % 2).astype(np.float64), random


def _table(x: Points, y: Points, kind: Points, noise: float, random: np.random.Generator) -> pd.DataFrame:
    x, y = np.stack([x, y]) + noise * random.standard_normal((2, len(x)))
    return pd.DataFrame({"x": x, "y": y, "class": kind.astype(np.int64)})
