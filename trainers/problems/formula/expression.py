"""Expressions of x and y, and their values on tensors."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import torch
from torch import Tensor

Value: TypeAlias = Tensor | float
"""A tensor in the shape and dtype of x and y, or a float where there is neither."""
VARIABLES = ("x", "y")
CONSTANTS = {"pi": math.pi, "e": math.e}


def smaller(a: Value, b: Value) -> Tensor:
    """Return the smaller of two values, one of them a tensor; NaN where one is."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.minimum(a, b)
    return a.clamp(max=b) if isinstance(a, Tensor) else smaller(b, a)


def larger(a: Value, b: Value) -> Tensor:
    """Return the larger of two values, one of them a tensor; NaN where one is."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.maximum(a, b)
    return a.clamp(min=b) if isinstance(a, Tensor) else larger(b, a)


NEGATIVE = "negative"
OPERATORS: dict[str, Callable[..., Any]] = {
    NEGATIVE: operator.neg,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
OF_ONE: dict[str, Callable[..., Any]] = {
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "abs": torch.abs,
    "tanh": torch.tanh,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "atan": torch.atan,
}
"""Functions of one argument, by their names here and in torch."""
OF_SEVERAL: dict[str, Callable[..., Any]] = {"min": smaller, "max": larger}
"""Functions of two or more arguments; an `Operation` has two."""
OPERATIONS = OPERATORS | OF_ONE | OF_SEVERAL


class Expression:
    """A formula or a part of one. All numbers in it are float64, so that none grows without bounds."""

    @property
    def constant(self) -> float | None:
        """Its value if it has neither x nor y, else None."""
        raise NotImplementedError

    def value(self, x: Tensor, y: Tensor) -> Value:
        """Return its value where x and y are tensors of one shape and dtype."""
        raise NotImplementedError


@dataclass(frozen=True)
class Variable(Expression):
    """x or y."""

    name: str

    @property
    def constant(self) -> None:
        return None

    def value(self, x: Tensor, y: Tensor) -> Tensor:
        return x if self.name == "x" else y


@dataclass(frozen=True)
class Number(Expression):
    """A number, with its name if it is one of `CONSTANTS`."""

    number: float
    name: str = ""

    @property
    def constant(self) -> float:
        return self.number

    def value(self, x: Tensor, y: Tensor) -> float:
        return self.number


@dataclass(frozen=True)
class Operation(Expression):
    """One of `OPERATIONS` on one or two parts."""

    name: str
    parts: tuple[Expression, ...]

    @cached_property
    def constant(self) -> float | None:
        constants = [part.constant for part in self.parts]
        if None in constants:
            return None
        tensors = [torch.tensor(constant, dtype=torch.float64) for constant in constants]
        return float(OPERATIONS[self.name](*tensors))

    def value(self, x: Tensor, y: Tensor) -> Value:
        if self.constant is not None:
            return self.constant
        value: Tensor = OPERATIONS[self.name](*(part.value(x, y) for part in self.parts))
        return value
