"""The package pytorch-optimizer, imported where a test needs it: that takes seconds."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

needs_package = pytest.mark.skipif(find_spec("pytorch_optimizer") is None, reason="of requirements-more.txt")


@cache
def package() -> Any:
    return import_module("pytorch_optimizer")
