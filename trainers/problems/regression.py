"""Linear and polynomial regression, whose difficulty is their conditioning."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from trainers import datasets
from trainers.datasets.csv.dataset import CsvDataset
from trainers.datasets.dataset import Dataset, numbers, with_ones
from trainers.problems.least_squares import LeastSquares
from trainers.problems.supervised import CSV, make_generator
from trainers.settings import MAX_SEED, SettingError, choice, integer, real

MAX_SAMPLES = 10_000


@dataclass(frozen=True)
class LinearRegression(LeastSquares):
    """Linear regression on several features.

    The synthetic features are normal, each pair with the same correlation r, so the Hessian's eigenvalues
    are about 2 (1 - r), repeated, 2 for the bias, and 2 (1 + (features - 1) r).

    Source: C. Gauss 1809, "Theoria motus corporum coelestium".
    """

    summary: ClassVar[str] = "Least squares on correlated features."

    source: str = choice(
        "synthetic",
        ("synthetic", CSV),
        help="Synthetic data, or a CSV file of your own.",
        label="Data",
    )
    scaling: str = choice(
        "standardized",
        ("raw", "standardized"),
        help="None, or to mean 0 and standard deviation 1 over the training samples.",
        label="Input scaling",
    )
    samples: int = integer(100, 4, MAX_SAMPLES, scale="log", help="Number of samples.")
    features: int = integer(5, 1, 50, help="Number of features.")
    correlation: float = real(0.9, 0, 0.9999, help="Correlation between any two features.")
    noise: float = real(1, 0, 100, help="Standard deviation of the noise in the target.")
    data_seed: int = integer(0, 0, MAX_SEED, help="Seed of the synthetic data.")

    def synthetic(self) -> Dataset:
        """Return data with true weights 1, 2, ..., bias 1, and normal noise in the target."""
        generator = make_generator(self.data_seed)
        own = torch.randn(self.samples, self.features, generator=generator, dtype=torch.float64)
        shared, noise = torch.randn(2, self.samples, generator=generator, dtype=torch.float64)
        features = (1 - self.correlation) ** 0.5 * own + self.correlation**0.5 * shared[:, None]
        weights = torch.arange(1, self.features + 1, dtype=torch.float64)
        target = features @ weights + 1 + self.noise * noise
        return Dataset(features, target, tuple(f"feature {k + 1}" for k in range(self.features)), "target")

    datasets: ClassVar = {"synthetic": synthetic}

    def is_active(self, name: str) -> bool:
        return self.source == "synthetic" or name in ("source", "scaling")

    def scaled(self, rows: Dataset, training: Dataset) -> Dataset:
        return (rows.standardized(training) if self.scaling == "standardized" else rows).with_ones()


@dataclass(frozen=True)
class Polynomial(LeastSquares):
    """Polynomial regression on one input.

        prediction = w1 x + w2 x^2 + ... + b              x from -1 to 1 over the training samples

    The input is min-max scaled to that range. The higher the degree, the more correlated the powers, and the
    worse the conditioning.

    Source: W. Gautschi 1975, "Norm estimates for inverses of Vandermonde matrices", on the conditioning.
    """

    summary: ClassVar[str] = "Polynomial least squares; the higher the degree, the worse the conditioning."

    source: str = choice("sine", ("sine", "thermometer", CSV), help="Dataset.", label="Data")
    degree: int = integer(5, 1, 15, help="Degree of the polynomial.")
    samples: int = integer(40, 4, MAX_SAMPLES, scale="log", help="Number of samples.")
    noise: float = real(0.2, 0, 10, help="Standard deviation of the noise in the target.")
    data_seed: int = integer(0, 0, MAX_SEED, help="Seed of the synthetic data.")

    def sine(self) -> Dataset:
        generator = make_generator(self.data_seed)
        x = 2 * torch.rand(self.samples, generator=generator, dtype=torch.float64) - 1
        noise = torch.randn(self.samples, generator=generator, dtype=torch.float64)
        return Dataset(x[:, None], torch.sin(3 * x) + self.noise * noise, ("x",), "y")

    def thermometer(self) -> Dataset:
        table = numbers(datasets.thermometer()[["t_u", "t_c"]])
        return Dataset(table[:, :1], table[:, 1], ("t_u",), "t_c (°C)")

    datasets: ClassVar = {"sine": sine, "thermometer": thermometer}

    def is_active(self, name: str) -> bool:
        return self.source == "sine" or name in ("source", "degree")

    def check_compatible(self, csv: CsvDataset) -> None:
        super().check_compatible(csv)
        if len(csv.features) > 1:
            raise SettingError("csv", f"must have 1 feature for a polynomial, got {len(csv.features)}")

    def scaled(self, rows: Dataset, training: Dataset) -> Dataset:
        low, high = training.inputs.amin(0), training.inputs.amax(0)
        stretched = 2 * (rows.inputs - low) / (high - low).where(high > low, 1.0) - 1
        names = (f"{rows.features[0]} (min-max scaled)",)
        return replace(rows, inputs=self.design_matrix(stretched), features=names)

    def design_matrix(self, x: Tensor) -> Tensor:
        """Return the powers of x and a column of ones, `(rows, degree + 1)`."""
        powers = torch.arange(1, self.degree + 1, dtype=x.dtype)
        return with_ones(x.reshape(-1, 1) ** powers)
