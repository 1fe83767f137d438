"""Base of all learning rate schedules: a factor of lr for each epoch, after a warm-up."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from trainers.settings import Settings, integer, real

MAX_EPOCHS = 100_000


@dataclass(frozen=True, kw_only=True)
class Schedule(Settings):
    """A factor of the learning rate for each epoch: the updates of an epoch share it.

    Named and parametrized as in `torch.optim.lr_scheduler`, stepped after each epoch; learning rates that are
    absolute in torch are factors of lr here. In the first `warmup` epochs the factor rises linearly from
    `warmup_start` to 1; the schedule begins after them.
    """

    adaptive: ClassVar[bool] = False
    """Whether the factor depends on the losses: see `ReduceLROnPlateau`."""

    warmup: int = integer(
        0, 0, MAX_EPOCHS, scale="log", help="Epochs of linear warm-up before the schedule.", label="Warm-up"
    )
    warmup_start: float = real(
        0.1, 1e-6, 1, scale="log", help="Factor of lr at the start of the warm-up.", label="Warm-up start"
    )

    def is_active(self, name: str) -> bool:
        return name != "warmup_start" or self.warmup > 0

    def factors(self, epochs: int) -> Tensor:
        """Return the factor of each epoch, `(epochs,)`, float64."""
        ramp = self.warmup_factors(epochs)
        left = epochs - len(ramp)
        return torch.cat([ramp, self.curve(torch.arange(left, dtype=torch.float64), left)])

    def warmup_factors(self, epochs: int) -> Tensor:
        """Return the factors of the warm-up, as far as it lies within so many epochs, float64."""
        share = torch.arange(min(self.warmup, epochs), dtype=torch.float64) / max(self.warmup, 1)
        return self.warmup_start + (1 - self.warmup_start) * share

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        """Return the factors at epochs after the warm-up, `(epochs,)`; there are `epochs` of them."""
        raise NotImplementedError

    def lines(self, epochs: int) -> list[str]:
        """Return the lines of a program that compute `factor` at epoch `k` of so many after the warm-up."""
        raise NotImplementedError

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        """Return the arguments of torch's scheduler behind the optimizer, for a program; `lr` is the rate."""
        raise NotImplementedError

    def torch(self, optimizer: Optimizer, epochs: int) -> LRScheduler:
        """Return torch's scheduler of an optimizer, to be made when the warm-up is over, for so many epochs.

        The warm-up is torch's `LinearLR`. Its `SequentialLR` does not suit schedules that set lr themselves.
        """
        raise NotImplementedError


def shown(value: object) -> str:
    """Return a setting as Python: 0.1, 1, "cos"."""
    if isinstance(value, str):
        return f'"{value}"'
    return (
        str(int(value)) if isinstance(value, float) and value.is_integer() and value < 1e15 else repr(value)
    )


def keywords(schedule: Schedule, *names: str) -> list[str]:
    """Return these settings as keyword arguments."""
    return [f"{name}={shown(getattr(schedule, name))}" for name in names]


def initial_rate(optimizer: Optimizer) -> float:
    """Return the learning rate that an optimizer of torch began with."""
    group: dict[str, Any] = optimizer.param_groups[0]
    return float(group.get("initial_lr", group["lr"]))
