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
from trainers.problems.least_squares import Reduced

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
        prediction: Tensor = w * x + b
        return prediction

    def error(self, params: Tensor) -> Tensor:
        """`w t_u + b - t_c` for all readings: the columns of the design are t_u and 1."""
        design, t_c = readings(self.scaling, params.dtype)
        return (design @ params).sub_(t_c if params.ndim == 1 else t_c[:, None])

    def loss(self, params: Tensor) -> Tensor:
        error = self.error(params)
        return error.square().sum(0) / len(error)

    def gradient(self, params: Tensor) -> Tensor:
        """The mean of `2 error t_u`, and of `2 error`."""
        design, t_c = readings(self.scaling, params.dtype)
        return design.T @ self.error(params) * (2 / len(t_c))

    def points(self, params: Tensor) -> tuple[Tensor, Tensor]:
        return reduced(self.scaling, params.dtype).point(params)

    @property
    def minimum(self) -> float:
        return exact(self.scaling)[0]

    @property
    def minima(self) -> tuple[tuple[float, ...], ...]:
        return (exact(self.scaling)[1],)

    @property
    def hessian(self) -> Tensor:
        design, t_c = readings(self.scaling, torch.float64)
        return design.T @ design * (2 / len(t_c))

    @property
    def table(self) -> pd.DataFrame:
        design, t_c = readings(self.scaling, torch.float64)
        return pd.DataFrame({f"t_u ({self.scaling})": design[:, 0].numpy(), "t_c (°C)": t_c.numpy()})


@cache
def readings(scaling: str, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The design matrix `(rows, 2)` and the target `(rows,)`."""
    table = data.thermometer()
    t_u, t_c = torch.tensor(table["t_u"].to_numpy()), torch.tensor(table["t_c"].to_numpy())
    if scaling == "x0.1":
        t_u = 0.1 * t_u
    elif scaling == "standardised":
        t_u = (t_u - t_u.mean()) / t_u.std(correction=0)
    return torch.stack([t_u, torch.ones_like(t_u)], dim=1).to(dtype), t_c.to(dtype)


@cache
def reduced(scaling: str, dtype: torch.dtype) -> Reduced:
    """The same readings for many runs at once."""
    return Reduced.of(*readings(scaling, torch.float64), dtype)


@cache
def exact(scaling: str) -> tuple[float, tuple[float, ...]]:
    """The smallest loss and where it is, by least squares in float64."""
    design, t_c = readings(scaling, torch.float64)
    solution = torch.linalg.lstsq(design, t_c, driver="gelsd").solution
    return (design @ solution - t_c).square().mean().item(), tuple(solution.tolist())
