"""What the tab Data holds: the tables of a session, the one that is shown, and what was chosen of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from trainers.datasets.csv.table import CsvTable, TableError, numeric, read_table
from trainers.problems import PROBLEMS, CsvDataset
from trainers.problems.compatible_models import models
from trainers.run import NO_TABLES

MOST_TABLES = 3
"""So many tables of one session are kept, the latest."""
LONGEST_TEXT = 10_000_000
"""A longer text than a file may have bytes is not read."""


@dataclass(frozen=True)
class Columns:
    """What was chosen of a table. What nobody chose follows from the table."""

    target: int | None = None
    left_out: frozenset[int] = frozenset()
    """Columns that shall be no features."""
    model: str = ""

    def target_of(self, table: CsvTable) -> int:
        """The place of the target: the last column unless another was chosen."""
        last = len(table.frame.columns) - 1
        return last if self.target is None or not 0 <= self.target <= last else self.target

    def able(self, table: CsvTable) -> list[int]:
        """The places of the columns that can be features."""
        return [place for place in numeric(table) if place != self.target_of(table)]

    def features_of(self, table: CsvTable) -> list[int]:
        """The places of the features: all that can be but those left out."""
        return [place for place in self.able(table) if place not in self.left_out]

    def dataset(self, table: CsvTable) -> CsvDataset | None:
        """The chosen columns as data of a problem; None without features."""
        features = self.features_of(table)
        return CsvDataset.of(table, self.target_of(table), features) if features else None

    def model_of(self, csv: CsvDataset) -> str:
        """The chosen model if it can be fitted to these columns, else the one that suits best; or nothing."""
        able = models(csv, PROBLEMS)
        return self.model if self.model in able else next(iter(able), "")

    def values(self, table: CsvTable) -> dict[str, Any]:
        """The value of each control, by its key."""
        csv = self.dataset(table)
        found = {"csv.target": self.target_of(table), "csv.features": self.features_of(table)}
        return found | ({"csv.model": self.model_of(csv)} if csv else {})

    def read(self, found: Mapping[str, Any], table: CsvTable) -> "Columns":
        """The choice that the controls ask for; what can't be asked for stays as it is. Never raises."""
        columns, target = self, found.get("csv.target")
        if isinstance(found.get("csv.features"), list | tuple):
            able = frozenset(self.able(table))
            asked = {place for place in found["csv.features"] if isinstance(place, int)}
            columns = replace(columns, left_out=(self.left_out - able) | (able - asked))
        if isinstance(target, int) and 0 <= target < len(table.frame.columns):
            columns = replace(columns, target=int(target))
        if isinstance(found.get("csv.model"), str):
            columns = replace(columns, model=found["csv.model"])
        return columns


@runtime_checkable
class Upload(Protocol):
    """A file as the page gets it."""

    name: str
    file_id: str

    def getvalue(self) -> bytes:
        """Its content."""


@dataclass(frozen=True)
class DataTab:
    """The tables of a session, the one that is shown, or the trouble with what was given last."""

    tables: Mapping[str, CsvTable] = field(default_factory=lambda: NO_TABLES)
    """By digest, the latest last."""
    digest: str = ""
    text: str = ""
    """What was pasted."""
    file: str = ""
    """The `file_id` of the upload that was read last."""
    trouble: str = ""
    """Why what was given last is no table."""
    chosen: Mapping[str, Columns] = field(default_factory=lambda: MappingProxyType({}))
    """By digest."""

    @property
    def table(self) -> CsvTable | None:
        """The table that is shown."""
        return None if self.trouble else self.tables.get(self.digest)

    @property
    def columns(self) -> Columns:
        """What was chosen of the table that is shown."""
        return self.chosen.get(self.digest, Columns())

    def values(self) -> dict[str, Any]:
        """The value of each control, by its key."""
        return {"csv.text": self.text, **(self.columns.values(self.table) if self.table else {})}

    def read(self, found: Mapping[str, Any]) -> "DataTab":
        """What the controls ask for: other columns, or another text. Never raises."""
        tab, text, file = self, found.get("csv.text"), found.get("csv.file")
        columns = self.columns.read(found, self.table) if self.table else self.columns
        if columns != self.columns:
            tab = replace(tab, chosen=MappingProxyType({**self.chosen, self.digest: columns}))
        if isinstance(text, str) and text != self.text:
            tab = tab.with_text(text)
        return tab.with_file(file) if isinstance(file, Upload) and file.file_id != self.file else tab

    def with_text(self, text: str) -> "DataTab":
        """With a text that was pasted; an empty one leaves the last table."""
        if len(text) > LONGEST_TEXT:
            trouble = f"The text has {len(text):,} characters, more than {LONGEST_TEXT:,}."
            return replace(self, trouble=trouble)
        if not text.strip():
            return replace(self, text=text, trouble="")
        return replace(self.with_content(text.encode(errors="replace"), "pasted.csv"), text=text)

    def with_file(self, file: "Upload") -> "DataTab":
        """With an upload, which is read once."""
        return replace(self.with_content(file.getvalue(), file.name), file=file.file_id)

    def with_content(self, content: bytes, name: str) -> "DataTab":
        try:
            table = read_table(content, name)
        except TableError as error:
            return replace(self, trouble=str(error))
        kept = {digest: other for digest, other in self.tables.items() if digest != table.digest}
        latest = dict(list((kept | {table.digest: table}).items())[-MOST_TABLES:])
        return replace(self, tables=MappingProxyType(latest), digest=table.digest, trouble="")
