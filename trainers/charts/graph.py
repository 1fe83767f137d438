"""The graph of a loss in the language of Graphviz."""

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from trainers.charts.style import INK

BACKWARD = ("#b14a00", "#ffb066")
"""Color of derivatives, on light and on dark ground."""
EDGE = ("#8a8a8a", "#9a9a9a")


def graph_dot(nodes: pd.DataFrame, backward: bool, dark: bool) -> str:
    """Draw `nodes`, operation, value, derivative, inputs, from left to right; derivatives if `backward`."""
    lines = [
        "digraph {",
        'rankdir=LR; bgcolor="transparent"; nodesep=0.15; ranksep=0.3;',
        f'node [shape=plain, fontname="Helvetica,Arial,sans-serif", fontsize=12, fontcolor="{INK[dark]}"];',
        f'edge [color="{EDGE[dark]}", arrowsize=0.6];',
    ]
    for place, (operation, value, derivative, inputs) in enumerate(nodes.itertuples(index=False)):
        rows = [f"<b>{escape(operation)}</b>", escape(value)]
        rows += [f'<font color="{BACKWARD[dark]}">{escape(derivative)}</font>'] * backward
        lines.append(f"n{place} [label=<{_box([row for row in rows if row], dark)}>];")
        lines += [f"n{source} -> n{place};" for source in _places(inputs)]
    return "\n".join([*lines, "}"])


def _box(rows: Sequence[str], dark: bool) -> str:
    look = f'border="1" cellborder="0" cellspacing="0" cellpadding="3" color="{EDGE[dark]}" style="rounded"'
    return f"<table {look}>{''.join(f'<tr><td>{row}</td></tr>' for row in rows)}</table>"


def _places(inputs: Any) -> list[int]:
    return sorted(set(inputs))
