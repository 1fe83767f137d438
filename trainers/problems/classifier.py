"""Base of classifiers, linear or MLP, with hand-written backpropagation."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from trainers import datasets
from trainers.datasets.dataset import Dataset, numbers
from trainers.problems.supervised import CSV, Supervised, make_generator
from trainers.settings import choice, integer, real

SHAPES = {
    "moons": datasets.moons,
    "circles": datasets.circles,
    "spirals": datasets.spirals,
    "xor": datasets.xor,
}
Layer = tuple[Tensor, Tensor]
"""Weights `(runs, inputs, outputs)` and biases `(runs, 1, outputs)`."""


def shape(problem: "Classifier") -> Dataset:
    """Two-class points in the plane."""
    table = SHAPES[problem.source](problem.samples, problem.noise, problem.data_seed)
    inputs = numbers(table[["x", "y"]])
    return Dataset(inputs, numbers(table["class"], "int64"), ("x", "y"), "class", ("0", "1"))


def digits(problem: "Classifier") -> Dataset:
    """The 8x8 digits, with pixels from 0 to 1."""
    table = datasets.digits()
    inputs, target = numbers(table.iloc[:, :-1]) / 16.0, numbers(table["digit"], "int64")
    classes = tuple(map(str, range(10)))
    return Dataset(inputs, target, tuple(table.columns[:-1]), "digit", classes, image_size=(8, 8))


@dataclass(frozen=True)
class Classifier(Supervised):
    """Dense layers from the inputs to one logit per class, or to a single logit for two classes.

        a = activation(a weights + biases)                the last layer without activation
        loss = mean(-log softmax(logits)[class])          a single logit z: softmax(0, z)

    Parameters are the layers in order: weights `(inputs, outputs)` row by row, then biases.

    Source: D. Rumelhart, G. Hinton and R. Williams 1986, "Learning representations by back-propagating
    errors".
    """

    is_classifier: ClassVar[bool] = True
    by_group: ClassVar[bool] = True
    datasets: ClassVar = dict.fromkeys(SHAPES, shape)

    source: str = choice("moons", (*SHAPES, CSV), help="Dataset.", label="Data")
    samples: int = integer(200, 4, 10_000, scale="log", help="Number of samples.")
    noise: float = real(0.1, 0, 1, help="Standard deviation of the noise in the inputs.")
    data_seed: int = integer(0, 0, 2**31 - 1, help="Seed of the synthetic data.")

    def is_active(self, name: str) -> bool:
        return self.source in SHAPES or name not in ("samples", "noise", "data_seed")

    def scaled(self, rows: Dataset, training: Dataset) -> Dataset:
        return rows.standardized(training) if self.source == CSV else rows

    @property
    def widths(self) -> tuple[int, ...]:
        """Layer sizes: inputs, hidden units, logits."""
        return self.data.inputs.shape[-1], len(self.class_names)

    def activate(self, pre_activations: Tensor) -> Tensor:
        """Apply the activation function of the hidden layers."""
        raise NotImplementedError

    def activation_derivative(self, activations: Tensor) -> Tensor:
        """Return the derivative of the activation function, from its output."""
        raise NotImplementedError

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        names: list[str] = []
        for layer, (inputs, outputs) in enumerate(self.layer_shapes, start=1):
            names += [f"w{layer}.{i + 1}.{o + 1}" for i in range(inputs) for o in range(outputs)]
            names += [f"b{layer}.{o + 1}" for o in range(outputs)]
        return tuple(names)

    @property
    def layer_shapes(self) -> list[tuple[int, int]]:
        """`(inputs, outputs)` of each layer."""
        return list(zip(self.widths[:-1], self.widths[1:], strict=True))

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(shape for layer in self.layer_shapes for shape in (layer, layer[1:]))

    @property
    def num_params(self) -> int:
        return sum((inputs + 1) * outputs for inputs, outputs in self.layer_shapes)

    @property
    def cost(self) -> int:
        return self.num_samples * sum(self.widths)

    def start(self, seed: int = 0) -> Tensor:
        """Initialization of `torch.nn.Linear`: uniform within ±1 / sqrt(inputs), for each layer."""
        generator, layers = make_generator(seed), []
        for inputs, outputs in self.layer_shapes:
            uniform = torch.rand((inputs + 1) * outputs, generator=generator, dtype=torch.float64)
            layers.append((2 * uniform - 1) / inputs**0.5)
        return torch.cat(layers)

    def layers(self, params: Tensor) -> list[Layer]:
        """Split parameters `(n,)` or `(n, runs)` into layers."""
        flat, place, layers = params.reshape(len(params), -1).T.contiguous(), 0, []
        for inputs, outputs in self.layer_shapes:
            end = place + inputs * outputs
            weights = flat[:, place:end].reshape(-1, inputs, outputs)
            layers.append((weights, flat[:, None, end : end + outputs]))
            place = end + outputs
        return layers

    def samples_of(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return inputs and classes; of grouped data for each run, `(runs, rows, inputs)`, `(runs, rows)`."""
        inputs, target = self.data.to(params.dtype)
        if self.data.grouped:
            runs = params.shape[-1]
            return inputs.repeat_interleave(runs, 0), target.repeat_interleave(runs, 0)
        return inputs, target

    def forward(self, layers: list[Layer], inputs: Tensor) -> list[Tensor]:
        """Return the inputs, hidden activations and logits, each `(runs, rows, units)`."""
        activations = [inputs if inputs.ndim == 3 else inputs.expand(len(layers[0][0]), *inputs.shape)]
        for weights, biases in layers[:-1]:
            activations.append(self.activate(torch.baddbmm(biases, activations[-1], weights)))
        weights, biases = layers[-1]
        return [*activations, torch.baddbmm(biases, activations[-1], weights)]

    def backward(self, layers: list[Layer], activations: list[Tensor], grad_logits: Tensor) -> Tensor:
        """Return the gradient `(n, runs)`, given that by the logits, `(runs, rows, logits)`."""
        parts: list[Tensor] = []
        grad = grad_logits
        for place in reversed(range(len(layers))):
            parts = [(activations[place].mT @ grad).flatten(1), grad.sum(1), *parts]
            if place > 0:
                grad = (grad @ layers[place][0].mT) * self.activation_derivative(activations[place])
        return torch.cat(parts, dim=1).T.contiguous()

    def loss(self, params: Tensor) -> Tensor:
        inputs, target = self.samples_of(params)
        logits = self.forward(self.layers(params), inputs)[-1]
        return cross_entropy(logits, target).mean(1).reshape(params.shape[1:])

    def gradient(self, params: Tensor) -> Tensor:
        return self.loss_and_gradient(params)[1]

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        inputs, target = self.samples_of(params)
        layers = self.layers(params)
        activations = self.forward(layers, inputs)
        loss = cross_entropy(activations[-1], target).mean(1)
        grad_logits = cross_entropy_gradient(activations[-1], target) / len(self.data)
        gradient = self.backward(layers, activations, grad_logits)
        return loss.reshape(params.shape[1:]), gradient.reshape(params.shape)

    def predict(self, params: Tensor, x: Tensor) -> Tensor:
        """Return class probabilities `(rows, classes)`."""
        logits = self.forward(self.layers(params), x[:, None] if x.ndim == 1 else x)[-1][0]
        return torch.softmax(with_zero_logit(logits), dim=-1)

    def accuracy(self, params: Tensor) -> Tensor:
        inputs, target = self.data.to(params.dtype)
        logits = with_zero_logit(self.forward(self.layers(params), inputs)[-1])
        accuracy = (logits.argmax(-1) == target).to(params.dtype).mean(1)
        return accuracy.masked_fill(~logits.isfinite().all(-1).all(-1), torch.nan).reshape(params.shape[1:])


def cross_entropy(logits: Tensor, target: Tensor, dim: int = -1) -> Tensor:
    """Return `-log softmax(logits)[class]` along a dimension, which is left out.

    There it has one logit per class, or, in the last one, a single logit for two. The classes have the
    other dimensions, or are broadcast.
    """
    if logits.shape[dim] == 1:
        return -functional.logsigmoid(logits[..., 0] * (2 * target - 1))
    index = target.expand(logits.select(dim, 0).shape).unsqueeze(dim)
    return -logits.log_softmax(dim).gather(dim, index).squeeze(dim)


def cross_entropy_gradient(logits: Tensor, target: Tensor, dim: int = -1) -> Tensor:
    """Return the derivatives of `cross_entropy`: the probabilities, minus 1 for the true class."""
    if logits.shape[dim] == 1:
        signs = (1 - 2 * target)[..., None]
        return signs * torch.sigmoid(signs * logits)
    return torch.softmax(logits, dim) - functional.one_hot(target, logits.shape[dim]).movedim(-1, dim)


def with_zero_logit(logits: Tensor) -> Tensor:
    """Return one logit per class: (0, z) for a single logit z."""
    return torch.cat([torch.zeros_like(logits), logits], -1) if logits.shape[-1] == 1 else logits
