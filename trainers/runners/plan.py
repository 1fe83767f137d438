"""What changes the updates of a run on its way: the schedule of its learning rate, and gradient clipping."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from trainers.clipping import Clipping
from trainers.schedules import Schedule
from trainers.schedules.rates import UNUSED, Rates


class UpdatePlan:
    """The learning rate in each epoch of a run, and the clipping of its gradients."""

    def __init__(
        self,
        lr: float = 1.0,
        schedule: Schedule | None = None,
        clipping: Clipping | None = None,
        epochs: int = 0,
    ) -> None:
        self.rates, self.clipping, self.lr = Rates(schedule, epochs, lr), clipping, lr
        self._now: tuple[Any, Any] = (None, None)
        self.rates.begin(0, UNUSED)  # for the state before the first update
        self.factors: list[float] = []
        """Factors of the learning rate in the epochs so far; empty without a schedule."""

    def begin(self, epoch: int, loss: Callable[[], Tensor]) -> None:
        """Begin an epoch; `loss` gives that on the training set before it, and is called if it is needed."""
        self.rates.begin(epoch, loss() if self.rates.needs_loss else UNUSED)
        if (factor := self.rates.factor) is not None:
            self.factors.append(float(factor))

    def scheduled(self, optimizer: Any) -> Any:
        """Return the optimizer with the learning rate of the present epoch."""
        factor = self.rates.factor
        if factor is None:
            return optimizer
        if self._now[0] != factor:
            self._now = (factor, optimizer.with_lr(self.lr * factor))
        return self._now[1]

    def schedule_torch(self, optimizer: torch.optim.Optimizer) -> None:
        """Set the learning rate of the present epoch in an optimizer of torch."""
        if (factor := self.rates.factor) is not None:
            for group in optimizer.param_groups:
                group["lr"] = group.setdefault("initial_lr", group["lr"]) * factor

    def clip(self, gradient: Tensor) -> Tensor:
        """Return the gradient as it enters the update."""
        return gradient if self.clipping is None else self.clipping.clip(gradient)

    def clip_torch(self, params: Tensor) -> None:
        """Clip the gradient of parameters in place."""
        if self.clipping is not None:
            self.clipping.torch(params)
