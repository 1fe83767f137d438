"""The tuple that runners yield."""

from typing import TypeAlias

from torch import Tensor

Point: TypeAlias = tuple[Tensor, Tensor, Tensor]
"""Parameters `(n,)`, loss `()`, gradient `(n,)`; or `(n, runs)`, `(runs,)`, `(n, runs)`."""
