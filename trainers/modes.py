"""torch's modes and threads during training, and for results that are cached."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Lock, RLock, local
from typing import ParamSpec, TypeVar

import torch
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack

P = ParamSpec("P")
T = TypeVar("T")


class _Threads(local):
    """Whether this Python thread is training already."""

    inside = False


_random = RLock()


@contextmanager
def own_randomness(generator: torch.Generator) -> Iterator[None]:
    """Let torch's global generator be this one, for one thread at a time; restored afterwards."""
    with _random:
        before = torch.get_rng_state()
        torch.set_rng_state(generator.get_state())
        try:
            yield
        finally:
            generator.set_state(torch.get_rng_state())
            torch.set_rng_state(before)


_here, _lock, _users, _before = _Threads(), Lock(), 0, 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one torch thread, so that results are the same on every machine; restore the number afterwards.

    With tensors this small, more threads are also up to 100 times slower.
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
    """Save the number of threads when the first of several concurrent trainings begins."""
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
    """One thread, with autograd enabled whatever mode the caller is in; restored afterwards."""
    with one_thread(), torch.inference_mode(False), torch.enable_grad():
        yield


@contextmanager
def sweep_mode() -> Iterator[None]:
    """One thread, in inference mode, which is faster; restored afterwards."""
    with one_thread(), torch.inference_mode():
        yield


@contextmanager
def lasting() -> Iterator[None]:
    """Make tensors outside inference mode and the transforms of `torch.func`, whatever the caller is in.

    Those made in inference mode autograd can't use, those made in a transform nobody once it has ended.
    """
    with torch.inference_mode(False), temporarily_clear_interpreter_stack():
        yield


def cacheable(make: Callable[P, T]) -> Callable[P, T]:
    """Run a function in one thread and let its tensors last: for results that are cached."""

    @wraps(make)
    def outside(*args: P.args, **kwargs: P.kwargs) -> T:
        with one_thread(), lasting():
            return make(*args, **kwargs)

    return outside
