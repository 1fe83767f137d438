"""Fair queue: one thread trains at a time, in time slices; the one with the fewest slices used goes first.

Threads that train at once take twice as long as one after the other, as they contend for Python's lock at
each small operation of torch, and pages wait with them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, get_ident

SLICE_S = 0.05
"""Length of a time slice."""
POLL_S = 0.1
"""Interval between calls of `poll` while waiting."""


@dataclass(eq=False)
class Usage:
    """Time slices used, over all turns that were taken with it."""

    slices: int = 0


class TrainingQueue:
    """The threads that train or wait to. The fewest slices used go first, so that short work ends soon."""

    def __init__(self) -> None:
        self._lock, self._turns = Lock(), dict[Event, Usage]()
        self._running: Event | None = None
        self._threads = set[int]()

    @contextmanager
    def turn(self, poll: Callable[[], object], usage: Usage | None = None) -> Iterator[Callable[[], None]]:
        """Wait for a turn, and have it until the end of the block.

        Yields a function to call often, which lets others go first at the end of a time slice. `poll` is
        called at each slice and while waiting; an exception that it raises ends the turn. Turns with one
        `usage` count together. Raises `RuntimeError` within another turn of the same thread.
        """
        granted, used, until = Event(), usage or Usage(), 0.0
        if get_ident() in self._threads:
            raise RuntimeError("a turn within a turn of the same thread")

        def yield_turn() -> None:
            nonlocal until
            if time.monotonic() < until:
                return
            poll()
            self._enqueue(granted, used)
            while not granted.wait(POLL_S):
                poll()
            until = time.monotonic() + SLICE_S

        self._threads.add(get_ident())
        try:
            yield_turn()
            yield yield_turn
        finally:
            self._threads.discard(get_ident())
            self._dequeue(granted)

    def __len__(self) -> int:
        """Return how many threads train or wait."""
        return len(self._turns)

    def _enqueue(self, granted: Event, usage: Usage) -> None:
        """Wait behind all that have used as many slices."""
        with self._lock:
            usage.slices += self._turns.pop(granted, None) is not None
            self._turns[granted] = usage
            self._grant_next(granted)

    def _dequeue(self, granted: Event) -> None:
        with self._lock:
            usage = self._turns.pop(granted, None)
            if usage is not None and self._running is granted:
                usage.slices += 1
            self._grant_next(granted)

    def _grant_next(self, granted: Event) -> None:
        """If this turn, or none, is running: start the one with the fewest slices used."""
        if self._running in (granted, None):
            granted.clear()
            self._running = min(self._turns, key=lambda event: self._turns[event].slices, default=None)
            if self._running is not None:
                self._running.set()
