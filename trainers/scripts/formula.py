"""Expressions of x and y as Python with torch."""

import re

from trainers.optimizers.code import literal
from trainers.problems.formula.expression import NEGATIVE, OF_ONE, Expression, Number, Operation, Variable

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
"""How strongly operators bind, as in Python."""
BINDING = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT}
TORCH_NAMES, BOUNDS = {"min": "minimum", "max": "maximum"}, {"min": "max", "max": "min"}
"""The function of two tensors, and the bound of `clamp` where one of them is a number."""
SIMPLE = re.compile(r"-?[\w.]+")
LARGEST = 1e15
"""Up to this size whole numbers are written as integers, with which Python computes the same."""


def written(expression: Expression, least: int = SUM) -> str:
    """Return an expression, in parentheses if its operator binds less strongly than `least`.

    A part without x and y stands as it was typed if Python computes the same from it, else as its value.
    """
    text, binding = _code(expression)
    return text if binding >= least else f"({text})"


def _code(expression: Expression) -> tuple[str, int]:
    """Return an expression, and how strongly its operator binds."""
    if isinstance(expression, Variable):
        return expression.name, ATOM
    if isinstance(expression, Number) and expression.name:
        return f"math.{expression.name}", ATOM
    if expression.constant is not None and not _is_plain(expression):
        return _number(expression.constant)
    assert isinstance(expression, Operation)
    name, parts = expression.name, expression.parts
    if name == NEGATIVE:
        return f"-{written(parts[0], SIGN)}", SIGN
    if name == "**":
        base, exponent = written(parts[0], ATOM), written(parts[1], SIGN)
        simple = SIMPLE.fullmatch(base) and SIMPLE.fullmatch(exponent)
        return f"{base}**{exponent}" if simple else f"{base} ** {exponent}", POWER
    if name in BINDING:
        binding = BINDING[name]
        return f"{written(parts[0], binding)} {name} {written(parts[1], binding + 1)}", binding
    if name in OF_ONE:
        return f"torch.{name}({written(parts[0])})", ATOM
    return _extreme(name, *parts), ATOM


def _extreme(name: str, left: Expression, right: Expression) -> str:
    """Return the smaller or the larger of two expressions."""
    if left.constant is not None:
        left, right = right, left
    if right.constant is not None:
        return f"{written(left, ATOM)}.clamp({BOUNDS[name]}={written(right)})"
    return f"torch.{TORCH_NAMES[name]}({written(left)}, {written(right)})"


def _number(value: float) -> tuple[str, int]:
    return (literal(value), SIGN if value < 0 else ATOM)


def _is_plain(expression: Expression) -> bool:
    """Return whether Python computes the same from a part without x and y."""
    value = expression.constant
    if not isinstance(expression, Operation) or value is None:
        return isinstance(expression, Number) and bool(expression.name)
    known = expression.name in BINDING or expression.name == NEGATIVE
    return (
        known
        and abs(value) <= LARGEST
        and all(isinstance(part, Number) or _is_plain(part) for part in expression.parts)
    )
