"""Linear classifiers."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from trainers.datasets.csv.dataset import CsvDataset
from trainers.problems.classifier import SHAPES, Classifier, digits
from trainers.problems.supervised import CSV, random_start
from trainers.settings import SettingError, choice


@dataclass(frozen=True)
class LogisticRegression(Classifier):
    """Binary classification with a single logit, the log-odds of the second class. Seed 0 starts at 0.

    Source: D. Cox 1958, "The regression analysis of binary sequences".
    """

    summary: ClassVar[str] = "Linear binary classifier (sigmoid)."

    @property
    def widths(self) -> tuple[int, ...]:
        return self.data.inputs.shape[1], 1

    def check_compatible(self, csv: CsvDataset) -> None:
        super().check_compatible(csv)
        if len(csv.classes) != 2:
            raise SettingError("csv", f"must have 2 classes for logistic regression, got {len(csv.classes)}")

    def start(self, seed: int = 0) -> Tensor:
        return random_start(self.num_params, seed)


@dataclass(frozen=True)
class SoftmaxRegression(Classifier):
    """Multiclass classification with one linear logit per class. Seed 0 starts at 0.

    Source: J. Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
    """

    summary: ClassVar[str] = "Multinomial logistic regression: one logit per class, linear in the inputs."
    datasets: ClassVar = Classifier.datasets | {"digits": digits}

    source: str = choice("digits", ("digits", *SHAPES, CSV), help="Dataset.", label="Data")

    def start(self, seed: int = 0) -> Tensor:
        return 0.1 * random_start(self.num_params, seed)
