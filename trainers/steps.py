"""Single updates of a run, with the state of its optimizer before them."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import overload

import torch
from torch import Tensor

from trainers.modes import training_mode
from trainers.optimizers import Optimizer
from trainers.optimizers.base import State, StepError
from trainers.run import Run
from trainers.training import run_points


@dataclass(frozen=True, eq=False)
class Step:
    """One update. With mini-batches, losses and gradient are those on its batch."""

    update: int
    """Number of updates before it."""
    params: Tensor
    """`(n,)`: parameters before it."""
    loss: Tensor
    """`()`"""
    gradient: Tensor
    """`(n,)`"""
    state: State
    """State of the optimizer before it, with keys as in torch's `state_dict`; empty before the first."""
    new_params: Tensor
    """`(n,)`: parameters after it."""
    new_loss: Tensor
    """`()`"""
    factor: float = 1.0
    """Factor of the learning rate, of the schedule."""


@dataclass(frozen=True, eq=False)
class Steps(Sequence[Step]):
    """Some updates of a run, a row for each: few tensors, as thousands of small ones are slow to copy."""

    updates: tuple[int, ...]
    params: Tensor
    """`(rows, n)`, as `gradient`, `new_params` and each part of the state."""
    loss: Tensor
    """`(rows,)`, as `new_loss`."""
    gradient: Tensor
    state: State
    new_params: Tensor
    new_loss: Tensor
    factors: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.updates)

    @overload
    def __getitem__(self, place: int) -> Step: ...
    @overload
    def __getitem__(self, place: slice) -> list[Step]: ...
    def __getitem__(self, place: int | slice) -> Step | list[Step]:
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        update = self.updates[place]
        return Step(
            update,
            self.params[place],
            self.loss[place],
            self.gradient[place],
            {name: part[place] for name, part in self.state.items()} if update else {},
            self.new_params[place],
            self.new_loss[place],
            self.factors[place],
        )


def record_steps(
    run: Run, updates: Iterable[int], on_progress: Callable[[float], object] = lambda share: None
) -> Steps:
    """Train a run and return these of its updates, counted from 0.

    A run that diverges or fails has no later ones.
    `on_progress(share)` is called after each update.
    """
    wanted, watched, steps = set(updates), Watched(run.optimizer), list[Step]()
    last, batch_before, plan = max(wanted), None, run.plan(run.epochs)
    with training_mode(), suppress(StepError):
        points = run_points(run, watched, plan)
        for update, point, batch in zip(count(), points, run.batch_source.batches(), strict=False):
            params, loss, gradient = (part.detach() for part in point[:3])
            if batch_before is not None:
                new = params.clone()
                steps[-1] = replace(steps[-1], new_params=new, new_loss=batch_before.loss(new))
                batch_before = None
            if update > last or not loss.isfinite():
                break
            if update in wanted:
                kept = (params.clone(), loss.clone(), gradient.clone(), watched.state())
                factor = plan.factors[-1] if plan.factors else 1.0
                steps.append(Step(update, *kept, new_params=params, new_loss=loss, factor=factor))
                batch_before = batch
            on_progress(update / (last + 1))
    return _stacked(steps if batch_before is None else steps[:-1], run)


def _stacked(steps: Sequence[Step], run: Run) -> Steps:
    """Return steps as rows. Before the first update torch has no state yet: zeros."""
    empty = torch.empty(0, run.problem.num_params)
    names = steps[-1].state if steps else {}

    def rows(parts: Sequence[Tensor]) -> Tensor:
        return torch.stack(list(parts)) if parts else empty

    return Steps(
        tuple(step.update for step in steps),
        rows([step.params for step in steps]),
        rows([step.loss for step in steps]),
        rows([step.gradient for step in steps]),
        {
            name: rows([step.state.get(name, torch.zeros_like(steps[-1].state[name])) for step in steps])
            for name in names
        },
        rows([step.new_params for step in steps]),
        rows([step.new_loss for step in steps]),
        tuple(step.factor for step in steps),
    )


class Watched:
    """An optimizer whose state can be read while a runner uses it."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer, self.step, self.evaluated = optimizer, optimizer.step, optimizer.evaluated
        self.by_matrix, self.needs_closure = optimizer.by_matrix, optimizer.needs_closure
        self.guarded = optimizer.guarded
        self._readers: list[Callable[[], State]] = [dict]  # one, shared with copies of another lr

    def init(self, params: Tensor) -> State:
        state = self.optimizer.init(params)
        self._readers[0] = lambda: state
        return state

    def torch(self, *params: Tensor) -> torch.optim.Optimizer:
        made = self.optimizer.torch(*params)
        if type(self.optimizer).by_hand():  # of others the state is not looked into
            self._readers[0] = lambda: {
                name: value
                for name, value in made.state[params[0]].items()
                if isinstance(value, Tensor) and name != "step"
            }
        return made

    def with_lr(self, lr: float) -> "Watched":
        """Return the optimizer with another learning rate; its state can be read here, too."""
        changed = Watched(self.optimizer.with_lr(lr))
        changed._readers = self._readers
        return changed

    def state(self) -> State:
        """Return a copy of the state."""
        return {name: value.detach().clone() for name, value in self._readers[0]().items()}


def as_used(run: Run, step: Step) -> tuple[Optimizer, Step]:
    """Return the optimizer with the lr of an update, and the step with the gradient that entered it.

    They differ from those of the run with a schedule, and with gradient clipping.
    """
    optimizer = run.optimizer
    if run.schedule is not None:
        optimizer = optimizer.with_lr(getattr(optimizer, "lr") * step.factor)  # noqa: B009
    if run.clipping is not None:
        step = replace(step, gradient=run.clipping.clip(step.gradient))
    return optimizer, step


def torch_params(optimizer: Optimizer, step: Step) -> Tensor:
    """Return the parameters `(n,)` to which torch's optimizer steps from the same state.

    For optimizers that are written by hand, too.
    """
    params = step.params.clone().requires_grad_()
    made = optimizer.torch(params)
    if step.update:
        number = torch.tensor(float(step.update))
        made.state[params] |= {**{name: part.clone() for name, part in step.state.items()}, "step": number}
    params.grad = step.gradient.clone()
    made.step()
    return params.detach()
