"""Base of the test functions of two variables."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.problems.base import Problem


@dataclass(frozen=True)
class Surface(Problem):
    """A function of x and y. Seed 0 starts at `start_point`; other seeds uniformly in the window."""

    names: ClassVar[tuple[str, ...]] = ("x", "y")
    equal_scales: ClassVar[bool] = True
    start_point: ClassVar[tuple[float, float]]
    min_value: ClassVar[float | None] = 0.0
    argmin: ClassVar[tuple[tuple[float, float], ...]] = ((0.0, 0.0),)

    @property
    def minimum(self) -> float | None:
        return self.min_value

    @property
    def minimizers(self) -> tuple[tuple[float, ...], ...]:
        return self.argmin

    def start(self, seed: int = 0) -> Tensor:
        if seed == 0:
            return torch.tensor(self.start_point, dtype=torch.float64)
        assert self.window is not None
        low, high = torch.tensor(self.window, dtype=torch.float64).T
        generator = torch.Generator().manual_seed(seed)
        uniform = torch.rand(2, generator=generator, dtype=torch.float64)
        start: Tensor = low + (high - low) * uniform
        return start
