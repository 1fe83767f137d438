"""Many runs at once as lines of a program: parameters `(n, runs)`, settings `(runs,)`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from trainers.objective import STRIDE
from trainers.optimizers import Optimizer
from trainers.optimizers.code import GRAD, literal, with_symbols
from trainers.run import Run, Task
from trainers.scripts.head import all_losses, generator, loss_of
from trainers.scripts.head import batches as batch_lines
from trainers.scripts.layout import fitted, indented
from trainers.scripts.problem import ProblemCode
from trainers.scripts.schedule import RATE, schedule_code
from trainers.sweeps.axis import Axis
from trainers.sweeps.spec import PREFIX

MAX_ELEMENTS = 200_000_000
"""Max. elements that one evaluation of all losses goes through: about 2 GB in float64."""
LOG_AXIS = (
    "def log_axis(share, low, high):",
    "    low, high = math.log(low), math.log(high)",
    "    return torch.exp(low + (high - low) * share)",
)
AXIS = (
    "def axis(share, low, high):",
    "    return low + (high - low) * share",
)
ROUNDED = (
    "def rounded(values, digits):",
    "    size = values.abs().where(values != 0, 1.0)",
    "    size = size.log10().floor()",
    "    scale = 10.0 ** (digits - 1 - size).clamp(min=0)",
    "    return (values * scale).round() / scale",
)
LOSSES = (
    "def losses(params):",
    '    """Return the loss of each column of params."""',
    "    return vmap(loss_of, in_dims=1)(params)",
)
LOSSES_AND_GRADS = (
    "def losses_and_grads(params):",
    "    params = params.detach().requires_grad_()",
    "    loss = losses(params)",
    "    loss.sum().backward()  # each is of its own column alone",
    "    return loss.detach(), params.grad",
)
IN_BATCHES = (
    "def losses(params, x, y):",
    '    """Return the loss of each column of params."""',
    "    many = vmap(loss_of, in_dims=(1, None, None))",
    "    return many(params, x, y)",
)
GRADS_IN_BATCHES = (
    "def grads_of(params, x, y):",
    "    params = params.detach().requires_grad_()",
    "    losses(params, x, y).sum().backward()",
    "    return params.grad",
)
GRADS_BY_SEED = (
    "def grads_of(params, x, y):",
    '    """x and y are those of each column."""',
    "    params = params.detach().requires_grad_()",
    "    many = vmap(loss_of, in_dims=(1, 0, 0))",
    "    many(params, x, y).sum().backward()",
    "    return params.grad",
)


def runs_at_once(task: Task, code: ProblemCode, by_seed: bool) -> list[Sequence[str]]:
    """Return the functions that give the losses and gradients of many runs.

    With `by_seed` each run has the mini-batches of its seed.
    """
    if task.steps_per_epoch > 1:
        grads = GRADS_BY_SEED if by_seed else GRADS_IN_BATCHES
        return [loss_of(code, batches=True), IN_BATCHES, grads]
    return [loss_of(code), LOSSES, LOSSES_AND_GRADS]


def training(
    task: Run,
    code: ProblemCode,
    optimizers: Sequence[Optimizer],
    start: Sequence[str],
    each: Sequence[str],
    end: Sequence[str],
    by_seed: bool,
) -> list[str]:
    """Return the function that trains the columns of `params`; with `by_seed` it takes their seeds, too.

    `start`, `each` and `end` are its lines before the loop, at each epoch, and after it. In these, `loss` are
    the losses, and `diverged` says which were not finite once. Swept settings are in float64 in any case.
    """
    scheduled = task.schedule is not None
    step = f"params - step(params, grad{', factor' * scheduled})"
    step = f"params = ({step}).float()" if task.dtype == "float32" else f"params = {step}"
    clip = [] if task.clipping is None else task.clipping.lines(columns=True)
    factor = ["factor = factor_of(epoch)"] * scheduled
    around = [f"for epoch in range({task.epochs} + 1):"]
    evaluated, at = "params", list[str]()
    if any(each.update_code().evaluated != "params" for each in optimizers):
        evaluated, at = "at", ['at = step.evaluated() if hasattr(step, "evaluated") else params']
    noted = ["diverged |= ~loss.isfinite()", *each]
    if task.steps_per_epoch > 1:
        around = [
            *(_generators(task) if by_seed else [generator(task)]),
            *around,
            *indented([*factor, *at]),
            f"    loss = {all_losses(code, evaluated, True)}",
            *indented(noted),
        ]
        inner = [f"grad = grads_of(params, {code.x}[rows], {code.y}[rows])", *clip, step]
        around += [*(_batches(task, code) if by_seed else batch_lines(task, code)), *indented(inner, 8)]
    else:
        at += ["loss = losses(at)"] * bool(at)
        around += indented(["loss, grad = losses_and_grads(params)", *at, *noted, *factor, *clip, step])
    body = [
        "step = optimizer(params, **settings)",
        "diverged = torch.zeros(params.shape[1:]).bool()",
        *start,
        *around,
        *end,
    ]
    seeds = "seeds, " * by_seed
    return [f"def train(optimizer, params, {seeds}**settings):", *fitted(indented(body))]


def in_batches_by_seed(task: Task, several: bool) -> bool:
    """Return whether each seed has mini-batches of its own, where there are several seeds.

    Raises `NotImplementedError` if each has a validation split of its own.
    """
    if several and task.validation is not None:
        raise NotImplementedError("Seeds whose validation splits differ can't be written as one program")
    return several and task.steps_per_epoch > 1


def _generators(task: Task) -> list[str]:
    """Return the lines that make the generator of the mini-batches of each seed."""
    return [
        "generators = [torch.Generator() for seed in seeds]",
        "for seed, generator in zip(seeds, generators):",
        f"    stream = {task.shuffle_seed} + {STRIDE} * seed",
        "    generator.manual_seed(stream % 2**31)",
        "times = params.shape[1] // len(seeds)",
    ]


def _batches(task: Task, code: ProblemCode) -> list[str]:
    """Return the lines, in the loop over epochs, that begin the loop over the mini-batches of each run."""
    return [
        f"    orders = [torch.randperm(len({code.y}), generator=each)",
        "              for each in generators]",
        f"    for rows in torch.stack(orders).split({task.batch_size}, 1):",
        "        rows = rows.repeat(times, 1)",
    ]


def axes_lines(axes: Iterable[Axis]) -> list[Sequence[str]]:
    """Return the functions that axes need."""
    axes = list(axes)
    found: list[Sequence[str]] = []
    found += [LOG_AXIS] * any(axis.log for axis in axes)
    found += [AXIS] * any(not axis.log for axis in axes)
    return [*found, *([ROUNDED] if any(axis.digits for axis in axes) else [])]


def axis_values(name: str, axis: Axis, share: str) -> list[str]:
    """Return the lines that make an axis's values, `name`, at fractions of it."""
    low, high = literal(axis.low), literal(axis.high)
    values = name if axis.digits is None else f"rounded({name}, {axis.digits})"
    return [
        f"{name} = {'log_axis' if axis.log else 'axis'}({share}, {low}, {high})",
        f"{name} = {values}.clamp({low}, {high})",
    ]


def check_size(task: Task, size: int) -> None:
    """Raise `NotImplementedError` if so many runs at once need more memory than a computer may have."""
    if size * max(task.training.cost, task.problem.num_params) > MAX_ELEMENTS:
        where = f" on {task.training.num_samples:,} samples" if task.training.num_samples else ""
        raise NotImplementedError(f"{size:,} runs{where} need too much memory in one program")


def many_imports(axes: Iterable[Axis], sobol: bool, run: Run) -> list[str]:
    """Return the imports that many runs need, with these axes, and the schedule of the run."""
    found = ["from torch.func import vmap", *schedule_code(run, "lr").imports]
    found += ["from torch.quasirandom import SobolEngine"] * sobol
    return [*found, *["import math"] * any(axis.log for axis in axes)]


def factor_function(run: Run, axes: Iterable[str]) -> list[str]:
    """Return the function that gives the factor of the learning rate in an epoch; none without a schedule.

    Raises `NotImplementedError` for a schedule that is not the same for all runs.
    """
    if run.schedule is None:
        return []
    if any(name.startswith(PREFIX) for name in axes):
        raise NotImplementedError("Runs whose schedules differ can't be written as one program")
    if run.schedule.adaptive:
        name = type(run.schedule).__name__
        raise NotImplementedError(f"{name} changes each run on its own: many can't be written as one program")
    return ["def factor_of(epoch):", *indented(schedule_code(run, "lr").factor), "    return factor"]


def update_function(name: str, optimizer: Optimizer, varied: Iterable[str], run: Run) -> list[str]:
    """Return a function of `params` and of the varied hyperparameters that returns the optimizer's step.

    With a schedule the step takes the factor of the learning rate, too.
    """
    many = dict.fromkeys(varied, float("nan"))
    code, rate, arguments = with_symbols(optimizer, many).update_code(), list[str](), "params, grad"
    if run.schedule is not None:
        lr = "lr" if "lr" in many else literal(getattr(optimizer, "lr", 1.0))
        first = with_symbols(optimizer, many | {"lr": float("nan")}, {"lr": schedule_code(run, lr).first})
        code = with_symbols(optimizer, many | {"lr": float("nan")}, {"lr": RATE}).update_code()
        code = replace(code, state=first.update_code().state)
        rate, arguments = [f"{RATE} = {lr} * factor"], "params, grad, factor"
    state = [line.partition(" = ")[0] for line in code.state]
    lines = [line.replace(GRAD, "grad") for line in code.lines]
    inner = [*([f"nonlocal {', '.join(state)}"] if state else []), *rate, *lines]
    inner += [f"return {code.step.replace(GRAD, 'grad')}"]
    return [
        f"def {name}({', '.join(['params', *varied])}):",
        *indented(code.state),
        *[""] * bool(state),
        f"    def step({arguments}):",
        *fitted(indented(inner, 8)),
        "",
        *[f"    step.evaluated = lambda: {code.evaluated}"] * (code.evaluated != "params"),
        "    return step",
    ]
