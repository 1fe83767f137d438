"""Results as plain text, to hand in."""

from collections.abc import Sequence

import pandas as pd


def result_text(link: str, sentence: str, table: pd.DataFrame) -> str:
    """Return the link to a page, what it says, and its table, in lines."""
    parts = [link, sentence, "\n".join(aligned(table))]
    return "\n\n".join(part for part in parts if part) + "\n"


def aligned(table: pd.DataFrame) -> list[str]:
    """Return a table of text as lines, its columns one below the other; none for an empty one."""
    if table.empty:
        return []
    rows = [list(map(str, table.columns)), *(list(map(str, row)) for row in table.itertuples(index=False))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths) for row in rows]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
