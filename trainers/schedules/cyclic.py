"""Schedules that rise and fall."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor
from torch.optim import Optimizer, lr_scheduler

from trainers.schedules.base import MAX_EPOCHS, Schedule, initial_rate, keywords, shown
from trainers.settings import choice, flag, integer, real


@dataclass(frozen=True, kw_only=True)
class CyclicLR(Schedule):
    """Between `base_factor` and 1 in straight lines, again and again; momentum stays as it is.

    Source: L. Smith 2017, arXiv 1506.01186, in the form of `torch.optim.lr_scheduler.CyclicLR`, whose max_lr
    is lr here.
    """

    summary: ClassVar[str] = "Up and down in straight lines, again and again."

    base_factor: float = real(0.1, 0, 1, help="Lowest factor of lr; in torch base_lr is the lowest rate.")
    step_size_up: int = integer(50, 1, MAX_EPOCHS, scale="log", help="Epochs of each rise.")
    step_size_down: int = integer(
        0, 0, MAX_EPOCHS, scale="log", help="Epochs of each fall. 0: those of a rise."
    )
    mode: str = choice(
        "triangular",
        ("triangular", "triangular2", "exp_range"),
        help="Height of the cycles: equal, halved each time, or times gamma every epoch.",
    )
    gamma: float = real(0.999, 0, 1, help="Factor of the height of a cycle every epoch, for exp_range.")

    def is_active(self, name: str) -> bool:
        return super().is_active(name) and (name != "gamma" or self.mode == "exp_range")

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        down = self.step_size_down or self.step_size_up
        total, rise = self.step_size_up + down, self.step_size_up / (self.step_size_up + down)
        cycle = (1 + epoch / total).floor()
        place = 1 + epoch / total - cycle
        height = (place / rise).where(place <= rise, (place - 1) / (rise - 1))
        if self.mode == "triangular2":
            height = height * 2.0 ** (1 - cycle)
        elif self.mode == "exp_range":
            height = height * self.gamma**epoch
        return self.base_factor + (1 - self.base_factor) * height

    def lines(self, epochs: int) -> list[str]:
        down, base = self.step_size_down or self.step_size_up, shown(self.base_factor)
        total = self.step_size_up + down
        heights = {"triangular": "", "triangular2": " / 2**cycle", "exp_range": f" * {shown(self.gamma)}**k"}
        return [
            f"cycle, place = divmod(k, {total})",
            f"height = min(place / {self.step_size_up}, ({total} - place) / {down})",
            *([f"height = height{heights[self.mode]}"] if heights[self.mode] else []),
            f"factor = {base} + (1 - {base}) * height",
        ]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        down = [f"step_size_down={self.step_size_down}"] * (self.step_size_down > 0)
        return [
            f"base_lr={shown(self.base_factor)} * {lr}",
            f"max_lr={lr}",
            *keywords(self, "step_size_up"),
            *down,
            *keywords(self, "mode", "gamma"),
            "cycle_momentum=False",
        ]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.CyclicLR:
        rate = initial_rate(optimizer)
        return lr_scheduler.CyclicLR(
            optimizer,
            base_lr=self.base_factor * rate,
            max_lr=rate,
            step_size_up=self.step_size_up,
            step_size_down=self.step_size_down or None,
            mode=self.mode,  # type: ignore[arg-type]
            gamma=self.gamma,
            cycle_momentum=False,
        )


@dataclass(frozen=True, kw_only=True)
class OneCycleLR(Schedule):
    """One rise to 1 and one fall far below where it began; momentum stays as it is.

    Source: L. Smith and N. Topin 2018, arXiv 1708.07120, in the form of
    `torch.optim.lr_scheduler.OneCycleLR`, whose max_lr is lr here and which cycles momentum, too, unless told
    otherwise.
    """

    summary: ClassVar[str] = "One rise and one long fall over the run."

    pct_start: float = real(0.3, 0, 1, help="Fraction of the epochs in which it rises.")
    anneal_strategy: str = choice("cos", ("cos", "linear"), help="Shape of rise and fall.")
    div_factor: float = real(25, 1, 1e6, scale="log", help="It begins at lr divided by this.")
    final_div_factor: float = real(1e4, 1, 1e12, scale="log", help="It ends at its start divided by this.")
    three_phase: bool = flag(False, help="Fall back to where it began first, then further.")

    def curve(self, epoch: Tensor, epochs: int) -> Tensor:
        first = 1 / self.div_factor
        turn = self.pct_start * epochs - 1
        ends, values = [0.0, turn], [first, 1.0]
        if self.three_phase:
            ends, values = [*ends, 2 * turn], [*values, first]
        ends, values = [*ends, epochs - 1.0], [*values, first / self.final_div_factor]
        factor = torch.full_like(epoch, values[-1])
        phases = zip(pairwise(ends), pairwise(values), strict=True)
        for (begin, end), (low, high) in reversed(list(phases)):
            share = (epoch - begin) / (end - begin) if end != begin else torch.ones_like(epoch)
            if self.anneal_strategy == "cos":
                share = (1 - torch.cos(math.pi * share)) / 2
            factor = torch.where(epoch <= end, low + (high - low) * share, factor)
        return factor

    def lines(self, epochs: int) -> list[str]:
        first = f"1 / {shown(self.div_factor)}"
        turn = self.pct_start * epochs - 1
        points = [f"(0, {first})", f"({shown(turn)}, 1)"]
        points += [f"({shown(2 * turn)}, {first})"] * self.three_phase
        points += [f"({epochs - 1}, {first} / {shown(self.final_div_factor)})"]
        lines = [
            "points = [",
            *(f"    {point}," for point in points),
            "]",
            "for (begin, low), (end, high) in pairwise(points):",
            "    if k <= end:",
            "        break",
            "share = (k - begin) / (end - begin) if end != begin else 1",
        ]
        lines += ["share = (1 - math.cos(math.pi * share)) / 2"] * (self.anneal_strategy == "cos")
        return [*lines, "factor = low + (high - low) * share"]

    def torch_arguments(self, epochs: int, lr: str) -> list[str]:
        names = ("pct_start", "anneal_strategy", "div_factor", "final_div_factor", "three_phase")
        usual = type(self)()
        changed = [name for name in names if getattr(self, name) != getattr(usual, name)]
        given = [f"max_lr={lr}", f"total_steps={epochs}", *keywords(self, *changed)]
        return [*given, "cycle_momentum=False"]

    def torch(self, optimizer: Optimizer, epochs: int) -> lr_scheduler.OneCycleLR:
        return lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=initial_rate(optimizer),
            total_steps=epochs,
            pct_start=self.pct_start,
            anneal_strategy=self.anneal_strategy,  # type: ignore[arg-type]
            cycle_momentum=False,
            div_factor=self.div_factor,
            final_div_factor=self.final_div_factor,
            three_phase=self.three_phase,
        )
