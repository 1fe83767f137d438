"""What the project costs, beside what others cost: `make bench`."""

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any

PAIRS = 5


def seconds(action: Callable[..., object], *arguments: object) -> float:
    began = perf_counter()
    action(*arguments)
    return perf_counter() - began


def in_turns(
    ours: tuple[Callable[[Any], object], Any], theirs: tuple[Callable[[Any], object], Any], pairs: int = PAIRS
) -> tuple[float, float, float]:
    """Medians of the seconds of two functions with their arguments, and of their ratio."""
    times = [(seconds(*ours), seconds(*theirs)) for _ in range(pairs)]
    first, second = (median(column) for column in zip(*times, strict=True))
    return first, second, median(a / b for a, b in times)


def table(title: str, rows: Sequence[Sequence[str]]) -> None:
    first, *others = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(f"\n{title}", flush=True)
    for name, *cells in rows:
        print(name.ljust(first), *map(str.rjust, cells, others), sep="  ", flush=True)
