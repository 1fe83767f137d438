"""Source code of runners, problems and optimizers, for the tab Three ways."""

import re
from inspect import getsource, isfunction
from textwrap import dedent
from typing import Any

from trainers.optimizers import Optimizer
from trainers.problems import Problem
from trainers.problems.supervised import Supervised
from trainers.runners import RUNNERS

CALL = re.compile(r"\bself\.(\w+)\(")


def three_ways() -> dict[str, list[tuple[str, bool]]]:
    """Return the lines of each runner, and whether a line differs from the previous runner."""
    bodies = {name: _body(runner) for name, runner in RUNNERS.items()}
    before = [next(iter(bodies.values())), *bodies.values()]
    known = ({line.strip() for line in body} for body in before)
    return {
        name: [(line, line.strip() not in old) for line in body]
        for (name, body), old in zip(bodies.items(), known, strict=False)
    }


def problem_code(problem: Problem) -> str:
    """Return the methods that compute loss and hand-written gradient, each before those that call it."""
    methods: dict[str, Any] = {}
    for name in ("loss", "gradient"):
        _collect(type(problem), name, methods)
    return "\n".join(dedent(getsource(method)) for method in methods.values())


def _collect(kind: type[Problem], name: str, methods: dict[str, Any]) -> None:
    """Add a method of this class to `methods`, after the methods that it calls."""
    method = getattr(kind, name)
    shared = any(method is getattr(base, name, None) for base in (Problem, Supervised))
    if name in methods or shared or not isfunction(method):
        return
    for called in CALL.findall(getsource(method)):
        _collect(kind, called, methods)
    methods[name] = method


def update_code(optimizer: Optimizer) -> tuple[str, str]:
    """Return the hand-written update and the torch optimizer; "" where there is none."""
    kind = type(optimizer)
    by_hand = dedent(getsource(kind.step)) if kind.by_hand() else ""
    return by_hand, dedent(getsource(kind.torch)) if kind.in_torch() else ""


def _body(function: Any) -> list[str]:
    """Return the lines of a function without signature and docstring."""
    _, _, body = getsource(function).partition('"""\n')
    return dedent(body.partition('"""\n')[2] if '"""\n' in body else body).rstrip().split("\n")
