"""Many networks and classifiers at once, beside the plain loop of torch, and beside plain layers."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from statistics import median

import torch
from torch import Tensor, nn

from tests.bench import PAIRS, in_turns, seconds, table
from trainers import Axis, Run, Sweep, sweep
from trainers.optimizers import Adam
from trainers.problems import MLP, LogisticRegression, Module, SoftmaxRegression
from trainers.problems.classifier import Classifier

NETWORK = Run(problem=MLP(), optimizer=Adam(lr=1e-3), epochs=100)
SOFTMAX = Run(problem=SoftmaxRegression(), optimizer=Adam(lr=1e-3), batch_size=64, epochs=5)


def binary(outputs: Tensor, target: Tensor) -> Tensor:
    return nn.functional.binary_cross_entropy_with_logits(outputs, target.to(outputs.dtype))


def as_module(run: Run) -> Run:
    """The same run with the network as a module of one's own."""
    rows = run.problem.data
    problem = Module(network(), binary, rows.inputs, rows.target)
    return replace(run, problem=problem, runner="autograd")


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1), nn.Flatten(0))


def softmax() -> nn.Module:
    return nn.Linear(64, 10)


def plain(run: Run, model: Callable[[], nn.Module], loss_fn: nn.Module) -> list[float]:
    """Train one model as one would; the losses at the beginning of each epoch, on all rows."""
    inputs, target = run.problem.data.to(torch.float32)
    target = target.float() if isinstance(loss_fn, nn.BCEWithLogitsLoss) else target
    trained, losses = model(), []
    optimizer = torch.optim.Adam(trained.parameters(), lr=run.optimizer.lr)
    for _ in range(run.epochs):
        if run.steps_per_epoch > 1:
            with torch.no_grad():
                losses.append(loss_fn(trained(inputs), target).item())
        for index in torch.randperm(len(target)).split(run.batch_size) if run.batch_size else [slice(None)]:
            loss = loss_fn(trained(inputs[index]), target[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if run.steps_per_epoch == 1:
                losses.append(loss.item())
    return losses


def ours(run: Run, runs: int) -> None:
    sweep(Sweep(run, {"lr": Axis(1e-4, 1e-1, runs, log=True)} if runs > 1 else {}))


def networks() -> None:
    """The cost per run and epoch by number of runs."""
    cases = [
        (
            "2-16-1 on two moons, 200 points, full batch; goal: 100 runs at most 1/8",
            NETWORK,
            network,
            nn.BCEWithLogitsLoss(),
            (1, 10, 100, 1000),
        ),
        (
            "The same as a Module; goal: 100 runs at most 1/4",
            as_module(NETWORK),
            network,
            nn.BCEWithLogitsLoss(),
            (1, 10, 100, 1000),
        ),
        (
            "Softmax on 1,797 digits, batches of 64; goal: 100 runs at most 1/4",
            SOFTMAX,
            softmax,
            nn.CrossEntropyLoss(),
            (1, 10, 100),
        ),
    ]
    for title, run, model, loss_fn, sizes in cases:
        rows = [["runs", "ours, a run and epoch", "plain loop", "ratio"]]
        for runs in sizes:
            asked = replace(run, epochs=max(run.epochs // (10 if runs > 100 else 1), 1))
            plain(asked, model, loss_fn)
            pairs = [
                (seconds(ours, asked, runs), seconds(plain, asked, model, loss_fn)) for _ in range(PAIRS)
            ]
            each = [(a / runs / (asked.epochs + 1), b / asked.epochs) for a, b in pairs]
            costs = [f"{1e6 * median(cost):,.1f} us" for cost in zip(*each, strict=True)]
            rows.append([f"{runs:,}", *costs, f"1/{median(b / a for a, b in each):.1f}"])
        table(f"{title}; median of {PAIRS} pairs", rows)


def by_layers(problem: LogisticRegression) -> Callable[[Tensor], object]:
    """As an MLP without a hidden layer: products of a batch of matrices, one for each run."""
    return partial(Classifier.loss_and_gradient, problem)


def linear_classifiers() -> None:
    """Loss and gradient of many runs: a product of two matrices each, beside layers."""
    problem = LogisticRegression()
    rows = [["runs", "two products", "layers", "ratio"]]
    for runs, dtype in product((1, 24, 240, 2400), (torch.float32, torch.float64)):
        params = torch.randn(3, runs, dtype=dtype)
        with torch.inference_mode():
            *times, share = in_turns((problem.loss_and_gradient, params), (by_layers(problem), params), 200)
        costs = [f"{1e6 * time:,.0f} us" for time in times]
        rows.append([f"{runs:,}, {str(dtype).removeprefix('torch.')}", *costs, f"1/{1 / share:.1f}"])
    table("Loss and gradient of logistic regression, median of 200 pairs; goal for float32: 1/2.7", rows)
