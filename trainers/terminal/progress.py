"""Progress on standard error, and Ctrl-C, which ends training but keeps what is done."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from trainers.terminal.text import say

SECONDS = 0.1
"""Time between updates of a bar. No thread makes them, so that training is not slower than its time says."""
OnProgress = Callable[[float], bool]


@contextmanager
def progress(text: str, quiet: bool = False) -> Iterator[OnProgress]:
    """Show progress while something is trained: a bar if standard error is a terminal, else a line.

    Yields the callback, which takes the fraction done and returns whether Ctrl-C was pressed.
    """
    with _stop_at_interrupt() as is_stopped:
        if quiet:
            yield lambda fraction: is_stopped()
        elif not sys.stderr.isatty():
            say(f"{text} ...")
            yield lambda fraction: is_stopped()
        else:
            with _bar() as bar:
                yield _on_bar(bar, text, is_stopped)


def _bar() -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)


def _on_bar(bar: Progress, text: str, is_stopped: Callable[[], bool]) -> OnProgress:
    task, shown = bar.add_task(text, total=1.0), perf_counter()
    bar.refresh()

    def update(fraction: float) -> bool:
        nonlocal shown
        if perf_counter() - shown > SECONDS:
            bar.update(task, completed=fraction, refresh=True)
            shown = perf_counter()
        return is_stopped()

    return update


@contextmanager
def _stop_at_interrupt() -> Iterator[Callable[[], bool]]:
    """Yield whether Ctrl-C was pressed. Pressed twice, it ends the program at once."""
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
