"""Dataset of inputs and targets as tensors."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
import torch
from torch import Tensor

Index: TypeAlias = Tensor | slice
"""Row indices, or a slice."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets, one sample per row."""

    inputs: Tensor
    """`(rows, features)`, float64; for linear models followed by a column of ones."""
    target: Tensor
    """`(rows,)`: float64, or class indices in int64."""
    features: tuple[str, ...]
    target_name: str
    """The name of the target."""
    class_names: tuple[str, ...] = ()
    """Names of the classes, if the target is categorical."""
    image_size: tuple[int, int] | None = None
    """Rows and columns of samples that are images, whose features are pixels from 0 to 1."""

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, index: Index) -> "Dataset":
        return replace(self, inputs=self.inputs[index], target=self.target[index])

    @property
    def bytes(self) -> float:
        """Max. memory, with copies in both dtypes."""
        return 1.5 * (self.inputs.nbytes + self.target.nbytes)

    def to(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return inputs and targets in this dtype; class indices stay int64. Cached."""
        if dtype not in self._converted:
            self._converted[dtype] = self._convert(dtype)
        return self._converted[dtype]

    def _convert(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        with torch.inference_mode(False):  # as these are cached: `cacheable` is too slow for each batch
            return self.inputs.to(dtype), self.target if self.class_names else self.target.to(dtype)

    @cached_property
    def _converted(self) -> dict[torch.dtype, tuple[Tensor, Tensor]]:
        return {}

    def standardized(self, training: "Dataset") -> "Dataset":
        """Return the dataset with inputs of mean 0 and standard deviation 1 over the training samples.

        An input that is constant over these is only shifted, to 0.
        """
        fitted = training.inputs
        # Not by its standard deviation: the mean of equal numbers may be rounded, and that is then not 0.
        varies = fitted.amax(0) > fitted.amin(0)
        mean, std = fitted.mean(0).where(varies, fitted[0]), fitted.std(0, correction=0)
        inputs = (self.inputs - mean) / std.where(std > 0, 1.0).where(varies, 1.0)
        return replace(
            self,
            inputs=inputs,
            features=tuple(f"{name} (standardized)" for name in self.features),
            image_size=None,
        )

    def with_ones(self) -> "Dataset":
        """Return the dataset with a last column of ones, the feature of the bias."""
        return replace(self, inputs=with_ones(self.inputs))

    def frame(self) -> pd.DataFrame:
        """Return a table of the features and, last, the target; classes by name."""
        table = pd.DataFrame(self.inputs[:, : len(self.features)].numpy(), columns=list(self.features))
        numbers = self.target.tolist()
        table[self.target_name] = [self.class_names[k] for k in numbers] if self.class_names else numbers
        return table


def numbers(table: "pd.DataFrame | pd.Series", dtype: str = "float64") -> Tensor:
    """Copy a table or column to a tensor: torch takes no views with negative strides."""
    return torch.from_numpy(np.array(table.to_numpy(dtype)))


def with_ones(features: Tensor) -> Tensor:
    """Append a column of ones to features `(rows, n)`."""
    return torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
