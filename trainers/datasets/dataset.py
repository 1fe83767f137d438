"""The rows of data that a model is fitted to."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
import torch
from torch import Tensor

Index: TypeAlias = Tensor | slice
"""Which rows: their numbers, or a stretch."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets, one row an example."""

    inputs: Tensor
    """`(rows, features)`, float64; for linear models a column of ones follows."""
    target: Tensor
    """`(rows,)`: numbers in float64, or numbers of classes in int64."""
    features: tuple[str, ...]
    target_name: str
    """The name of the target."""
    class_names: tuple[str, ...] = ()
    """The names of the classes, if the target is one."""

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, index: Index) -> "Dataset":
        return replace(self, inputs=self.inputs[index], target=self.target[index])

    @property
    def bytes(self) -> float:
        """What they take at most, in both precisions."""
        return 1.5 * (self.inputs.nbytes + self.target.nbytes)

    def to(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Inputs and targets in this precision; the numbers of classes stay whole."""
        if dtype not in self._converted:
            self._converted[dtype] = self._convert(dtype)
        return self._converted[dtype]

    def _convert(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        with torch.inference_mode(False):  # as these are kept: see `kept`, which is too slow for each batch
            return self.inputs.to(dtype), self.target if self.class_names else self.target.to(dtype)

    @cached_property
    def _converted(self) -> dict[torch.dtype, tuple[Tensor, Tensor]]:
        return {}

    def standardized(self, training: "Dataset") -> "Dataset":
        """The same with inputs that have mean 0 and deviation 1 over the training rows.

        An input that is constant there becomes 0 there, and stays as it is but for that shift elsewhere.
        """
        known = training.inputs
        # By its values: the mean of equal numbers may be rounded, and their deviation then is not 0.
        varies = known.amax(0) > known.amin(0)
        center, spread = known.mean(0).where(varies, known[0]), known.std(0, correction=0)
        inputs = (self.inputs - center) / spread.where(spread > 0, 1.0).where(varies, 1.0)
        return replace(
            self, inputs=inputs, features=tuple(f"{name} (standardized)" for name in self.features)
        )

    def with_ones(self) -> "Dataset":
        """The same with a last column of ones, the feature of the bias."""
        return replace(self, inputs=with_ones(self.inputs))

    def frame(self) -> pd.DataFrame:
        """Inputs and target as a table: features, then the target, of classes their names."""
        table = pd.DataFrame(self.inputs[:, : len(self.features)].numpy(), columns=list(self.features))
        numbers = self.target.tolist()
        table[self.target_name] = [self.class_names[k] for k in numbers] if self.class_names else numbers
        return table


def numbers(table: "pd.DataFrame | pd.Series", dtype: str = "float64") -> Tensor:
    """The numbers of a table or column, copied: torch takes no view whose columns or rows run backwards."""
    return torch.from_numpy(np.array(table.to_numpy(dtype)))


def with_ones(features: Tensor) -> Tensor:
    """Features `(rows, n)` and a last column of ones."""
    return torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
