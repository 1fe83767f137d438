"""Source code of runners, problems and optimizers, for the tab Three ways."""

from inspect import getsource, isfunction
from textwrap import dedent
from typing import Any

from trainers.optimizers import Optimizer
from trainers.problems import Problem
from trainers.problems.supervised import Supervised
from trainers.runners import RUNNERS

METHODS = (
    *(
        "turned",
        "errors",
        "terms",
        "error",
        "layers",
        "forward",
        "activate",
        "activation_derivative",
        "backward",
    ),
    *("loss", "gradient", "loss_and_gradient"),
)
"""Methods that compute a loss and its gradient, in reading order."""


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
    """Return the methods that compute the loss and the hand-written gradient."""
    methods: dict[str, Any] = {}
    for kind in type(problem).__mro__:
        if kind in (Supervised, Problem):
            break
        for name, method in vars(kind).items():
            if isfunction(method) and name in METHODS:
                methods.setdefault(name, method)
    if "self.loss_and_gradient" not in getsource(methods["gradient"]):
        methods.pop("loss_and_gradient", None)  # a shortcut for many runs
    shown = sorted(methods.values(), key=lambda method: METHODS.index(method.__name__))
    return "\n".join(dedent(getsource(method)) for method in shown)


def update_code(optimizer: Optimizer) -> tuple[str, str]:
    """Return the hand-written update and the torch optimizer; "" where there is none."""
    kind = type(optimizer)
    by_hand = dedent(getsource(kind.step)) if kind.by_hand() else ""
    return by_hand, dedent(getsource(kind.torch)) if kind.in_torch() else ""


def _body(function: Any) -> list[str]:
    """Return the lines of a function without signature and docstring."""
    _, _, body = getsource(function).partition('"""\n')
    return dedent(body.partition('"""\n')[2] if '"""\n' in body else body).rstrip().split("\n")
