"""The thermometer of unknown unit, from the book."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from trainers import datasets
from trainers.datasets.dataset import Dataset, numbers
from trainers.problems.least_squares import LeastSquares
from trainers.problems.supervised import random_start
from trainers.settings import choice

START = (1.0, 0.0)
CAPTIONS = {"x0.1": "× 0.1"}


@dataclass(frozen=True)
class Thermometer(LeastSquares):
    """Linear regression of degrees Celsius, `t_c`, on the readings of an old thermometer, `t_u`.

        prediction = w t_u + b
        loss = mean((prediction - t_c)^2)

    The initial point is the book's (1, 0) for seed 0; other seeds add standard normal noise.

    Source: E. Stevens, L. Antiga, T. Viehmann, "Deep Learning with PyTorch", chapter 5.
    """

    summary: ClassVar[str] = "A line through eleven readings of an old thermometer."

    scaling: str = choice(
        "x0.1",
        ("raw", "x0.1", "standardized"),
        help="raw: as measured. × 0.1: divided by 10. standardized: mean 0 and standard deviation 1 over the "
        "training samples.",
        label="Input scaling",
        captions=CAPTIONS,
    )

    def start(self, seed: int = 0) -> Tensor:
        return torch.tensor(START, dtype=torch.float64) + random_start(2, seed)

    def load_data(self) -> Dataset:
        table = datasets.thermometer()
        return Dataset(numbers(table["t_u"])[:, None], numbers(table["t_c"]), ("t_u",), "t_c (°C)")

    def scaled(self, rows: Dataset, training: Dataset) -> Dataset:
        """The design matrix, with the columns t_u and 1, and the target t_c."""
        if self.scaling == "standardized":
            return rows.standardized(training).with_ones()
        inputs = 0.1 * rows.inputs if self.scaling == "x0.1" else rows.inputs
        return replace(
            rows, inputs=inputs, features=(f"t_u ({CAPTIONS.get(self.scaling, self.scaling)})",)
        ).with_ones()
