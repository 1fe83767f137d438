"""Programs of single runs."""

from dataclasses import dataclass, field

from trainers.objective import training_indices
from trainers.problems.supervised import Supervised, raw_data
from trainers.run import MAX_COORDINATES, Run
from trainers.scripts.layout import indented, tensor
from trainers.scripts.loop import Loop, loop
from trainers.scripts.problem import DATA_FILE, ProblemCode, data_csv, problem_code
from trainers.scripts.start import start_lines


@dataclass(frozen=True)
class Program:
    """The parts of a program. Parameters `(n,)` are called `params`."""

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
    end: tuple[str, ...]
    """What is printed: the final loss and parameters."""
    data: Supervised | None = field(repr=False)
    """The training samples of the file that it reads, `DATA_FILE`; None if it reads none."""

    @property
    def text(self) -> str:
        """The whole program."""
        parts: list[str] = [*self.head, *(("", "", *self.gradient) if self.gradient else ())]
        parts += ["", "", *self.start, *self.loop.setup, *self.around]
        parts += [*indented(self.loop.body(), 4 * self.depth), "", *self.end]
        return "\n".join(parts) + "\n"

    def files(self) -> dict[str, str]:
        """Return the content of the files that it reads, by name."""
        return {} if self.data is None else {DATA_FILE: data_csv(self.data)}


def program(run: Run) -> Program:
    """Return the program of a run, which prints its final loss and parameters.

    It needs torch alone. In float64 it gives the numbers of `train` to rounding.
    """
    problem, code = run.training, run_code(run)
    batches = run.steps_per_epoch > 1
    imports = [line for line in code.imports if line.startswith("import ")]
    deeper = [line for line in code.imports if line not in imports]
    head = [*imports, *[""] * bool(imports), "import torch", *deeper, ""]
    if run.dtype == "float64":
        head += ["torch.set_default_dtype(torch.float64)", ""]
    data = [*code.data, "", ""] if code.data else [""]
    drawn, start = _start(run)
    return Program(
        head=(*head, *data, *code.loss, *drawn),
        gradient=code.gradient if run.runner == "manual" else (),
        start=tuple(start),
        loop=loop(run.runner, code, run.optimizer, batches),
        around=tuple(_around(run, code, batches)),
        depth=1 + batches,
        end=tuple(_end(run, code)),
        data=problem if code.reads_file and isinstance(problem, Supervised) else None,
    )


def run_code(run: Run) -> ProblemCode:
    """Return the problem of a run, with the samples that it is trained on, as lines of a program."""
    raw = None
    if isinstance(run.problem, Supervised):
        rows = raw_data(run.problem)
        raw = rows[training_indices(run.problem, run.validation_split, run.shuffle_seed)]
    return problem_code(run.training, raw)


def _start(run: Run) -> tuple[list[str], list[str]]:
    """Return the lines that make the initial parameters: those of the head, and those before the loop."""
    grad = ", requires_grad=True" if run.runner != "manual" else ""
    if run.problem.num_params <= MAX_COORDINATES:
        return [], tensor("params", [repr(value) for value in run.start_values()], grad)
    lines = start_lines(run.training, run.seed, ".float()" if run.dtype == "float32" else "")
    return ["", "", *lines], ["params.requires_grad_()"] * bool(grad)


def _around(run: Run, code: ProblemCode, batches: bool) -> list[str]:
    epochs = f"for epoch in range({run.epochs}):"
    if not batches:
        return [epochs]
    return [
        f"generator = torch.Generator().manual_seed({run.shuffle_seed})",
        epochs,
        f"    order = torch.randperm(len({code.y}), generator=generator)",
        f"    for rows in order.split({run.batch_size}):",
    ]


def _end(run: Run, code: ProblemCode) -> list[str]:
    lines = [code.predict.format(x=code.x, y=code.y)] if code.predict else []
    lines += [code.measure.format(x=code.x, y=code.y)]
    shown = "params.tolist()" if run.problem.num_params <= MAX_COORDINATES else "params.norm().item()"
    return [*lines, f"print(loss.item(), {shown})"]
