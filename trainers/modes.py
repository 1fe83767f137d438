"""torch's modes and threads while something is trained, and for what is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Lock
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")


class _Threads:
    """How many threads torch had before the first of those who train now; each gives them back."""

    def __init__(self) -> None:
        self.lock, self.users, self.before = Lock(), 0, 1

    def take(self) -> None:
        with self.lock:
            if not self.users:
                self.before = torch.get_num_threads()
            self.users += 1
            torch.set_num_threads(1)

    def give_back(self) -> None:
        with self.lock:
            self.users -= 1
            torch.set_num_threads(self.before)


_threads = _Threads()


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread, whose numbers are the same on every machine; afterwards as many as there were.

    With tensors as small as here more threads are up to 100 times slower, too.
    """
    _threads.take()
    try:
        yield
    finally:
        _threads.give_back()


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


def kept(make: Callable[P, T]) -> Callable[P, T]:
    """Have what is kept for others made in one thread and outside of inference mode, whoever asks first.

    A tensor that is made in that mode is of no use to autograd ever after.
    """

    @wraps(make)
    def outside(*args: P.args, **kwargs: P.kwargs) -> T:
        with one_thread(), torch.inference_mode(False):
            return make(*args, **kwargs)

    return outside
