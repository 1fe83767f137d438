"""What a problem is: parameters in, loss out, with the gradient derived by hand beside it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import repeat
from typing import Any, ClassVar

import pandas as pd
import torch
from torch import Tensor

from trainers.settings import Settings


@dataclass(frozen=True)
class Problem(Settings):
    """A loss to minimise over `size` parameters.

    Parameters have shape `(n,)`, or `(n, runs)` with one run a column; a loss then has shape `()`
    or `(runs,)`. All is computed in the precision of the parameters.
    """

    names: ClassVar[tuple[str, ...]]
    """The parameters' names, for axes and tables."""

    window: ClassVar[tuple[tuple[float, float], tuple[float, float]] | None] = None
    """What to look at of the plane of two parameters, from and to, for each; None where it depends."""

    @property
    def num_params(self) -> int:
        """How many parameters there are."""
        return len(self.names)

    @property
    def minimum(self) -> float | None:
        """The smallest loss there is, where it is known exactly."""
        return None

    def key(self) -> tuple[Any, ...]:
        """What tells it from others, without any data."""
        return type(self), *(getattr(self, f.name) for f in fields(self) if f.compare)

    def gap(self, loss: Tensor) -> Tensor:
        """Losses minus the smallest there is, in float64; NaN where that is unknown."""
        return loss.double() - (math.nan if self.minimum is None else self.minimum)

    def above(self, loss: Tensor) -> Tensor:
        """The gap where the smallest loss is known, else the loss itself, in float64."""
        return loss.double() - (self.minimum or 0.0)

    def rounding(self, dtype: torch.dtype) -> float:
        """Gaps up to this are the rounding of a loss near the minimum, not the optimizer's work."""
        return 8 * torch.finfo(dtype).eps * abs(self.minimum or 0.0)

    @property
    def minimizers(self) -> tuple[tuple[float, ...], ...]:
        """The known minima, as parameters: all have the loss `minimum`, if there is one."""
        return ()

    @property
    def hessian(self) -> Tensor | None:
        """The second derivatives `(n, n)` in float64, where they are the same everywhere."""
        return None

    @property
    def num_samples(self) -> int:
        """How many rows of data the loss is a mean over; 0 for a loss without data."""
        return 0

    @property
    def cost(self) -> int:
        """About how many numbers one evaluation of the loss goes through."""
        return self.num_params

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes that the model tells apart; empty for other problems."""
        return ()

    @property
    def table(self) -> pd.DataFrame | None:
        """The data behind the loss: inputs as the model sees them, last column the target."""
        return None

    def subset(self, index: Tensor | slice) -> "Problem":
        """The same problem on some rows of its data."""
        raise NotImplementedError

    def fitted(self, training: Tensor | slice) -> "Problem":
        """The same problem on all rows of its data, with what is learnt of them learnt from these alone."""
        return self

    def batches(self) -> Iterator["Problem"]:
        """What each update looks at: all of it, over and over."""
        return repeat(self)

    def start(self, seed: int = 0) -> Tensor:
        """Where training begins, `(n,)` in float64: the customary start for seed 0, else a random one."""
        raise NotImplementedError

    def loss(self, params: Tensor) -> Tensor:
        """The loss of these parameters."""
        raise NotImplementedError

    def gradient(self, params: Tensor) -> Tensor:
        """The derivative of the loss by each parameter, in the shape of `params`."""
        raise NotImplementedError

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and gradient of many runs `(n, runs)` at once, where there is a faster way to both."""
        return self.loss(params), self.gradient(params)

    def predict(self, params: Tensor, x: Tensor) -> Tensor:
        """What the model with these parameters `(n,)` answers to inputs `(rows,)` or `(rows, inputs)`."""
        raise NotImplementedError

    def accuracy(self, params: Tensor) -> Tensor:
        """The share of rows whose class is found, in the shape of a loss."""
        raise NotImplementedError
