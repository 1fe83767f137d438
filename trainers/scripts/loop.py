"""The training loop of a run as rows: clear, predict, measure, differentiate, step."""

from dataclasses import dataclass, replace

from trainers.optimizers import Optimizer
from trainers.optimizers.code import GRAD, literal, with_symbols
from trainers.run import Run
from trainers.scripts.layout import indented
from trainers.scripts.problem import ProblemCode
from trainers.scripts.schedule import RATE, ScheduleCode, schedule_code
from trainers.scripts.torch_loop import setup, torch_calls, torch_rows

MAX_STEP = 36
"""Longest step that stands in the line of its update, which is indented up to three times."""
ROWS = ("clear", "predict", "measure", "differentiate", "clip", "step")


@dataclass(frozen=True)
class Loop:
    """The lines of one implementation: those before the loop, and those of each row of it."""

    setup: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]
    """By the names in `ROWS`; empty where there is nothing to do, or torch does it."""
    loss_after: str = "measure"
    """The row after which `loss` is that of the present parameters."""
    schedule: ScheduleCode = ScheduleCode()
    evaluated: str = "params"
    """The variable whose loss counts."""

    def body(self) -> list[str]:
        """Return the lines of an update."""
        return [line for name in ROWS for line in self.rows[name]]


def loop(
    run: Run, problem: ProblemCode, optimizer: Optimizer | None = None, longest: int = MAX_STEP, lr: str = ""
) -> Loop:
    """Return the loop of a run; with mini-batches, an update takes the samples `rows`.

    `optimizer` stands for that of the run, whose learning rate is called `lr`. A step with more characters
    than `longest` has a line of its own.
    """
    optimizer = run.optimizer if optimizer is None else optimizer
    x, y = (f"{name}[rows]" if run.steps_per_epoch > 1 else name for name in (problem.x, problem.y))
    predict, measure, by_hand = (
        part.format(x=x, y=y) for part in (problem.predict, problem.measure, problem.differentiate)
    )
    rows: dict[str, tuple[str, ...]] = {
        "clear": CLEAR[run.runner],
        "predict": (predict,) * bool(predict),
        "measure": (measure,),
        "differentiate": (by_hand,) if run.runner == "manual" else ("loss.backward()",),
        "clip": () if run.clipping is None else (run.clipping.torch_line,),
    }
    lr = lr or literal(getattr(optimizer, "lr", 1.0))
    if run.runner == "torch.optim":
        shapes = run.problem.shapes
        schedule = schedule_code(run, lr, len(torch_calls(optimizer, shapes)) > 1)
        loss_after = "step" if optimizer.needs_closure else "measure"
        before = (*setup(optimizer, shapes), *schedule.setup)
        return Loop(before, torch_rows(rows, optimizer, shapes), loss_after, schedule)
    if run.runner == "manual" and run.clipping is not None:
        rows["clip"] = run.clipping.lines()
    schedule = schedule_code(run, lr)
    code = optimizer.update_code()
    if run.schedule is not None:
        rate = {"lr": float(getattr(optimizer, "lr", 1.0))}
        first = with_symbols(optimizer, rate, {"lr": schedule.first}).update_code()
        code = replace(with_symbols(optimizer, rate, {"lr": RATE}).update_code(), state=first.state)
    grad = "grad" if run.runner == "manual" else "params.grad"
    lines = [line.replace(GRAD, grad) for line in code.lines]
    step = code.step.replace(GRAD, grad)
    if len(step) > longest:
        lines, step = [*lines, f"step = {step}"], "step"
    before = (*code.state, *schedule.setup)
    if run.runner == "manual":
        rows["step"] = (*lines, f"params = params - {step}")
    else:
        rows["step"] = ("with torch.no_grad():", *indented([*lines, f"params -= {step}"]))
    return Loop(before, rows, schedule=schedule, evaluated=code.evaluated)


CLEAR = {
    "manual": (),
    "autograd": ("if params.grad is not None:", "    params.grad.zero_()"),
    "torch.optim": (),
}
"""How each runner clears the gradient; that with torch depends on the optimizer."""
