"""Lines clipped to a box."""

import math
from typing import Any

import numpy as np


def clip_path(points: Any, box: Any) -> list[tuple[int, int, float, float]]:
    """Clip a path `(rows, 2)` to a box `(2, 2)`. Return tuples of part, row, x, y.

    Segments are cut where they leave the box. A path that returns gets a new part number.
    """
    clipped: list[tuple[int, int, float, float]] = []
    if not len(points):
        return clipped
    before = np.concatenate([points[:1], points[:-1]])  # the first row is a segment of length 0
    inside, enters, leaves = clip_segments(before, points, box)
    first, last = _between(before, points, enters), _between(before, points, leaves)
    cut = zip(inside.tolist(), enters.tolist(), leaves.tolist(), first.tolist(), last.tolist(), strict=True)
    part, joined = 0, False
    for row, (visible, enter, leave, (x0, y0), (x1, y1)) in enumerate(cut):
        if not visible:
            joined = False
            continue
        if not joined or enter > 0:
            part += bool(clipped)
            clipped.append((part, max(row - 1, 0), x0, y0))
        if row:
            clipped.append((part, row, x1, y1))
        joined = leave == 1
    return clipped


def clip_segments(first: Any, second: Any, box: Any) -> tuple[Any, Any, Any]:
    """Return whether segments between points `(rows, 2)` meet a box, and the fractions at which they enter
    and leave it.

    Source: Y.-D. Liang and B. Barsky 1984, "A new concept and method for line clipping".
    """
    low, high = np.asarray(box, dtype="float64").T
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        step = second - first
        sides = np.stack([(low - first) / step, (high - first) / step])
        level = np.where((low <= first) & (first <= high), math.inf, -math.inf)  # inside or outside all along
        near = np.where(step == 0, -level, sides.min(0)).max(1)
        far = np.where(step == 0, level, sides.max(0)).min(1)
        enter, leave = np.maximum(near, 0.0), np.minimum(far, 1.0)
        known = np.isfinite(first).all(1) & np.isfinite(second).all(1)
        return known & (enter <= leave), enter, leave


def meets(point: Any, box: Any) -> bool:
    """Return whether a point lies in a box."""
    return bool(clip_segments(point[None], point[None], box)[0][0])


def _between(first: Any, second: Any, shares: Any) -> Any:
    """Return the points at fractions of segments; their ends exactly."""
    with np.errstate(invalid="ignore", over="ignore"):
        at = first + (second - first) * shares[:, None]
    return np.where(shares[:, None] == 1, second, at)
