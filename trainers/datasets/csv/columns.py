"""Parse columns of cells into numbers, text and missing values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainers.datasets.csv.names import clean, quoted

MISSING = ("", "-", "?", "na", "n/a", "#n/a", "<na>", "nan", "null", "none")
INFINITE = ("inf", "+inf", "-inf", "infinity", "+infinity", "-infinity")
NUMBER = {mark: f"[+-]?(?:[0-9]+(?:[{mark}][0-9]*)?|[{mark}][0-9]+)(?:[eE][+-]?[0-9]+)?" for mark in ".,"}
"""Plain ASCII numbers, by decimal mark. These patterns are valid for both Python and RE2."""

_GROUPS = "|".join(f"(?:[{mark}][0-9]{{3}})+" for mark in ",.' \xa0\u202f’")
GROUPED = f"[+-]?[1-9][0-9]{{0,2}}(?:{_GROUPS})(?:[,.][0-9]+)?"
"""Numbers with thousands separators. They are not parsed: 1,234 may be 1234 or 1.234."""

TIDY = "[!-~]+(?: [!-~]+)*"
EXACT = 2.0**53
"""Below it float64 represents every integer."""


@dataclass(frozen=True, eq=False)
class Column:
    """A parsed column; all fields but the name have one entry per row."""

    name: str
    cells: "pd.Series[str]"
    numbers: NDArray[np.float64]
    """Infinite if too large, NaN if not a number."""
    missing: NDArray[np.bool_]

    @cached_property
    def filled(self) -> int:
        """Number of values that are not missing."""
        return int((~self.missing).sum())

    @cached_property
    def is_text(self) -> NDArray[np.bool_]:
        """Mask of values that are not numbers."""
        return np.isnan(self.numbers) & ~self.missing

    @cached_property
    def has_separators(self) -> bool:
        """Whether nearly all values are numbers, but some have thousands separators."""
        if not self.is_text.any():
            return False
        words = self.cells[self.is_text]
        count = int(words.str.fullmatch(GROUPED).sum())
        return count > 0 and nearly_all(self.filled - len(words) + count, self.filled)

    @cached_property
    def is_numeric(self) -> bool:
        """Whether nearly all values are numbers, and none has thousands separators."""
        return nearly_all(self.filled - int(self.is_text.sum()), self.filled) and not self.has_separators

    @cached_property
    def is_rounded(self) -> bool:
        """Whether an integer has more digits than float64 can represent."""
        large = self.cells[np.isfinite(self.numbers) & (abs(self.numbers) >= EXACT)]
        return bool(large.str.fullmatch("[+-]?[0-9]+").any())

    def row_errors(self) -> list[tuple[str, NDArray[np.bool_]]]:
        """Reasons why rows are unusable because of this column, each with a mask of the rows."""
        found = [("no value", self.missing)]
        if self.is_numeric:
            found += [("no number", self.is_text), ("too large a number", np.isinf(self.numbers))]
        return [(f"{reason} in column {quoted(self.name)}", rows) for reason, rows in found]

    def values(self, rows: NDArray[np.bool_]) -> "pd.Series[float] | pd.Series[str]":
        """Return the numbers, or cleaned texts, of these rows."""
        if self.is_numeric:
            return pd.Series(self.numbers[rows] + 0.0)  # no -0
        words = self.cells[rows].reset_index(drop=True)
        odd = ~words.str.fullmatch(TIDY)
        words[odd] = words[odd].map(clean).replace("", "?")
        return words


def to_columns(rows: Sequence[Sequence[str]]) -> "list[pd.Series[str]]":
    """Transpose rows of equally many cells to columns, and strip the cells."""
    columns = zip(*rows, strict=True)
    return [pd.Series(np.array(cells, dtype=object), dtype="str").str.strip() for cells in columns]


def parse_column(name: str, cells: "pd.Series[str]", decimal: str) -> Column:
    """Parse a column with that decimal mark."""
    plain = cells.str.fullmatch(NUMBER[decimal]).to_numpy(dtype=bool)
    pointed = cells[plain].str.replace(decimal, ".", regex=False)
    other = cells[~plain].str.lower()
    numbers, missing = np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool)
    numbers[plain] = pointed.astype("double[pyarrow]").to_numpy(dtype="float64")  # exact, and much faster
    numbers[~plain] = np.where(other.isin(INFINITE), np.inf, np.nan)
    missing[~plain] = other.isin(MISSING)
    return Column(name, cells, numbers, missing)


def decimal_mark(columns: "Sequence[pd.Series[str]]") -> str:
    """Detect the decimal mark: a comma if more cells are like 1,5 (but not like 1,234) than like 1.5."""
    commas = sum(int((~cells.str.fullmatch(GROUPED)).sum()) for cells in _with(",", columns))
    points = sum(len(cells) for cells in _with(".", columns)) if commas else 0
    return "," if commas > points else "."


def _with(mark: str, columns: "Sequence[pd.Series[str]]") -> "list[pd.Series[str]]":
    """Return the numbers with that mark, of each column that has some."""
    marked = [cells[cells.str.contains(mark, regex=False)] for cells in columns]
    return [cells[cells.str.fullmatch(NUMBER[mark])] for cells in marked if len(cells)]


def is_number(cell: str, decimal: str) -> bool:
    return re.fullmatch(NUMBER[decimal], cell.strip()) is not None


def nearly_all(count: int, total: int) -> bool:
    return total > 0 and 10 * count >= 9 * total
