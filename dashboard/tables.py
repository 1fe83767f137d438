"""State of the tab Data: the tables of a session, and the columns selected of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from trainers.datasets.csv.table import CsvTable, TableError, numeric, read_table
from trainers.problems import PROBLEMS, CsvDataset
from trainers.problems.compatible_models import models
from trainers.run import NO_TABLES

MAX_TABLES = 3
"""Number of tables kept per session, the latest."""
MAX_TEXT_LENGTH = 10_000_000
"""Maximum length of a pasted text in characters."""


@dataclass(frozen=True)
class Columns:
    """Selection of a table's columns and of a model; unset values follow from the table."""

    target: int | None = None
    left_out: frozenset[int] = frozenset()
    """Columns that are not features."""
    model: str = ""

    def target_of(self, table: CsvTable) -> int:
        """Return the position of the target: the last column by default."""
        last = len(table.frame.columns) - 1
        return last if self.target is None or not 0 <= self.target <= last else self.target

    def possible_features(self, table: CsvTable) -> list[int]:
        """Return the positions of the columns that can be features."""
        return [place for place in numeric(table) if place != self.target_of(table)]

    def features_of(self, table: CsvTable) -> list[int]:
        """Return the positions of the features."""
        return [place for place in self.possible_features(table) if place not in self.left_out]

    def dataset(self, table: CsvTable) -> CsvDataset | None:
        """Return the selected columns as data of a problem; None without features."""
        features = self.features_of(table)
        return CsvDataset.of(table, self.target_of(table), features) if features else None

    def model_of(self, csv: CsvDataset) -> str:
        """Return the selected model if it suits these columns, else the suggested one; "" if none does."""
        allowed = models(csv, PROBLEMS)
        return self.model if self.model in allowed else next(iter(allowed), "")

    def values(self, table: CsvTable) -> dict[str, Any]:
        """Return the value of each control by key."""
        csv = self.dataset(table)
        state = {"csv.target": self.target_of(table), "csv.features": self.features_of(table)}
        return state | ({"csv.model": self.model_of(csv)} if csv else {})

    def read(self, state: Mapping[str, Any], table: CsvTable) -> "Columns":
        """Return the selection of the controls; invalid values are ignored. Never raises."""
        columns, target = self, state.get("csv.target")
        if isinstance(state.get("csv.features"), list | tuple):
            allowed = frozenset(self.possible_features(table))
            selected = {place for place in state["csv.features"] if isinstance(place, int)}
            columns = replace(columns, left_out=(self.left_out - allowed) | (allowed - selected))
        if isinstance(target, int) and 0 <= target < len(table.frame.columns):
            columns = replace(columns, target=int(target))
        if isinstance(state.get("csv.model"), str):
            columns = replace(columns, model=state["csv.model"])
        return columns


@runtime_checkable
class Upload(Protocol):
    """An uploaded file, as Streamlit gives it."""

    name: str
    file_id: str

    def getvalue(self) -> bytes:
        """Return its content."""


@dataclass(frozen=True)
class DataTab:
    """The tables of a session, the displayed one, or the error of the last input."""

    tables: Mapping[str, CsvTable] = field(default_factory=lambda: NO_TABLES)
    """By digest, the latest last."""
    digest: str = ""
    text: str = ""
    """Pasted text."""
    file: str = ""
    """`file_id` of the last upload that was read."""
    error: str = ""
    """Why the last input is not a table; "" if it is."""
    choices: Mapping[str, Columns] = field(default_factory=lambda: MappingProxyType({}))
    """By digest."""

    @property
    def table(self) -> CsvTable | None:
        """The displayed table, None if there is none."""
        return None if self.error else self.tables.get(self.digest)

    @property
    def columns(self) -> Columns:
        """The selection of columns of the displayed table."""
        return self.choices.get(self.digest, Columns())

    def values(self) -> dict[str, Any]:
        """Return the value of each control by key."""
        return {"csv.text": self.text, **(self.columns.values(self.table) if self.table else {})}

    def read(self, state: Mapping[str, Any]) -> "DataTab":
        """Return the state after changes of controls: columns, text or file. Never raises."""
        tab, text, file = self, state.get("csv.text"), state.get("csv.file")
        columns = self.columns.read(state, self.table) if self.table else self.columns
        if columns != self.columns:
            tab = replace(tab, choices=MappingProxyType({**self.choices, self.digest: columns}))
        if isinstance(text, str) and text != self.text:
            tab = tab.with_text(text)
        return tab.with_file(file) if isinstance(file, Upload) and file.file_id != self.file else tab

    def with_text(self, text: str) -> "DataTab":
        """Return the state with a pasted text; an empty one keeps the last table."""
        if len(text) > MAX_TEXT_LENGTH:
            error = f"The text has {len(text):,} characters, more than {MAX_TEXT_LENGTH:,}."
            return replace(self, error=error)
        if not text.strip():
            return replace(self, text=text, error="")
        return replace(self.with_content(text.encode(errors="replace"), "pasted.csv"), text=text)

    def with_file(self, file: "Upload") -> "DataTab":
        """Return the state with an upload, which is read once."""
        return replace(self.with_content(file.getvalue(), file.name), file=file.file_id)

    def with_content(self, content: bytes, name: str) -> "DataTab":
        try:
            table = read_table(content, name)
        except TableError as error:
            return replace(self, error=str(error))
        others = {digest: other for digest, other in self.tables.items() if digest != table.digest}
        latest = dict(list((others | {table.digest: table}).items())[-MAX_TABLES:])
        return replace(self, tables=MappingProxyType(latest), digest=table.digest, error="")
