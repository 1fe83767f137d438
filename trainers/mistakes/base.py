"""A mistake: lines of a correct program replaced by others, and what running it gives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from trainers.run import Run
from trainers.scripts import program

RECORD = "losses.append(loss.item())"


@dataclass(frozen=True, eq=False)
class Result:
    """What a program did."""

    losses: tuple[float, ...]
    """Loss at each pass through the loop."""
    error: str = ""
    """Exception that ended it, as Python prints it; "" for none."""
    names: Any = None
    """Names of the program at its end."""


@dataclass(frozen=True, eq=False)
class Mistake:
    """One mistake, made in the program of a run: where `right` stands first, `wrong` stands instead.

    Lines are given without their indentation, which is that of the first right one.
    """

    name: str
    run: Run
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    why: str
    """Why it does what it does."""
    notice: str
    """How one would notice."""
    warning: str = ""
    """How the warning begins that torch gives; "" for none. To catch it would change what all threads see."""
    symptom: str = ""
    """What one sees, where losses and errors don't show it."""
    also: tuple[tuple[str, str], ...] = ()
    """Further lines that the mistake brings along: pairs of a correct line and what stands in its place."""
    base: tuple[tuple[str, str], ...] = ()
    """The same of the correct program, where that of the run has not what is broken."""
    probe: tuple[tuple[str, str], ...] = ()
    """Changes of the program with the mistake that tell it from what looks alike; () for none."""

    @cached_property
    def correct(self) -> str:
        """The correct program."""
        return "\n".join(_changed(program(self.run).text.splitlines(), self.base)) + "\n"

    @cached_property
    def code(self) -> str:
        """The program with the mistake."""
        lines, place = self._around, self.place
        broken = [*lines[:place], *_at(lines[place], self.wrong), *lines[place + len(self.right) :]]
        return "\n".join(broken) + "\n"

    @cached_property
    def place(self) -> int:
        """Number of the first wrong line, from 0."""
        return _find(self._around, self.right)

    @property
    def right_lines(self) -> list[str]:
        """The right lines with their indentation."""
        return _at(self._around[self.place], self.right)

    @cached_property
    def _around(self) -> list[str]:
        """The lines of the program with what the mistake brings along, but without itself."""
        return _changed(self.correct.splitlines(), self.also)

    def executed(self) -> Result:
        """Run the program with the mistake."""
        return execute(self.code)

    def probed(self) -> Result:
        """Run the program with the mistake and the changes of its probe."""
        return execute("\n".join(_changed(self.code.splitlines(), self.probe)))

    def expected(self) -> Result:
        """Run the correct program, once for all mistakes in it."""
        return _correct(self.correct)


@cache
def _correct(code: str) -> Result:
    return execute(code)


def execute(code: str) -> Result:
    """Run a program, which needs no file, without printing; record the loss at each pass through its loop."""
    recorded = []
    for line in code.splitlines():
        recorded.append(line)
        if line.strip().startswith("loss = loss_fn(") and line.startswith(" "):
            recorded.append(line[: len(line) - len(line.lstrip())] + RECORD)
    names: dict[str, Any] = {"losses": [], "print": lambda *parts: None}
    error = ""
    try:
        exec(compile("\n".join(recorded), "<program>", "exec"), names)
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    losses = tuple(value if math.isfinite(value) else math.nan for value in names.pop("losses"))
    return Result(losses, error, names)


def _changed(lines: list[str], changes: Sequence[tuple[str, str]]) -> list[str]:
    """Return lines with some of them replaced: pairs of a line and what stands in its place."""
    for before, after in changes:
        place = _find(lines, (before,))
        lines = [*lines[:place], *_at(lines[place], after.split("\n")), *lines[place + 1 :]]
    return lines


def _find(lines: Sequence[str], wanted: Sequence[str]) -> int:
    """Return where these lines stand first, whatever their indentation."""
    bare, looked_for = [line.strip() for line in lines], [line.strip() for line in wanted]
    places = [k for k in range(len(bare)) if bare[k : k + len(looked_for)] == looked_for]
    if not places:
        raise ValueError(f"must stand in the program: {wanted[0]}")
    return places[0]


def _at(place: str, lines: Sequence[str]) -> list[str]:
    """Return lines with the indentation of a place."""
    indent = place[: len(place) - len(place.lstrip())]
    return [f"{indent}{line}" for line in lines]
