"""The graph of a loss as autograd builds it, with the values forward and the derivatives backward."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.autograd.graph import Node as Function
from torch.overrides import TorchFunctionMode

from trainers.modes import training_mode
from trainers.problems import Problem
from trainers.scripts.execution import PROGRAM, defined, execute
from trainers.scripts.problem import ProblemCode
from trainers.words import format_number

SIGNS = {
    "mul": "×", "add": "+", "sub": "−", "rsub": "−", "div": "/", "truediv": "/", "rtruediv": "/",
    "matmul": "@",
}  # fmt: skip
"""Signs of functions of two operands."""
TITLES = {
    "AccumulateGrad": "parameters",
    "linalg_vector_norm": "norm",
    "neg": "−",
    "binary_cross_entropy_with_logits": "binary cross-entropy",
    "cross_entropy": "mean of − the true class's",
    "LogSoftmaxBackward0": "log softmax",
}
"""Names of functions where torch's own says little."""


@dataclass(frozen=True, eq=False)
class Node:
    """A value on the way from the parameters to the loss."""

    function: str
    """Name of the function of autograd that leads back from it, such as MulBackward0."""
    operation: str
    """What it is computed by, with what is no variable: × t_u."""
    name: str
    """The variable of the program that holds it; "" if none does."""
    value: Tensor | None
    """Computed forward; None where torch does not tell it."""
    derivative: Tensor
    """Derivative of the loss by it, computed backward, in its shape."""
    inputs: tuple[int, ...]
    """Places of the nodes that it is computed from."""


@dataclass(frozen=True, eq=False)
class Graph:
    """The graph of one loss: nodes from the parameters to the loss, which is the last."""

    nodes: tuple[Node, ...]
    grad: Tensor
    """`(n,)`: what `params.grad` holds after `backward()`; before, it is None."""


def loss_graph(code: ProblemCode, problem: Problem, params: Tensor) -> Graph:
    """Return the graph of the loss at `params` `(n,)`, by executing the lines of a program.

    `problem` has the samples of the update. The structure follows from `grad_fn`, which holds no values: they
    are recorded while the lines are executed, and the derivatives by hooks during `backward()`.
    """
    with training_mode():
        leaf = params.detach().clone().requires_grad_()
        names = defined(code, problem, leaf)
        lines = [line.format(x=code.x, y=code.y) for line in (code.predict, code.measure) if line]
        with Recorder() as recorder:
            execute("\n".join(lines), names)
        loss: Tensor = names["loss"]
        assert loss.grad_fn is not None
        order = _sorted(loss.grad_fn)
        derivatives: dict[Function, tuple[Tensor | None, ...]] = {}
        for function in order:
            function.register_hook(_keep(derivatives, function))
        loss.backward(retain_graph=True)
        assert leaf.grad is not None
        return Graph(_nodes(order, recorder, derivatives, leaf, names), leaf.grad)


class Recorder(TorchFunctionMode):
    """Records the results of torch's functions while lines of a program are executed."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[tuple[Function, int], tuple[str, Sequence[Any], Tensor]] = {}
        """By function of autograd and number of its output: name, arguments and result of the call."""
        self.variables: list[tuple[Tensor, str]] = []
        """Tensors and their variables, as found when they were used."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.variables += _variables(args)
        for part in result if isinstance(result, tuple) else (result,):
            if isinstance(part, Tensor) and part.grad_fn is not None:
                name = getattr(func, "__name__", "").strip("_")
                self.calls[part.grad_fn, part.output_nr] = (name, args, part)
        return result


def _variables(args: Sequence[Any]) -> list[tuple[Tensor, str]]:
    """Return the variables of the program that hold the tensors among arguments."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename != PROGRAM and frame.f_back is not None:
        frame = frame.f_back
    tensors = [arg for arg in args if isinstance(arg, Tensor)]
    held = [(name, value) for name, value in frame.f_locals.items() if isinstance(value, Tensor)]
    return [(value, name) for name, value in held if any(value is tensor for tensor in tensors)]


def _sorted(last: Function) -> list[Function]:
    """Return a function and all that it depends on, each after those that it depends on."""
    order: list[Function] = []
    open_ = [(last, False)]
    while open_:
        function, entered = open_.pop()
        if entered and function not in order:
            order.append(function)
        elif function not in order:
            open_ += [(function, True), *((each, False) for each, _ in function.next_functions if each)]
    return order


def _keep(kept: dict[Function, tuple[Tensor | None, ...]], function: Function) -> Any:
    """Return a hook that keeps the derivatives by the results of a function."""

    def hook(by_inputs: Any, by_results: tuple[Tensor | None, ...]) -> None:
        kept[function] = tuple(None if each is None else each.clone() for each in by_results)

    return hook


def _nodes(
    order: Sequence[Function],
    recorder: Recorder,
    derivatives: dict[Function, tuple[Tensor | None, ...]],
    leaf: Tensor,
    names: dict[str, Any],
) -> tuple[Node, ...]:
    """Return a node for each used result of these functions."""
    known = [*((value, name) for name, value in names.items() if isinstance(value, Tensor))]
    known += recorder.variables
    used = {(each, nr) for function in order for each, nr in function.next_functions if each}
    keys = [key for function in order for key in sorted(used, key=lambda k: k[1]) if key[0] is function]
    keys.append((order[-1], 0))
    places = {key: place for place, key in enumerate(keys)}
    nodes = []
    for function, nr in keys:
        call, args, value = recorder.calls.get((function, nr), ("", (), _saved(function, leaf)))
        inputs = [places[each, k] for each, k in function.next_functions if each]
        derivative = derivatives[function][nr]
        assert derivative is not None
        name = _name(value, known) if value is not None else ""
        title = _operation(call or function.name(), nr, args, known)
        value = None if value is None else value.detach()
        nodes.append(Node(function.name(), title, name, value, derivative, tuple(inputs)))
    return tuple(nodes)


def _saved(function: Function, leaf: Tensor) -> Tensor | None:
    """Return the result of a function that a composite function of torch called: the parameters, or what
    autograd saved.
    """
    if function.name().endswith("AccumulateGrad"):
        return leaf
    saved: Tensor | None = getattr(function, "_saved_result", None)
    return saved


def _name(value: Tensor, known: Sequence[tuple[Tensor, str]]) -> str:
    return next((name for tensor, name in known if tensor is value), "")


def _operation(name: str, number: int, args: Sequence[Any], known: Sequence[tuple[Tensor, str]]) -> str:
    """Return what a function does, with those of its arguments that are no variables of the graph."""
    name = name.rpartition("::")[2]
    texts = [_text(arg, known) for arg in args]
    if name in SIGNS and len(args) == 2:
        left, right = texts[::-1] if name.startswith("r") else texts
        return f"{left} {SIGNS[name]} {right}".strip()
    if name == "pow":
        return "squared" if texts[1] == "2" else f"to the power of {texts[1]}"
    if name == "getitem":
        return f"[{texts[1]}]"
    if name == "unbind":
        return f"[{number}]"
    if name == "split":
        return f"part {number + 1}"
    return TITLES.get(name, name.removesuffix("Backward0"))


def _text(arg: Any, known: Sequence[tuple[Tensor, str]]) -> str:
    """Return an argument as text; "" for variables of the graph."""
    if isinstance(arg, Tensor):
        return "" if arg.requires_grad else _name(arg, known) or "constant"
    if isinstance(arg, tuple):
        return ", ".join(_text(part, known) for part in arg)
    if isinstance(arg, slice):
        return f"{'' if arg.start is None else arg.start}:{'' if arg.stop is None else arg.stop}"
    return format_number(arg, 4) if isinstance(arg, float) else str(arg)
