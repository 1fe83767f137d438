"""Cosine schedules."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.optim import Optimizer, lr_scheduler

from trainers.schedules.base import MAX_EPOCHS, Schedule, initial_rate, keywords, shown
from trainers.settings import integer, real

MIN_FACTOR = "Lowest factor of lr; in torch eta_min is the lowest rate."


def half_cosine(share: Tensor, low: float) -> Tensor:
    """Return from 1 to `low`, and back, along a cosine whose half is share 0 to 1."""
    return low + (1 - low) * (1 + torch.cos(math.pi * share)) / 2


def half_cosine_lines(share: str, low: float) -> list[str]:
    """Return the same as lines of a program."""
    lines = [f"factor = (1 + math.cos(math.pi * {share})) / 2"]
    return lines + [f"factor = {shown(low)} + (1 - {shown(low)}) * factor"] * (low != 0)


def smallest(factor: float, lr: str) -> list[str]:
    """Return `eta_min` as an argument; none for the default."""
    return [f"eta_min={shown(factor)} * {lr}"] * (factor != 0)


@dataclass(frozen=True, kw_only=True)
class CosineAnnealingLR(Schedule):
    """Half a cosine from 1 to `min_factor`; after `T_max` epochs it rises again.

    Source: I. Loshchilov and F. Hutter 2017, arXiv 1608.03983, in the form of
    `torch.optim.lr_scheduler.CosineAnnealingLR`.
    """

    summary: ClassVar[str] = "Half a cosine, by default to 0 at the end."

    T_max: int = integer(
        0, 0, MAX_EPOCHS, scale="log", help="Epochs of the decay. 0: all of the run after the warm-up."
    )
    min_factor: float = real(0, 0, 1, help=MIN_FACTOR)

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        return half_cosine(epoch / max(self.T_max or epochs, 1), self.min_factor)

    def lines(self, epochs: int) -> list[str]:
        return half_cosine_lines(f"k / {self.T_max or epochs}", self.min_factor)

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        return [f"T_max={self.T_max or epochs}", *smallest(self.min_factor, lr)]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.CosineAnnealingLR:
        low = self.min_factor * initial_rate(optimizer)
        return lr_scheduler.CosineAnnealingLR(optimizer, self.T_max or epochs, low)


@dataclass(frozen=True, kw_only=True)
class CosineAnnealingWarmRestarts(Schedule):
    """Half a cosine from 1 to `min_factor`, again and again, each `T_mult` times as long as the one before.

    Source: I. Loshchilov and F. Hutter 2017, arXiv 1608.03983 (SGDR), in the form of
    `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.
    """

    summary: ClassVar[str] = "Half a cosine again and again."

    T_0: int = integer(100, 1, MAX_EPOCHS, scale="log", help="Epochs until the first restart.")
    T_mult: int = integer(1, 1, 10, help="Factor of the epochs until each further restart.")
    min_factor: float = real(0, 0, 1, help=MIN_FACTOR)

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        shares, length = [epoch[:0]], self.T_0
        while sum(map(len, shares)) < epochs:
            shares.append(torch.arange(min(length, epochs), dtype=torch.float64) / length)
            length *= self.T_mult
        return half_cosine(torch.cat(shares)[:epochs], self.min_factor)

    def lines(self, epochs: int) -> list[str]:
        if self.T_mult == 1:
            return half_cosine_lines(f"(k % {self.T_0}) / {self.T_0}", self.min_factor)
        return [
            f"length = {self.T_0}",
            "while k >= length:",
            f"    k, length = k - length, {self.T_mult} * length",
            *half_cosine_lines("k / length", self.min_factor),
        ]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        return [*keywords(self, "T_0", "T_mult"), *smallest(self.min_factor, lr)]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.CosineAnnealingWarmRestarts:
        low = self.min_factor * initial_rate(optimizer)
        return lr_scheduler.CosineAnnealingWarmRestarts(optimizer, self.T_0, self.T_mult, low)
