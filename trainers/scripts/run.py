"""Programs of single runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from trainers.run import MAX_COORDINATES, Run
from trainers.scripts.head import data_of, epochs, loss_lines, opening, task_code
from trainers.scripts.layout import fitted, indented, tensor
from trainers.scripts.loop import Loop, loop
from trainers.scripts.problem import ProblemCode
from trainers.scripts.schedule import ScheduleCode
from trainers.scripts.start import start_lines
from trainers.scripts.torch_loop import package_import, tensors_function


@dataclass(frozen=True)
class RunCode:
    """The parts of the program of a run. Parameters `(n,)` are called `params`."""

    head: tuple[str, ...]
    """Imports, data, model and loss; and the initial parameters where they are many."""
    gradient: tuple[str, ...]
    """The gradient by hand; empty where autograd finds it."""
    start: tuple[str, ...]
    """What makes `params`; nothing where the head does."""
    loop: Loop
    around: tuple[str, ...]
    """The lines that begin the loop over epochs and, with mini-batches, the one over batches."""
    depth: int
    """How many loops that are."""
    epoch_end: tuple[str, ...]
    """The lines at the end of an epoch."""
    end: tuple[str, ...]
    """What is printed: the final loss and parameters."""
    data: Callable[[], str] | None = field(repr=False)
    """Makes the file that it reads, `DATA_FILE`; None if it reads none."""

    @property
    def text(self) -> str:
        """The whole program."""
        parts: list[str] = [*self.head, *(("", "", *self.gradient) if self.gradient else ())]
        parts += ["", "", *self.start, *self.loop.setup, *with_schedule(self.around, self.loop.schedule)]
        parts += fitted(indented(self.loop.body(), 4 * self.depth))
        parts += [*fitted(indented(self.epoch_end)), "", *self.end]
        return "\n".join(parts) + "\n"


def run_code(run: Run) -> RunCode:
    """Return the parts of the program of a run, which prints its final loss and parameters."""
    code = task_code(run)
    batches = run.steps_per_epoch > 1
    drawn, start = _start(run)
    made = loop(run, code)
    more = [*made.schedule.imports, *package_import(run.optimizer)]
    return RunCode(
        head=(*opening(run, code, more), *_tensors(run), *drawn),
        gradient=code.gradient if run.runner == "manual" else (),
        start=tuple(start),
        loop=made,
        around=tuple(epochs(run, code)),
        depth=1 + batches,
        epoch_end=tuple(epoch_end(run, code, made)),
        end=tuple(_end(run, code, made.evaluated)),
        data=data_of(run, code),
    )


def with_schedule(around: Sequence[str], schedule: ScheduleCode) -> list[str]:
    """Return the lines that begin the loops, with those of the schedule at the beginning of an epoch."""
    place = next(k for k, line in enumerate(around) if line.startswith("for epoch"))
    return [*around[: place + 1], *fitted(indented(schedule.begin)), *around[place + 1 :]]


def epoch_end(run: Run, code: ProblemCode, made: Loop) -> list[str]:
    """Return the lines at the end of an epoch: those of the schedule, with the loss if it needs that."""
    schedule = made.schedule
    if not schedule.needs_loss:
        return list(schedule.end)
    loss = loss_lines(code, made.evaluated)
    if run.runner != "manual":
        loss = ["with torch.no_grad():", *indented(loss)]
    return [*loss, *schedule.end]


def _tensors(run: Run) -> list[str]:
    """Return the function that an optimizer of torch by matrix needs, if it is one."""
    with_torch = run.runner == "torch.optim"
    lines = tensors_function(run.optimizer, run.problem.shapes) if with_torch else []
    return ["", "", *lines] if lines else []


def _start(run: Run) -> tuple[list[str], list[str]]:
    """Return the lines that make the initial parameters: those of the head, and those before the loop."""
    grad = ", requires_grad=True" if run.runner != "manual" else ""
    if run.problem.num_params <= MAX_COORDINATES:
        return [], tensor("params", [repr(value) for value in run.start_values()], grad)
    lines = start_lines(run.training, run.seed, ".float()" if run.dtype == "float32" else "")
    return ["", "", *lines], ["params.requires_grad_()"] * bool(grad)


def _end(run: Run, code: ProblemCode, params: str) -> list[str]:
    """Return the lines that print the final loss and parameters: those of the variable `params`."""
    shown = "tolist()" if run.problem.num_params <= MAX_COORDINATES else "norm().item()"
    return [*loss_lines(code, params), f"print(loss.item(), {params}.{shown})"]
