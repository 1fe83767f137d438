"""Linear classifiers."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from trainers.datasets.csv.dataset import CsvDataset
from trainers.problems.classifier import SHAPES, Classifier, digits
from trainers.problems.supervised import CSV, random_start
from trainers.settings import SettingError, choice

EXACT = 40  # beyond, log(1 + exp(x)) is x to the last digit


@dataclass(frozen=True)
class LinearClassifier(Classifier):
    """A single layer: the logits of all runs are one product, `(rows, inputs)` by `(inputs, logits runs)`."""

    def logits(self, params: Tensor) -> Tensor:
        """Return the logits `(rows, logits, runs)`; grouped `(groups, rows, logits, runs)`."""
        inputs, _ = self.data.to(params.dtype)
        features, outputs = self.widths
        weights = params[: features * outputs].reshape(features, outputs, *params.shape[1:-1], -1)
        biases = params[features * outputs :].reshape(outputs, *params.shape[1:-1], -1)
        if self.data.grouped:
            weights, biases = weights.permute(2, 0, 1, 3), biases.transpose(0, 1)[:, None]
        products = inputs @ weights.flatten(-2)
        logits: Tensor = products.unflatten(-1, weights.shape[-2:])
        return logits.add_(biases)

    def loss(self, params: Tensor) -> Tensor:
        return self._loss(self.logits(params)).reshape(params.shape[1:])

    def _loss(self, logits: Tensor) -> Tensor:
        target = self.data.target
        if self.widths[1] == 1:
            signs = (1 - 2 * target)[..., None]
            return functional.softplus(logits[..., 0, :] * signs, threshold=EXACT).mean(-2)
        index = target[..., None, None].expand(*target.shape, 1, logits.shape[-1])
        return (logits.logsumexp(-2) - logits.gather(-2, index)[..., 0, :]).mean(-2)

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.logits(params)
        return self._loss(logits).reshape(params.shape[1:]), self._gradient(params, logits)

    def gradient(self, params: Tensor) -> Tensor:
        return self._gradient(params, self.logits(params))

    def _gradient(self, params: Tensor, logits: Tensor) -> Tensor:
        inputs, target = self.data.to(params.dtype)[0], self.data.target
        if self.widths[1] == 1:
            grad_logits = torch.sigmoid(logits) - target[..., None, None]
        else:
            grad_logits = torch.softmax(logits, -2) - functional.one_hot(target, self.widths[1])[..., None]
        weights = (inputs.mT @ grad_logits.flatten(-2)).unflatten(-1, grad_logits.shape[-2:]).flatten(-3, -2)
        gradient = torch.cat([weights, grad_logits.sum(-3)], dim=-2)
        gradient = gradient.transpose(0, 1) if self.data.grouped else gradient
        return gradient.reshape(params.shape) / len(self.data)


@dataclass(frozen=True)
class LogisticRegression(LinearClassifier):
    """Binary classification with a single logit, the log-odds of the second class. Seed 0 starts at 0.

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

    def start(self, seed: int = 0) -> Tensor:
        return 0.1 * random_start(self.num_params, seed)
