"""Axis ranges, scales and ticks."""

import math
from collections.abc import Collection, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

MARGIN = 0.05
MAX_TICKS = 6
MAX_EXIT_POINTS = 4
"""Number of points outside the range that are shown of a run that leaves the chart, if there is room."""
MIN_ROOM, MAX_ROOM = 0.5, 3.0
"""Minimum and maximum room for runs that leave, in multiples of the range of the others."""
MIN_RANGE = 1e-3
"""Minimum size of the range of the others: in decades, or relative to its values."""
FAR = 1e3
EXPONENT = "abs(round(log(datum.value) / LN10))"
DIGITS = "['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹']"
POWER_OF_TEN = (
    "'10' + (datum.value < 1 ? '⁻' : '')"
    f" + ({EXPONENT} > 99 ? {DIGITS}[floor({EXPONENT} / 100)] : '')"
    f" + ({EXPONENT} > 9 ? {DIGITS}[floor({EXPONENT} / 10) % 10] : '') + {DIGITS}[{EXPONENT} % 10]"
)
"""Vega expression of the label of a power of ten."""
SMALLEST, LARGEST = 1e-307, 1e307  # beyond them a scale can't compute its ticks


def span(
    curves: pd.DataFrame,
    column: str,
    log: bool,
    leave_out: Collection[str] = (),
    include: Collection[float] = (),
) -> list[float] | None:
    """Return the range of an axis, all values with a margin; None if there are none.

    `leave_out` names runs that may leave the chart. The others keep at least a quarter of it; the points
    where runs leave get at least a third, if they go that far: see `_with_exits`. If all runs leave, a log
    axis shows all, a linear one as far as the one that goes least far. `include` are further values, which
    must be valid on the axis.
    """
    visible = curves.loc[positive(curves[column]) if log else curves[column].between(-LARGEST, LARGEST)]
    more = [math.log10(value) if log else value for value in include]
    if visible.empty:
        return _widened(min(more), max(more), log) if more else None
    places = pd.DataFrame({"run": visible["run"], "y": np.log10(visible[column]) if log else visible[column]})
    leaving = places["run"].isin(list(leave_out))
    stays, leaves = places[~leaving], places[leaving]
    if stays.empty:
        low, high = _least_far(leaves, log)
    else:
        low, high = float(stays["y"].min()), float(stays["y"].max())
    low, high = min([low, *more]), max([high, *more])
    if len(stays) and len(leaves):
        low, high = _with_exits(low, high, leaves, log)
    return _widened(low, high, log)


def _with_exits(low: float, high: float, leaves: pd.DataFrame, log: bool) -> tuple[float, float]:
    """Return the range extended to the first outside points of the runs that leave it, run and y.

    These are at most `MAX_EXIT_POINTS` points after the last inside, within `MAX_ROOM` times the range.
    """
    size = max(high - low, MIN_RANGE if log else MIN_RANGE * max(abs(low), abs(high))) or 1.0
    furthest, lowest = float(leaves["y"].max()), float(leaves["y"].min())
    sides = max((furthest > high) + (lowest < low), 1)
    outside = (leaves["y"] - high).combine(low - leaves["y"], max)
    exits = [_exit(part.to_numpy(), MAX_ROOM * size / sides) for _, part in outside.groupby(leaves["run"])]
    room = max(MIN_ROOM * size / sides, *exits)
    return max(low - room, min(low, lowest)), min(high + room, max(high, furthest))


def _exit(outside: Any, most: float) -> float:
    """Return the largest distance of the first outside points that are at most `most` away."""
    inside = np.flatnonzero(outside <= 0)
    first = outside[inside[-1] + 1 if len(inside) else 0 :][:MAX_EXIT_POINTS]
    return float(max(first[first <= most], default=0.0))


def _least_far(leaves: pd.DataFrame, log: bool) -> tuple[float, float]:
    """Return a range if all runs leave: on a linear axis that of the run that goes least far."""
    low, high = float(leaves["y"].min()), float(leaves["y"].max())
    if log:
        return low, high
    begins = leaves.groupby("run")["y"].first()
    distances = (leaves["y"] - leaves["run"].map(begins)).abs().groupby(leaves["run"]).max()
    least = float(distances[distances > 0].min()) if (distances > 0).any() else 0.0
    return max(low, float(begins.min()) - least), min(high, float(begins.max()) + least)


def _widened(low: float, high: float, log: bool) -> list[float]:
    """Return the range with a margin; `low` and `high` are exponents if `log`."""
    if log:
        margin = MARGIN * (high - low) or 0.3
        ends = (max(low - margin, math.log10(SMALLEST)), min(high + margin, math.log10(LARGEST)))
        return [10.0**end for end in ends]
    margin = MARGIN * high - MARGIN * low or MARGIN * max(abs(high), 1.0)
    return [max(low - margin, -LARGEST), min(high + margin, LARGEST)]


def visible_points(
    curves: pd.DataFrame, domain: list[float] | None, log: bool, leaving: Collection[str]
) -> pd.DataFrame:
    """Return the points to draw of curves, run and y: a run that leaves the chart does so only once.

    On a linear axis values are clipped to `FAR` times the range, beyond which browsers draw no lines.
    """
    visible = (curves[positive(curves["y"])] if log else curves).reset_index(drop=True)
    if domain is None:
        return visible
    low, high = domain
    inside = visible["y"].between(low, high)
    ahead = inside[::-1].groupby(visible["run"]).cummax()  # whether it is inside now or later
    before = ahead.groupby(visible["run"]).shift(-1, fill_value=True)  # so for the point before it
    visible = visible[before | ~visible["run"].isin(list(leaving))]
    far = FAR * (high - low)
    return visible if log else visible.assign(y=visible["y"].clip(low - far, high + far))


def fitted(
    curves: pd.DataFrame, leaving: Collection[str], log: bool
) -> tuple[pd.DataFrame, list[float], bool]:
    """Return the points to draw of curves, the range of their axis, and whether it is logarithmic.

    `log` asks for a logarithmic axis, on which some value must be above 0.
    """
    log = log and bool(positive(curves["y"]).any())
    domain = span(curves, "y", log, leaving)
    return visible_points(curves, domain, log, leaving), domain or [0.0, 1.0], log


def round_domain(domain: list[float], log: bool) -> list[float]:
    """Return the range rounded outward to decades, or to 0 and 1, 2, 5, 10, ...: it seldom changes."""
    if log:
        powers = (math.floor(math.log10(domain[0])), math.ceil(math.log10(domain[1])))
        return [max(10.0 ** powers[0], SMALLEST), min(10.0 ** powers[1], LARGEST)]
    low, high = domain
    return [-_next(-low) if low < 0 else 0.0, _next(high) if high > 0 else 0.0]


def _next(size: float) -> float:
    """Return the next of 1, 2, 5, 10, ..."""
    power = 10.0 ** math.floor(math.log10(size))
    return min(next((power * digit for digit in (1, 2, 5) if size <= power * digit), 10 * power), LARGEST)


def positive(values: "pd.Series[float]") -> "pd.Series[bool]":
    """Return which values a log axis can show."""
    return values.between(SMALLEST, LARGEST)


def is_log_suitable(values: "pd.Series[float]") -> bool:
    """Return whether a log axis suits these values: some above 0, none below."""
    return bool(positive(values).any() and not (values < 0).any())


def markable(value: float | None, log: bool) -> list[float]:
    """Return a value to mark on an axis as a list; empty if None, or not valid on a log axis."""
    return [] if value is None or (log and value < SMALLEST) else [value]


def scale(domain: list[float] | None, log: bool) -> alt.Scale:
    """Return a scale over the range; from 0 to 1 if None, as browsers warn of empty domains."""
    if domain is None:
        return alt.Scale(domain=[0, 1], type="linear")
    if log:
        return alt.Scale(domain=domain, type="log", nice=False)
    return alt.Scale(domain=domain, type="linear", nice=False, zero=False)


def x_scale(*values: "pd.Series[float]", ends: Sequence[Any] = ()) -> alt.Scale:
    """Return a horizontal scale from the smallest to the largest of these values, over all of the width.

    `ends` are those of its range, in pixels, if it shall take a part.
    """
    extremes = [float(end) for part in values if len(part) for end in (part.min(), part.max())] or [0.0]
    low, high = min(extremes), max(extremes)
    made = scale([low, high if high > low else low + 1], False)
    if ends:
        made.range = list(ends)
    return made


def x_axis(title: str) -> alt.Axis:
    """Return a horizontal axis for epochs, gradient evaluations or seconds."""
    look: dict[str, Any] = {"labelOverlap": True, "labelSeparation": 8, "labelFlush": True}
    return alt.Axis(title=title, format=",~r", grid=False, tickCount=8, **look)


def y_axis(title: str, domain: list[float] | None, log: bool) -> alt.Axis:
    """Return a vertical axis; log ticks are powers of ten, or 1, 2 and 5 within few decades."""
    marked = log_ticks(*domain) if log and domain is not None else []
    values = {"values": marked} if marked else {"tickCount": 6}
    return alt.Axis(title=title, labelOverlap=True, **values, **number_format(marked))


def number_format(marked: Sequence[float]) -> dict[str, Any]:
    """Return the format of an axis: 10⁻⁵ where all its marks are powers of ten, else 0.00001."""
    powers = [math.log10(mark) for mark in marked if mark > 0]
    if not marked or len(powers) < len(marked) or any(abs(power - round(power)) > 1e-9 for power in powers):
        return {"format": ".6~g"}
    return {"labelExpr": POWER_OF_TEN}


def tick_format(low: float, high: float) -> str:
    """Return the format of numbers of a linear axis with as many digits as tell its marks apart."""
    largest, width = max(abs(low), abs(high)), high - low
    digits = 4 if width <= 0 or largest == 0 else max(4, math.ceil(math.log10(largest / width)) + 3)
    return f".{min(digits, 15)}~g"


def ticks(domain: Sequence[float], log: bool) -> list[float]:
    """Return ticks of an axis: powers of ten, 1, 2 and 5 within few decades, or round numbers."""
    marked = log_ticks(*domain) if log else []
    low, high = domain
    power = 10.0 ** math.floor(math.log10((high - low) / MAX_TICKS))
    step = next(power * digit for digit in (1, 2, 5, 10) if (high - low) / (power * digit) <= MAX_TICKS)
    return marked or [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return at most nine ticks within a range, evenly spaced on a log scale."""
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    if last - first >= 2:
        return [float(f"1e{power}") for power in range(first, last + 1, (last - first) // 9 + 1)]
    steps = [float(f"{digit}e{power}") for power in range(first - 1, last + 1) for digit in (1, 2, 5)]
    ticks = [step for step in steps if low <= step <= high]
    return ticks if len(ticks) > 2 else []
