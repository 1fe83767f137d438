"""Dataset of inputs and targets as tensors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, TypeAlias

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from trainers.modes import lasting

Index: TypeAlias = Tensor | slice
"""Row indices, or a slice."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets, one sample per row.

    Grouped, they have a first dimension more: each group has as many samples, its own or in its own order.
    """

    inputs: Tensor
    """`(rows, features)`, float64; for least squares followed by a column of ones."""
    target: Tensor
    """`(rows,)`: float64, or class indices in int64."""
    features: tuple[str, ...]
    target_name: str
    """The name of the target."""
    class_names: tuple[str, ...] = ()
    """Names of the classes, if the target is categorical."""
    image_size: tuple[int, int] | None = None
    """Rows and columns of samples that are images, whose features are pixels from 0 to 1."""
    grouped: bool = False

    def __len__(self) -> int:
        return self.target.shape[1 if self.grouped else 0]

    def __getitem__(self, index: Index) -> Self:
        """Return some of the samples; grouped, those of a slice, or of an index `(groups, samples)`."""
        if not self.grouped:
            return self._on(lambda tensor: tensor[index])
        if isinstance(index, slice):
            return self._on(lambda tensor: tensor[:, index])
        groups = torch.arange(len(index))[:, None]
        return self._on(lambda tensor: tensor[groups, index])

    def in_groups(self, index: Tensor) -> Self:
        """Return the samples `index` `(groups, samples)` in groups."""
        return replace(self._on(lambda tensor: tensor[index]), grouped=True)

    def group(self, place: int) -> Self:
        """Return the samples of one group."""
        return replace(self._on(lambda tensor: tensor[place]), grouped=False)

    def stacked(self, others: "Sequence[Dataset]") -> Self:
        """Return this and other datasets as groups of one."""
        parts = [self, *others]
        inputs, target = (torch.stack([getattr(p, name) for p in parts]) for name in ("inputs", "target"))
        return replace(self, inputs=inputs, target=target, grouped=True)

    def _on(self, change: Callable[[Tensor], Tensor]) -> Self:
        return replace(self, inputs=change(self.inputs), target=change(self.target))

    @property
    def bytes(self) -> float:
        """Max. memory, with copies in both dtypes."""
        return 1.5 * (self.inputs.nbytes + self.target.nbytes)

    def to(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return inputs and targets in this dtype; class indices stay int64. Cached."""
        if dtype not in self._converted:
            self._converted[dtype] = self._convert(dtype)
        return self._converted[dtype]

    def cast(self, dtype: torch.dtype) -> Self:
        """Return the dataset with its numbers in this dtype."""
        inputs, target = self.to(dtype)
        return replace(self, inputs=inputs, target=target)

    def _convert(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        with lasting():  # as these are cached
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
    """Append a column of ones to features `(..., rows, n)`."""
    return torch.cat([features, torch.ones_like(features[..., :1])], dim=-1)
