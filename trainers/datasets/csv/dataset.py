"""Columns of an uploaded table as the dataset of a problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from trainers.datasets.csv.table import CsvTable
from trainers.datasets.dataset import Dataset, numbers
from trainers.settings import SettingError
from trainers.words import format_value, safe_text

MAX_CLASSES = 20
MAX_ABS = 1e100
"""Max. absolute value: the squares of larger numbers may overflow."""
TABLES: WeakValueDictionary[str, CsvTable] = WeakValueDictionary()
"""Tables in use, by digest. A pickled dataset has no table and looks it up here."""


@dataclass(frozen=True)
class CsvDataset:
    """Target and feature columns of a table, by their indices from 0."""

    name: str
    digest: str
    target: int
    features: tuple[int, ...]
    table: CsvTable = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        # Datasets of the same file share one table, which lives as long as any of them.
        object.__setattr__(self, "table", TABLES.setdefault(self.digest, self.table))
        columns = self.table.frame.columns
        object.__setattr__(self, "features", tuple(self.features))
        for place in (self.target, *self.features):
            if not isinstance(place, int) or not 0 <= place < len(columns):
                reason = f"must name columns from 0 to {len(columns) - 1}, got {safe_text(place)}"
                raise SettingError("csv", reason)
        if not self.features or len(set(self.features)) < len(self.features):
            raise SettingError("csv", f"must have at least 1 feature, each once, got {len(self.features)}")
        if self.target in self.features:
            raise SettingError("csv", f"has column {self.target} both as target and as feature")
        not_numeric = [place for place in self.features if not self.is_numeric(place)]
        if not_numeric:
            raise SettingError("csv", f"has text in {self.label(not_numeric[0])}, which can't be a feature")

    @classmethod
    def of(cls, table: CsvTable, target: int, features: Sequence[int]) -> "CsvDataset":
        return cls(table.name, table.digest, target, tuple(features), table)

    def key(self) -> tuple[Any, ...]:
        """Hashable identity of these columns, without the table."""
        return self.name, self.digest, self.target, self.features

    def is_numeric(self, place: int) -> bool:
        return self.table.sizes[place] is not None

    def label(self, place: int) -> str:
        return f"column “{safe_text(str(self.table.frame.columns[place]))}”"

    @property
    def classes(self) -> tuple[Any, ...]:
        """Distinct values of the target, sorted."""
        return tuple(sorted(self.table.frame.iloc[:, self.target].unique().tolist()))

    def to_dataset(self, classify: bool) -> Dataset:
        """Return inputs and target; raises `SettingError` if the columns are unsuitable."""
        if self.too_large(classify):
            raise SettingError("csv", self.too_large(classify))
        frame = self.table.frame
        inputs = numbers(frame.iloc[:, list(self.features)])
        features = tuple(map(str, frame.columns[list(self.features)]))
        column, target_name = frame.iloc[:, self.target], str(frame.columns[self.target])
        if not classify:
            if not self.is_numeric(self.target):
                raise SettingError(
                    "csv",
                    f"has text in {self.label(self.target)}, which can only be a class target",
                )
            return Dataset(inputs, numbers(column), features, target_name)
        classes = self.classes
        if not 2 <= len(classes) <= MAX_CLASSES:
            raise SettingError("csv", f"must have 2 to {MAX_CLASSES} classes, got {len(classes)}")
        places = numbers(column.map({value: k for k, value in enumerate(classes)}), "int64")
        return Dataset(inputs, places, features, target_name, tuple(map(format_value, classes)))

    def too_large(self, classify: bool) -> str:
        """Describe the first column with numbers above `MAX_ABS`; "" if there is none."""
        bounds = f"must have numbers from -{format_value(MAX_ABS)} to {format_value(MAX_ABS)}"
        for place in self.features if classify else (*self.features, self.target):
            largest = self.table.sizes[place] or 0.0
            if largest > MAX_ABS:
                return f"{bounds} in {self.label(place)}, got one of size {format_value(largest)}"
        return ""

    def write(self) -> str:
        """Format for a link."""
        return "~".join([self.name, self.digest, str(self.target), ".".join(map(str, self.features))])

    @classmethod
    def read(cls, text: str, tables: Mapping[str, CsvTable]) -> "CsvDataset":
        """Parse the output of `write`; raises `SettingError` if its table is not among `tables`."""
        try:
            name, digest, target, features = text.split("~")
            places = int(target), tuple(map(int, features.split(".")))
        except ValueError:
            raise SettingError("csv", f"can't be read from {safe_text(text)}") from None
        if digest not in tables:
            raise SettingError("csv", f"needs the file {safe_text(name)} with digest {safe_text(digest)}")
        return cls.of(tables[digest], *places)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.name, self.digest, self.target, self.features)


def _restore(name: str, digest: str, target: int, features: tuple[int, ...]) -> CsvDataset:
    return CsvDataset(name, digest, target, features, TABLES[digest])
