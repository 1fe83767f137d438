"""Base of supervised problems: a model, data, and a loss."""

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
    """A model fitted to samples, over which the loss is a mean.

    A subclass has either one dataset, which `load_data` returns, or a setting `source` with the names in
    `datasets` and, if supported, "csv": columns of the user's table, held by `csv`. `scaled` preprocesses.
    """

    datasets: ClassVar[Mapping[str, Callable[[Any], Dataset]]] = {}
    """Datasets by name; each function takes the problem and returns all samples."""
    is_classifier: ClassVar[bool] = False
    """Whether the target is a class."""

    by_group: ClassVar[bool] = False
    """Whether loss and gradient take params `(n, groups, runs)` on grouped data, one group for each."""

    csv: CsvDataset | None = field(default=None, kw_only=True)
    subset_data: Dataset | None = field(default=None, kw_only=True, repr=False)
    """Preprocessed data in place of the full dataset; set by `subset` and `fitted`."""

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
        """Raise `SettingError` if the model can't be fitted to these columns."""
        csv.to_dataset(self.is_classifier)

    def load_data(self) -> Dataset:
        """Return the full dataset, before preprocessing."""
        source: str = self.source  # type: ignore[attr-defined]
        if source != CSV:
            return self.datasets[source](self)
        assert self.csv is not None
        return self.csv.to_dataset(self.is_classifier)

    def scaled(self, rows: Dataset, training: Dataset) -> Dataset:
        """Return preprocessed data. Statistics such as means are those of `training`.

        Both arguments are unprocessed, as from `load_data`.
        """
        return rows

    @cached_property
    def data(self) -> Dataset:
        """The preprocessed data that the loss is a mean over."""
        return scaled_data(self) if self.subset_data is None else self.subset_data

    @property
    def bytes(self) -> float:
        """Max. memory of the data that it holds in place of the full dataset."""
        return self.subset_data.bytes if self.subset_data is not None else 0.0

    @property
    def num_samples(self) -> int:
        return len(self.data)

    @property
    def classes(self) -> Tensor | None:
        return self.data.target if self.data.class_names else None

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.data.class_names

    @property
    def cost(self) -> int:
        return self.num_samples * self.data.inputs.shape[1]

    @property
    def table(self) -> pd.DataFrame:
        return self.data.frame()

    @property
    def single_output(self) -> bool:
        """Whether a model that is no classifier predicts one number for a sample."""
        return True

    def fitted(self, params: Tensor, rows: Dataset) -> Tensor:
        """Return the predictions for some of its samples; of classes probabilities `(rows, classes)`."""
        return self.predict(params, rows.inputs)

    def subset(self, index: Index) -> Self:
        """Return the problem on some of its samples, preprocessed as they are."""
        return self.on(self.data[index])

    def in_groups(self, index: Tensor) -> Self:
        """Return the problem on the samples `index` `(groups, samples)`, grouped."""
        return self.on(self.data.in_groups(index))

    def group(self, place: int) -> Self:
        """Return the problem on one group of its samples."""
        return self.on(self.data.group(place))

    def fit_preprocessing(self, training: Index) -> Self:
        """Return the problem on all samples, with preprocessing fitted to the training samples."""
        rows = raw_data(self)
        return self.on(self.scaled(rows, rows[training]))

    def on(self, rows: Dataset) -> Self:
        """Return the problem on other samples, preprocessed as they are."""
        other = copy(self)
        object.__setattr__(other, "subset_data", rows)
        return other


@cache_by_size
def raw_data(problem: Supervised) -> Dataset:
    """The full dataset of a problem, before preprocessing. Cached."""
    return problem.load_data()


@cache_by_size
def scaled_data(problem: Supervised) -> Dataset:
    """The full dataset of a problem, with preprocessing fitted to all of it. Cached."""
    rows = raw_data(problem)
    return problem.scaled(rows, rows)


def make_generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_start(size: int, seed: int) -> Tensor:
    """`(size,)`, float64: zeros for seed 0, else standard normal."""
    if seed == 0:
        return torch.zeros(size, dtype=torch.float64)
    return torch.randn(size, generator=make_generator(seed), dtype=torch.float64)
