"""What programs begin with: imports, data, model and loss; and their loop over epochs."""

import re
from collections.abc import Callable, Sequence
from functools import partial

from trainers.objective import Objective, training_indices
from trainers.problems.supervised import Supervised, raw_data
from trainers.run import Task
from trainers.scripts.problem import ProblemCode, data_csv, problem_code


def task_code(task: Objective) -> ProblemCode:
    """Return the problem of a task, with the samples that are trained on, as code."""
    raw = None
    if isinstance(task.problem, Supervised):
        rows = raw_data(task.problem)
        raw = rows[training_indices(task.problem, task.validation_split, task.stream)]
    return problem_code(task.training, raw)


def opening(task: Objective, code: ProblemCode, more: Sequence[str] = ()) -> list[str]:
    """Return the imports, also those that `more` names, the data, the model and its loss."""
    data = [*code.data, "", ""] if code.data else [""]
    return [*imports(task, code, more), *data, *code.loss]


def imports(task: Objective, code: ProblemCode, more: Sequence[str] = ()) -> list[str]:
    """Return the imports, also those that `more` names, and the precision."""
    needed = {*code.imports, *more}
    standard = [line for line in needed if "torch" not in line]
    standard.sort(key=lambda line: (line.startswith("from"), line))
    deeper = sorted(line for line in needed if "torch" in line)
    lines = [*standard, *[""] * bool(standard), "import torch", *deeper, ""]
    return lines + ["torch.set_default_dtype(torch.float64)", ""] * (task.dtype == "float64")


def data_of(task: Objective, code: ProblemCode) -> Callable[[], str] | None:
    """Return what makes the file that the program reads; None if it reads none."""
    training = task.training
    return partial(data_csv, training) if code.reads_file and isinstance(training, Supervised) else None


def epochs(task: Task, code: ProblemCode) -> list[str]:
    """Return the lines that begin the loop over epochs and, with mini-batches, the one over batches."""
    each = f"for epoch in range({task.epochs}):"
    if task.steps_per_epoch == 1:
        return [each]
    return [generator(task), each, *batches(task, code)]


def generator(task: Objective) -> str:
    """Return the line that makes the generator of mini-batches."""
    return f"generator = torch.Generator().manual_seed({task.stream})"


def batches(task: Objective, code: ProblemCode) -> list[str]:
    """Return the lines, within the loop over epochs, that begin the loop over mini-batches."""
    return [
        f"    order = torch.randperm(len({code.y}), generator=generator)",
        f"    for rows in order.split({task.batch_size}):",
    ]


def loss_of(code: ProblemCode, batches: bool = False) -> list[str]:
    """Return the function that gives the loss of parameters; with `batches`, on some samples x and y."""
    x, y = ("x", "y") if batches else (code.x, code.y)
    predict = [code.predict.format(x=x, y=y)] if code.predict else []
    measure = code.measure.format(x=x, y=y).replace("loss = ", "return ")
    arguments = "params, x, y" if batches else "params"
    return [f"def loss_of({arguments}):", *(f"    {line}" for line in (*predict, measure))]


def loss_lines(code: ProblemCode, params: str = "params") -> list[str]:
    """Return the lines that compute `loss` of the variable `params`, on all samples."""
    lines = [code.predict, code.measure] if code.predict else [code.measure]
    return [re.sub(r"\bparams\b", params, line.format(x=code.x, y=code.y)) for line in lines]


def all_losses(code: ProblemCode, params: str, batches: bool) -> str:
    """Return the call that gives the losses of the columns of parameters on all samples."""
    return f"losses({params}, {code.x}, {code.y})" if batches else f"losses({params})"
