"""Axes that show what matters."""

import math
from collections.abc import Collection

import altair as alt
import pandas as pd

MARGIN = 0.05
SMALLEST, LARGEST = 1e-307, 1e307  # beyond them a scale can't compute its ticks


def span(
    curves: pd.DataFrame,
    column: str,
    log: bool,
    leave_out: Collection[str] = (),
    include: Collection[float] = (),
) -> list[float] | None:
    """The range of an axis: all values that can be shown, with a margin; None if there are none.

    `leave_out` names runs that may leave the picture; they count only where there are no others.
    `include` are further values to show.
    """
    shown = curves[column]
    shown = shown[positive(shown) if log else shown.between(-LARGEST, LARGEST)]
    calm = shown[~curves.loc[shown.index, "run"].isin(list(leave_out))]
    values = calm if len(calm) else shown
    if not len(values):
        return None
    more = [value for value in include if value > 0 or not log]
    low, high = float(min([values.min(), *more])), float(max([values.max(), *more]))
    if log:
        margin = MARGIN * (math.log10(high) - math.log10(low)) or 0.3
        return [max(low / 10**margin, SMALLEST), min(high * 10**margin, LARGEST)]
    margin = MARGIN * high - MARGIN * low or MARGIN * max(abs(high), 1.0)
    return [max(low - margin, -LARGEST), min(high + margin, LARGEST)]


def positive(values: "pd.Series[float]") -> "pd.Series[bool]":
    """Which values a log axis can show."""
    return values.between(SMALLEST, LARGEST)


def scale(domain: list[float] | None, log: bool) -> alt.Scale:
    """A scale over that range; linear where a log scale would have nothing to show."""
    if domain is None:
        return alt.Scale()
    return alt.Scale(domain=domain, type="log" if log else "linear", nice=False, zero=False)


def x_axis(title: str) -> alt.Axis:
    """A horizontal axis for epochs or seconds."""
    return alt.Axis(title=title, format=",~r", grid=False, tickCount=8, labelOverlap=True, labelSeparation=8)


def y_axis(title: str, domain: list[float] | None, log: bool) -> alt.Axis:
    """A vertical axis; on a log scale its ticks are powers of ten, or 1, 2 and 5 within few decades."""
    ticks = _ticks(*domain) if log and domain is not None else []
    values = {"values": ticks} if ticks else {"tickCount": 6}
    return alt.Axis(title=title, format=".6~g" if log else "~r", labelOverlap=True, **values)


def _ticks(low: float, high: float) -> list[float]:
    """At most nine numbers within a range, spaced evenly on a log scale."""
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    if last - first >= 2:
        return [float(f"1e{power}") for power in range(first, last + 1, (last - first) // 9 + 1)]
    steps = [float(f"{digit}e{power}") for power in range(first - 1, last + 1) for digit in (1, 2, 5)]
    ticks = [step for step in steps if low <= step <= high]
    return ticks if len(ticks) > 2 else []
