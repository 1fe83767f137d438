"""Programs of comparisons: a function for each kind of training, and a line of output for each run."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from trainers.exports import Program, program
from trainers.optimizers.code import with_symbols
from trainers.run import MAX_COORDINATES, Run, Task
from trainers.scripts.charts import curves_chart, curves_table
from trainers.scripts.functions import differing, function_name, keywords, reals, string, structure, unused
from trainers.scripts.head import data_of, epochs, imports, loss_of, task_code
from trainers.scripts.layout import WIDTH, call, fitted, indented, tensor
from trainers.scripts.loop import MAX_STEP, ROWS, Loop, loop
from trainers.scripts.parts import assembled, distinct, separated
from trainers.scripts.problem import ProblemCode
from trainers.scripts.run import run_code, with_schedule
from trainers.scripts.schedule import schedule_code
from trainers.scripts.start import start_lines
from trainers.scripts.torch_loop import (
    by_matrix,
    package_import,
    seed_lines,
    tensor_lines,
    tensors_function,
    torch_calls,
)
from trainers.settings import SettingError
from trainers.words import format_epochs, safe_text

RECORDED = ("from itertools import takewhile", "from math import isfinite")
PRINTED = (
    "for name, (losses, params) in results.items():",
    "    recorded = list(takewhile(isfinite, losses))",
    "    if len(recorded) < len(losses):",
    '        after = f"after {len(recorded)} epochs"',
    '        print(f"{name}: diverged {after}")',
    "    else:",
    '        print(f"{name}: {losses[-1]} {SHOWN}")',
)


@dataclass(frozen=True)
class Function:
    """A function that trains, and the calls that train some of the runs, by the places of these."""

    lines: tuple[str, ...]
    calls: dict[int, tuple[str, tuple[str, ...]]]
    """Of each call its name and its arguments."""


@program.register
def run_program(spec: Run, names: Sequence[str] | None = None) -> Program:
    """Return the program of a run; its notebook is that of a comparison of this run alone."""
    shared = comparison_program([spec], names)
    return replace(shared, text=run_code(spec).text)


@program.register(Sequence)
def comparison_program(spec: Sequence[Run], names: Sequence[str] | None = None) -> Program:
    """Return the program of runs that share their task; it prints a line for each.

    The line has the name, the final loss and the parameters, or their norm where they are many.
    """
    runs = _alike(spec)
    names = distinct([run.label for run in runs] if names is None else names)
    task, code = runs[0], task_code(runs[0])
    made = _functions(runs, code)
    calls = [each.calls[place] for place in range(len(runs)) for each in made if place in each.calls]
    results = ["results = {"]
    for name, (function, arguments) in zip(names, calls, strict=True):
        results += indented(call(f"{string(name)}: {function}(", arguments, 55))
        results[-1] += ","
    by_hand = code.gradient if any(run.runner == "manual" for run in runs) else ()
    parts = {
        "Data": [*imports(task, code, [*RECORDED, *_imports(runs)]), *code.data],
        "Model and loss": separated([code.loss, by_hand, loss_of(code), _tensors(runs), start(task)]),
        "Training": separated([each.lines for each in made]),
        "Runs": [*results, "}"],
    }
    shown = "params.tolist()" if task.problem.num_params <= MAX_COORDINATES else "params.norm().item()"
    printed = [line.replace("SHOWN", shown) for line in PRINTED]
    title = f"{type(task.problem).__name__}, {format_epochs(task.epochs)}"
    drawn = {"Table": curves_table(task), "Chart": curves_chart(task)}
    return assembled(title, names, parts, printed, drawn, data_of(task, code))


def _alike(runs: Sequence[Run]) -> list[Run]:
    """Return the runs; raises `SettingError` if there is none, or they differ in their task."""
    if not runs:
        raise SettingError("runs", "must be at least one, got none")
    if not all(isinstance(run, Run) for run in runs):
        raise SettingError("runs", f"must be runs such as Run(), got {safe_text(runs)}")
    for field in fields(Task):
        if len({repr(getattr(run, field.name)) for run in runs}) > 1:
            raise SettingError("runs", f"must share their task, but differ in {field.name}")
    return list(runs)


def _imports(runs: Sequence[Run]) -> list[str]:
    """Return the imports that the schedules and the optimizers of runs need."""
    schedules = [line for run in runs for line in schedule_code(run, "lr").imports]
    return schedules + [line for run in runs for line in package_import(run.optimizer)]


def _tensors(runs: Sequence[Run]) -> list[str]:
    """Return the function that optimizers of torch by matrix need, if there are any."""
    each = [tensors_function(r.optimizer, r.problem.shapes) for r in runs if r.runner == "torch.optim"]
    return next(filter(None, each), [])


def start(task: Task) -> list[str]:
    """Return the lines that make the initial parameters, `start`."""
    if task.problem.num_params <= MAX_COORDINATES:
        return tensor("start", [repr(value) for value in task.start_values()])
    cast = ".float()" if task.dtype == "float32" else ""
    if task.start is not None:
        return tensor("start", [repr(value) for value in task.start])
    *lines, last = start_lines(task.training, task.seed, cast)
    return [*lines, last.replace("params = ", "start = ")]


# --- Functions ------------------------------------------------------------------------------------


def _functions(runs: Sequence[Run], code: ProblemCode) -> list[Function]:
    """Return the functions that train the runs: those with torch.optim, and one for each update by hand."""
    groups: dict[object, list[int]] = {}
    for place, run in enumerate(runs):
        groups.setdefault(_key(run), []).append(place)
    made: dict[str, Function] = {}
    for places in groups.values():
        some = {place: runs[place] for place in places}
        first = runs[places[0]]
        if first.runner == "torch.optim":
            name = unused(_torch_name(first), made)
            made[name] = _with_torch(name, some, code)
        else:
            suffix = "_autograd" if first.runner == "autograd" else ""
            name = function_name(first.optimizer, made, suffix)
            made[name] = _by_hand(name, some, code)
    return list(made.values())


def _key(run: Run) -> tuple[object, ...]:
    shared = (run.runner, run.schedule, run.clipping)
    if run.runner == "torch.optim":
        return *shared, _torch_name(run)
    return *shared, type(run.optimizer), structure(run.optimizer)


def _torch_name(run: Run) -> str:
    """Return the name of the function that trains with an optimizer of torch."""
    apart = "_seeded" * bool(seed_lines(run.optimizer))
    if run.optimizer.needs_closure:
        return f"train_with_closure{apart}"
    if not by_matrix(run.optimizer, run.problem.shapes):
        return f"train{apart}"
    several = len(torch_calls(run.optimizer, run.problem.shapes)) > 1
    return f"train_{type(run.optimizer).__name__.lower()}" if several else f"train_by_matrix{apart}"


def _with_torch(name: str, runs: dict[int, Run], code: ProblemCode) -> Function:
    """Return the function of runs with torch; of several optimizers it is given the settings of each."""
    first = next(iter(runs.values()))
    shapes = first.problem.shapes
    parts = torch_calls(first.optimizer, shapes)
    several = len(parts) > 1
    made = loop(first, code, lr=f'{f"{parts[0].tensors}_" if several else ""}settings["lr"]')
    setup, given = [f"optimizer = kind({parts[0].tensors}, **settings)"], "kind, **settings"
    if several:
        made_of = [f"    {part.head}{part.tensors}, **{part.tensors}_settings)," for part in parts]
        setup = ["optimizers = [", *made_of, "]"]
        given = ", ".join(f"{part.tensors}_settings" for part in parts)
    setup = [
        *tensor_lines(first.optimizer, shapes),
        *seed_lines(first.optimizer),
        *setup,
        *made.schedule.setup,
    ]
    lines = _lines(f"{name}({given})", replace(made, setup=tuple(setup)), first, code)
    calls = {}
    for place, run in runs.items():
        each = torch_calls(run.optimizer, shapes)
        arguments = (each[0].head.removesuffix("("), *each[0].arguments)
        if len(each) > 1:
            arguments = tuple("\n".join(call("dict(", part.arguments, WIDTH - 9)) for part in each)
        calls[place] = (name, arguments)
    return Function(tuple(lines), calls)


def _by_hand(name: str, runs: dict[int, Run], code: ProblemCode) -> Function:
    first = next(iter(runs.values()))
    given = differing([run.optimizer for run in runs.values()])
    symbolic = with_symbols(first.optimizer, {each: reals(first.optimizer)[each] for each in given})
    made = loop(first, code, symbolic, MAX_STEP - 4)
    lines = _lines(f"{name}({', '.join(given)})", made, first, code)
    calls = {}
    for place, run in runs.items():
        values = reals(run.optimizer)
        calls[place] = (name, tuple(keywords({each: values[each] for each in given})))
    return Function(tuple(lines), calls)


def _lines(signature: str, made: Loop, run: Run, code: ProblemCode) -> list[str]:
    """Return a function that trains: it returns the loss of each epoch, and the final parameters."""
    batches, lines = run.steps_per_epoch > 1, with_schedule(epochs(run, code), made.schedule)
    by_epoch = batches or made.evaluated != "params"  # the updates' losses are others
    first = "params = start.clone()" + ".requires_grad_()" * (run.runner != "manual")
    if by_epoch:
        lines.insert(1 + batches, f"    losses.append(loss_of({made.evaluated}).item())")
    body: list[str] = []
    for name in ROWS:
        body += made.rows[name]
        body += ["losses.append(loss.item())"] * (name == made.loss_after and not by_epoch)
    detached = ".detach()" * (run.runner != "manual")
    loss = [f"loss = loss_of({made.evaluated}){detached}"]
    end = [*loss * made.schedule.needs_loss, *made.schedule.end]
    inside = [
        first,
        *made.setup,
        "losses = []",
        *lines,
        *indented(body, 4 + 4 * batches),
        *indented(end),
        f"losses.append(loss_of({made.evaluated}).item())",
        f"return losses, {made.evaluated}{detached}",
    ]
    return fitted([f"def {signature}:", *indented(inside)])
