"""What the component gets: a header in JSON, and arrays of numbers as bytes."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np

NONE = 65_535
"""Stands for NaN among quantized numbers."""
ALIGNMENT = 8


def packed(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> bytes:
    """Return header and arrays: length of the header as uint32, the header, then the arrays one by one.

    The header tells kind, shape and first byte of each array, counted from the end of the header; all begin
    at a multiple of `ALIGNMENT`.
    """
    places, parts, size = {}, [], 0
    for name, array in arrays.items():
        content = _padded(np.ascontiguousarray(array).tobytes())
        places[name] = {"kind": str(array.dtype), "shape": array.shape, "begin": size}
        parts.append(content)
        size += len(content)
    text = json.dumps({**header, "arrays": places}, allow_nan=False).encode()
    text += b" " * (-(len(text) + 4) % ALIGNMENT)
    return b"".join([len(text).to_bytes(4, "little"), text, *parts])


def digest(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> str:
    """Return a digest of header and arrays."""
    return sha256(packed(header, arrays)).hexdigest()


def _padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % ALIGNMENT)


def quantized(values: Any, low: float, high: float) -> Any:
    """Return numbers as uint16 from 0 at `low` to `NONE` - 1 at `high`, clipped; `NONE` for NaN."""
    with np.errstate(invalid="ignore"):
        shares = np.clip((values - low) / (high - low), 0, 1) * (NONE - 1)
    return np.where(np.isnan(shares), NONE, np.round(shares)).astype("uint16")
