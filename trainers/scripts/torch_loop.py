"""Optimizers of torch in programs: the calls that make them, and the lines that step."""

import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch

from trainers.optimizers import Optimizer
from trainers.optimizers.code import literal
from trainers.optimizers.external import PACKAGE, External
from trainers.optimizers.several import Several
from trainers.scripts.layout import WIDTH, call, filled, indented

Shapes: TypeAlias = Sequence[tuple[int, ...]]
Rows: TypeAlias = dict[str, tuple[str, ...]]
BY_DIMENSION = ("vectors", "matrices")
"""Names of the tensors with one dimension, and with two."""


@dataclass(frozen=True)
class Call:
    """A call that makes an optimizer: its head up to the parenthesis, and its arguments but the first."""

    head: str
    tensors: str
    """Its first argument."""
    arguments: tuple[str, ...]

    def lines(self, before: str = "") -> list[str]:
        """Return the call, in one line or several, after this text."""
        return call(before + self.head, (self.tensors, *self.arguments))


def torch_calls(optimizer: Optimizer, shapes: Shapes) -> list[Call]:
    """Return the calls that make an optimizer in torch, with its lr and what differs from the defaults.

    They are one, or several for different tensors.
    """
    if isinstance(optimizer, External):
        return [_external_call(optimizer, shapes)]
    tensors = [torch.zeros(shape, requires_grad=True) for shape in shapes]
    made = optimizer.torch(*tensors) if optimizer.by_matrix else optimizer.torch(tensors[0])
    if isinstance(made, Several):
        return [_call(part, BY_DIMENSION[part.param_groups[0]["params"][0].ndim - 1]) for part in made.parts]
    return [_call(made, "tensors" if by_matrix(optimizer, shapes) else "[params]")]


def by_matrix(optimizer: Optimizer, shapes: Shapes) -> bool:
    """Return whether an optimizer works on the matrices and vectors of a problem, which are several."""
    return optimizer.by_matrix and len(shapes) > 1


def _call(made: torch.optim.Optimizer, tensors: str) -> Call:
    kind: Any = type(made)
    name = kind.__name__
    if vars(torch.optim).get(name) is not type(made):
        raise NotImplementedError(f"{name} can't be written as a program")
    defaults = {name: parameter.default for name, parameter in inspect.signature(kind).parameters.items()}
    usual = kind(made.param_groups[0]["params"][:1]).defaults
    given = {
        name: value
        for name, value in made.defaults.items()
        if name in defaults and (name == "lr" or value != usual[name])
    }
    arguments = tuple(f"{name}={literal(value)}" for name, value in given.items())
    return Call(f"torch.optim.{name}(", tensors, arguments)


def _external_call(optimizer: External, shapes: Shapes) -> Call:
    """Return the call that makes an optimizer of pytorch-optimizer."""
    kind, tensors = optimizer.kind, [torch.zeros(shape, requires_grad=True) for shape in shapes]
    apart = any(isinstance(part, dict) for part in optimizer.groups(tuple(tensors)))
    if apart or hasattr(kind, "eval"):  # groups of tensors, or a mode for evaluation
        raise NotImplementedError(f"{kind.__name__} can't be written as a program")
    arguments = tuple(f"{name}={literal(value)}" for name, value in optimizer.arguments().items())
    named = "tensors" if by_matrix(optimizer, shapes) else "[params]"
    return Call(f"{PACKAGE}.{kind.__name__}(", named, arguments)


def package_import(optimizer: Optimizer) -> list[str]:
    """Return the import that an optimizer of another package needs."""
    return [f"import {PACKAGE}  # pip install pytorch-optimizer"] * isinstance(optimizer, External)


def seed_lines(optimizer: Optimizer) -> list[str]:
    """Return the line that seeds what is random in an optimizer of another package."""
    return ["torch.manual_seed(0)"] * isinstance(optimizer, External)


def setup(optimizer: Optimizer, shapes: Shapes) -> list[str]:
    """Return the lines that make the optimizer of `params`."""
    calls = torch_calls(optimizer, shapes)
    lines = tensor_lines(optimizer, shapes)
    if len(calls) == 1:
        return [*lines, *seed_lines(optimizer), *calls[0].lines("optimizer = ")]
    made = ["optimizers = ["]
    for each in calls:
        made += [*indented(each.lines()[:-1]), f"    {each.lines()[-1]},"]
    return [*lines, *made, "]"]


def tensors_function(optimizer: Optimizer, shapes: Shapes) -> list[str]:
    """Return the function that takes the matrices and vectors out of parameters; [] if none is needed."""
    if not by_matrix(optimizer, shapes):
        return []
    sizes = [str(math.prod(shape)) for shape in shapes]
    return [
        "def tensors_of(flat):",
        '    """Return matrices as torch has them, and vectors."""',
        *_assigned("shapes = [", [str(shape) for shape in shapes], "]"),
        *_assigned("parts = flat.detach().split([", sizes, "])"),
        "    parts = [p.view(s) for p, s in zip(parts, shapes)]",
        "    return [p.mT if p.ndim == 2 else p for p in parts]",
    ]


def _assigned(before: str, items: Sequence[str], after: str) -> list[str]:
    line = f"    {before}{', '.join(items)}{after}"
    if len(line) <= WIDTH:
        return [line]
    return indented([before, *indented(filled(items, WIDTH - 8)), after])


def tensor_lines(optimizer: Optimizer, shapes: Shapes) -> list[str]:
    """Return the lines that take the tensors of an optimizer by matrix out of `params`; none for others."""
    if not by_matrix(optimizer, shapes):
        return []
    lines = ["tensors = tensors_of(params)"]
    if isinstance(optimizer, External):  # it may need memory in order
        lines = ["tensors = [t.contiguous() for t in tensors_of(params)]"]
    if len(torch_calls(optimizer, shapes)) > 1:
        lines += [f"{name} = [t for t in tensors if t.ndim == {k}]" for k, name in enumerate(BY_DIMENSION, 1)]
    return lines


def torch_rows(rows: Rows, optimizer: Optimizer, shapes: Shapes) -> Rows:
    """Return the rows of a loop with the update by an optimizer of torch, which may need a closure."""
    external = isinstance(optimizer, External)
    if optimizer.needs_closure:
        inner = {name: tuple(indented(lines)) for name, lines in rows.items()}
        with_gradient = ("@torch.enable_grad()",) * external
        return inner | {
            "clear": (*with_gradient, "def closure():", "    optimizer.zero_grad()"),
            "differentiate": ("    loss.backward()", *inner["clip"], "    return loss", ""),
            "clip": (),
            "step": ("loss = optimizer.step(closure)",),
        }
    if not by_matrix(optimizer, shapes):
        return rows | {"clear": ("optimizer.zero_grad()",), "step": ("optimizer.step()",)}
    step = ["grads = tensors_of(params.grad)", "for tensor, grad in zip(tensors, grads):"]
    step += [f"    tensor.grad = grad{'.contiguous()' * external}"]
    several = len(torch_calls(optimizer, shapes)) > 1
    step += ["for optimizer in optimizers:", "    optimizer.step()"] if several else ["optimizer.step()"]
    if external:
        step += ["for part, tensor in zip(tensors_of(params), tensors):", "    part.copy_(tensor)"]
    return rows | {"clear": ("params.grad = None",), "step": tuple(step)}
