"""Turns for training: one session at a time.

Threads that train at the same time take twice as long as one after the other: they pass the interpreter lock
at every small operation of torch, and threads that draw a page wait behind all of them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

SLICE_S = 0.05
"""Training time before another session may take its turn."""
POLL_S = 0.1
"""Interval between calls of `poll` while waiting."""


class Turns:
    """Fair scheduling: the session that has trained least has the turn, so short trainings end soon."""

    def __init__(self) -> None:
        self._lock, self._slices = Lock(), dict[Event, int]()
        self._trains: Event | None = None

    @contextmanager
    def turn(self, poll: Callable[[], object]) -> Iterator[Callable[[], None]]:
        """Wait for the turn, and hold it until the end of the block.

        Yields a function to call often, which passes the turn on when a slice of time is over. `poll` is
        called at each slice and while waiting; an exception raised there ends the turn.
        """
        mine, until = Event(), 0.0

        def pause() -> None:
            nonlocal until
            if time.monotonic() < until:
                return
            poll()
            self._line_up(mine)
            while not mine.wait(POLL_S):
                poll()
            until = time.monotonic() + SLICE_S

        try:
            pause()
            yield pause
        finally:
            self._leave(mine)

    def __len__(self) -> int:
        """Return the number of sessions that train or wait."""
        return len(self._slices)

    def _line_up(self, mine: Event) -> None:
        """Wait behind all sessions with as many slices."""
        with self._lock:
            self._slices[mine] = self._slices.pop(mine, -1) + 1
            self._give_up(mine)

    def _leave(self, mine: Event) -> None:
        with self._lock:
            self._slices.pop(mine, None)
            self._give_up(mine)

    def _give_up(self, mine: Event) -> None:
        """Pass the turn, if it is this session's or nobody's, to the one with the fewest slices."""
        if self._trains in (mine, None):
            mine.clear()
            self._trains = min(self._slices, key=self._slices.__getitem__, default=None)
            if self._trains is not None:
                self._trains.set()
