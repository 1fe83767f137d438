"""Optimizers as functions of a program: their names, and what they are given."""

from collections.abc import Iterable, Sequence

from trainers.optimizers import Optimizer
from trainers.optimizers.code import UpdateCode, literal, with_symbols
from trainers.settings import Real, settings_of

MAX_NAME = 30
"""Max. characters of the name of a function, without the runner."""


def reals(optimizer: Optimizer) -> dict[str, float]:
    """Return the numeric hyperparameters."""
    found = settings_of(optimizer).items()
    return {name: getattr(optimizer, name) for name, setting in found if isinstance(setting, Real)}


def structure(optimizer: Optimizer) -> UpdateCode:
    """Return the update with all numbers by name: equal for optimizers that differ in numbers alone."""
    return with_symbols(optimizer, reals(optimizer)).update_code()


def differing(optimizers: Sequence[Optimizer]) -> list[str]:
    """Return the names of the numbers in which optimizers of one structure differ; lr always counts."""
    first, *others = map(reals, optimizers)
    return [name for name in first if name == "lr" or any(other[name] != first[name] for other in others)]


def function_name(optimizer: Optimizer, taken: Iterable[str], suffix: str = "") -> str:
    """Return a name such as sgd_momentum: the class, and what is switched on; it is none of `taken`."""
    defaults = type(optimizer)()
    switched = [
        name
        for name in settings_of(optimizer)
        if getattr(defaults, name) in (0, False) and getattr(optimizer, name) not in (0, False)
    ]
    name = type(optimizer).__name__.lower()
    for each in switched:
        name += f"_{each}" if len(name) + len(each) < MAX_NAME else ""
    return unused(name + suffix, taken)


def unused(name: str, taken: Iterable[str]) -> str:
    """Return a name, with a number if it is one of `taken`."""
    taken = list(taken)
    numbered = (f"{name}_{number}" for number in range(2, 2 + len(taken)))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def keywords(values: dict[str, float]) -> list[str]:
    """Return keyword arguments: lr=0.1."""
    return [f"{name}={literal(value)}" for name, value in values.items()]


def string(text: str) -> str:
    """Return any text as a literal of Python, in double quotes where these need no escape."""
    shown = repr(text)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in text else shown
