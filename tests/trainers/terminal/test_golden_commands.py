"""Each command prints what its file in tests/golden/terminal holds.

A change that is meant is written there by `GOLDEN=write pytest` of this file, and read in the diff.
"""

import os

import pytest

from tests.repository import ROOT
from tests.trainers.terminal.conftest import Command
from trainers.terminal.program import SUMMARIES

FOLDER = ROOT / "tests" / "golden" / "terminal"
ARGUMENTS = {
    "run": "run --problem Rosenbrock --optimizer adam --lr 0.1 --epochs 200 --start=-1,1 --dtype float64",
    "compare": "compare epochs=150&dtype=float64&run=SGD~lr-0.02&run=SGD~lr-3&tab=Loss --run Adam~lr-1",
    "sweep": "sweep --axis lr=0.01:10:7 --axis momentum=0:0.9:3 --epochs 100 --dtype float64",
    "race": "race --trials 6 --seeds 3 --epochs 100 --dtype float64 --run SGD~momentum-0.9 --run Adam~lr-1",
    "script": "script run=SGD~manual~lr-0.01&epochs=500",
    "list": "list settings",
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_command_prints_this(name: str, command: Command) -> None:
    ended = command(*ARGUMENTS[name].split(" "))
    text = f"$ python -m trainers {ARGUMENTS[name]}\n{ended.err}--\n{ended.out}--\nexit code {ended.code}\n"
    file = FOLDER / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
