"""A problem that whoever runs the server offers beside the others: never one of a visitor."""

import runpy
import sys
from argparse import ArgumentError, ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainers.problems import Module

OPTION, VARIABLE, FORM = "--problem", "OPTIMIZER_LAB_PROBLEM", "FILE.py:NAME"


class ProblemError(Exception):
    """What is wrong with the problem that the server shall offer."""


def read_place(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return where the problem is, "" if nowhere, and the arguments that are not about it.

    Raises `ProblemError` if the option has no value.
    """
    parser = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument(OPTION, default=environment.get(VARIABLE, ""))
    try:
        own, others = parser.parse_known_args(arguments)
    except ArgumentError as error:
        raise ProblemError(f"{OPTION} must be {FORM}, a file and a name in it; got nothing") from error
    return own.problem, others


def offer_problem(place: str) -> str:
    """Add the problem at `FILE.py:NAME` to `PROBLEMS` and return its name there. Raises `ProblemError`."""
    found = _load(place)
    from trainers.problems import PROBLEMS
    from trainers.problems.module import as_class

    kind = as_class(found)
    PROBLEMS[kind.__name__] = kind
    return kind.__name__


def _load(place: str) -> "Module":
    file, _, name = place.rpartition(":")
    if not Path(file).is_file() or not name.isidentifier():
        raise ProblemError(f"{OPTION} must be {FORM}, a file and a name in it; got {place!r}")
    from trainers.problems import Module  # after that check, as it takes seconds

    sys.path.insert(0, str(Path(file).resolve().parent))
    try:
        found = runpy.run_path(file)
    except (Exception, SystemExit) as error:
        raise ProblemError(f"{file} can't be run: {type(error).__name__}: {error}") from error
    finally:
        sys.path.pop(0)
    problem = found.get(name)
    if not isinstance(problem, Module):
        got = f"a {type(problem).__name__}" if name in found else "nothing"
        raise ProblemError(f"{name} in {file} must be a trainers.problems.Module, it is {got}")
    return problem
