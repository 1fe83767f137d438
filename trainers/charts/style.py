"""Colors and strokes of runs, the same in every chart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
from coloraide import Color

HUES = {
    False: (
        (0.566, 0.21, 264.0),
        (0.62, 0.17, 45.0),
        (0.42, 0.13, 152.0),
        (0.534, 0.19, 1.0),
        (0.55, 0.151, 299.0),
        (0.505, 0.12, 218.0),
        (0.6, 0.07, 115.0),
        (0.47, 0.168, 321.0),
    ),
    True: (
        (0.66, 0.16, 264.0),
        (0.734, 0.17, 61.0),
        (0.754, 0.14, 166.0),
        (0.62, 0.2, 7.0),
        (0.62, 0.171, 331.0),
        (0.84, 0.13, 212.0),
        (0.84, 0.17, 107.0),
        (0.742, 0.11, 315.0),
    ),
}
"""Lightness, chroma and hue (OKLCH) of the middle shade of each hue, in light and dark mode.

Found by a search that keeps them apart for normal sight and the three kinds of dichromacy, the first most.
"""
MAX_HUES = len(HUES[False])
SHADE_STEP = 0.11
"""Difference of the lightness of the middle shade and the outermost ones."""
LIGHTNESS = {False: (0.3, 0.665), True: (0.55, 0.92)}
"""Range of lightness: 3:1 against the page (WCAG 2.2, 1.4.11), and not without color."""


BY_PART = (alt.Detail("run:N"), alt.Detail("part:N"))
"""Makes a line of each part of each run."""
PAGE, INK = {False: "#ffffff", True: "#171614"}, {False: "#31333f", True: "#edebe8"}
"""Colors of the page and of its text, in light and dark mode."""


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


LARGE_DOT, SMALL_DOT = 10, 4
"""Radius in pixels of the first and of the last run's dot on a map."""
BROAD, THIN = 4.0, 1.5  # the strokes of a race


@dataclass(frozen=True)
class Look:
    """Hue, shade and stroke of a run. A shade goes from 0, near the page, to 1, far from it."""

    hue: int
    shade: float = 0.5
    stroke: Stroke = Stroke()

    @classmethod
    def at(cls, place: int, stroke: Stroke = Stroke()) -> "Look":
        """Return the look at a place: a hue each, then the same hues in other shades."""
        return cls(place % MAX_HUES, (0.5, 0.0, 1.0)[place // MAX_HUES % 3], stroke)

    def color(self, dark: bool) -> str:
        """Return the color as #rrggbb."""
        lightness, chroma, hue = HUES[dark][self.hue % MAX_HUES]
        further = SHADE_STEP * (2 * self.shade - 1) * (1 if dark else -1)
        least, most = LIGHTNESS[dark]
        color = Color("oklch", [min(max(lightness + further, least), most), chroma, hue])
        return str(color.convert("srgb").fit(method="oklch-chroma").to_string(hex=True))


@dataclass(frozen=True)
class Style:
    """Names, colors and strokes of the runs of a comparison, in their order."""

    names: tuple[str, ...]
    colors: tuple[str, ...]
    strokes: tuple[Stroke, ...]

    @classmethod
    def of(cls, names: Sequence[str], looks: Sequence[Look] | None = None, dark: bool = False) -> "Style":
        """Return the style of runs with these looks; a hue each by default."""
        looks = [Look.at(place) for place in range(len(names))] if looks is None else looks
        colors = tuple(look.color(dark) for look in looks)
        return cls(tuple(names), colors, tuple(look.stroke for look in looks))

    @classmethod
    def nested(cls, names: Sequence[str], dark: bool = False) -> "Style":
        """Return a hue each, and strokes from wide to thin, so that coinciding curves are visible."""
        step = (BROAD - THIN) / max(len(names) - 1, 1)
        strokes = [Stroke(width=BROAD - step * place) for place in range(len(names))]
        return cls.of(names, [Look.at(place, stroke) for place, stroke in enumerate(strokes)], dark)

    def first(self, count: int) -> "Style":
        """Return the style of the first runs."""
        return Style(self.names[:count], self.colors[:count], self.strokes[:count])

    def color(self) -> alt.Color:
        """Return the color by the column `run`, without a legend: the page has its own."""
        return alt.Color("run:N", scale=self._scale(self.colors), legend=None)

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

    def distinct_lines(self, width: float) -> tuple[Any, ...]:
        """Return width, dash and opacity of lines where they differ, else this width: dashes are slow.

        Vega-Lite ignores the encoding of a width beside that of the mark.
        """
        return self.lines() if self.is_distinct else (alt.StrokeWidthValue(width),)

    @property
    def is_distinct(self) -> bool:
        """Whether strokes differ."""
        return len(set(self.strokes)) > 1

    def areas(self) -> alt.Size:
        """Return the area of points by the column `run`, matching the line width."""
        return alt.Size("run:O", scale=self._scale([(4 + s.width) ** 2 for s in self.strokes]), legend=None)

    def nested_areas(self) -> alt.Size:
        """Return areas of dots by the column `run`, from large to small, so that coinciding dots are seen."""
        step = (LARGE_DOT - SMALL_DOT) / max(len(self.names) - 1, 1)
        areas = [math.pi * (LARGE_DOT - step * place) ** 2 for place in range(len(self.names))]
        return alt.Size("run:O", scale=self._scale(areas), legend=None)

    def _scale(self, values: Sequence[Any]) -> alt.Scale:
        return alt.Scale(type="ordinal", domain=list(self.names), range=list(values))
