"""Clean names of columns and files, safe to print."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

MAX_NAME_LENGTH = 60
MAX_LISTED_NAMES = 5
MAX_FILE_NAME_LENGTH = 40
MAX_SUFFIX_LENGTH = 8


def clean(text: str) -> str:
    """Remove line breaks, control characters and marks of writing direction."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable()).strip()


def unique(names: Iterable[str]) -> list[str]:
    """Clean, shorten and number names: `x`, `x 2`; `column 3` for the third if it is empty."""
    given = [short(name) for name in names]
    taken: list[str] = []
    for place, name in enumerate(given, 1):
        wanted, count = name or f"column {place}", 1
        free = wanted
        while free in taken or (count > 1 and free in given):
            count += 1
            free = f"{wanted[: MAX_NAME_LENGTH - len(str(count)) - 1].strip()} {count}"
        taken.append(free)
    return taken


def short(name: str) -> str:
    return clean(name)[:MAX_NAME_LENGTH].strip()


def quoted(text: str) -> str:
    """Quote a name, shortened, safe to print on a page and not turned into a link there."""
    safe = "".join(c if c.isalnum() or c in "._-, " else "?" for c in text[:40])
    return "“" + re.sub(r"(?i)(www)\.", r"\1?", safe) + "”"


def note(names: Sequence[str], one: str, many: str) -> list[str]:
    """Return one sentence on these columns, or none if there are none."""
    if not names:
        return []
    more = f" and {len(names) - MAX_LISTED_NAMES} more" if len(names) > MAX_LISTED_NAMES else ""
    listed = ", ".join(quoted(name) for name in names[:MAX_LISTED_NAMES]) + more
    return [f"Column {listed} {one}." if len(names) == 1 else f"Columns {listed} {many}."]


def file_name(name: str) -> str:
    """Return the name without its folder, shortened, with safe characters only."""
    path = PurePosixPath(name[-1000:].replace("\\", "/"))
    stem, ending = (re.sub("[^A-Za-z0-9._-]+", "_", part) for part in (path.stem, path.suffix))
    short_stem = stem.strip("._-")[: MAX_FILE_NAME_LENGTH - MAX_SUFFIX_LENGTH]
    return (short_stem or "table") + ending[:MAX_SUFFIX_LENGTH]
