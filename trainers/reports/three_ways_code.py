"""The training loop of a run in three implementations, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trainers.run import Run
from trainers.runners import RUNNERS
from trainers.scripts import RunCode, run_code
from trainers.scripts.loop import ROWS

WHY = {
    "start": "Initial parameters, what the update remembers, and the loop.",
    "clear": "backward() adds to params.grad: what is not cleared counts again.",
    "predict": "The model at the present parameters.",
    "measure": "One number: how far the predictions are off.",
    "differentiate": "backward() fills params.grad and moves nothing.",
    "clip": "What is too long is shortened before it is used.",
    "schedule": "The learning rate of this epoch, from the schedule.",
    "step": "Against the gradient. In place and untracked: params stays the tensor that requires grad.",
}
"""Why each row is there."""


@dataclass(frozen=True)
class Line:
    """A line of code: `new` if the implementation before has it not, `gone` if the next one has it not."""

    text: str
    new: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Row:
    """A step of the loop: its lines in each implementation, none where there is nothing to do."""

    name: str
    why: str
    cells: tuple[tuple[Line, ...], ...]


def programs(run: Run) -> dict[str, RunCode]:
    """Return the program of a run by each runner that can train it."""
    return {runner: run_code(replace(run, runner=runner)) for runner in run.runners}


def missing(run: Run) -> dict[str, str]:
    """Return why a run has no program by some runners, by their names."""
    name, able = type(run.optimizer).__name__, run.runners
    why = {"torch.optim": f"{name} is not in torch."}
    if run.optimizer.by_hand():
        why["manual"] = f"{type(run.problem).__name__} has no gradient by hand."
    return {
        runner: why.get(runner, f"{name} has no update rule by hand here.")
        for runner in RUNNERS
        if runner not in able
    }


def rows(made: Sequence[RunCode]) -> list[Row]:
    """Return the rows of the loop, a cell for each program; rows that all leave empty are left out."""
    lines = {"start": [(*each.start, *each.loop.setup, *each.around) for each in made]}
    schedules = [each.loop.schedule for each in made]
    lines |= {"schedule": [(*each.begin, *each.end) for each in schedules]}
    lines |= {name: [each.loop.rows[name] for each in made] for name in ROWS}
    return [Row(name, WHY[name], _marked(cells)) for name, cells in lines.items() if any(cells)]


def _marked(cells: Sequence[tuple[str, ...]]) -> tuple[tuple[Line, ...], ...]:
    """Return the lines of each cell, compared with those of its neighbors."""
    before = [cells[0], *cells[:-1]]
    after = [*cells[1:], cells[-1]]
    return tuple(
        tuple(Line(line, line not in old, line not in later) for line in here)
        for here, old, later in zip(cells, before, after, strict=True)
    )
