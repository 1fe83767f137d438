"""Who may train: one at a time, in turns.

Threads that train at the same time take twice as long as one after the other: they hand Python's lock to each
other at every small operation of torch's, and whoever draws a page waits behind all of them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, get_ident

SLICE_S = 0.05
"""How long one trains before another's turn may come."""
POLL_S = 0.1
"""Between two calls of `poll` while one waits."""


@dataclass(eq=False)
class Share:
    """The slices of time that somebody has had, over all turns taken with it."""

    slices: int = 0


class Turns:
    """A line of all who want to train. One does: who has had the fewest slices, so short work ends soon."""

    def __init__(self) -> None:
        self._lock, self._line = Lock(), dict[Event, Share]()
        self._trains: Event | None = None
        self._threads = set[int]()

    @contextmanager
    def turn(self, poll: Callable[[], object], share: Share | None = None) -> Iterator[Callable[[], None]]:
        """Wait for a turn, and have it until the end of the block.

        Yields a function to call often, which lets others go first when a slice of time is over. `poll` is
        called at each slice and while waiting; an exception that it raises ends the turn. Turns with one
        `share` count together. Raises `RuntimeError` within another turn of the same thread, which would wait
        forever.
        """
        mine, ours, until = Event(), share or Share(), 0.0
        if get_ident() in self._threads:
            raise RuntimeError("a turn within a turn of the same thread")

        def pause() -> None:
            nonlocal until
            if time.monotonic() < until:
                return
            poll()
            self._line_up(mine, ours)
            while not mine.wait(POLL_S):
                poll()
            until = time.monotonic() + SLICE_S

        self._threads.add(get_ident())
        try:
            pause()
            yield pause
        finally:
            self._threads.discard(get_ident())
            self._leave(mine)

    def __len__(self) -> int:
        """Return how many train or wait."""
        return len(self._line)

    def _line_up(self, mine: Event, share: Share) -> None:
        """Stand behind all who have had as many slices."""
        with self._lock:
            share.slices += self._line.pop(mine, None) is not None
            self._line[mine] = share
            self._give_up(mine)

    def _leave(self, mine: Event) -> None:
        with self._lock:
            share = self._line.pop(mine, None)
            if share is not None and self._trains is mine:
                share.slices += 1
            self._give_up(mine)

    def _give_up(self, mine: Event) -> None:
        """If it is this one's turn, or nobody's, it is now that of who has had the fewest slices."""
        if self._trains in (mine, None):
            mine.clear()
            self._trains = min(self._line, key=lambda event: self._line[event].slices, default=None)
            if self._trains is not None:
                self._trains.set()
