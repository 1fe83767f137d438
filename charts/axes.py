"""Vertical axes that show what matters."""

from collections.abc import Collection

import altair as alt
import pandas as pd

PAD = 0.05


def span(curves: pd.DataFrame, column: str, log: bool, leave_out: Collection[str] = ()) -> list[float] | None:
    """The range of an axis: all values that can be shown, with a margin; None if there are none.

    `leave_out` names runs that may leave the picture; they count only where there are no others.
    """
    shown = curves[column]
    shown = shown[(shown > 0) if log else shown.notna()]
    calm = shown[~curves.loc[shown.index, "run"].isin(list(leave_out))]
    values = calm if len(calm) else shown
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    if log:
        margin = (high / low) ** PAD if high > low else 2.0
        return [low / margin, high * margin]
    margin = PAD * (high - low) or max(abs(high), 1.0) * PAD
    return [low - margin, high + margin]


def scale(domain: list[float] | None, log: bool) -> alt.Scale:
    """A scale over that range; linear where a log scale would have nothing to show."""
    if domain is None:
        return alt.Scale()
    return alt.Scale(domain=domain, type="log" if log else "linear", nice=False, zero=False)


def number_axis(title: str, log: bool) -> alt.Axis:
    """An axis whose numbers stay short: 0.01, 100, 1e+6."""
    return alt.Axis(title=title, format="~g" if not log else "~g", tickCount=6, labelOverlap=True)
