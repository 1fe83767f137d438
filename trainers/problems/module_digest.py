"""A digest of what a module of the user's own computes."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn

PLAIN = (int, float, complex, str, bytes, bool, type(None))
NAMED = (ModuleType, BuiltinFunctionType, type)
"""What code calls by a name that says which it is."""
HOOKS = "_hooks"


def digest(*parts: Any) -> str:
    """Return a digest of modules, functions and tensors: 12 hexadecimal digits.

    Of a module and of other objects it is about the class, the code of `forward` and all attributes; of a
    function about its code, and the values that it uses from around it. What can't be looked into counts by
    its identity: two digests may differ without need, but do not agree by mistake.
    """
    found = hashlib.sha256()
    for piece in _described(parts, {}):
        found.update(piece + b"\0")
    return found.hexdigest()[:12]


def _described(value: Any, seen: dict[int, Any]) -> Iterator[bytes]:
    """Yield what makes up a value; what was `seen` before, by its identity, is not gone through again."""
    if isinstance(value, (*PLAIN, type)):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, Tensor):
        yield f"{value.dtype} {tuple(value.shape)} {value.requires_grad}".encode()
        yield value.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    elif isinstance(value, CodeType):
        yield value.co_code
        yield from _described((value.co_names, value.co_consts), seen)
    elif id(value) in seen:
        yield b"again"
    else:
        seen[id(value)] = value  # kept, so that no other gets its identity
        yield type(value).__qualname__.encode()
        yield from _described_parts(value, seen)


def _described_parts(value: Any, seen: dict[int, Any]) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _described(key, seen)
            yield from _described(each, seen)
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value if isinstance(value, tuple | list) else sorted(value, key=repr):
            yield from _described(each, seen)
    elif isinstance(value, FunctionType):
        yield from _described((value.__code__, value.__defaults__, value.__kwdefaults__), seen)
        around = [cell.cell_contents for cell in value.__closure__ or ()]
        around += [value.__globals__[name] for name in value.__code__.co_names if name in value.__globals__]
        yield from _described([each for each in around if not isinstance(each, NAMED)], seen)
    elif isinstance(value, MethodType):
        yield from _described((value.__func__, value.__self__), seen)
    elif isinstance(value, partial):
        yield from _described((value.func, value.args, value.keywords), seen)
    elif hasattr(value, "__dict__"):
        if isinstance(value, nn.Module):
            yield from _described(type(value).forward, seen)
        yield from _described({k: v for k, v in vars(value).items() if HOOKS not in k}, seen)
    else:
        yield str(id(value)).encode()
