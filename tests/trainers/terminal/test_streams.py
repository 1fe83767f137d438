"""Standard streams: progress, pipes, colors, Ctrl-C."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.repository import ROOT
from tests.trainers.terminal.conftest import Command
from trainers.comparison import compare
from trainers.terminal.start import main

QUICK = ("run", "--epochs", "30", "--lr", "0.01")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_link_is_read_from_standard_input(command: Command) -> None:
    ended = command("run", "-", "--epochs", "2", stdin="https://lab.example/?problem=Beale&run=Adam~lr-0.1\n")
    assert ended.code == 0
    assert "Adam" in ended.out
    assert "ignored" not in ended.err


def test_a_bar_is_drawn_on_a_terminal_alone(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command(*QUICK).err == "Training 1 run of 30 epochs ...\n"
    assert command(*QUICK, "--quiet").err == ""
    drawn = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", drawn)
        patch.setenv("TERM", "xterm")
        assert main(QUICK) == 0
    assert "Training 1 run of 30 epochs" in drawn.getvalue()
    assert "━" in drawn.getvalue()


@pytest.mark.parametrize("color", [True, False])
def test_colors_are_for_a_terminal_without_no_color(color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if not color:
        monkeypatch.setenv("NO_COLOR", "1")
    assert main(["run", "--lr", "30", "--epochs", "40", "--quiet"]) == 0
    assert ("\x1b[31mdiverged" in shown.getvalue()) == color


@pytest.mark.parametrize("width", [200, 90, 40])
def test_a_table_is_at_most_as_wide_as_the_terminal(
    width: int, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", shown)
        assert main(["compare", "run=SGD&run=Adam&epochs=5", "--quiet"]) == 0
        lines = re.sub(r"\x1b\[[\d;]*m", "", shown.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.startswith(" lr") for line in lines) == (width < 150)


def test_a_reader_may_have_enough(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", encoding="utf-8") as closed, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", closed)
        assert main([*QUICK, "--quiet", "--format", "csv"]) == 0
    assert capfd.readouterr().err == ""


def press(times: int) -> Callable[..., Any]:
    """Return `compare` with Ctrl-C pressed before it."""

    def pressed(*arguments: Any) -> Any:
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        return compare(*arguments)

    return pressed


def test_what_was_trained_until_ctrl_c_is_kept(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("trainers.terminal.training.compare", press(1))
    ended = command("compare", "run=SGD&run=Adam&epochs=1000")
    assert ended.code == 130
    assert ended.out.startswith("Stopped after 0 of 2 runs.\n")
    assert "stopped" in ended.out
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_pressed_twice_ends_at_once(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.terminal.training.compare", press(2))
    ended = command("compare", "run=SGD&run=Adam&epochs=1000")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err.endswith("Stopped.\n")


@pytest.mark.parametrize(("name", "place"), [("sweep", "sweep.train_sweep"), ("race", "race.train_race")])
def test_sweeps_and_races_stop_too(
    name: str, place: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, function = place.split(".")
    there = sys.modules[f"trainers.terminal.commands.{module}"]
    train = getattr(there, function)

    def pressed(*arguments: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return train(*arguments)

    monkeypatch.setattr(there, function, pressed)
    ended = command(name, *(["--axis", "lr"] if name == "sweep" else []))
    assert ended.code == 130
    assert ended.out.startswith("Stopped before all")
    for kind in ("csv", "json"):
        assert command(name, *(["--axis", "lr"] if name == "sweep" else []), "--format", kind).code == 130


def test_divergence_fails_where_that_is_asked_for(command: Command) -> None:
    diverges = ("run", "--lr", "30", "--epochs", "40")
    assert [command(*diverges).code, command(*diverges, "--fail-on-diverged").code] == [0, 4]
    assert command(*QUICK, "--fail-on-diverged").code == 0


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_does_not_wait_for_torch() -> None:
    ended = python(
        "import sys; from trainers.terminal.start import main\n"
        "assert main(['--help']) == 0; assert not {'torch', 'pandas', 'rich'} & sys.modules.keys()"
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "130  stopped with Ctrl-C" in ended.stdout


@pytest.mark.parametrize("package", ["click", "rich"])
def test_a_missing_package_is_named(package: str) -> None:
    ended = python(f"import runpy, sys; sys.modules[{package!r}] = None; runpy.run_module('trainers')")
    assert ended.returncode == 1
    assert ended.stderr == f"The command line needs {package}: pip install click rich\n"


@pytest.mark.slow
def test_it_runs_in_a_shell() -> None:
    lab = f"{sys.executable} -m trainers"
    program = f"{lab} script --lr 0.01 | {sys.executable} -"
    script = f"set -e -o pipefail; {program}; {lab} run --format csv | head -n 1"
    ended = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loss, header = ended.stdout.splitlines()
    assert loss.startswith("3.8254")
    assert header.startswith("run,epoch,loss,gap")
    assert ended.stderr == "Training 1 run of 1,000 epochs ...\n"
