"""The training loop of a run as rows: clear, predict, measure, differentiate, step."""

from dataclasses import dataclass

from trainers.optimizers import Optimizer
from trainers.optimizers.code import GRAD
from trainers.scripts.layout import indented
from trainers.scripts.problem import ProblemCode
from trainers.scripts.torch_loop import Shapes, setup, torch_rows

MAX_STEP = 36
"""Longest step that stands in the line of its update, which is indented up to three times."""
ROWS = ("clear", "predict", "measure", "differentiate", "step")


@dataclass(frozen=True)
class Loop:
    """The lines of one implementation: those before the loop, and those of each row of it."""

    setup: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]
    """By the names in `ROWS`; empty where there is nothing to do, or torch does it."""
    loss_after: str = "measure"
    """The row after which `loss` is that of the present parameters."""

    def body(self) -> list[str]:
        """Return the lines of an update."""
        return [line for name in ROWS for line in self.rows[name]]


def loop(
    runner: str,
    problem: ProblemCode,
    optimizer: Optimizer,
    shapes: Shapes,
    batches: bool,
    longest: int = MAX_STEP,
) -> Loop:
    """Return the loop of a runner, for parameters that are tensors of these shapes.

    With `batches`, an update takes the samples `rows`. A step with more characters than `longest` has a
    line of its own.
    """
    x, y = (f"{name}[rows]" if batches else name for name in (problem.x, problem.y))
    predict, measure, by_hand = (
        part.format(x=x, y=y) for part in (problem.predict, problem.measure, problem.differentiate)
    )
    rows: dict[str, tuple[str, ...]] = {
        "clear": CLEAR[runner],
        "predict": (predict,) * bool(predict),
        "measure": (measure,),
        "differentiate": (by_hand,) if runner == "manual" else ("loss.backward()",),
    }
    if runner == "torch.optim":
        loss_after = "step" if optimizer.needs_closure else "measure"
        return Loop(tuple(setup(optimizer, shapes)), torch_rows(rows, optimizer, shapes), loss_after)
    code = optimizer.update_code()
    grad = "grad" if runner == "manual" else "params.grad"
    lines = [line.replace(GRAD, grad) for line in code.lines]
    step = code.step.replace(GRAD, grad)
    if len(step) > longest:
        lines, step = [*lines, f"step = {step}"], "step"
    if runner == "manual":
        return Loop(code.state, rows | {"step": (*lines, f"params = params - {step}")})
    inner = indented([*lines, f"params -= {step}"])
    return Loop(code.state, rows | {"step": ("with torch.no_grad():", *inner)})


CLEAR = {
    "manual": (),
    "autograd": ("if params.grad is not None:", "    params.grad.zero_()"),
    "torch.optim": (),
}
"""How each runner clears the gradient; that with torch depends on the optimizer."""
