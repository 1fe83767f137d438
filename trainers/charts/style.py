"""Colors and strokes of runs, the same in every chart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import altair as alt

# Twelve colors each, at least 3:1 against the page, and kept apart for normal sight and the three
# kinds of dichromacy (Machado, Oliveira, Fernandes 2009): see tests/trainers/charts/test_charts.py.
# fmt: off
LIGHT = (
    "#0b3fff", "#95620b", "#a1024d", "#879f04", "#c56bfe", "#3a93b4",
    "#4e3f00", "#d25777", "#24108a", "#7b00bc", "#24587c", "#580144",
)
DARK = (
    "#77c2ff", "#d57304", "#37ff05", "#ff8fbd", "#a581ff", "#b1bd07",
    "#15a772", "#3855ff", "#ecdcae", "#a217ba", "#006f46", "#826a8e",
)
# fmt: on


@dataclass(frozen=True)
class Stroke:
    """Width in pixels, dash pattern and opacity of a line."""

    width: float = 2.0
    dash: tuple[int, ...] = (1, 0)
    opacity: float = 1.0


STROKES = {
    "manual": Stroke(width=9, opacity=0.4),
    "autograd": Stroke(width=4, dash=(14, 10)),
    "torch.optim": Stroke(width=1.5),
}
"""By runner, from wide to thin, so that coinciding curves are all visible."""


BROAD, THIN = 4.0, 1.5  # the strokes of a race


@dataclass(frozen=True)
class Style:
    """Names, colors and strokes of the runs of a comparison, in their order."""

    names: tuple[str, ...]
    colors: tuple[str, ...]
    strokes: tuple[Stroke, ...]

    @classmethod
    def of(cls, names: Sequence[str], runners: Sequence[str], dark: bool = False) -> "Style":
        """Return colors by position, and strokes by runner if there are several runners."""
        strokes = STROKES if len(set(runners)) > 1 else {}
        colors = DARK if dark else LIGHT
        return cls(
            tuple(names),
            colors[: len(names)],
            tuple(strokes.get(runner, Stroke()) for runner in runners),
        )

    @classmethod
    def nested(cls, names: Sequence[str], dark: bool = False) -> "Style":
        """Return colors by position, and strokes from wide to thin, so that coinciding curves are visible."""
        step = (BROAD - THIN) / max(len(names) - 1, 1)
        strokes = tuple(Stroke(width=BROAD - step * place) for place in range(len(names)))
        return replace(cls.of(names, ["manual"] * len(names), dark), strokes=strokes)

    def color(self) -> alt.Color:
        """Return the color by the column `run`, without a legend: the page has its own."""
        return alt.Color("run:N", scale=self._scale(self.colors), legend=None)

    def legend(self) -> alt.Color:
        """Return the color by the column `run` with a legend, for a chart that stands alone."""
        look = alt.Legend(title=None, orient="bottom", columns=2, labelLimit=420, symbolType="stroke")
        return alt.Color("run:N", scale=self._scale(self.colors), legend=look)

    def lines(self) -> tuple[alt.StrokeWidth, alt.StrokeDash, alt.StrokeOpacity]:
        """Return width, dash and opacity of lines by the column `run`."""
        # Ordinal, as Vega-Lite warns of sizes that follow from mere names.
        widths = [stroke.width for stroke in self.strokes]
        dashes = [list(stroke.dash) for stroke in self.strokes]
        opacities = [stroke.opacity for stroke in self.strokes]
        return (
            alt.StrokeWidth("run:O", scale=self._scale(widths), legend=None),
            alt.StrokeDash("run:N", scale=self._scale(dashes), legend=None),
            alt.StrokeOpacity("run:O", scale=self._scale(opacities), legend=None),
        )

    def areas(self) -> alt.Size:
        """Return the area of points by the column `run`, matching the line width."""
        return alt.Size("run:O", scale=self._scale([(4 + s.width) ** 2 for s in self.strokes]), legend=None)

    def _scale(self, values: Sequence[Any]) -> alt.Scale:
        return alt.Scale(type="ordinal", domain=list(self.names), range=list(values))
