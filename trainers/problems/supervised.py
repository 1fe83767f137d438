"""Problems with data: a model, and how far its predictions are from the targets."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

import pandas as pd
import torch
from torch import Tensor

from trainers.caches import cache_by_size
from trainers.datasets.csv.dataset import CsvDataset
from trainers.datasets.dataset import Dataset, Index
from trainers.problems.base import Problem
from trainers.settings import SettingError

CSV = "csv"


@dataclass(frozen=True)
class Supervised(Problem):
    """A model fitted to rows of data: the loss is a mean over them.

    A subclass has either one data set, which `load_data` returns, or a setting `source` with the names of
    `datasets` and perhaps "csv", columns of the user's table, which `csv` then holds. `scaled` preprocesses.
    """

    datasets: ClassVar[Mapping[str, Callable[[Any], Dataset]]] = {}
    """Data sets by name; each function takes the problem and returns all rows."""
    is_classifier: ClassVar[bool] = False
    """Whether the target is a class."""

    csv: CsvDataset | None = field(default=None, kw_only=True)
    subset_data: Dataset | None = field(default=None, kw_only=True, repr=False)
    """Some rows in place of all; `rows` makes it."""

    def check(self) -> None:
        super().check()
        if getattr(self, "source", None) != CSV:
            object.__setattr__(self, "csv", None)
        else:
            if self.csv is None:
                raise SettingError("source", "csv needs an uploaded file: see the tab Data")
            try:
                self.check_compatible(self.csv)
            except SettingError as error:
                raise SettingError("source", f"csv can't be used: it {error.reason}") from None

    def key(self) -> tuple[Any, ...]:
        return tuple(part.key() if isinstance(part, CsvDataset) else part for part in super().key())

    def check_compatible(self, csv: CsvDataset) -> None:
        """Raise `SettingError` where the model can't be fitted to these columns."""
        csv.rows(self.is_classifier)

    def load_data(self) -> Dataset:
        """All rows, as they were read or made."""
        source: str = self.source  # type: ignore[attr-defined]
        if source != CSV:
            return self.datasets[source](self)
        assert self.csv is not None
        return self.csv.rows(self.is_classifier)

    def scaled(self, rows: Dataset, training: Dataset) -> Dataset:
        """Rows as the model sees them. What is learnt for that, such as a mean, is learnt from `training`.

        Both are as `load_data` returns them.
        """
        return rows

    @cached_property
    def data(self) -> Dataset:
        """The rows that the loss is a mean over."""
        return scaled_data(self) if self.subset_data is None else self.subset_data

    @property
    def num_samples(self) -> int:
        return len(self.data)

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.data.class_names

    @property
    def cost(self) -> int:
        return self.num_samples * self.data.inputs.shape[1]

    @property
    def table(self) -> pd.DataFrame:
        return self.data.frame()

    def subset(self, index: Index) -> Self:
        """The same problem on some rows of its data, scaled as they are."""
        return self._on(self.data[index])

    def fitted(self, training: Index) -> Self:
        """The same problem on all its rows, scaled as these of them say."""
        rows = raw_data(self)
        return self._on(self.scaled(rows, rows[training]))

    def _on(self, rows: Dataset) -> Self:
        other = copy(self)
        object.__setattr__(other, "subset_data", rows)
        return other


@cache_by_size
def raw_data(problem: Supervised) -> Dataset:
    """All rows of a problem, read or made once."""
    return problem.load_data()


@cache_by_size
def scaled_data(problem: Supervised) -> Dataset:
    """All rows of a problem as the model sees them if it trains on all."""
    rows = raw_data(problem)
    return problem.scaled(rows, rows)


def make_generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(size: int, seed: int) -> Tensor:
    """`(size,)`, float64: 0 for seed 0, else drawn from a normal distribution."""
    if seed == 0:
        return torch.zeros(size, dtype=torch.float64)
    return torch.randn(size, generator=make_generator(seed), dtype=torch.float64)
