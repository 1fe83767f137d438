"""Models that tell classes apart, beside torch.nn."""

from itertools import product

import pytest
import torch
from torch import Tensor, nn

from trainers import Run, train
from trainers.optimizers import Adam
from trainers.problems import MLP, LogisticRegression, SoftmaxRegression
from trainers.problems.classifier import Classifier, cross_entropy

MODELS = [
    LogisticRegression(),
    SoftmaxRegression(),
    SoftmaxRegression(source="circles"),
    MLP(),
    MLP(depth=2, activation="relu", width=7, width2=5),
    MLP(source="digits", width=12),
]


def twin(problem: Classifier, params: Tensor) -> nn.Sequential:
    """The same model in torch.nn, with these parameters."""
    layers: list[nn.Module] = []
    for weights, biases in problem.layers(params):
        layer = nn.Linear(*weights.shape[1:], dtype=params.dtype)
        layer.weight.data.copy_(weights[0].T)
        layer.bias.data.copy_(biases[0, 0])
        layers += [layer, nn.ReLU() if getattr(problem, "activation", "") == "relu" else nn.Tanh()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("problem", MODELS, ids=repr)
def test_loss_gradient_and_accuracy_are_those_of_torch_nn(problem: Classifier) -> None:
    params = torch.randn(problem.num_params, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    model, (inputs, target) = twin(problem, params), problem.data.to(torch.float64)
    logits = model(inputs)
    if logits.shape[1] == 1:
        loss = nn.BCEWithLogitsLoss()(logits[:, 0], target.double())
        found = (logits[:, 0] > 0).long()
    else:
        loss, found = nn.CrossEntropyLoss()(logits, target), logits.argmax(1)
    loss.backward()
    parts = [
        part
        for layer in model
        if isinstance(layer, nn.Linear)
        for part in (layer.weight.grad.T, layer.bias.grad)
    ]
    gradient = torch.cat([part.flatten() for part in parts])
    torch.testing.assert_close(problem.loss(params), loss.detach())
    torch.testing.assert_close(problem.gradient(params), gradient)
    torch.testing.assert_close(problem.accuracy(params), (found == target).double().mean())
    shares = problem.predict(params, inputs)
    torch.testing.assert_close(shares.sum(1), torch.ones(len(target), dtype=torch.float64))
    assert torch.equal(shares.argmax(1), found)


@pytest.mark.parametrize(
    "problem", [LogisticRegression(), MLP(), MLP(source="xor", activation="relu")], ids=repr
)
def test_the_gradient_of_a_single_logit_is_exact_where_the_model_is_certain(problem: Classifier) -> None:
    """In float32, 1 minus a probability that is rounded to 1 would be 0."""
    tiny = 0
    for sample, scale in product(range(0, 200, 9), (1, 10, 30, 100)):
        params = (scale * problem.start(2)).requires_grad_()
        one = problem.subset(torch.tensor([sample]))
        (exact,) = torch.autograd.grad(one.loss(params), params)
        size = float(exact.abs().max())
        if size < 1e-30:  # near the least number of float32
            continue
        by_hand = one.gradient(params.detach().float()).double()
        torch.testing.assert_close(by_hand / size, exact / size, rtol=0, atol=1e-3)
        tiny += size < 1e-6 and bool(one.data.target)
    assert tiny >= 3


@pytest.mark.parametrize("dim", [-1, 1])
def test_the_error_of_a_loss_near_0_does_not_grow_with_the_logits(dim: int) -> None:
    """In float32, the difference of two numbers near 1000 is a multiple of 6e-5."""
    logits = torch.tensor([[1000.0, 990.0, 0.0], [-2000.0, -300.0, -312.0]])
    exact = torch.tensor([10.0, 12.0], dtype=torch.float64).neg().exp().log1p()
    found = cross_entropy(logits.reshape(2, 3, 1).movedim(1, dim), torch.tensor([[0], [1]]), dim)
    torch.testing.assert_close(found[:, 0].double(), exact, rtol=0, atol=torch.finfo(torch.float32).eps)


def test_names_stand_for_the_parameters_in_their_order() -> None:
    problem = MLP(depth=2, width=3, width2=2)
    assert len(problem.names) == problem.num_params == 3 * 3 + 4 * 2 + 3
    assert problem.names[:4] == ("w1.1.1", "w1.1.2", "w1.1.3", "w1.2.1")
    assert problem.names[6:9] == ("b1.1", "b1.2", "b1.3")
    assert problem.names[-3:] == ("w3.1.1", "w3.2.1", "b3.1")


def test_starts_are_seeded_and_as_wide_as_those_of_torch() -> None:
    problem = MLP(source="digits", width=64)
    start = problem.start(0)
    assert torch.equal(start, problem.start(0))
    assert not torch.equal(start, problem.start(1))
    first = start[: 65 * 64]
    assert 0.95 / 8 < first.abs().max() <= 1 / 8
    assert abs(first.mean()) < 0.01


@pytest.mark.slow
def test_what_each_can_and_can_not_tell_apart() -> None:
    def accuracy(problem: Classifier, lr: float = 0.03, epochs: int = 400) -> float:
        history = train(Run(problem=problem, optimizer=Adam(lr=lr), epochs=epochs))
        assert history.accuracy is not None
        return float(history.accuracy[-1])

    assert 0.8 < accuracy(LogisticRegression()) < 0.95  # a straight line between two moons
    assert accuracy(LogisticRegression(source="xor")) < 0.75
    assert accuracy(LogisticRegression(source="circles")) < 0.75
    assert accuracy(MLP(source="xor", noise=0.05)) > 0.97
    assert accuracy(MLP(source="circles")) > 0.97
    assert accuracy(MLP(source="moons")) > 0.97
    assert accuracy(MLP(source="spirals", noise=0.03, depth=2), epochs=800) > 0.95
    assert accuracy(SoftmaxRegression(), epochs=100) > 0.95


def test_parameters_that_are_not_finite_find_no_class() -> None:
    problem = MLP()
    params = torch.full((problem.num_params, 2), torch.nan)
    params[:, 1] = problem.start().float()
    found = problem.accuracy(params)
    assert found[0].isnan()
    assert 0 <= found[1] <= 1
