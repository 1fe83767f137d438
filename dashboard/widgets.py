"""Widgets: what they stand at, and what a browser reports of them."""

from collections.abc import Mapping
from typing import Any

from trainers.sweeps.axis import LARGEST
from trainers.words import is_number


class Drawn:
    """Where each control may stand without anybody having touched it.

    Only a control that was drawn can be touched. A browser may not have got yet what was drawn last when it
    sends its next message, so it may still report what stood there before.
    """

    def __init__(self) -> None:
        self.values: dict[str, tuple[Any, ...]] = {}
        self._now: dict[str, tuple[Any, ...]] = {}

    def begin(self) -> None:
        """A script begins to draw."""
        self._now = {}

    def draw(self, key: str, value: Any) -> None:
        """A control is drawn that stands at this value."""
        self.values[key] = (*(other for other in self.values.get(key, ()) if other != value), value)
        self._now[key] = (value,)

    def end(self) -> None:
        """A script has drawn all that it draws: what it did not draw is gone."""
        self.values = self._now

    def touched(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The values of those that somebody has touched."""
        now = {key: found.get(key, values[-1]) for key, values in self.values.items()}
        return {key: value for key, value in now.items() if value not in self.values[key]}

    def known(self, touched: Mapping[str, Any]) -> None:
        """What somebody touched is taken note of: there they stand now."""
        self.values |= {key: (value,) for key, value in touched.items()}


def points(state: Any, selection: str, *names: str) -> list[tuple[float, ...]]:
    """The points of a chart's selection as finite numbers, whatever a browser says; at most one.

    `state` is what Streamlit keeps for the chart.
    """
    found = state
    for part in ("selection", selection):
        found = found.get(part) if isinstance(found, Mapping) else None
    point = found[0] if isinstance(found, list) and found else None
    numbers: list[Any] = [point.get(name) if isinstance(point, Mapping) else None for name in names]
    usable = [is_number(number) and -LARGEST <= number <= LARGEST for number in numbers]
    return [tuple(map(float, numbers))] if all(usable) else []
