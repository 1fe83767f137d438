"""The settings that the matrices of tests go through, made from the registries."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from typing import Any

import pytest

from trainers.optimizers import OPTIMIZERS, SGD, Optimizer
from trainers.problems import PROBLEMS, Problem
from trainers.run import Run, runners
from trainers.settings import Flag, Integer, Real, Setting, SettingError, settings_of

SOME = 7
"""Of every so many problems one is met by each optimizer but the first."""


def optimizers(kinds: type[Optimizer] = Optimizer, by_hand: bool = False) -> list[Optimizer]:
    """For each optimizer and combination of its flags: its defaults, each turned alone, all turned."""
    return list(_optimizers(kinds, by_hand))


@cache
def _optimizers(kinds: type[Optimizer], by_hand: bool) -> tuple[Optimizer, ...]:
    return tuple(
        settings
        for kind in OPTIMIZERS.values()
        if issubclass(kind, kinds) and (kind.by_hand() or not by_hand)
        for turned in _turned(kind)
        for settings in _flagged(turned)
    )


def quick(by_hand: bool = False) -> list[Optimizer]:
    """A small set of settings that covers every pair of choices of each optimizer."""
    return list(_quick(by_hand))


@cache
def _quick(by_hand: bool) -> list[Optimizer]:
    return _covering(sorted(optimizers(by_hand=by_hand), key=_mixed), lambda chosen: combinations(chosen, 2))


def few(by_hand: bool = False) -> list[Optimizer]:
    """Of the quick settings those that cover every choice of each optimizer, if not every pair."""
    return _covering(quick(by_hand), lambda chosen: combinations(chosen, 1))


def _covering(
    cases: Iterable[Optimizer], sought: Callable[[list[Any]], Iterable[tuple[Any, ...]]]
) -> list[Optimizer]:
    """The first settings with each part of what is sought among their choices."""
    covering: list[Optimizer] = []
    seen: set[Any] = set()
    for settings in cases:
        new = set(sought(choices(settings))) - seen
        covering += [settings] * bool(new)
        seen |= new
    return covering


def choices(settings: Optimizer) -> list[tuple[type[Optimizer], str, bool]]:
    """What an optimizer chooses: each setting and flag but the rate, turned or not."""
    turned = settings.non_default()
    return [
        (type(settings), name, name in turned)
        for name, setting in settings_of(settings).items()
        if isinstance(setting, Flag | Real) and name != "lr"
    ]


def pairs(by_hand: bool = True) -> list[tuple[Optimizer, Problem]]:
    """The quick settings on the first problem. Of the others, the first kind as it is meets each, and of the
    other kinds each meets some: on all problems they do the same to each number.
    """
    first, *others = problems()
    defaults = [kind() for kind in OPTIMIZERS.values() if kind.by_hand() or not by_hand]
    met = [(optimizer, others[k % SOME :: SOME] if k else others) for k, optimizer in enumerate(defaults)]
    return [
        *((settings, first) for settings in quick(by_hand)),
        *((optimizer, problem) for optimizer, some in met for problem in some),
    ]


def product_of_all(by_hand: bool = True) -> list[Any]:
    """Every setting on every problem, by optimizer; `make test` goes through the pairs alone."""
    return by_kind(pairs(by_hand), list(product(optimizers(by_hand=by_hand), problems())))


def by_kind(quick: Iterable[Any], every: Iterable[Any] = ()) -> list[Any]:
    """A list of cases for each optimizer: the quick ones and, marked as slow, all others.

    A case is an optimizer, or a tuple that begins with one: as a test of its own each would be thousands.
    """
    made = []
    quick, every = list(quick), list(every)
    for kind in OPTIMIZERS.values():
        few, rest = ([case for case in cases if type(_first(case)) is kind] for cases in (quick, every))
        rest = [case for case in rest if case not in few]
        made += [pytest.param(few, id=kind.__name__)] * bool(few)
        made += [pytest.param(rest, id=f"all {kind.__name__}", marks=pytest.mark.slow)] * bool(rest)
    return made


def _first(case: Any) -> Optimizer:
    found: Optimizer = case[0] if isinstance(case, tuple) else case
    return found


def slow_but(quick: Collection[Any], cases: Iterable[Any]) -> list[Any]:
    """These cases, all but the quick ones marked as slow. A case of several parameters is a tuple."""
    marked = [(case, () if case in quick else pytest.mark.slow) for case in cases]
    return [pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=m) for case, m in marked]


def problems() -> list[Problem]:
    return [kind() for kind in PROBLEMS.values()]


def run_on(problem: Problem, **settings: Any) -> Run:
    """A run by the first runner that can train on a problem, unless the settings name another."""
    kind = type(settings.get("optimizer", SGD()))
    return Run(problem=problem, **{"runner": runners(kind, problem)[0]} | settings)


def hand_written() -> list[Optimizer]:
    return optimizers(by_hand=True)


def _mixed(settings: Optimizer) -> tuple[bool, int]:
    """Whether some settings are turned, but not all, and how many flags."""
    turned = [settings_of(settings)[name] for name in settings.non_default()]
    able = [
        name for name, setting in settings_of(settings).items() if isinstance(setting, Real) and name != "lr"
    ]
    flags = sum(isinstance(setting, Flag) for setting in turned)
    return 0 < len(turned) - flags < len(able), flags


def _turned(kind: type[Optimizer]) -> Iterator[Optimizer]:
    values = {
        name: _other(setting)
        for name, setting in settings_of(kind).items()
        if isinstance(setting, Real) and name != "lr"
    }
    yield kind()
    for name, value in values.items():
        yield replace(kind(), **{name: value})
    yield replace(kind(), **values)


def _flagged(settings: Optimizer) -> Iterator[Optimizer]:
    flags = [name for name, setting in settings_of(settings).items() if isinstance(setting, Flag)]
    for values in product((False, True), repeat=len(flags)):
        with suppress(SettingError):  # torch refuses it too: see test_optimizers.py
            yield replace(settings, **dict(zip(flags, values, strict=True)))


def _other(setting: Setting) -> Any:
    """A value well inside the bounds that is not the default."""
    assert isinstance(setting, Real)
    if isinstance(setting, Integer):
        return int(setting.low) + 2
    high = min(setting.high, 1.0) if setting.low < 1 else setting.high
    return float(f"{setting.low + 0.8 * (high - setting.low):.9g}")
