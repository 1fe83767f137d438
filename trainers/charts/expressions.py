"""Places in a chart that follow its width: marks and scales by Vega expressions, in pixels."""

from collections.abc import Sequence
from typing import Any

import altair as alt

GROWTH = "(width > 1150 ? 1.3 : 1)"
"""Vega expression of the size of text relative to the usual one: larger where a chart fills a projector."""


def ref(expression: str) -> Any:
    """Return an expression as the value of a property."""
    return alt.ExprRef(expression)


def text_size(pixels: int) -> Any:
    """Return a font size that grows with the chart."""
    return ref(f"{pixels} * {GROWTH}")


AXIS_LOOK: dict[str, Any] = {
    "labelFontSize": text_size(12),
    "titleFontSize": text_size(12),
    "grid": False,
    "domain": False,
    "ticks": False,
    "labelPadding": 6,
    "titlePadding": 2,
}
"""Look of an axis within a larger view, which gets no lines of its own: they would cross all of it."""


PLACES: dict[str, Any] = {"x": alt.XValue, "x2": alt.X2Value, "y": alt.YValue, "y2": alt.Y2Value}
"""Channels of places; Altair takes long to find out which one a bare value is."""


def at(**expressions: str) -> dict[str, Any]:
    """Return encodings of channels at these places."""
    return {name: PLACES[name](alt.ExprRef(text)) for name, text in expressions.items()}


def ranged_scale(domain: Sequence[float], ends: tuple[str, str], log: bool = False) -> alt.Scale:
    """Return a scale over a part of the view, whose ends are expressions."""
    fixed: dict[str, Any] = {"type": "log"} if log else {"type": "linear", "zero": False}
    return alt.Scale(domain=list(domain), range=[ref(end) for end in ends], nice=False, **fixed)
