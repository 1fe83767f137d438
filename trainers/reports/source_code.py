"""The code behind the three ways, as the page shows it."""

from inspect import getsource, isfunction
from textwrap import dedent
from typing import Any

from trainers.optimizers import Optimizer
from trainers.problems import Problem
from trainers.problems.supervised import Supervised
from trainers.runners import RUNNERS

SHOWN = (
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
    *("loss", "gradient", "points"),
)
"""The methods that make up a loss and its gradient, in the order in which to read them."""


def three_ways() -> dict[str, list[tuple[str, bool]]]:
    """The lines of each runner, and whether a line is new compared with the runner before."""
    bodies = {name: _body(runner) for name, runner in RUNNERS.items()}
    before = [next(iter(bodies.values())), *bodies.values()]
    known = ({line.strip() for line in body} for body in before)
    return {
        name: [(line, line.strip() not in old) for line in body]
        for (name, body), old in zip(bodies.items(), known, strict=False)
    }


def problem_code(problem: Problem) -> str:
    """The methods that make up the loss, and the gradient derived by hand."""
    methods: dict[str, Any] = {}
    for kind in type(problem).__mro__:
        if kind in (Supervised, Problem):
            break
        for name, method in vars(kind).items():
            if isfunction(method) and name in SHOWN:
                methods.setdefault(name, method)
    if "self.loss_and_gradient" not in getsource(methods["gradient"]):
        methods.pop("points", None)  # a shortcut for many runs
    shown = sorted(methods.values(), key=lambda method: SHOWN.index(method.__name__))
    return "\n".join(dedent(getsource(method)) for method in shown)


def update_code(optimizer: Optimizer) -> tuple[str, str]:
    """The update written by hand, and the one in torch; empty where there is none."""
    kind = type(optimizer)
    by_hand = dedent(getsource(kind.step)) if kind.by_hand() else ""
    return by_hand, dedent(getsource(kind.torch)) if kind.in_torch() else ""


def _body(function: Any) -> list[str]:
    """The lines of a function without its signature and docstring."""
    _, _, body = getsource(function).partition('"""\n')
    return dedent(body.partition('"""\n')[2] if '"""\n' in body else body).rstrip().split("\n")
