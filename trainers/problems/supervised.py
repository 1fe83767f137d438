"""Problems with data: a model, and how far its predictions are from the targets."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

import pandas as pd
import torch
from torch import Tensor

from trainers.caches import kept_within_bounds
from trainers.datasets.csv.dataset import Own
from trainers.datasets.dataset import Index, Rows
from trainers.problems.base import Problem
from trainers.settings import SettingError

OWN = "own"


@dataclass(frozen=True)
class Supervised(Problem):
    """A model fitted to rows of data: the loss is a mean over them.

    A subclass has either one data set, which `read` returns, or a setting `source` with the names of `makers`
    and perhaps "own", the user's table, which `own` then holds. What it makes of the inputs is in `scaled`.
    """

    makers: ClassVar[Mapping[str, Callable[[Any], Rows]]] = {}
    """Data sets by name; each function takes the problem and returns all rows."""
    classifies: ClassVar[bool] = False
    """Whether the target is a class."""

    own: Own | None = field(default=None, kw_only=True)
    part: Rows | None = field(default=None, kw_only=True, repr=False)
    """Some rows in place of all; `rows` makes it."""

    def check(self) -> None:
        super().check()
        if getattr(self, "source", None) != OWN:
            object.__setattr__(self, "own", None)
        else:
            if self.own is None:
                raise SettingError("source", "own needs a table of yours, from the tab Data")
            try:
                self.suits(self.own)
            except SettingError as error:
                raise SettingError("source", f"own can't be used: it {error.reason}") from None

    def key(self) -> tuple[Any, ...]:
        return tuple(part.key() if isinstance(part, Own) else part for part in super().key())

    def suits(self, own: Own) -> None:
        """Raise `SettingError` where the model can't be fitted to these columns."""
        own.rows(self.classifies)

    def read(self) -> Rows:
        """All rows, as they were read or made."""
        source: str = self.source  # type: ignore[attr-defined]
        if source != OWN:
            return self.makers[source](self)
        assert self.own is not None
        return self.own.rows(self.classifies)

    def scaled(self, rows: Rows, training: Rows) -> Rows:
        """Rows as the model sees them. What is learnt for that, such as a mean, is learnt from `training`.

        Both are as `read` returns them.
        """
        return rows

    @cached_property
    def data(self) -> Rows:
        """The rows that the loss is a mean over."""
        return prepared(self) if self.part is None else self.part

    @property
    def count(self) -> int:
        return len(self.data)

    @property
    def labels(self) -> tuple[str, ...]:
        return self.data.labels

    @property
    def load(self) -> int:
        return self.count * self.data.inputs.shape[1]

    @property
    def table(self) -> pd.DataFrame:
        return self.data.frame()

    def rows(self, index: Index) -> Self:
        """The same problem on some rows of its data, scaled as they are."""
        return self._on(self.data[index])

    def fitted(self, training: Index) -> Self:
        """The same problem on all its rows, scaled as these of them say."""
        rows = as_read(self)
        return self._on(self.scaled(rows, rows[training]))

    def _on(self, rows: Rows) -> Self:
        other = copy(self)
        object.__setattr__(other, "part", rows)
        return other


@kept_within_bounds
def as_read(problem: Supervised) -> Rows:
    """All rows of a problem, read or made once."""
    return problem.read()


@kept_within_bounds
def prepared(problem: Supervised) -> Rows:
    """All rows of a problem as the model sees them if it trains on all."""
    rows = as_read(problem)
    return problem.scaled(rows, rows)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(size: int, seed: int) -> Tensor:
    """`(size,)`, float64: 0 for seed 0, else drawn from a normal distribution."""
    if seed == 0:
        return torch.zeros(size, dtype=torch.float64)
    return torch.randn(size, generator=seeded(seed), dtype=torch.float64)
