import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from trainers.terminal.start import main


class Ended(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in this process; times are 0."""
    monkeypatch.setattr("trainers.training.perf_counter", lambda: 0.0)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: str, stdin: str | bytes = "") -> Ended:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        capsys.readouterr()
        code = main(arguments)
        return Ended(code, *capsys.readouterr())

    return run
