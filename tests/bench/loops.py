"""The runners beside the loops of "Deep Learning with PyTorch", chapter 5."""

from dataclasses import replace
from statistics import median

import torch
from torch import Tensor

from tests.bench import seconds, table
from trainers import Run, train
from trainers.optimizers import SGD, Adam
from trainers.problems import Thermometer
from trainers.runners import RUNNERS

REPEATS, EPOCHS, LR = 15, 2000, 1e-2
DESIGN, T_C = Thermometer().data.to(torch.float32)
T_U = DESIGN[:, 0].contiguous()


def model(t_u: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return w * t_u + b


def loss_fn(t_p: Tensor, t_c: Tensor) -> Tensor:
    return ((t_p - t_c) ** 2).mean()


def dloss_fn(t_p: Tensor, t_c: Tensor) -> Tensor:
    return 2 * (t_p - t_c) / t_p.size(0)


def grad_fn(t_u: Tensor, t_c: Tensor, t_p: Tensor) -> Tensor:
    dloss_dtp = dloss_fn(t_p, t_c)
    return torch.stack([(dloss_dtp * t_u).sum(), (dloss_dtp * 1.0).sum()])


def by_hand(run: Run) -> list[float]:
    params, losses, course = run.initial(), [], []
    for _ in range(run.epochs):
        t_p = model(T_U, *params)
        loss = loss_fn(t_p, T_C)
        losses.append(loss.item())
        course.append(params.detach().clone())
        grad = grad_fn(T_U, T_C, t_p)
        params = params - LR * grad
    return losses


def by_autograd(run: Run) -> list[float]:
    params, losses, course = run.initial().requires_grad_(), [], []
    params.grad = torch.zeros_like(params)
    for _ in range(run.epochs):
        params.grad.zero_()
        loss = loss_fn(model(T_U, *params), T_C)
        losses.append(loss.item())
        course.append(params.detach().clone())
        loss.backward()
        with torch.no_grad():
            params -= LR * params.grad
    return losses


def by_torch_optim(run: Run) -> list[float]:
    params, losses, course = run.initial().requires_grad_(), [], []
    optimizer = run.optimizer.torch(params)
    for _ in range(run.epochs):
        loss = loss_fn(model(T_U, *params), T_C)
        losses.append(loss.item())
        course.append(params.detach().clone())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


PLAIN = {"manual": by_hand, "autograd": by_autograd, "torch.optim": by_torch_optim}


def epochs() -> None:
    """The three runners beside the plain loops."""
    rows = [["", "train", "plain loop", "ratio"]]
    runs = [Run(optimizer=SGD(lr=LR), runner=runner, epochs=EPOCHS) for runner in RUNNERS]
    for run in [*runs, replace(runs[-1], optimizer=Adam(lr=1e-1))]:
        pairs = in_turns(run)
        times = [f"{1e6 * median(times) / EPOCHS:.1f} us" for times in zip(*pairs, strict=True)]
        rows.append([run.label, *times, f"{median(ours / plain for ours, plain in pairs):.2f}"])
    table(f"Time per epoch, median of {REPEATS} pairs of {EPOCHS} epochs; goal: ratio at most 1.10", rows)


def in_turns(run: Run) -> list[tuple[float, float]]:
    """The seconds of `train` and of the plain loop in turns, after a warm-up that compares their losses."""
    plain = PLAIN[run.runner]
    torch.testing.assert_close(train(run).loss[:-1], torch.tensor(plain(run)), rtol=1e-3, atol=0)
    return [(seconds(train, run), seconds(plain, run)) for _ in range(REPEATS)]
