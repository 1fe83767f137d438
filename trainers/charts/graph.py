"""The graph of a loss as SVG: boxes in columns, each after those that it is computed from."""

from collections.abc import Sequence
from html import escape

import pandas as pd

from trainers.charts.style import INK, PAGE

BACKWARD = ("#b14a00", "#ffb066")
"""Color of derivatives, on light and on dark ground."""
EDGE = ("#8a8a8a", "#9a9a9a")
FONT = 13
CHARACTER = 6.6
"""Mean width of a character in pixels."""
LINE, PADDING, ACROSS, APART = 18, 7, 22, 14
"""Height of a line, and pixels within boxes, between columns, and between boxes of a column."""


def graph_svg(nodes: pd.DataFrame, backward: bool, dark: bool) -> str:
    """Draw `nodes`, operation, value, derivative, inputs, from left to right; derivatives if `backward`."""
    lines = ["operation", "value", *["derivative"] * backward]
    texts = [list(row) for row in nodes[lines].itertuples(index=False)]
    inputs = [sorted(set(each)) for each in nodes["inputs"]]
    boxes, right, bottom = _placed(inputs, texts, PADDING + LINE * len(lines))
    pairs = [(source, k) for k, sources in enumerate(inputs) for source in sources]
    edges = [_edge(boxes[source], boxes[k]) for source, k in pairs]
    drawn = [_box(box, text, dark) for box, text in zip(boxes, texts, strict=True)]
    size = f'width="{right:.0f}" height="{bottom:.0f}" viewBox="0 0 {right:.0f} {bottom:.0f}"'
    arrow = (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0 8 4 0 8z" fill="{EDGE[dark]}"/></marker></defs>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="{FONT}">{arrow}'
        f'<g stroke="{EDGE[dark]}" fill="none" stroke-width="1.2">{"".join(edges)}</g>{"".join(drawn)}</svg>'
    )


Box = tuple[float, float, float, float]
"""Left, top, width and height."""


def _columns(inputs: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the places of nodes by column, each one behind all that it is computed from."""
    ranks: list[int] = []
    for sources in inputs:
        ranks.append(1 + max((ranks[source] for source in sources), default=-1))
    return [[k for k, rank in enumerate(ranks) if rank == column] for column in range(max(ranks) + 1)]


def _placed(
    inputs: Sequence[Sequence[int]], texts: Sequence[Sequence[str]], height: float
) -> tuple[list[Box], float, float]:
    """Return the box of each node, ordered within its column by its inputs, and the size of the whole."""
    columns = _columns(inputs)
    whole = max(map(len, columns)) * (height + APART)
    boxes: dict[int, Box] = {}
    left = 1.0
    for column in columns:
        middle = {k: sum(boxes[s][1] for s in inputs[k]) / max(len(inputs[k]), 1) for k in column}
        wide = max(CHARACTER * max(map(len, texts[k])) for k in column) + 2 * PADDING
        top = (whole - len(column) * (height + APART) + APART) / 2
        for number, k in enumerate(sorted(column, key=lambda k: (middle[k], k))):
            boxes[k] = (left, top + number * (height + APART), wide, height)
        left += wide + ACROSS
    return [boxes[k] for k in range(len(boxes))], left - ACROSS + 1, whole


def _edge(start: Box, end: Box) -> str:
    """Return a curve from the right side of a box to the left side of another."""
    x, y = start[0] + start[2], start[1] + start[3] / 2
    to_x, to_y = end[0], end[1] + end[3] / 2
    bend = (to_x - x) / 2
    path = f"M{x:.1f} {y:.1f}C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    return f'<path d="{path}" marker-end="url(#arrow)"/>'


def _box(box: Box, lines: Sequence[str], dark: bool) -> str:
    left, top, wide, high = box
    place = f'x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="8"'
    rect = f'<rect {place} fill="{PAGE[dark]}" stroke="{EDGE[dark]}"/>'
    looks = (f'font-weight="600" fill="{INK[dark]}"', f'fill="{INK[dark]}"', f'fill="{BACKWARD[dark]}"')
    words = [
        f'<text x="{left + wide / 2:.1f}" y="{top + LINE * (k + 0.9):.1f}" text-anchor="middle" {look}>'
        f"{escape(text)}</text>"
        for k, (text, look) in enumerate(zip(lines, looks, strict=False))
    ]
    return rect + "".join(words)
