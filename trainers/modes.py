"""torch's modes and threads while something is trained, and for what is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Lock, local
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")


class _Threads(local):
    """Whether this thread of the program trains already."""

    inside = False


_here, _lock, _users, _before = _Threads(), Lock(), 0, 1


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread of torch's, whose numbers are the same on every machine; afterwards as many as there were.

    With tensors as small as here more threads are up to 100 times slower, too.
    """
    if _here.inside:
        yield
        return
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    """How many there were is known before the first of those that train at the same time."""
    global _users, _before
    with _lock:
        _before = _before if _users else torch.get_num_threads()
        _users += 1
        _here.inside = True
        torch.set_num_threads(1)


def _leave() -> None:
    global _users
    with _lock:
        _users -= 1
        _here.inside = False
        torch.set_num_threads(_before)


@contextmanager
def training_mode() -> Iterator[None]:
    """One thread, and autograd works, whatever mode the caller is in; afterwards all is as it was."""
    with one_thread(), torch.inference_mode(False), torch.enable_grad():
        yield


@contextmanager
def sweep_mode() -> Iterator[None]:
    """One thread and no autograd, which is faster; afterwards all is as it was."""
    with one_thread(), torch.inference_mode():
        yield


def cacheable(make: Callable[P, T]) -> Callable[P, T]:
    """Have a function work in one thread and outside of inference mode, whoever calls it first.

    It is for results that are kept for others: a tensor that was made in inference mode is of no use to
    autograd ever after.
    """

    @wraps(make)
    def outside(*args: P.args, **kwargs: P.kwargs) -> T:
        with one_thread(), torch.inference_mode(False):
            return make(*args, **kwargs)

    return outside
