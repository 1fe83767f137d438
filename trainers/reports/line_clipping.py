"""Lines clipped to a box."""

from typing import Any

import numpy as np


def cut(points: Any, far: Any) -> list[tuple[int, int, float, float]]:
    """The way along points `(rows, 2)` within a box `(2, 2)`, as part, row, x, y.

    What leads out of the box is cut at its border along its own direction; what returns is another part.
    """
    found: list[tuple[int, int, float, float]] = []
    part, joined = 0, False
    for row in range(len(points)):
        before = points[max(row - 1, 0)]
        shares = within(before, points[row], far)
        if shares is None:
            joined = False
            continue
        enter, leave = shares
        if not joined or enter > 0:
            part += bool(found)
            found.append((part, max(row - 1, 0), *along(before, points[row], enter)))
        if row:
            found.append((part, row, *along(before, points[row], leave)))
        joined = leave == 1
    return found


def within(here: Any, there: Any, box: Any) -> tuple[float, float] | None:
    """From which to which share of the way from here to there lies in the box; None where nothing does.

    Source: Y.-D. Liang and B. Barsky 1984, "A new concept and method for line clipping".
    """
    if not (np.isfinite(here).all() and np.isfinite(there).all()):
        return None
    enter, leave = 0.0, 1.0
    for start, step, (low, high) in zip(here, there - here, box, strict=True):
        if step == 0:
            if not low <= start <= high:
                return None
            continue
        ends = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, ends[0]), min(leave, ends[1])
    return (float(enter), float(leave)) if enter <= leave else None


def along(here: Any, there: Any, share: float) -> tuple[float, float]:
    """The point at this share of the way; the ends exactly."""
    x, y = there if share == 1 else here + (there - here) * share
    return float(x), float(y)
