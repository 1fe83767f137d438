"""How runs are drawn: one colour and one stroke each, the same in every chart."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

# Twelve colours each, at least 3:1 against the page, and kept apart for normal sight and the three
# kinds of dichromacy (Machado, Oliveira, Fernandes 2009); tests/test_charts.py holds the distances.
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

STROKES: dict[str, tuple[float, tuple[int, ...]]] = {
    "manual": (9.0, ()),
    "autograd": (4.5, (14, 10)),
    "torch.optim": (1.5, ()),
}
"""Width and dashes by runner, so that curves which coincide are all seen."""

PLAIN: tuple[float, tuple[int, ...]] = (2.0, ())


@dataclass(frozen=True)
class Style:
    """The look of the runs of one comparison, in their order."""

    names: tuple[str, ...]
    colours: tuple[str, ...]
    strokes: tuple[tuple[float, tuple[int, ...]], ...]

    @classmethod
    def of(cls, names: Sequence[str], runners: Sequence[str], dark: bool = False) -> "Style":
        """Colours by position; strokes by runner where the comparison has more than one."""
        strokes = STROKES if len(set(runners)) > 1 else {}
        colours = DARK if dark else LIGHT
        return cls(
            tuple(names),
            colours[: len(names)],
            tuple(strokes.get(runner, PLAIN) for runner in runners),
        )

    def colour(self, legend: bool = True) -> alt.Color:
        """The colour of a mark by its column `run`."""
        scale = alt.Scale(domain=list(self.names), range=list(self.colours))
        columns = 2 if max(map(len, self.names), default=0) <= 24 else 1
        look = alt.Legend(
            title=None, orient="bottom", columns=columns, labelLimit=320, symbolType="stroke",
            symbolStrokeWidth=3, symbolSize=300,
        )  # fmt: skip
        return alt.Color("run:N", scale=scale, legend=look if legend else None)

    def width(self) -> alt.StrokeWidth:
        """The width of a line by its column `run`."""
        scale = alt.Scale(domain=list(self.names), range=[width for width, _ in self.strokes])
        return alt.StrokeWidth("run:N", scale=scale, legend=None)

    def dash(self) -> alt.StrokeDash:
        """The dashes of a line by its column `run`."""
        scale = alt.Scale(domain=list(self.names), range=[list(dash) or [1, 0] for _, dash in self.strokes])
        return alt.StrokeDash("run:N", scale=scale, legend=None)
