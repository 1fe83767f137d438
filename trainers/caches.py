"""Cache of data shared by all sessions, bounded in bytes."""

from collections.abc import Callable, Hashable
from functools import partial
from threading import Lock
from typing import Any, ParamSpec, Protocol, TypeVar

from cachetools import LRUCache, cached
from cachetools.keys import hashkey

from trainers.modes import cacheable

MAX_CACHE_BYTES = 200_000_000
"""Max. size of the cache: a few of the largest tables, or hundreds of ordinary ones."""


class Sized(Protocol):
    """A value that knows its size."""

    @property
    def bytes(self) -> float:
        """Max. memory."""


P = ParamSpec("P")
W = TypeVar("W", bound=Sized)

DATA: LRUCache[Hashable, Any] = LRUCache(MAX_CACHE_BYTES, getsizeof=lambda value: value.bytes)
LOCK = Lock()


def cache_by_size(make: Callable[P, W]) -> Callable[P, W]:
    """Cache a function's results, least recently used first out.

    A result larger than the whole cache is not stored. Arguments that have a `key` are identified by it.
    """
    return cached(DATA, key=partial(_key, make.__qualname__), lock=LOCK)(cacheable(make))


def _key(*parts: Any) -> Hashable:
    return hashkey(*(part.key() if hasattr(part, "key") else part for part in parts))
