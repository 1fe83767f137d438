"""Schedules that only fall, and the constant one."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.optim import Optimizer, lr_scheduler

from trainers.schedules.base import MAX_EPOCHS, Schedule, keywords, shown
from trainers.settings import integer, real

TOTAL = "Epochs of the decay. 0: all of the run after the warm-up."
GAMMA = "Factor of each decay."


@dataclass(frozen=True, kw_only=True)
class Constant(Schedule):
    """The learning rate as it is, after the warm-up."""

    summary: ClassVar[str] = "A constant learning rate, after the warm-up."

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        return torch.ones_like(epoch)

    def lines(self, epochs: int) -> list[str]:
        return ["factor = 1"]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        return ["lambda k: 1"]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.LambdaLR:
        return lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)


@dataclass(frozen=True, kw_only=True)
class LinearLR(Schedule):
    """From `start_factor` to `end_factor` in a straight line. Source: `torch.optim.lr_scheduler.LinearLR`.

    The defaults are a decay to 0 over the run; torch's are a warm-up of 5 epochs from 1/3.
    """

    summary: ClassVar[str] = "In a straight line, by default to 0 at the end."

    start_factor: float = real(1, 1e-6, 1, help="Factor of lr at its start.")
    end_factor: float = real(0, 0, 1, help="Factor of lr at its end.")
    total_iters: int = integer(0, 0, MAX_EPOCHS, scale="log", help=TOTAL)

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        share = epoch.clamp(max=self.total_iters or epochs) / max(self.total_iters or epochs, 1)
        return self.start_factor + (self.end_factor - self.start_factor) * share

    def lines(self, epochs: int) -> list[str]:
        start, end, total = shown(self.start_factor), shown(self.end_factor), self.total_iters or epochs
        share = f"min(k, {total}) / {total}"
        return [f"factor = {start} + ({end} - {start}) * {share}"]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        return [*keywords(self, "start_factor", "end_factor"), f"total_iters={self.total_iters or epochs}"]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.LinearLR:
        total = self.total_iters or epochs
        return lr_scheduler.LinearLR(optimizer, self.start_factor, self.end_factor, total)


@dataclass(frozen=True, kw_only=True)
class StepLR(Schedule):
    """Times `gamma` every `step_size` epochs. Source: `torch.optim.lr_scheduler.StepLR`."""

    summary: ClassVar[str] = "Times gamma every few epochs."

    step_size: int = integer(100, 1, MAX_EPOCHS, scale="log", help="Epochs between decays.")
    gamma: float = real(0.1, 0, 1, help=GAMMA)

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        return self.gamma ** (epoch / self.step_size).floor()

    def lines(self, epochs: int) -> list[str]:
        return [f"factor = {shown(self.gamma)} ** (k // {self.step_size})"]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        return keywords(self, "step_size", "gamma")

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.StepLR:
        return lr_scheduler.StepLR(optimizer, self.step_size, self.gamma)


@dataclass(frozen=True, kw_only=True)
class MultiStepLR(Schedule):
    """Times `gamma` at up to three epochs. Source: `torch.optim.lr_scheduler.MultiStepLR`."""

    summary: ClassVar[str] = "Times gamma at chosen epochs."

    milestone1: int = integer(500, 0, MAX_EPOCHS, scale="log", help="Epoch of a decay. 0: none.")
    milestone2: int = integer(750, 0, MAX_EPOCHS, scale="log", help="Epoch of another decay. 0: none.")
    milestone3: int = integer(0, 0, MAX_EPOCHS, scale="log", help="Epoch of another decay. 0: none.")
    gamma: float = real(0.1, 0, 1, help=GAMMA)

    @property
    def milestones(self) -> tuple[int, ...]:
        """The epochs of the decays, in order."""
        return tuple(sorted(filter(None, (self.milestone1, self.milestone2, self.milestone3))))

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        decays = sum(
            ((epoch >= milestone).double() for milestone in self.milestones), torch.zeros_like(epoch)
        )
        return self.gamma**decays

    def lines(self, epochs: int) -> list[str]:
        decays = f"sum(k >= m for m in {list(self.milestones)})"
        return [f"decays = {decays}", f"factor = {shown(self.gamma)} ** decays"]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        return [f"milestones={list(self.milestones)}", *keywords(self, "gamma")]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.MultiStepLR:
        return lr_scheduler.MultiStepLR(optimizer, list(self.milestones), self.gamma)


@dataclass(frozen=True, kw_only=True)
class ExponentialLR(Schedule):
    """Times `gamma` every epoch. Source: `torch.optim.lr_scheduler.ExponentialLR`."""

    summary: ClassVar[str] = "Times gamma every epoch."

    gamma: float = real(0.995, 0, 1, help=GAMMA)

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        return self.gamma**epoch

    def lines(self, epochs: int) -> list[str]:
        return [f"factor = {shown(self.gamma)} ** k"]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        return keywords(self, "gamma")

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.ExponentialLR:
        return lr_scheduler.ExponentialLR(optimizer, self.gamma)


@dataclass(frozen=True, kw_only=True)
class PolynomialLR(Schedule):
    """To 0 along `(1 - share)^power`. Source: `torch.optim.lr_scheduler.PolynomialLR`.

    By default over the whole run, in torch over 5 epochs.
    """

    summary: ClassVar[str] = "To 0 along a power of what is left."

    total_iters: int = integer(0, 0, MAX_EPOCHS, scale="log", help=TOTAL)
    power: float = real(1, 0, 10, help="Power of the share that is left.")

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        total = self.total_iters or epochs
        return (1 - epoch.clamp(max=total) / max(total, 1)) ** self.power

    def lines(self, epochs: int) -> list[str]:
        total = self.total_iters or epochs
        return [f"factor = (1 - min(k, {total}) / {total}) ** {shown(self.power)}"]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        return [f"total_iters={self.total_iters or epochs}", *keywords(self, "power")]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.PolynomialLR:
        return lr_scheduler.PolynomialLR(optimizer, self.total_iters or epochs, self.power)


@dataclass(frozen=True, kw_only=True)
class InverseSqrtLR(Schedule):
    """Divided by the root of the epochs: `1 / sqrt(1 + epoch / timescale)`.

    Source: A. Vaswani et al. 2017, arXiv 1706.03762, section 5.3, after its warm-up. torch has it as a
    `LambdaLR` only.
    """

    summary: ClassVar[str] = "Divided by the root of the epochs."

    timescale: float = real(
        10, 1e-3, MAX_EPOCHS, scale="log", help="Epochs after which lr is 1/√2 of its start."
    )

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        return (1 + epoch / self.timescale) ** -0.5

    def lines(self, epochs: int) -> list[str]:
        return [f"factor = (1 + k / {shown(self.timescale)}) ** -0.5"]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        return [f"lambda k: (1 + k / {shown(self.timescale)}) ** -0.5"]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.LambdaLR:
        return lr_scheduler.LambdaLR(optimizer, lambda epoch: (1 + epoch / self.timescale) ** -0.5)
