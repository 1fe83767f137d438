"""Data that are kept for whoever asks next, bounded by the bytes they take."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache, cached

from trainers.modes import kept

BYTES = 64_000_000
"""What each kind of data may take: about twice the largest table there is."""

T = TypeVar("T")


def kept_within_bounds(size: Callable[[T], float]) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Have the latest results of a function kept, as many as `size`, in bytes, says that there is room for.

    A result that is larger than all the room is made anew each time.
    """

    def keep(make: Callable[..., T]) -> Callable[..., T]:
        results: LRUCache[Hashable, Any] = LRUCache(BYTES, getsizeof=size)
        return cached(results, lock=Lock())(kept(make))

    return keep
