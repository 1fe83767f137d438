"""Several optimizers of torch as one."""

from collections.abc import Callable
from typing import Any

import torch
from torch import optim


class Several(optim.Optimizer):
    """Optimizers of different parameters that step together."""

    def __init__(self, parts: list[optim.Optimizer]) -> None:
        self.parts = parts
        super().__init__([group for part in parts for group in part.param_groups], {})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        for part in self.parts:
            part.step()
