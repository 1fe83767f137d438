"""L-BFGS."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, optim

from trainers.optimizers.base import Optimizer
from trainers.settings import choice, integer, real


@dataclass(frozen=True)
class LBFGS(Optimizer):
    """Quasi-Newton: the step divides by a Hessian that is estimated from the latest gradients.

    One step is up to `max_iter` iterations, each of which evaluates the gradient at least once, on the same
    mini-batch. Made for full batches.

    Source: D. Liu and J. Nocedal 1989, "On the limited memory BFGS method for large scale optimization", in
    the form of `torch.optim.LBFGS`, which differs by a line search only if asked for.
    """

    summary: ClassVar[str] = "Quasi-Newton: a Hessian estimated from the latest gradients."
    group: ClassVar[str] = "second-order"
    year: ClassVar[int] = 1989
    needs_closure: ClassVar[bool] = True

    lr: float = real(1, 1e-8, 100, scale="log", help="Learning rate: factor of the quasi-Newton step.")
    max_iter: int = integer(20, 1, 1000, scale="log", help="Max. iterations per step.")
    max_eval: int = integer(
        0, 0, 10_000, scale="log", help="Max. gradient evaluations per step. 0: 5/4 of max_iter."
    )
    tolerance_grad: float = real(
        1e-7, 0, 1, scale="log", help="A step ends when no derivative is larger than this."
    )
    tolerance_change: float = real(
        1e-9, 0, 1, scale="log", help="A step ends when loss and parameters change less than this."
    )
    history_size: int = integer(100, 1, 1000, scale="log", help="Number of gradients that are kept.")
    line_search_fn: str = choice(
        "none",
        ("none", "strong_wolfe"),
        help="How far each iteration goes: always lr, or by a line search for the strong Wolfe conditions.",
    )

    def torch(self, *params: Tensor) -> optim.LBFGS:
        search = None if self.line_search_fn == "none" else self.line_search_fn
        return self.made(optim.LBFGS, params, max_eval=self.max_eval or None, line_search_fn=search)
