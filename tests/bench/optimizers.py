"""Every optimizer: a run with `torch.optim` beside its plain loop, and 10,000 runs by hand at once."""

from statistics import median
from typing import Any

import torch
from torch import Tensor

from tests.bench import seconds, table
from tests.bench.loops import T_C, T_U, loss_fn, model
from trainers import Axis, Run, Sweep, sweep, train
from trainers.optimizers import OPTIMIZERS, Optimizer

PAIRS, EPOCHS, LR = 5, 500, 1e-3
RUNS, SWEPT_EPOCHS = 10_000, 200


def plain(run: Run) -> list[float]:
    """Train as one would, with a closure for an optimizer that needs one."""
    params, losses, course = run.initial().requires_grad_(), [], []
    optimizer: Any = run.optimizer.torch(params)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = loss_fn(model(T_U, *params), T_C)
        loss.backward()
        return loss

    for _ in range(run.epochs):
        course.append(params.detach().clone())
        if run.optimizer.needs_closure:
            loss = optimizer.step(closure)
        else:
            loss = closure()
            optimizer.step()
        losses.append(loss.item())
    return losses


def optimizers() -> None:
    """The cost of an epoch by optimizer, alone and in a sweep."""
    rows = [["", "train, an epoch", "plain loop", "ratio", f"sweep of {RUNS:,}, a run and epoch"]]
    rows += [[name, *alone(kind), together(kind)] for name, kind in OPTIMIZERS.items()]
    table(f"Every optimizer, medians of {PAIRS} pairs of {EPOCHS} epochs; goal: ratio at most 1.10", rows)


def alone(kind: type[Optimizer]) -> list[str]:
    """The two costs of one run and their ratio; nothing for an optimizer that is not in torch."""
    if not kind.in_torch():
        return ["", "", ""]
    run = Run(optimizer=kind(**rate(kind)), runner="torch.optim", epochs=EPOCHS)
    torch.testing.assert_close(train(run).loss[:-1], torch.tensor(plain(run)), rtol=1e-3, atol=0)
    pairs = [(seconds(train, run), seconds(plain, run)) for _ in range(PAIRS)]
    times = [f"{1e6 * median(times) / EPOCHS:.1f} us" for times in zip(*pairs, strict=True)]
    return [*times, f"{median(ours / theirs for ours, theirs in pairs):.2f}"]


def together(kind: type[Optimizer]) -> str:
    """The cost of one of many runs; nothing for an optimizer that is not written by hand."""
    if not kind.by_hand():
        return ""
    spec = Sweep(Run(optimizer=kind(), epochs=SWEPT_EPOCHS), {"lr": Axis(1e-4, 1e-1, RUNS, log=True)})
    sweep(spec)
    return f"{1e6 * median(sweep(spec).seconds for _ in range(3)) / RUNS / SWEPT_EPOCHS:.4f} us"


def rate(kind: type[Optimizer]) -> dict[str, float]:
    """A low learning rate, but that of torch for an optimizer that adapts its own."""
    return {} if kind.needs_closure else {"lr": LR}
