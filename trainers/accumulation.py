"""What happens to a run whose gradient is not cleared: `backward()` adds to `params.grad`."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count, islice

import torch
from torch import Tensor

from trainers.modes import training_mode
from trainers.optimizers import SGD
from trainers.optimizers.base import Optimizer, StepError
from trainers.run import Run
from trainers.runners import TorchStep, UpdatePlan

UPDATES = 20


@dataclass(frozen=True, eq=False)
class Accumulation:
    """The first updates of a run whose gradient is never cleared, beside the correct one.

    Those of another package's optimizer end where its step raises an exception.
    Losses have a row more than gradients: the last is the one after the last update. They end where a loss
    is not finite, each on its own.
    """

    own: Tensor
    """`(updates, n)`: the gradient that each `backward()` adds."""
    held: Tensor
    """`(updates, n)`: what `params.grad` holds then, which the step uses."""
    loss: Tensor
    """`(updates + 1,)`: loss, on its batch, before each update and after the last, of what is evaluated."""
    cleared: Tensor
    """`(updates + 1,)`: the same, with a gradient that is cleared."""
    momentum: Tensor | None
    """`(updates + 1,)`: the same of momentum 1, cleared; None where that is another optimizer."""


def accumulate(run: Run, updates: int = UPDATES) -> Accumulation:
    """Train the first updates of a run by autograd without clearing the gradient, really executed."""
    own, held, loss = _train(run, run.optimizer, updates, clear=False)
    cleared = _train(run, run.optimizer, updates, clear=True)[2]
    same = None
    if isinstance(run.optimizer, SGD) and run.optimizer.is_plain and run.clipping is None:
        same = _train(run, replace(run.optimizer, momentum=1.0), updates, clear=True)[2]
    return Accumulation(own, held, loss, cleared, same)


def _train(run: Run, optimizer: Optimizer, updates: int, clear: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return gradients, what `params.grad` held, and losses."""
    own, held, losses = [], [], []
    with training_mode(), suppress(StepError):
        params, plan = run.initial().requires_grad_(), run.plan(run.epochs)
        step, evaluated = _stepper(run, optimizer, params, plan)
        for update, batch in enumerate(islice(run.batch_source.batches(), updates + 1)):
            before = torch.zeros_like(params) if params.grad is None or clear else params.grad.clone()
            if clear:
                params.grad = None
            loss = batch.loss(params)
            if not loss.isfinite():
                break
            same = (at := evaluated()) is params
            losses.append((loss if same else batch.loss(at)).detach().clone())
            if len(losses) > updates:
                break
            if update % run.steps_per_epoch == 0:
                plan.begin(update // run.steps_per_epoch, lambda: run.training.loss(evaluated().detach()))
            loss.backward()
            assert params.grad is not None
            held.append(params.grad.clone())
            own.append(params.grad - before)
            step()
    return torch.stack(own), torch.stack(held), torch.stack(losses)


def _stepper(
    run: Run, optimizer: Optimizer, params: Tensor, plan: UpdatePlan
) -> tuple[Callable[[], object], Callable[[], Tensor]]:
    """Return a function that updates parameters by `params.grad`, and one that returns what is evaluated.

    The update is that of torch's optimizer, else the one by hand.
    """
    in_torch = TorchStep(optimizer, params, run.problem.tensors) if type(optimizer).in_torch() else None
    state, number = plan.scheduled(optimizer).init(params.detach()), count(1)

    def step() -> None:
        assert params.grad is not None
        plan.clip_torch(params)
        if in_torch is not None:
            plan.schedule_torch(in_torch.optim)
            in_torch()
            return
        with torch.no_grad():
            plan.scheduled(optimizer).step(next(number), params, params.grad, state)

    return step, in_torch.evaluated if in_torch is not None else lambda: optimizer.evaluated(params, state)
