"""Initial parameters as lines of a program."""

from collections.abc import Sequence
from functools import singledispatch

from torch import Tensor

from trainers.problems import MLP, Problem, SoftmaxRegression, Thermometer
from trainers.problems.supervised import Supervised
from trainers.problems.surfaces.base import Surface
from trainers.problems.thermometer import START
from trainers.scripts.layout import filled, indented


def start_lines(problem: Problem, seed: int, cast: str) -> list[str]:
    """Return the lines that make the initial parameters of a seed of a problem with many.

    They are drawn in float64, as `Problem.start` does; `cast` is ".float()" for float32, else "".
    """
    if seed == 0 and usual(problem):
        return [f"params = {usual(problem)}"]
    lines, expression = drawn(problem)
    return [*_drawing(f"{seed}"), *lines, f"params = {_cast(expression, cast)}"]


def start_function(problem: Problem, seeds: Sequence[int], cast: str) -> list[str]:
    """Return the function that makes the initial parameters of a seed, one of `seeds`."""
    head = ["def start(seed):"]
    if not isinstance(problem, Supervised | Surface):
        return [*_table(problem, seeds), "", "", *head, "    return torch.tensor(STARTS[seed])"]
    first = usual(problem)
    if first and 0 in seeds:
        head += ["    if seed == 0:", f"        return {first}"]
    if any(seeds) or not first:
        lines, expression = drawn(problem)
        head += indented([*_drawing("seed"), *lines, f"return {_cast(expression, cast)}"])
    return head


def usual(problem: Problem) -> str:
    """Return the initial parameters of seed 0; "" if they are drawn, as those of other seeds."""
    if isinstance(problem, Surface):
        return _tensor(problem.start_point)
    if isinstance(problem, Thermometer):
        return _tensor(START)
    return "" if isinstance(problem, MLP) else f"torch.zeros({problem.num_params})"


@singledispatch
def drawn(problem: Problem) -> tuple[list[str], str]:
    """Return the lines that draw initial parameters, and what they are: standard normal."""
    return [], f"torch.randn({problem.num_params}, **draw)"


@drawn.register
def _(problem: SoftmaxRegression) -> tuple[list[str], str]:
    return [], f"0.1 * torch.randn({problem.num_params}, **draw)"


@drawn.register
def _(problem: Thermometer) -> tuple[list[str], str]:
    return [], f"{_tensor(START)} + torch.randn(2, **draw)"


@drawn.register
def _(problem: MLP) -> tuple[list[str], str]:
    shapes = ", ".join(f"({inputs}, {outputs})" for inputs, outputs in problem.layer_shapes)
    lines = [
        "parts = []  # as torch.nn.Linear does",
        f"for inputs, outputs in [{shapes}]:",
        "    uniform = torch.rand((inputs + 1) * outputs, **draw)",
        "    parts.append((2 * uniform - 1) / inputs**0.5)",
    ]
    return lines, "torch.cat(parts)"


@drawn.register
def _(problem: Surface) -> tuple[list[str], str]:
    assert problem.window is not None
    (x_low, x_high), (y_low, y_high) = problem.window
    lines = [
        f"low = {_tensor((x_low, y_low))}",
        f"high = {_tensor((x_high, y_high))}",
    ]
    return lines, "low + (high - low) * torch.rand(2, **draw)"


def _table(problem: Problem, seeds: Sequence[int]) -> list[str]:
    """Return the initial parameters of all seeds, for a problem whose way to make them is not known here."""
    rows = [f"{seed}: {_list(problem.start(seed))}" for seed in seeds]
    return ["STARTS = {", *indented(filled(rows, 56)), "}"]


def _list(values: Tensor) -> str:
    return f"[{', '.join(map(repr, values.tolist()))}]"


def _tensor(values: Sequence[float]) -> str:
    return f"torch.tensor([{', '.join(repr(float(value)) for value in values)}])"


def _cast(expression: str, cast: str) -> str:
    compound = " + " in expression or " * " in expression
    return f"({expression}){cast}" if cast and compound else f"{expression}{cast}"


def _drawing(seed: str) -> list[str]:
    return [
        f"generator = torch.Generator().manual_seed({seed})",
        'draw = {"generator": generator, "dtype": torch.float64}',
    ]
