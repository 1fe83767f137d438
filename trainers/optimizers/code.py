"""Update rules as lines of a program."""

from dataclasses import dataclass

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


def literal(value: object) -> str:
    """Return a number, or a tuple of numbers, as Python: 0.1, 1, (0.9, 0.999)."""
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))})"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def decayed(weight_decay: float) -> tuple[list[str], str]:
    """Return the lines that add weight decay to the gradient, and the name of the result."""
    if not weight_decay:
        return [], GRAD
    return [f"grad = {GRAD} + {literal(weight_decay)} * params"], "grad"
