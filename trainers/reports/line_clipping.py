"""Lines clipped to a box."""

from typing import Any

import numpy as np


def clip_path(points: Any, box: Any) -> list[tuple[int, int, float, float]]:
    """Clip a path `(rows, 2)` to a box `(2, 2)`. Return tuples of part, row, x, y.

    Segments are cut where they leave the box. A path that returns gets a new part number.
    """
    clipped: list[tuple[int, int, float, float]] = []
    part, joined = 0, False
    for row in range(len(points)):
        before = points[max(row - 1, 0)]
        shares = clip_segment(before, points[row], box)
        if shares is None:
            joined = False
            continue
        enter, leave = shares
        if not joined or enter > 0:
            part += bool(clipped)
            clipped.append((part, max(row - 1, 0), *interpolate(before, points[row], enter)))
        if row:
            clipped.append((part, row, *interpolate(before, points[row], leave)))
        joined = leave == 1
    return clipped


def clip_segment(first: Any, second: Any, box: Any) -> tuple[float, float] | None:
    """Return the fractions of a segment at which it enters and leaves a box; None outside it.

    Source: Y.-D. Liang and B. Barsky 1984, "A new concept and method for line clipping".
    """
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return None
    enter, leave = 0.0, 1.0
    for start, step, (low, high) in zip(first, second - first, box, strict=True):
        if step == 0:
            if not low <= start <= high:
                return None
            continue
        ends = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, ends[0]), min(leave, ends[1])
    return (float(enter), float(leave)) if enter <= leave else None


def interpolate(first: Any, second: Any, share: float) -> tuple[float, float]:
    """Return the point at a fraction of a segment; its end exactly."""
    x, y = second if share == 1 else first + (second - first) * share
    return float(x), float(y)
