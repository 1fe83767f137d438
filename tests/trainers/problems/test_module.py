"""A module of the user's own as a problem."""

import math
import pickle
from copy import deepcopy
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from trainers import Axis, Race, Run, Sweep, race, sweep, train
from trainers.objective import Objective
from trainers.optimizers import LBFGS, SGD, Adafactor, Adam, Muon
from trainers.problems import MLP, Module
from trainers.reports import fit
from trainers.settings import SettingError

RUNNERS = ("autograd", "torch.optim")


def two_classes(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(outputs[:, 0], targets.to(outputs.dtype))


def same_as(mlp: MLP) -> Module:
    """The network that is written by hand, as a module with the same weights."""
    first, second = mlp.layer_shapes
    net = nn.Sequential(nn.Linear(*first), nn.Tanh(), nn.Linear(*second)).double()
    with torch.no_grad():
        for layer, (weights, biases) in zip(net[::2], mlp.layers(mlp.start()), strict=True):
            layer.weight.copy_(weights[0].T)
            layer.bias.copy_(biases[0, 0])
    rows = mlp.data
    loss = two_classes if second[1] == 1 else nn.CrossEntropyLoss()
    return Module(net, loss, rows.inputs, rows.target)


def reordered(module: Module, mlp: MLP, params: Tensor) -> Tensor:
    """Parameters `(n, ...)` of the network by hand in the order of the module."""
    numbers = torch.arange(mlp.num_params, dtype=torch.float64)
    layers = mlp.layers(numbers)
    order = torch.cat([part for w, b in layers for part in (w[0].T.flatten(), b.flatten())]).long()
    return params[order]


@pytest.mark.parametrize("mlp", [MLP(width=5), MLP(source="digits", width=4)], ids=lambda mlp: mlp.source)
def test_it_is_the_network_by_hand_with_the_same_weights(mlp: MLP) -> None:
    module = same_as(mlp)
    assert module.num_params == mlp.num_params == len(module.names)
    several = torch.stack([mlp.start(seed) for seed in range(3)], dim=1)
    ours = reordered(module, mlp, several)
    torch.testing.assert_close(ours[:, 0], module.start(), rtol=1e-12, atol=0)
    torch.testing.assert_close(module.loss(ours), mlp.loss(several), rtol=1e-12, atol=0)
    torch.testing.assert_close(module.loss(ours[:, 1]), mlp.loss(several[:, 1]), rtol=1e-12, atol=0)
    expected = reordered(module, mlp, mlp.gradient(several))
    for found in (module.gradient(ours), module.loss_and_gradient(ours)[1]):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-14)
    if module.class_names:
        torch.testing.assert_close(module.accuracy(ours), mlp.accuracy(several))
        torch.testing.assert_close(
            module.predict(ours[:, 0], mlp.data.inputs), mlp.predict(several[:, 0], mlp.data.inputs)
        )


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("more", [{}, {"batch_size": 400, "validation_split": 0.2}], ids=["full", "batches"])
def test_it_is_trained_as_the_network_by_hand(runner: str, more: dict[str, Any]) -> None:
    mlp = MLP(source="digits", width=3) if more else MLP(width=5, samples=100)
    run = Run(
        problem=mlp, optimizer=Adam(lr=0.03), runner=runner, epochs=5 if more else 40, dtype="float64", **more
    )
    expected, found = train(run), train(replace(run, problem=same_as(mlp)))
    torch.testing.assert_close(found.loss, expected.loss, rtol=1e-8, atol=0)
    swept = sweep(Sweep(replace(run, problem=same_as(mlp)), {"lr": Axis(0.01, 0.03, 2)}))
    if runner == "autograd":
        torch.testing.assert_close(swept.final_loss[1], expected.loss[-1], rtol=1e-8, atol=0)


def test_without_more_each_optimizer_of_torch_trains_the_module_itself() -> None:
    """Against a plain loop over the module."""
    torch.manual_seed(0)
    x = torch.randn(50, 1, 6, 6, dtype=torch.float64)
    y = torch.randint(3, (50,))
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 3)).double()
    problem, loss = Module(net, nn.CrossEntropyLoss(), x, y, name="conv"), nn.CrossEntropyLoss()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    for optimizer in (SGD(lr=0.1, momentum=0.9), Adam(lr=0.01), LBFGS(lr=0.5, max_iter=3), Adafactor()):
        history = train(
            Run(problem=problem, optimizer=optimizer, runner="torch.optim", epochs=6, dtype="float64")
        )
        assert all(torch.equal(net.state_dict()[name], value) for name, value in before.items())
        own = problem.trained(problem.start())
        stepper = optimizer.torch(*own.parameters())

        def closure(own: nn.Module = own, stepper: Any = stepper) -> Tensor:
            stepper.zero_grad()
            value = loss(own(x), y)
            value.backward()
            return value

        for _ in range(6):
            stepper.step(closure)
        final = torch.cat([each.detach().flatten() for each in own.parameters()])
        torch.testing.assert_close(history.params[-1], final, rtol=1e-9, atol=1e-12)
        trained = problem.trained(history.params[-1])
        torch.testing.assert_close(loss(trained(x), y), history.loss[-1], rtol=1e-10, atol=0)
    assert Muon().by_matrix
    matrices = [each.shape for each in problem.tensors(problem.start()) if each.ndim == 2]
    assert matrices == [(3, 48)]


class Attention(nn.Module):
    """A small transformer block for sequences."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.block(x).mean(1))
        return out


class Recurrent(nn.Module):
    """An LSTM, which `vmap` can't run."""

    def __init__(self) -> None:
        super().__init__()
        self.cells, self.head = nn.LSTM(8, 4, batch_first=True), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.cells(x)[0][:, -1])
        return out


def around(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 6), *layers, nn.Linear(6, 2))


@pytest.mark.parametrize(
    ("net", "shape", "together"),
    [
        (Attention(), (20, 5, 8), True),
        (Recurrent(), (20, 5, 8), False),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2)), (20, 1, 8, 8), True),
        (
            nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6, track_running_stats=False), nn.Linear(6, 2)),
            (20, 4),
            True,
        ),
        (nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.GELU(), nn.Linear(6, 2)), (20, 4), True),
        (nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.5).eval(), nn.Linear(6, 2)), (20, 4), True),
    ],
    ids=["transformer", "lstm", "convolution", "batch norm", "layer norm", "dropout in eval"],
)
@pytest.mark.filterwarnings("ignore:There is a performance drop")  # attention, of each run on its own
def test_modules_are_swept_and_raced(net: nn.Module, shape: tuple[int, ...], together: bool) -> None:
    x, y = torch.randn(shape, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 2
    problem = Module(net, nn.CrossEntropyLoss(), x, y)
    assert problem.model.vectorized == together
    run = Run(problem=problem, optimizer=Adam(), runner="autograd", epochs=5)
    swept = sweep(Sweep(run, {"lr": Axis(1e-2, 1e-1, 2)}, seeds=2))
    for row in range(4):
        alone = train(swept.run(row))
        torch.testing.assert_close(alone.loss[-1].double(), swept.final_loss[row], rtol=1e-3, atol=1e-5)
    result = race(Race(problem=problem, optimizers=(SGD(), Adam()), trials=3, seeds=2, epochs=4))
    assert len(result.race.sweeps) == 2


def a(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(2, 2), *layers)


class Counting(nn.Module):
    """A module that changes itself."""

    def __init__(self) -> None:
        super().__init__()
        self.line, self.calls = nn.Linear(2, 2), 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        out: Tensor = self.line(x) * self.calls
        return out


SPECTRAL = "net (changes its buffer '0.param|must give the same loss each time: .* changes itself)"
"""Which is seen first depends on how far its power iteration has converged."""
X, Y = torch.randn(2, 10, 2, generator=torch.Generator().manual_seed(0))
MSE = nn.MSELoss()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((a(nn.Dropout(0.3)), MSE, X, Y), "net has Dropout '1', which draws at random"),
        ((a(nn.RReLU()), MSE, X, Y), "net has RReLU '1', which draws at random"),
        ((a(nn.BatchNorm1d(2)), MSE, X, Y), "net has BatchNorm1d '1', which keeps statistics"),
        ((nn.Dropout(0.3), MSE, X, Y), "net must have a parameter that requires a gradient"),
        ((Counting(), MSE, X, Y), "net must give the same loss each time"),
        (
            (nn.Sequential(spectral_norm(nn.Linear(2, 2))), MSE, X, Y),
            SPECTRAL,
        ),
        ((a(), nn.MSELoss(reduction="sum"), X, Y), "loss must be a mean over the samples"),
        ((a(), nn.MSELoss(reduction="none"), X, Y), r"loss must return one number, .*got shape \(8, 2\)"),
        ((a(), MSE, X, Y[:9]), "targets must be as many as the inputs, 10, got 9"),
        ((a(), MSE, X[:0], Y[:0]), "inputs must be a tensor with a sample per row"),
        ((a(), MSE, X.numpy(), Y), "inputs must be a tensor with a sample per row"),
        ((a(nn.Linear(3, 1)), MSE, X, Y), "net can't be evaluated: RuntimeError"),
        ((nn.LazyLinear(2), MSE, X, Y), "net has 'weight' without a shape: call the net once before"),
        ((a(), lambda o, t: (o > t).float().mean(), X, Y), "loss must have a gradient by the parameters"),
        ((lambda x: x, MSE, X, Y), "net must be a torch.nn.Module"),
        ((a(), 3, X, Y), "loss must be a function of outputs and targets, got 3"),
    ],
)
def test_what_can_t_be_trained_is_refused_in_words(arguments: tuple[Any, ...], told: str) -> None:
    with pytest.raises(SettingError, match=told):
        Module(*arguments)


@pytest.mark.parametrize("name", ["", "a b", "a~b", "x" * 41, 3])
def test_a_name_is_part_of_a_link(name: Any) -> None:
    with pytest.raises(SettingError, match="name must be 1 to 40 letters"):
        Module(a(), MSE, X, Y, name=name)


def test_its_identity_is_what_it_holds() -> None:
    torch.manual_seed(1)
    net = a()
    problem, again = Module(net, MSE, X, Y), Module(net, MSE, X, Y)
    assert problem == again
    assert hash(problem) == hash(again)
    assert repr(problem) == repr(again)
    others = [Module(a(), MSE, X, Y), Module(net, nn.L1Loss(), X, Y), Module(net, MSE, X, Y + 1)]
    others += [Module(net, MSE, X, Y, name="b"), Module(nn.Sequential(*net, nn.ReLU()), MSE, X, Y)]
    assert all(problem != other for other in others)
    with torch.no_grad():
        net[0].bias += 1
    assert Module(net, MSE, X, Y) != problem


def scaled(factor: float) -> Any:
    return lambda outputs, targets: factor * functional.mse_loss(outputs, targets)


def frozen(net: nn.Module) -> nn.Module:
    net[0].bias.requires_grad_(False)
    return net


class Factor(nn.Linear):
    """A layer with an attribute that its repr does not show."""

    def __init__(self, factor: float) -> None:
        super().__init__(2, 2)
        nn.init.ones_(self.weight), nn.init.zeros_(self.bias)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * self.factor


def test_whatever_changes_the_loss_makes_another_problem() -> None:
    torch.manual_seed(1)
    net, classes = a(), torch.arange(10) % 2
    pairs = [
        (Module(net, scaled(1.0), X, Y), Module(net, scaled(2.0), X, Y)),
        (
            Module(net, lambda o, t: (o - t).abs().mean(), X, Y),
            Module(net, lambda o, t: (o - t).abs().mean() * 2, X, Y),
        ),
        (Module(net, nn.HuberLoss(delta=1.0), X, Y), Module(net, nn.HuberLoss(delta=2.0), X, Y)),
        (
            Module(net, nn.CrossEntropyLoss(), X, classes),
            Module(net, nn.CrossEntropyLoss(label_smoothing=0.5), X, classes),
        ),
        (Module(net, MSE, X, Y), Module(frozen(deepcopy(net)), MSE, X, Y)),
        (Module(Factor(1.0), MSE, X, Y), Module(Factor(2.0), MSE, X, Y)),
        (Module(net, MSE, X, Y), Module(net, MSE, X.double(), Y.double())),
    ]
    for one, other in pairs:
        assert one != other
        assert one == deepcopy(one)


def test_threads_may_use_it_at_the_same_time() -> None:
    problem = Module(a(nn.Tanh(), nn.Linear(2, 2)), MSE, X, Y)
    points = [problem.start(seed) for seed in range(3)]
    expected, wrong = [problem.loss(point) for point in points], []

    def ask(place: int) -> None:
        for _ in range(300):
            if not torch.equal(problem.loss(points[place]), expected[place]):
                wrong.append(place)
            if not torch.equal(problem.start(place), points[place]):
                wrong.append(place)

    threads = [Thread(target=ask, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    ("net", "loss"),
    [
        (nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2).eval()), MSE),
        (a(), nn.BCEWithLogitsLoss(pos_weight=torch.tensor(2.0))),
        (nn.Sequential(nn.Linear(2, 2), Factor(2.0)), MSE),
    ],
)
def test_numbers_without_dimensions_are_read(net: nn.Module, loss: Any) -> None:
    run = Run(problem=Module(net, loss, X, (Y > 0).float()), runner="torch.optim", epochs=3)
    assert train(run).finished


def test_ignored_targets_are_no_class() -> None:
    targets = torch.tensor([-100, 0, 1, 1, 0] * 2)
    problem = Module(a(), nn.CrossEntropyLoss(), X, targets)
    assert problem.class_names == ()
    assert train(Run(problem=problem, runner="autograd", epochs=3, validation_split=0.2)).finished


@pytest.mark.parametrize(
    ("net", "targets", "kind"),
    [
        (nn.Linear(2, 1), Y[:, :1], "predicted_actual"),
        (nn.Linear(2, 2), Y, None),
        (nn.Linear(2, 2), Y[:, 0], None),
        (nn.Linear(2, 2), torch.arange(10) % 2, "decision_boundary"),
    ],
)
def test_what_of_its_fit_can_be_drawn(net: nn.Module, targets: Tensor, kind: str | None) -> None:
    loss = (
        nn.CrossEntropyLoss()
        if targets.dtype == torch.int64
        else lambda o, t: (o.sum() - t.sum()) ** 2 / len(o) ** 2
    )
    problem = Module(net, loss, X, targets)
    assert fit.kind(problem) == kind
    if kind == "predicted_actual":
        drawn = fit.predicted_actual([train(Run(problem=problem, runner="autograd", epochs=2))], ["run"])
        assert len(drawn)


def test_seeds_reset_the_layers_and_nothing_else() -> None:
    problem = Module(a(nn.ReLU(), nn.Linear(2, 2)), MSE, X, Y)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second = problem.start(1), problem.start(2)
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(first, problem.start(1))
    assert not torch.equal(first, second)
    assert not torch.equal(first, problem.start())
    assert first.abs().max() <= 1 / math.sqrt(2)


def test_it_has_no_link_and_says_so() -> None:
    run = Run(problem=Module(a(), MSE, X, Y, name="mine"), runner="autograd")
    with pytest.raises(SettingError, match="has no link: the module mine exists in this program only"):
        run.to_query()
    with pytest.raises(SettingError, match="manual needs a gradient by hand; Module has none: use autograd"):
        Run(problem=run.problem)


def test_its_classes_are_split_evenly() -> None:
    x, y = torch.randn(40, 2), torch.tensor([0] * 30 + [1] * 10)
    task = Objective(problem=Module(a(), nn.CrossEntropyLoss(), x, y), validation_split=0.2)
    assert task.validation is not None
    assert task.validation.classes.tolist().count(1) == 2


def test_a_pickle_is_a_reference_and_a_copy_is_one_of_its_own() -> None:
    problem = Module(a(), MSE, X, Y)
    run = Run(problem=problem, runner="autograd")
    assert pickle.loads(pickle.dumps(run)) == run
    part = problem.subset(slice(4))
    assert (problem.num_samples, part.num_samples) == (10, 4)
    assert part != problem
    with pytest.raises(TypeError, match="a part of a module's samples"):
        pickle.dumps(part)
    elsewhere = pickle.dumps(problem).replace(problem.digest.encode(), b"0" * 12)
    with pytest.raises(LookupError, match="was pickled in another process"):
        pickle.loads(elsewhere)
