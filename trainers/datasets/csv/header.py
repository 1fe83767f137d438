"""Detect ragged rows and the header of a table."""

from collections import Counter

from trainers.datasets.csv.cells import TableError
from trainers.datasets.csv.columns import is_number
from trainers.datasets.csv.names import note, short, unique

NO_HEADER = "The file has no header: its columns are named column 1, and so on."


def drop_ragged_rows(rows: list[list[str]]) -> tuple[list[list[str]], Counter[str]]:
    """Return the rows with the most common number of cells, and counts of the others by reason."""
    if not rows:
        raise TableError("The file is empty.")
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if len(rows[0]) == width - 1 and all(row[-1] == "" for row in rows if len(row) == width):
        rows = [[*rows[0], ""], *rows[1:]]  # every line but the header ends in a delimiter
    ragged = Counter(f"{_cells(len(row))} instead of {width}" for row in rows if len(row) != width)
    return [row for row in rows if len(row) == width], ragged


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"


def header(rows: list[list[str]], decimal: str) -> tuple[list[str], int, list[str]]:
    """Return the columns' names, the number of header rows (0 or 1), and notes on the names."""
    first = rows[0]
    if _is_data(first, rows[1:], decimal):
        return unique([""] * len(first)), 0, [NO_HEADER]
    names = unique(first)
    again = [name for name, given in zip(names, first, strict=True) if short(given) not in ("", name)]
    return (
        names,
        1,
        note(again, "had a duplicate name and was renamed", "had duplicate names and were renamed"),
    )


def _is_data(first: list[str], body: list[list[str]], decimal: str) -> bool:
    """Whether the first row is not a header: it has a number, and its other cells occur again below."""
    words = [i for i, cell in enumerate(first) if not is_number(cell, decimal)]
    return len(words) < len(first) and all(any(row[i] == first[i] for row in body) for i in words)
