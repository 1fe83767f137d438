"""Data that are kept for whoever asks next, bounded by the bytes they take."""

from collections.abc import Callable, Hashable
from functools import partial
from threading import Lock
from typing import Any, ParamSpec, Protocol, TypeVar

from cachetools import LRUCache, cached
from cachetools.keys import hashkey

from trainers.modes import cacheable

MAX_CACHE_BYTES = 200_000_000
"""What all of it may take together: a few of the largest tables that are read, or hundreds of usual ones."""


class Weighed(Protocol):
    """What knows its size."""

    @property
    def bytes(self) -> float:
        """What it takes at most."""


P = ParamSpec("P")
W = TypeVar("W", bound=Weighed)

DATA: LRUCache[Hashable, Any] = LRUCache(MAX_CACHE_BYTES, getsizeof=lambda value: value.bytes)
LOCK = Lock()


def cache_by_size(make: Callable[P, W]) -> Callable[P, W]:
    """Have the results of a function kept; those that were asked for longest ago give way to others.

    A result that is larger than all the room is made anew each time. A problem among the arguments is known
    by its `key`.
    """
    return cached(DATA, key=partial(_key, make.__qualname__), lock=LOCK)(cacheable(make))


def _key(*parts: Any) -> Hashable:
    return hashkey(*(part.key() if hasattr(part, "key") else part for part in parts))
