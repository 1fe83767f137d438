"""Base of all problems: a loss of parameters, with a hand-derived gradient."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import repeat
from typing import Any, ClassVar

import pandas as pd
import torch
from torch import Tensor

from trainers.problems import floor
from trainers.settings import Settings


@dataclass(frozen=True)
class Problem(Settings):
    """A loss to minimize over `num_params` parameters.

    Parameters have shape `(n,)`, or `(n, runs)` with one run per column; the loss then has shape `()` or
    `(runs,)`. All results have the dtype of the parameters, unless stated otherwise.
    """

    names: ClassVar[tuple[str, ...]]
    """Names of the parameters, for axes and tables."""

    window: ClassVar[tuple[tuple[float, float], tuple[float, float]] | None] = None
    """Default axis limits `((x0, x1), (y0, y1))` of two parameters; None if they depend on the runs."""

    by_hand: ClassVar[bool] = True
    """Whether `gradient` is derived by hand."""

    equal_scales: ClassVar[bool] = False
    """Whether two parameters have the same unit, so that a map gives them the same scale."""

    @property
    def num_params(self) -> int:
        """Number of parameters."""
        return len(self.names)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the matrices `(inputs, outputs)` and vectors that the parameters are, in order."""
        return ((self.num_params,),)

    def tensors(self, params: Tensor) -> list[Tensor]:
        """Return the matrices and vectors that parameters `(n,)` are, as views.

        A matrix `(inputs, outputs)` is the transposed view `(outputs, inputs)`, as in `torch.nn.Linear`.
        """
        parts = zip(params.split([math.prod(shape) for shape in self.shapes]), self.shapes, strict=True)
        return [part.view(shape).mT if len(shape) > 1 else part for part, shape in parts]

    @property
    def minimum(self) -> float | None:
        """The minimum loss, if it is known exactly."""
        return None

    def key(self) -> tuple[Any, ...]:
        """Hashable identity of the problem, without its data."""
        return type(self), *(getattr(self, f.name) for f in fields(self) if f.compare)

    def gap(self, loss: Tensor) -> Tensor:
        """Loss minus minimum loss, in float64; NaN if the minimum is unknown."""
        return loss.double() - (math.nan if self.minimum is None else self.minimum)

    def gap_or_loss(self, loss: Tensor) -> Tensor:
        """The gap if the minimum is known, else the loss, in float64."""
        return loss.double() - (self.minimum or 0.0)

    def rounding(self, dtype: torch.dtype) -> float:
        """Gap up to which a gap is rounding error, in this dtype; 0 if the minimum is unknown."""
        return floor.rounding(self, dtype)

    @property
    def minimizers(self) -> tuple[tuple[float, ...], ...]:
        """Known minimizers, as parameters; their loss is `minimum`, if that is known."""
        return ()

    @property
    def hessian(self) -> Tensor | None:
        """The Hessian `(n, n)`, float64, if it is constant."""
        return None

    @property
    def num_samples(self) -> int:
        """Number of samples that the loss is a mean over; 0 without data."""
        return 0

    @property
    def classes(self) -> Tensor | None:
        """The class index of each sample, int64, by which a split is stratified; None without classes."""
        return None

    @property
    def cost(self) -> int:
        """Approximate number of elements that one evaluation of the loss goes through."""
        return self.num_params

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes of a classification problem; empty for others."""
        return ()

    @property
    def table(self) -> pd.DataFrame | None:
        """The data: preprocessed inputs, and the target as last column; None without data."""
        return None

    def subset(self, index: Tensor | slice) -> "Problem":
        """Return the problem on some of its samples."""
        raise NotImplementedError

    def fit_preprocessing(self, training: Tensor | slice) -> "Problem":
        """Return the problem on all samples, with preprocessing fitted to the training samples only."""
        return self

    def batches(self) -> Iterator["Problem"]:
        """Yield the mini-batch of each update; here the full problem, endlessly."""
        return repeat(self)

    def start(self, seed: int = 0) -> Tensor:
        """Initial point `(n,)`, float64: the usual one for seed 0, else a random one."""
        raise NotImplementedError

    def loss(self, params: Tensor) -> Tensor:
        """Return the loss."""
        raise NotImplementedError

    def gradient(self, params: Tensor) -> Tensor:
        """Return the gradient of the loss, in the shape of `params`."""
        raise NotImplementedError

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return loss `(runs,)` and gradient `(n, runs)` for params `(n, runs)`, in one pass if possible."""
        return self.loss(params), self.gradient(params)

    def predict(self, params: Tensor, x: Tensor) -> Tensor:
        """Predict for inputs `(rows,)` or `(rows, features)`; of classes probabilities `(rows, classes)`."""
        raise NotImplementedError

    def accuracy(self, params: Tensor) -> Tensor:
        """Return the fraction of samples whose class is predicted correctly, in the shape of a loss."""
        raise NotImplementedError
