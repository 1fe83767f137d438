"""The thermometer of unknown unit: the model with which the lesson begins."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import pandas as pd
import torch
from torch import Tensor

import data
from trainers.knobs import choice
from trainers.problems.base import Problem

START = (1.0, 0.0)


@dataclass(frozen=True)
class Thermometer(Problem):
    """A line from the readings of an old thermometer, `t_u`, to degrees Celsius, `t_c`.

        prediction = w t_u + b
        loss = mean((prediction - t_c)^2)

    The start is the book's (1, 0) for seed 0; other seeds draw from a normal distribution around it.

    Source: E. Stevens, L. Antiga, T. Viehmann, "Deep Learning with PyTorch", chapter 5.
    """

    summary: ClassVar[str] = "A line through eleven readings of an old thermometer."
    names: ClassVar[tuple[str, ...]] = ("w", "b")

    scaling: str = choice(
        "x0.1",
        ("raw", "x0.1", "standardised"),
        help="The input as read, times 0.1 as in the book, or with mean 0 and deviation 1.",
    )

    def start(self, seed: int = 0) -> Tensor:
        start = torch.tensor(START, dtype=torch.float64)
        if seed == 0:
            return start
        generator = torch.Generator().manual_seed(seed)
        return start + torch.randn(2, generator=generator, dtype=torch.float64)

    def predict(self, params: Tensor, x: Tensor) -> Tensor:
        w, b = params
        return torch.as_tensor(w * x + b)

    def loss(self, params: Tensor) -> Tensor:
        t_u, t_c = readings(self.scaling, params.dtype, params.ndim)
        return (self.predict(params, t_u) - t_c).square().sum(0) / len(t_c)

    def gradient(self, params: Tensor) -> Tensor:
        t_u, t_c = readings(self.scaling, params.dtype, params.ndim)
        error = self.predict(params, t_u) - t_c
        return torch.stack([(error * t_u).sum(0), error.sum(0)]) * (2 / len(t_c))

    @property
    def minimum(self) -> float:
        return exact(self.scaling)[0]

    @property
    def minimizer(self) -> tuple[float, ...]:
        return exact(self.scaling)[1]

    @property
    def table(self) -> pd.DataFrame:
        t_u, t_c = readings(self.scaling, torch.float64, 1)
        return pd.DataFrame({f"t_u ({self.scaling})": t_u.numpy(), "t_c (°C)": t_c.numpy()})


@cache
def readings(scaling: str, dtype: torch.dtype, dimensions: int) -> tuple[Tensor, Tensor]:
    """Input and target, `(rows,)`, or `(rows, 1)` to stand beside parameters of two dimensions."""
    table = data.thermometer()
    t_u, t_c = table["t_u"], table["t_c"]
    if scaling == "x0.1":
        t_u = 0.1 * t_u
    elif scaling == "standardised":
        t_u = (t_u - t_u.mean()) / t_u.std(ddof=0)
    shape = (-1,) + (1,) * (dimensions - 1)
    columns = (torch.tensor(column.to_numpy()).to(dtype).reshape(shape) for column in (t_u, t_c))
    return next(columns), next(columns)


@cache
def exact(scaling: str) -> tuple[float, tuple[float, ...]]:
    """The smallest loss and where it is, by least squares in float64."""
    t_u, t_c = readings(scaling, torch.float64, 1)
    design = torch.stack([t_u, torch.ones_like(t_u)], dim=1)
    solution = torch.linalg.lstsq(design, t_c, driver="gelsd").solution
    residual = design @ solution - t_c
    return residual.square().mean().item(), tuple(solution.tolist())
