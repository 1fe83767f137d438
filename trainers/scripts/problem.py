"""Problems as lines of a program: data, model, loss, and its gradient by hand."""

import ast
from dataclasses import dataclass
from functools import singledispatch
from inspect import getsource
from textwrap import dedent
from typing import Any

import torch
from torch import Tensor

from trainers.datasets.dataset import Dataset
from trainers.exports import DATA_FILE
from trainers.optimizers.code import literal
from trainers.problems import Formula, Polynomial, Problem, Thermometer
from trainers.problems.classifier import Classifier
from trainers.problems.least_squares import LeastSquares
from trainers.problems.supervised import Supervised
from trainers.scripts.formula import written
from trainers.scripts.layout import WIDTH, call, indented, tensor, wrapped

MAX_NUMBERS = 200
"""Most numbers of data that stand in a program; more are read from a file beside it."""


@dataclass(frozen=True)
class ProblemCode:
    """A problem as Python. `predict`, `measure` and `differentiate` are the lines of a loop.

    In these, `{x}` and `{y}` stand for the inputs and targets of the update; a problem without data has none.
    """

    data: tuple[str, ...]
    loss: tuple[str, ...]
    """The model and its loss."""
    gradient: tuple[str, ...]
    """The gradient by hand; none, as `differentiate`, if autograd alone derives it."""
    measure: str
    differentiate: str
    predict: str = ""
    x: str = ""
    y: str = ""
    imports: tuple[str, ...] = ()
    reads_file: bool = False
    """Whether the data are read from `DATA_FILE`."""


@singledispatch
def problem_code(problem: Problem, raw: Dataset | None = None) -> ProblemCode:
    """Return a problem, with the samples that it is trained on, as lines of a program.

    `raw` are these samples before preprocessing; None without data. Here a problem without data, whose
    methods `loss` and `gradient` become functions of `params`.
    """
    try:
        loss, gradient = MethodCode(problem, "loss", "f"), MethodCode(problem, "gradient", "grad_f")
    except (OSError, SyntaxError) as error:  # no source, or not that of a function
        raise NotImplementedError(f"{type(problem).__name__} can't be written as a program") from error
    shared = [name for name in loss.helpers if name in gradient.helpers]
    loss_lines = [line for helper in loss.helpers.values() for line in (*helper, "", "")]
    own = [helper for name, helper in gradient.helpers.items() if name not in shared]
    gradient_lines = [line for helper in own for line in (*helper, "", "")]
    constants = {**loss.constants, **gradient.constants}
    known = [f"{name} = {literal(value)}" for name, value in constants.items()]
    code = ProblemCode(
        data=tuple(known),
        loss=(*loss_lines, *loss.lines),
        gradient=(*gradient_lines, *gradient.lines),
        measure="loss = f(params)",
        differentiate="grad = grad_f(params)",
        imports=("import math",) if loss.uses_math or gradient.uses_math else (),
    )
    if not _is_true(code, problem):
        raise NotImplementedError(f"{type(problem).__name__} can't be written as a program")
    return code


def _is_true(code: ProblemCode, problem: Problem) -> bool:
    """Return whether lines give the loss and the gradient of a problem: not all Python is understood."""
    names: dict[str, Any] = {"torch": torch, "params": problem.start(1)}
    lines = [*code.imports, *code.data, *code.loss, "", *code.gradient, "", code.measure, code.differentiate]
    try:
        exec("\n".join(lines), names)
    except Exception:
        return False
    expected = problem.loss(names["params"]), problem.gradient(names["params"])
    return all(torch.allclose(a, b) for a, b in zip((names["loss"], names["grad"]), expected, strict=True))


@problem_code.register
def _(problem: Supervised, raw: Dataset | None = None) -> ProblemCode:
    raise NotImplementedError(f"{type(problem).__name__} can't be written as a program")


class MethodCode:
    """A method of a problem as a function of `params`, with the functions and constants that it needs."""

    def __init__(self, problem: Problem, method: str, name: str) -> None:
        function = getattr(type(problem), method)
        self.helpers: dict[str, list[str]] = {}
        self.constants: dict[str, float] = {}
        self.uses_math = False
        source = dedent(getsource(function)).splitlines()
        (tree,) = ast.parse("\n".join(source)).body
        assert isinstance(tree, ast.FunctionDef)
        body = tree.body[1:] if ast.get_docstring(tree) else tree.body
        first = body[0].lineno - 1
        lines = self._plain(problem, tree, source[first:], first)
        self._note(problem, function, tree)
        statements = [line.strip() for line in lines]
        broken = [part for line in statements for part in wrapped(line, WIDTH - 4)]
        self.lines = [f"def {name}(params):", *indented(broken)]

    def _plain(self, problem: Problem, tree: ast.AST, lines: list[str], first: int) -> list[str]:
        """Return lines without `self`: methods by name, settings by value."""
        for node in sorted(_of_self(tree), key=lambda node: (node.lineno, -node.col_offset)):
            value = getattr(problem, node.attr)
            text = node.attr if callable(value) else literal(value)
            text = f"({text})" if text.startswith("-") else text
            place = node.lineno - 1 - first
            lines[place] = lines[place][: node.col_offset] + text + lines[place][node.end_col_offset :]
        return lines

    def _note(self, problem: Problem, function: Any, tree: ast.AST) -> None:
        """Take down which functions and constants are used."""
        for name in (node.attr for node in _of_self(tree)):
            if callable(getattr(problem, name)):
                helper = MethodCode(problem, name, name)
                self.helpers |= helper.helpers | {name: helper.lines}
                self.constants |= helper.constants
                self.uses_math |= helper.uses_math
        for name in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}:
            value = function.__globals__.get(name)
            self.uses_math |= name == "math"
            if isinstance(value, float | int):
                self.constants[name] = value


def _of_self(tree: ast.AST) -> list[ast.Attribute]:
    """Return each `self.something`."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return [node for node in found if isinstance(node.value, ast.Name) and node.value.id == "self"]


@problem_code.register
def _(problem: Formula, raw: Dataset | None = None) -> ProblemCode:
    value = written(problem.expression)
    statements = ["x, y = params", *wrapped(f"return {value}", WIDTH - 4)]
    return ProblemCode(
        data=(),
        loss=("def f(params):", *indented(statements)),
        gradient=(),
        measure="loss = f(params)",
        differentiate="",
        imports=("import math",) * ("math." in value),
    )


# --- Least squares --------------------------------------------------------------------------------


@problem_code.register
def _(problem: Thermometer, raw: Dataset | None = None) -> ProblemCode:
    assert raw is not None
    scaled = SCALINGS[problem.scaling]
    x = "t_un" if scaled else "t_u"
    data = [*tensor("t_c", _numbers(raw.target)), *tensor("t_u", _numbers(raw.inputs[:, 0])), *scaled]
    return ProblemCode(
        data=tuple(data),
        loss=(
            "def model(t_u, w, b):",
            "    return w * t_u + b",
            "",
            "",
            "def loss_fn(t_p, t_c):",
            "    return ((t_p - t_c) ** 2).mean()",
        ),
        gradient=(
            "def grad_fn(t_u, t_c, t_p):",
            "    dloss_dtp = 2 * (t_p - t_c) / len(t_p)",
            "    dtp_dw, dtp_db = t_u, 1.0",
            "    dloss_dw = (dloss_dtp * dtp_dw).sum()  # chain rule",
            "    dloss_db = (dloss_dtp * dtp_db).sum()",
            "    return torch.stack([dloss_dw, dloss_db])",
        ),
        predict="t_p = model({x}, *params)",
        measure="loss = loss_fn(t_p, {y})",
        differentiate="grad = grad_fn({x}, {y}, t_p)",
        x=x,
        y="t_c",
    )


SCALINGS = {
    "raw": (),
    "x0.1": ("t_un = 0.1 * t_u",),
    "standardized": ("t_un = (t_u - t_u.mean()) / t_u.std(correction=0)",),
}
"""Lines that scale the readings of the thermometer."""


@problem_code.register
def _(problem: LeastSquares, raw: Dataset | None = None) -> ProblemCode:
    inputs = inputs_of(problem)
    powers = isinstance(problem, Polynomial)
    data, reads_file = _samples(problem, inputs[:, :1] if powers else inputs, flat=powers)
    if powers:
        data += [f"x = x[:, None] ** torch.arange(1, {problem.num_params})"]
    return ProblemCode(
        data=tuple(data),
        loss=(
            "def model(x, params):",
            "    return x @ params[:-1] + params[-1]",
            "",
            "",
            "def loss_fn(y_p, y):",
            "    return ((y_p - y) ** 2).mean()",
        ),
        gradient=(
            "def grad_fn(x, y, y_p):",
            "    dloss_dyp = 2 * (y_p - y) / len(y)",
            "    dloss_dw = x.T @ dloss_dyp  # chain rule",
            "    dloss_db = dloss_dyp.sum()",
            "    return torch.cat([dloss_dw, dloss_db[None]])",
        ),
        predict="y_p = model({x}, params)",
        measure="loss = loss_fn(y_p, {y})",
        differentiate="grad = grad_fn({x}, {y}, y_p)",
        x="x",
        y="y",
        reads_file=reads_file,
        imports=("import csv",) * reads_file,
    )


# --- Classifiers ----------------------------------------------------------------------------------


@problem_code.register
def _(problem: Classifier, raw: Dataset | None = None) -> ProblemCode:
    data, reads_file = _samples(problem, problem.data.inputs)
    binary = problem.widths[-1] == 1
    if reads_file != binary:  # those of a file are floats, those of the program integers
        data += ["y = y.to(x.dtype)" if binary else "y = y.long()"]
    return ProblemCode(
        data=tuple(data),
        loss=(
            *_layers(problem),
            "",
            "",
            *_forward(problem),
            "",
            "",
            "def loss_fn(logits, y):",
            *(BINARY_LOSS if binary else ("    return functional.cross_entropy(logits, y)",)),
        ),
        gradient=tuple(_backward(problem, binary)),
        predict="logits = model({x}, params)",
        measure="loss = loss_fn(logits, {y})",
        differentiate="grad = grad_fn({x}, {y}, params)",
        x="x",
        y="y",
        reads_file=reads_file,
        imports=(*("import csv",) * reads_file, "from torch.nn import functional"),
    )


BINARY_LOSS = (
    "    loss = functional.binary_cross_entropy_with_logits",
    "    return loss(logits[:, 0], y)",
)


def _names(problem: Classifier) -> list[str]:
    return [f"{kind}{k}" for k in range(1, len(problem.widths)) for kind in "wb"]


def _layers(problem: Classifier) -> list[str]:
    """Return the function that splits the parameters into weights and biases."""
    shapes = problem.layer_shapes
    sizes = [size for inputs, outputs in shapes for size in (inputs * outputs, outputs)]
    names, views = _names(problem), [f"w{k}.view({i}, {o}), b{k}" for k, (i, o) in enumerate(shapes, 1)]
    split = call(f"{', '.join(names)} = params.split(", [f"{sizes}"], width=WIDTH - 4)
    return ["def layers(params):", *indented([*split, *call("return (", views, width=WIDTH - 4)])]


def _forward(problem: Classifier) -> list[str]:
    """Return the model: logits of inputs."""
    last = len(problem.layer_shapes)
    lines = [f"{', '.join(_names(problem))} = layers(params)"]
    lines += _hidden(problem)
    return ["def model(x, params):", *indented([*lines, f"return {_input(last)} @ w{last} + b{last}"])]


def _hidden(problem: Classifier) -> list[str]:
    function = getattr(problem, "activation", "")
    count = len(problem.layer_shapes)
    return [f"h{k} = torch.{function}({_input(k)} @ w{k} + b{k})" for k in range(1, count)]


def _input(layer: int) -> str:
    return "x" if layer == 1 else f"h{layer - 1}"


def _backward(problem: Classifier, binary: bool) -> list[str]:
    """Return the gradient by back-propagation."""
    last = len(problem.layer_shapes)
    lines = [f"{', '.join(_names(problem))} = layers(params)", *_hidden(problem)]
    lines += [f"logits = {_input(last)} @ w{last} + b{last}"]
    if binary:
        lines += [f"d{last} = (torch.sigmoid(logits) - y[:, None]) / len(y)"]
    else:
        lines += ["true = functional.one_hot(y, logits.shape[1])"]
        lines += [f"d{last} = (logits.softmax(1) - true) / len(y)"]
    tanh = getattr(problem, "activation", "") == "tanh"
    for k in range(last, 1, -1):
        lines += [f"d{k - 1} = d{k} @ w{k}.T * {f'(1 - h{k - 1}**2)' if tanh else f'(h{k - 1} > 0)'}"]
    parts = [f"({_input(k)}.T @ d{k}).flatten(), d{k}.sum(0)" for k in range(1, last + 1)]
    lines += ["return torch.cat([", *indented([f"{part}," for part in parts]), "])"]
    return ["def grad_fn(x, y, params):", *indented(lines)]


# --- Data -----------------------------------------------------------------------------------------


def _numbers(values: Tensor) -> list[str]:
    return [repr(value) for value in values.tolist()]


def _samples(problem: Supervised, inputs: Tensor, flat: bool = False) -> tuple[list[str], bool]:
    """Return the lines that make x and y of the preprocessed samples, and whether they read a file.

    With one input, x is a vector if `flat`.
    """
    target = problem.data.target
    if inputs.numel() + target.numel() > MAX_NUMBERS:
        lines = [
            f'with open("{DATA_FILE}") as file:',
            "    lines = list(csv.reader(file))[1:]",
            "table = torch.tensor([[*map(float, row)] for row in lines])",
            f"x, y = table[:, {0 if flat else ':-1'}], table[:, -1]",
        ]
        return lines, True
    y = [repr(float(value)) if problem.class_names == () else repr(value) for value in target.tolist()]
    if flat:
        return [*tensor("x", _numbers(inputs[:, 0])), *tensor("y", y)], False
    rows = [f"[{', '.join(_numbers(row))}]" for row in inputs]
    return [*tensor("x", rows), *tensor("y", y)], False


def inputs_of(problem: Supervised) -> Tensor:
    """Return the preprocessed inputs `(rows, inputs)`, float64, as programs have them: without ones."""
    inputs = problem.data.inputs
    return inputs[:, :-1] if isinstance(problem, LeastSquares) else inputs


def data_csv(problem: Supervised) -> str:
    """Return the file that a program reads: the inputs of the preprocessed training samples, and the target.

    Classes are numbers from 0. The header names the columns.
    """
    inputs = inputs_of(problem)
    table = torch.cat([inputs, problem.data.target.double()[:, None]], dim=1)
    header = [f"x{k + 1}" for k in range(inputs.shape[1])] + ["y"]
    lines = [",".join(header), *(",".join(map(repr, row)) for row in table.tolist())]
    return "\n".join(lines) + "\n"
