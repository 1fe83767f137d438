"""Linear classifiers."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from trainers.datasets.csv.dataset import CsvDataset
from trainers.datasets.dataset import with_ones
from trainers.modes import lasting
from trainers.problems.classifier import SHAPES, Classifier, cross_entropy, cross_entropy_gradient, digits
from trainers.problems.supervised import CSV, random_start
from trainers.settings import SettingError, choice

SOFTPLUS_THRESHOLD = 40  # beyond, log(1 + exp(x)) is x to the last digit


@dataclass(frozen=True)
class LinearClassifier(Classifier):
    """A single layer. Its weights and biases are one matrix, and so are those of all runs side by side.

        scores = design weights                           design: inputs, and a column of ones
        loss = mean(losses of the scores)
        gradient = design' derivatives of the losses / rows

    A score is a logit; in a subclass that gives the rows of the design a sign, a negative margin.
    """

    @property
    def bytes(self) -> float:
        return 2 * super().bytes  # with the design matrices

    @cached_property
    def _designs(self) -> dict[torch.dtype, Tensor]:
        return {}

    def design(self, dtype: torch.dtype) -> Tensor:
        """Return the design matrix `(rows, inputs + 1)`; grouped `(groups, rows, inputs + 1)`. Cached."""
        if dtype not in self._designs:
            with lasting():
                self._designs[dtype] = self.make_design(*self.data.to(dtype))
        return self._designs[dtype]

    def make_design(self, inputs: Tensor, target: Tensor) -> Tensor:
        """Return the design matrix for inputs `(..., rows, inputs)` and classes `(..., rows)`."""
        return with_ones(inputs)

    def losses(self, scores: Tensor) -> Tensor:
        """Return the losses `(..., rows, runs)` of scores `(..., rows, logits * runs)`."""
        raise NotImplementedError

    def derivatives(self, scores: Tensor) -> Tensor:
        """Return the derivatives of the losses with respect to the scores, in their shape."""
        raise NotImplementedError

    def scores(self, params: Tensor) -> Tensor:
        """Return the scores `(rows, logits * runs)`; grouped `(groups, rows, logits * runs)`."""
        if self.data.grouped:
            weights = params.unflatten(0, (-1, self.widths[1])).permute(2, 0, 1, 3).flatten(2)
        else:
            weights = params.reshape(self.widths[0] + 1, -1)
        scores: Tensor = self.design(params.dtype) @ weights
        return scores

    def loss(self, params: Tensor) -> Tensor:
        return self._loss(params, self.scores(params))

    def gradient(self, params: Tensor) -> Tensor:
        return self._gradient(params, self.scores(params))

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        scores = self.scores(params)
        return self._loss(params, scores), self._gradient(params, scores)

    def _loss(self, params: Tensor, scores: Tensor) -> Tensor:
        return self.losses(scores).mean(-2).reshape(params.shape[1:])

    def _gradient(self, params: Tensor, scores: Tensor) -> Tensor:
        gradient = self.design(params.dtype).mT @ self.derivatives(scores) / len(self.data)
        if self.data.grouped:
            gradient = gradient.unflatten(2, (self.widths[1], -1)).permute(1, 2, 0, 3)
        return gradient.reshape(params.shape)


@dataclass(frozen=True)
class LogisticRegression(LinearClassifier):
    """Binary classification with a single logit, the log-odds of the second class. Seed 0 starts at 0.

    A label y is 1 for the second class and -1 for the first. The design has rows -y (x, 1), so the scores
    are negative margins, the log-odds of the wrong class:

        loss = log(1 + exp(score))                        derivative: sigmoid(score)

    Source: D. Cox 1958, "The regression analysis of binary sequences".
    """

    summary: ClassVar[str] = "Linear binary classifier (sigmoid)."

    @property
    def widths(self) -> tuple[int, ...]:
        return self.data.inputs.shape[-1], 1

    def check_compatible(self, csv: CsvDataset) -> None:
        super().check_compatible(csv)
        if len(csv.classes) != 2:
            raise SettingError("csv", f"must have 2 classes for logistic regression, got {len(csv.classes)}")

    def make_design(self, inputs: Tensor, target: Tensor) -> Tensor:
        return with_ones(inputs) * (1 - 2 * target)[..., None]

    def losses(self, scores: Tensor) -> Tensor:
        return functional.softplus(scores, threshold=SOFTPLUS_THRESHOLD)

    def derivatives(self, scores: Tensor) -> Tensor:
        return torch.sigmoid(scores)

    def start(self, seed: int = 0) -> Tensor:
        return random_start(self.num_params, seed)


@dataclass(frozen=True)
class SoftmaxRegression(LinearClassifier):
    """Multiclass classification with one linear logit per class. Seed 0 starts at 0.

    Source: J. Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
    """

    summary: ClassVar[str] = "Multinomial logistic regression: one logit per class, linear in the inputs."
    datasets: ClassVar = Classifier.datasets | {"digits": digits}

    source: str = choice("digits", ("digits", *SHAPES, CSV), help="Dataset.", label="Data")

    def losses(self, scores: Tensor) -> Tensor:
        logits = scores.unflatten(-1, (self.widths[1], -1))
        return cross_entropy(logits, self.data.target[..., None], dim=-2)

    def derivatives(self, scores: Tensor) -> Tensor:
        logits = scores.unflatten(-1, (self.widths[1], -1))
        return cross_entropy_gradient(logits, self.data.target[..., None], dim=-2).flatten(-2)

    def start(self, seed: int = 0) -> Tensor:
        return 0.1 * random_start(self.num_params, seed)
