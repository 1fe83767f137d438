"""Update rules as lines of a program."""

import json
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from trainers.settings import Number

Rule = TypeVar("Rule")
GRAD = "{grad}"
"""Stands for the gradient in the lines of an update: `grad`, or `params.grad`."""


@dataclass(frozen=True)
class UpdateCode:
    """An update as Python, for given hyperparameters: only what they use.

    `state` are the lines before the loop, `lines` those of each update, `step` is what is subtracted from
    `params` then. `{grad}` stands for the gradient.
    """

    step: str
    lines: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """Pairs of a key of the optimizer's state and its variable here."""
    evaluated: str = "params"
    """The variable whose loss counts: see `Optimizer.evaluated`."""


class Symbol(float):
    """A hyperparameter that lines of a program call by its name, as they are given its value.

    Its own value is one of those it has; NaN if it has many, among which may be 0.
    """

    def __new__(cls, name: str, value: float) -> "Symbol":
        made = super().__new__(cls, value)
        made.name = name
        return made

    name: str

    @property
    def varies(self) -> bool:
        """Whether it has many values, among which may be 0."""
        return self != self


def with_symbols(
    optimizer: Rule, values: Mapping[str, float], names: Mapping[str, str] = MappingProxyType({})
) -> Rule:
    """Return an optimizer whose `update_code` calls these hyperparameters by name: see `Symbol`.

    `names` are the names of those that are called otherwise.
    """
    symbolic = copy(optimizer)
    for name, value in values.items():
        object.__setattr__(symbolic, name, Symbol(names.get(name, name), value))
    return symbolic


def literal(value: object) -> str:
    """Return a number, a tuple of numbers or a word as Python: 0.1, 1, (0.9, 0.999), "final"."""
    if isinstance(value, Symbol):
        return value.name
    if isinstance(value, tuple):
        parts = (part.name if isinstance(part, Symbol) else repr(part) for part in value)
        return f"({', '.join(parts)})"  # floats as they are: torch takes no mix of 0 and 0.999
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def decayed(weight_decay: Number) -> tuple[list[str], str]:
    """Return the lines that add weight decay to the gradient, and the name of the result."""
    if weight_decay == 0:
        return [], GRAD
    return [f"grad = {GRAD} + {literal(weight_decay)} * params"], "grad"
