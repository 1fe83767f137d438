"""What the project costs, beside what others cost: `make bench`."""

from collections.abc import Callable, Sequence
from time import perf_counter


def seconds(action: Callable[..., object], *arguments: object) -> float:
    began = perf_counter()
    action(*arguments)
    return perf_counter() - began


def table(title: str, rows: Sequence[Sequence[str]]) -> None:
    first, *others = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(f"\n{title}", flush=True)
    for name, *cells in rows:
        print(name.ljust(first), *map(str.rjust, cells, others), sep="  ", flush=True)
