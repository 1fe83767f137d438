"""A table of one's own: a CSV file read right, or refused in one sentence.

What is read, and what is not:

- A column counts as numeric if at least 90 % of its values are plain ASCII numbers with the file's one
  decimal mark. Rows with anything else in it are dropped and counted. Any other column holds words.
- Dates, percentages, full-width digits and numbers with a mark for the thousands are words.
- No value: an empty cell, -, ?, NA, N/A, NaN, null or None, in capitals or not. Such rows are dropped.
- Rows with more or fewer cells than most are dropped, never shifted.
- A column with values in fewer than half the rows is left out, so that it costs no rows.
- The first row is data if it has a number and each other cell of it is a number or comes again below.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainers.datasets.csv.cells import MAX_COLUMNS, MAX_ROWS, TableError, check_limit, read_cells
from trainers.datasets.csv.columns import Column, decimal_mark, parse_column, to_columns
from trainers.datasets.csv.header import drop_ragged_rows, header
from trainers.datasets.csv.names import file_name, note

__all__ = ["CsvTable", "TableError", "numeric", "read_table", "suggestion"]

MIN_ROWS = 3
MAX_SUGGESTED_CLASSES = 10
MAX_REASONS = 10

ONE, MANY = "usable only as a class target", "usable only as class targets"
NO_NUMBERS = "The file needs at least 1 numeric column that is not constant."
ROUNDED = "whole numbers of more than 15 digits, which are rounded"


@dataclass(frozen=True, eq=False)
class CsvTable:
    """What was understood of a file. `rows` are those of `frame` and of `dropped` together."""

    name: str
    """The file's name: letters, digits, `.`, `_`, `-` only, at most 40 characters."""
    digest: str
    """The first 16 hexadecimal digits of the file's SHA-256."""
    frame: pd.DataFrame
    """Numeric columns are float64 and finite, others str; no value is missing."""
    encoding: str
    delimiter: str
    decimal: str
    """`point` or `comma`."""
    rows: int
    """Data rows found in the file."""
    dropped: tuple[tuple[str, int], ...]
    """Why rows were dropped and how many, most first; each row has one reason."""
    notes: tuple[str, ...]

    @property
    def bytes(self) -> float:
        """What it takes."""
        return float(self.frame.memory_usage(index=False).sum())


def read_table(content: bytes, name: str = "") -> CsvTable:
    """The table in a CSV file; raises `TableError` alone."""
    cells = read_cells(content)
    rows, ragged = drop_ragged_rows(cells.rows)
    check_limit("The file", len(rows[0]), MAX_COLUMNS, "columns")
    every = to_columns(rows)
    decimal = decimal_mark(every)
    names, above, notes = header(rows, decimal)
    found = len(rows) - above + sum(ragged.values())
    check_limit("The file", found, MAX_ROWS, "rows")
    bodies = [text.iloc[above:].reset_index(drop=True) for text in every]
    columns, left_out = _kept([parse_column(*each, decimal) for each in zip(names, bodies, strict=True)])
    keep, reasons = _usable(columns)
    dropped = _most_frequent(ragged + reasons)
    _check_enough_rows(int(keep.sum()), found, dropped)
    frame = pd.DataFrame({column.name: column.values(keep) for column in columns})
    table = CsvTable(
        name=file_name(name),
        digest=hashlib.sha256(content).hexdigest()[:16],
        frame=frame,
        encoding=cells.encoding,
        delimiter=cells.delimiter,
        decimal="comma" if decimal == "," else "point",
        rows=found,
        dropped=dropped,
        notes=(*notes, *left_out, *_type_notes(columns), *_data_warnings(frame)),
    )
    if not numeric(table):
        raise TableError(NO_NUMBERS)
    return table


def numeric(table: CsvTable) -> list[int]:
    """The places of the columns that can be features: numbers, not all the same."""
    return [i for i, name in enumerate(table.frame) if _is_feature(table.frame[name])]


def suggestion(table: CsvTable, target: int, features: Sequence[int]) -> str:
    """The kind of problem that fits: `line`, `regression` or `classification`.

    Classes are words, or at most 10 different whole numbers with 3 rows of each on average.
    """
    values = table.frame.iloc[:, target]
    if values.dtype != "float64" or _are_classes(values):
        return "classification"
    return "line" if len(features) == 1 else "regression"


def _are_classes(values: "pd.Series[float]") -> bool:
    different = values.unique()
    few = len(different) <= min(MAX_SUGGESTED_CLASSES, len(values) // 3)
    return few and bool((different == np.round(different)).all())


def _is_feature(values: "pd.Series[float]") -> bool:
    return values.dtype == "float64" and bool(values.min() < values.max())


def _kept(columns: list[Column]) -> tuple[list[Column], list[str]]:
    """The columns with values in at least half of the rows, and notes on those left out."""
    rows = len(columns[0].cells)
    if not rows:
        raise TableError("The file has a header, but no rows.")
    kept = [column for column in columns if 2 * column.filled >= rows]
    if len(kept) < 2:
        count = "no column" if not kept else "1 column"
        raise TableError(f"The file has {count} with values in half of its rows, and at least 2 are needed.")
    if not any(column.is_numeric for column in kept):
        raise TableError(NO_NUMBERS)
    thin = [column.name for column in columns if 2 * column.filled < rows]
    return kept, note(thin, "has no value in most rows: left out", "have no value in most rows: left out")


def _usable(columns: list[Column]) -> tuple[NDArray[np.bool_], Counter[str]]:
    """Which rows can be used, and how many can't, by the first reason found."""
    keep, reasons = np.ones(len(columns[0].cells), dtype=bool), Counter[str]()
    for column in columns:
        for reason, wrong in column.row_errors():
            reasons[reason] += int((keep & wrong).sum())
            keep &= ~wrong
    return keep, +reasons


def _most_frequent(reasons: Counter[str]) -> tuple[tuple[str, int], ...]:
    """The reasons, most rows first; rare ones together where there are many."""
    told = reasons.most_common()
    if len(told) <= MAX_REASONS:
        return tuple(told)
    rest = sum(count for _, count in told[MAX_REASONS - 1 :])
    return (*told[: MAX_REASONS - 1], ("other reasons", rest))


def _check_enough_rows(usable: int, found: int, dropped: tuple[tuple[str, int], ...]) -> None:
    if usable < MIN_ROWS:
        reasons = "; ".join(f"{count:,} with {reason}" for reason, count in dropped[:3])
        why = f" ({reasons})" if reasons else ""
        raise TableError(f"Of {found:,} rows {usable} can be used, and {MIN_ROWS} are needed{why}.")


def _type_notes(columns: list[Column]) -> list[str]:
    """Notes on how columns were read."""
    grouped = [column.name for column in columns if column.has_separators]
    words = [column.name for column in columns if not column.is_numeric and not column.has_separators]
    rounded = [column.name for column in columns if column.is_numeric and column.is_rounded]
    return [
        *note(words, f"is text or dates: {ONE}", f"are text or dates: {MANY}"),
        *note(grouped, f"has thousands separators: {ONE}", f"have thousands separators: {MANY}"),
        *note(rounded, f"has {ROUNDED}", f"have {ROUNDED}"),
    ]


def _data_warnings(frame: pd.DataFrame) -> list[str]:
    """Notes on columns that say nothing new."""
    columns = [(str(name), frame[name]) for name in frame]
    constant = [name for name, values in columns if bool((values == values.iloc[0]).all())]
    numbers = [(name, values.to_numpy().tobytes()) for name, values in columns if _is_feature(values)]
    first = {content: name for name, content in reversed(numbers)}
    same = [name for name, content in numbers if first[content] != name]
    return [
        *note(constant, "has the same value in every row", "have the same value in every row"),
        *note(same, "duplicates an earlier column", "duplicate earlier columns"),
    ]
