"""The settings that the matrices of tests go through, made from the registries."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from trainers.optimizers import OPTIMIZERS, Optimizer, Rule
from trainers.problems import PROBLEMS, Problem
from trainers.settings import Flag, Knob, KnobError, Real, knobs


def optimizers(kinds: type[Optimizer] = Optimizer) -> list[Optimizer]:
    """For each optimizer and combination of its flags: its defaults, each knob turned alone, all turned."""
    return [
        settings
        for kind in OPTIMIZERS.values()
        if issubclass(kind, kinds)
        for turned in _turned(kind)
        for settings in _flagged(turned)
    ]


def pairs(kinds: type[Optimizer] = Rule) -> list[tuple[Optimizer, Problem]]:
    """Every setting with its flags in pairs on the first problem, and each kind as it is on all others."""
    first, *others = problems()
    defaults = [kind() for kind in OPTIMIZERS.values() if issubclass(kind, kinds)]
    return [(each, first) for each in optimizers(kinds) if flags(each) <= 2] + list(product(defaults, others))


def product_of_all(kinds: type[Optimizer] = Rule) -> list[Any]:
    """Every setting on every problem; `make test` goes through the pairs alone."""
    return slow_but(pairs(kinds), product(optimizers(kinds), problems()))


def slow_but(quick: Collection[tuple[Any, ...]], cases: Iterable[tuple[Any, ...]]) -> list[Any]:
    """These cases, all but the quick ones marked as slow."""
    return [pytest.param(*case, marks=() if case in quick else pytest.mark.slow) for case in cases]


def flags(optimizer: Optimizer) -> int:
    """How many flags are turned."""
    return sum(isinstance(knobs(optimizer)[name], Flag) for name in optimizer.changed())


def problems() -> list[Problem]:
    return [kind() for kind in PROBLEMS.values()]


def rules() -> list[Optimizer]:
    return optimizers(Rule)


def _turned(kind: type[Optimizer]) -> Iterator[Optimizer]:
    values = {
        name: _other(knob) for name, knob in knobs(kind).items() if isinstance(knob, Real) and name != "lr"
    }
    yield kind()
    for name, value in values.items():
        yield replace(kind(), **{name: value})
    yield replace(kind(), **values)


def _flagged(settings: Optimizer) -> Iterator[Optimizer]:
    flags = [name for name, knob in knobs(settings).items() if isinstance(knob, Flag)]
    for values in product((False, True), repeat=len(flags)):
        with suppress(KnobError):  # torch refuses it too: see test_optimizers.py
            yield replace(settings, **dict(zip(flags, values, strict=True)))


def _other(knob: Knob) -> Any:
    """A value well inside the bounds that is not the default."""
    assert isinstance(knob, Real)
    return knob.low + 0.8 * (min(knob.high, 1.0) - knob.low)
