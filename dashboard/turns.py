"""Who may train: one at a time, in turns.

Threads that train at the same time take twice as long as one after the other: they hand Python's lock to each
other at every small operation of torch's, and whoever draws a page waits behind all of them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

SLICE_S = 0.05
"""How long one trains before another's turn may come."""
POLL_S = 0.1
"""Between two calls of `poll` while one waits."""


class Turns:
    """All who want to train. One does: who has trained least so far, so that what is short is soon done."""

    def __init__(self) -> None:
        self._lock, self._slices = Lock(), dict[Event, int]()
        self._trains: Event | None = None

    @contextmanager
    def turn(self, poll: Callable[[], object]) -> Iterator[Callable[[], None]]:
        """Wait for one's turn, and have it until the end of the block.

        It gives a function to call often, which lets others go first when a slice of time is over. `poll` is
        called at each slice and while one waits; what it raises ends the turn.
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
        """How many train or wait."""
        return len(self._slices)

    def _line_up(self, mine: Event) -> None:
        """Stand behind all who have had as many slices."""
        with self._lock:
            self._slices[mine] = self._slices.pop(mine, -1) + 1
            self._give_up(mine)

    def _leave(self, mine: Event) -> None:
        with self._lock:
            self._slices.pop(mine, None)
            self._give_up(mine)

    def _give_up(self, mine: Event) -> None:
        """If it is this one's turn, or nobody's, it is now that of who had the fewest slices."""
        if self._trains in (mine, None):
            mine.clear()
            self._trains = min(self._slices, key=self._slices.__getitem__, default=None)
            if self._trains is not None:
                self._trains.set()
