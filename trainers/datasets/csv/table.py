"""Read an uploaded CSV file into a table, or raise `TableError` with one sentence.

- A column is numeric if at least 90% of its values are plain ASCII numbers with the file's decimal mark. Rows
  with other values in it are dropped and counted. Any other column is text.
- Dates, percentages, full-width digits and numbers with thousands separators are text.
- Missing values: an empty cell, -, ?, NA, N/A, NaN, null or None, in any case. Such rows are dropped.
- Rows with more or fewer cells than most are dropped, never shifted.
- A column with values in fewer than half of the rows is left out, so that its rows are not dropped.
- The first row is data if it has a number, and each other cell of it is a number or occurs again below.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_float_dtype

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
    """A parsed CSV file. `rows` counts those of `frame` and the dropped ones."""

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
    """Number of data rows in the file."""
    dropped: tuple[tuple[str, int], ...]
    """Reasons why rows were dropped and their counts, most frequent first; one reason per row."""
    notes: tuple[str, ...]

    @property
    def bytes(self) -> float:
        """Memory of the table."""
        return float(self.frame.memory_usage(index=False).sum())

    @cached_property
    def sizes(self) -> list[float | None]:
        """The largest absolute value of each column; None of one with text."""
        columns = (column for _, column in self.frame.items())
        return [float(column.abs().max()) if is_float_dtype(column) else None for column in columns]


def read_table(content: bytes, name: str = "") -> CsvTable:
    """Read a CSV file; raises nothing but `TableError`."""
    cells = read_cells(content)
    rows, ragged = drop_ragged_rows(cells.rows)
    check_limit("The file", len(rows[0]), MAX_COLUMNS, "columns")
    every = to_columns(rows)
    decimal = decimal_mark(every)
    names, above, notes = header(rows, decimal)
    found = len(rows) - above + sum(ragged.values())
    check_limit("The file", found, MAX_ROWS, "rows")
    bodies = [text.iloc[above:].reset_index(drop=True) for text in every]
    columns, left_out = _drop_sparse_columns(
        [parse_column(*each, decimal) for each in zip(names, bodies, strict=True)]
    )
    keep, reasons = _usable_rows(columns)
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
    """Indices of the columns that can be features: numeric and not constant."""
    return [i for i, name in enumerate(table.frame) if _is_feature(table.frame[name])]


def suggestion(table: CsvTable, target: int, features: Sequence[int]) -> str:
    """Suggest the kind of problem: `line`, `regression` or `classification`.

    Classes are texts, or at most 10 different integers with 3 rows of each on average.
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


def _drop_sparse_columns(columns: list[Column]) -> tuple[list[Column], list[str]]:
    """Return the columns with values in at least half of the rows, and notes on the others."""
    rows = len(columns[0].cells)
    if not rows:
        raise TableError("The file has a header, but no rows.")
    kept = [column for column in columns if 2 * column.filled >= rows]
    if len(kept) < 2:
        count = "no column" if not kept else "1 column"
        raise TableError(f"The file has {count} with values in half of its rows, and at least 2 are needed.")
    if not any(column.is_numeric for column in kept):
        raise TableError(NO_NUMBERS)
    sparse = [column.name for column in columns if 2 * column.filled < rows]
    return kept, note(sparse, "has no value in most rows: left out", "have no value in most rows: left out")


def _usable_rows(columns: list[Column]) -> tuple[NDArray[np.bool_], Counter[str]]:
    """Return a mask of the usable rows, and counts of the others by the first reason."""
    keep, reasons = np.ones(len(columns[0].cells), dtype=bool), Counter[str]()
    for column in columns:
        for reason, wrong in column.row_errors():
            reasons[reason] += int((keep & wrong).sum())
            keep &= ~wrong
    return keep, +reasons


def _most_frequent(reasons: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Return the reasons and counts, most frequent first, at most `MAX_REASONS`, with the rest combined."""
    ordered = reasons.most_common()
    if len(ordered) <= MAX_REASONS:
        return tuple(ordered)
    rest = sum(count for _, count in ordered[MAX_REASONS - 1 :])
    return (*ordered[: MAX_REASONS - 1], ("other reasons", rest))


def _check_enough_rows(usable: int, found: int, dropped: tuple[tuple[str, int], ...]) -> None:
    if usable < MIN_ROWS:
        reasons = "; ".join(f"{count:,} with {reason}" for reason, count in dropped[:3])
        why = f" ({reasons})" if reasons else ""
        raise TableError(f"Of {found:,} rows {usable} can be used, and {MIN_ROWS} are needed{why}.")


def _type_notes(columns: list[Column]) -> list[str]:
    """Notes on the types of columns."""
    grouped = [column.name for column in columns if column.has_separators]
    texts = [column.name for column in columns if not column.is_numeric and not column.has_separators]
    rounded = [column.name for column in columns if column.is_numeric and column.is_rounded]
    return [
        *note(texts, f"is text or dates: {ONE}", f"are text or dates: {MANY}"),
        *note(grouped, f"has thousands separators: {ONE}", f"have thousands separators: {MANY}"),
        *note(rounded, f"has {ROUNDED}", f"have {ROUNDED}"),
    ]


def _data_warnings(frame: pd.DataFrame) -> list[str]:
    """Notes on constant and duplicate columns."""
    columns = [(str(name), frame[name]) for name in frame]
    constant = [name for name, values in columns if bool((values == values.iloc[0]).all())]
    numbers = [(name, values.to_numpy().tobytes()) for name, values in columns if _is_feature(values)]
    first = {content: name for name, content in reversed(numbers)}
    same = [name for name, content in numbers if first[content] != name]
    return [
        *note(constant, "has the same value in every row", "have the same value in every row"),
        *note(same, "duplicates an earlier column", "duplicate earlier columns"),
    ]
