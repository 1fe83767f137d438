"""The parts of a program, which are the cells of its notebook."""

from collections.abc import Callable, Mapping, Sequence

from trainers.exports import Program

Lines = Sequence[str]


def assembled(
    title: str,
    names: Sequence[str],
    parts: Mapping[str, Lines],
    printed: Lines,
    drawn: Mapping[str, str],
    data: Callable[[], str] | None,
) -> Program:
    """Return a program of these parts, by their headings; `printed` ends it, `drawn` ends its notebook."""
    text = "\n".join([*separated(list(parts.values())), "", *printed]) + "\n"
    cells = {heading: "\n".join(separated([lines])) for heading, lines in parts.items() if any(lines)}
    return Program(text, title, tuple(names), tuple({**cells, **drawn}.items()), data)


def separated(parts: Sequence[Lines]) -> list[str]:
    """Return the lines of parts, two empty lines between them; empty parts are left out."""
    lines: list[str] = []
    for part in parts:
        if any(part):
            lines = [*lines, *["", ""] * bool(lines), *"\n".join(part).strip("\n").split("\n")]
    return lines


def distinct(names: Sequence[str]) -> list[str]:
    """Return names, those that occur again with a number."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name} ({number})" for number in range(2, len(names) + 2))
        found.append(name if name not in found else next(each for each in numbered if each not in found))
    return found
