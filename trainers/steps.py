"""Single updates of a run, with the state of its optimizer before them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch import Tensor

from trainers.modes import training_mode
from trainers.optimizers import Optimizer
from trainers.optimizers.base import State
from trainers.run import Run
from trainers.runners import RUNNERS


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


def record_steps(
    run: Run, updates: Iterable[int], on_update: Callable[..., object] = lambda: None
) -> list[Step]:
    """Train a run and return these of its updates, counted from 0; a run that diverges has no later ones.

    `on_update()` is called after each update.
    """
    wanted, steps = set(updates), []
    watched = Watched(run.optimizer)
    before: dict[str, Any] | None = None
    with training_mode():
        points = RUNNERS[run.runner](run.batch_source, watched, run.initial())
        for update, (params, loss, gradient), batch in zip(count(), points, _batches(run), strict=False):
            if before is not None:
                last = before.pop("batch")
                new = params.detach().clone()
                steps.append(Step(**before, new_params=new, new_loss=last.loss(new)))
                before = None
            if update > max(wanted) or not loss.isfinite():
                break
            if update in wanted:
                before = {
                    "update": update,
                    "params": params.detach().clone(),
                    "loss": loss.detach().clone(),
                    "gradient": gradient.detach().clone(),
                    "state": watched.state() if update else {},
                    "batch": batch,
                }
            on_update()
    return steps


def _batches(run: Run) -> Iterator[Any]:
    return run.batch_source.batches()


class Watched:
    """An optimizer whose state can be read while a runner uses it."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer, self.step = optimizer, optimizer.step
        self._read: Callable[[], State] = dict

    def init(self, params: Tensor) -> State:
        state = self.optimizer.init(params)
        self._read = lambda: state
        return state

    def torch(self, params: Tensor) -> torch.optim.Optimizer:
        made = self.optimizer.torch(params)
        self._read = lambda: {
            name: value
            for name, value in made.state[params].items()
            if isinstance(value, Tensor) and name != "step"
        }
        return made

    def state(self) -> State:
        """Return a copy of the state."""
        return {name: value.detach().clone() for name, value in self._read().items()}


def torch_params(optimizer: Optimizer, step: Step) -> Tensor:
    """Return the parameters `(n,)` to which torch's optimizer steps from the same state."""
    params = step.params.clone().requires_grad_()
    made = optimizer.torch(params)
    if step.update:
        number = torch.tensor(float(step.update))
        made.state[params] |= {**{name: part.clone() for name, part in step.state.items()}, "step": number}
    params.grad = step.gradient.clone()
    made.step()
    return params.detach()
