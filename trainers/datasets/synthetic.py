"""Points of two classes in the plane, made at random: columns x, y and class, one half of the rows each.

`noise` is the standard deviation of what is added to both coordinates. The same seed makes the same points.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Points = NDArray[np.float64]


def moons(points: int, noise: float, seed: int) -> pd.DataFrame:
    """Two half circles that reach into one another."""
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
    """Two arms that wind one and a half times around each other.

    After K. Lang and M. Witbrock 1988, "Learning to tell two spirals apart", who have three turns.
    """
    fraction, kind, random = _sample(points, seed)
    radius = np.sqrt(0.02 + 0.98 * fraction)
    angle = 3 * np.pi * radius + np.pi * kind
    return _table(radius * np.cos(angle), radius * np.sin(angle), kind, noise, random)


def xor(points: int, noise: float, seed: int) -> pd.DataFrame:
    """Four squares, those across from each other of one class."""
    _, kind, random = _sample(points, seed)
    x, y = random.uniform(0.1, 1, (2, points))
    left = random.random(points) < 0.5
    return _table(np.where(left, -x, x), np.where(left == (kind == 0), -y, y), kind, noise, random)


def _sample(points: int, seed: int) -> tuple[Points, Points, np.random.Generator]:
    """For each point its place along its curve, 0 to 1, and its class, 0 or 1, by turns."""
    random = np.random.default_rng(seed)
    return random.random(points), (np.arange(points) % 2).astype(np.float64), random


def _table(x: Points, y: Points, kind: Points, noise: float, random: np.random.Generator) -> pd.DataFrame:
    x, y = np.stack([x, y]) + noise * random.standard_normal((2, len(x)))
    return pd.DataFrame({"x": x, "y": y, "class": kind.astype(np.int64)})
