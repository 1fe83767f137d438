"""The tools beside the tests: what they import is there."""

from importlib import import_module

import pytest

from tests.repository import ROOT

TOOLS = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for path in [
        *ROOT.glob("tests/bench/*.py"),
        *ROOT.glob("tests/mutants/*.py"),
        ROOT / "tests/screenshot.py",
    ]
    if path.stem not in ("__init__", "__main__", "plugin")
)


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_is_imported(name: str) -> None:
    import_module(name)
