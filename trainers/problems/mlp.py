"""Small multilayer perceptron."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.problems.classifier import SHAPES, Classifier, digits
from trainers.problems.supervised import CSV
from trainers.settings import choice, integer


@dataclass(frozen=True)
class MLP(Classifier):
    """One or two hidden layers, and a single logit for two classes, else one per class.

    Source: D. Rumelhart, G. Hinton and R. Williams 1986, "Learning representations by back-propagating
    errors"; ReLU: V. Nair and G. Hinton 2010, whose derivative at 0 is 0 here, as in torch.
    """

    summary: ClassVar[str] = "A small MLP classifier: nonlinear decision boundary, non-convex loss."
    datasets: ClassVar = Classifier.datasets | {"digits": digits}

    source: str = choice("moons", (*SHAPES, "digits", CSV), help="Dataset.", label="Data")
    depth: int = integer(1, 1, 2, help="Number of hidden layers.", label="Hidden layers")
    width: int = integer(16, 1, 64, help="Units in the first hidden layer.", label="Units, layer 1")
    width2: int = integer(16, 1, 64, help="Units in the second hidden layer.", label="Units, layer 2")
    activation: str = choice("tanh", ("tanh", "relu"), help="Activation function of the hidden layers.")

    def is_active(self, name: str) -> bool:
        return super().is_active(name) and (name != "width2" or self.depth == 2)

    @property
    def widths(self) -> tuple[int, ...]:
        classes = len(self.class_names)
        hidden = (self.width, self.width2)[: self.depth]
        return self.data.inputs.shape[-1], *hidden, 1 if classes == 2 else classes

    def activate(self, pre_activations: Tensor) -> Tensor:
        return torch.tanh(pre_activations) if self.activation == "tanh" else torch.relu(pre_activations)

    def activation_derivative(self, activations: Tensor) -> Tensor:
        return 1 - activations**2 if self.activation == "tanh" else (activations > 0).to(activations.dtype)
