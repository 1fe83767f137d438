"""The README's code does what it says."""

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboard.examples import ARRIVAL, EXAMPLES
from dashboard.state import Page
from tests.repository import ROOT
from trainers.terminal.program import SUMMARIES
from trainers.terminal.start import main

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S)
COMMANDS = re.findall(r"^\$ python -m trainers (.*)$", README, re.M)
LINKS = re.findall(r"^\| \d+ \| `/\?(.*?)` \|", README, re.M)
LITERAL = r"-?\d[\d.]*|\"[^\"]*\"|None|True|False"
PRINTED = re.compile(rf"(?:{LITERAL})(?:, (?:{LITERAL}))*(?=$|[,;:] )")
"""What a comment begins with that says a value, or several; `...` stands for more of the same."""


def told(comment: str) -> list[str]:
    """The values that a comment says."""
    found = PRINTED.match(comment)
    return re.findall(LITERAL, found[0]) if found else []


def is_told(value: Any, text: str) -> bool:
    """Whether this text is the value, as far as it goes."""
    if text.startswith('"'):
        text, value = text.strip('"'), str(value)
    shown = str(value.item() if hasattr(value, "item") else value)
    return shown.startswith(text[:-3]) if text.endswith("...") else shown == text


def test_the_code_runs_and_gives_what_its_comments_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "homes.csv").write_bytes((ROOT / "tests" / "golden" / "homes.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    checked: list[str] = []
    for block in BLOCKS:
        for statement in ast.parse(block).body:
            if not isinstance(statement, ast.Expr):
                exec(ast.unparse(statement), names)
                continue
            value = eval(ast.unparse(statement), names)
            comment = block.splitlines()[statement.end_lineno - 1].partition("  # ")[2]
            values = value if isinstance(value, tuple | list) else (value,)
            texts = told(comment)
            assert not texts or len(texts) == len(values), comment
            assert all(map(is_told, values, texts)), f"{ast.unparse(statement)} is {value}, not {comment}"
            if isinstance(value, pd.DataFrame) and ": " in comment:
                texts = comment.partition(": ")[2].removesuffix(", ...").split(", ")
                assert list(value)[: len(texts)] == texts
            checked += texts
    assert len(BLOCKS) == 7
    assert len(checked) >= 10


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_run(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(line)) == 0
    assert capsys.readouterr().out or len(list(tmp_path.iterdir())) == 1


def test_each_command_is_shown() -> None:
    assert {line.split()[0] for line in COMMANDS} == SUMMARIES.keys()


@pytest.mark.parametrize(
    ("comment", "value", "right"),
    [
        ("2.9276..., the loss", 2.92764, True),
        ("2.9276..., the loss", 2.92754, False),
        ("2.93", 2.93, True),
        ("2.93", 2.931, False),
        ('"finished", None; or "diverged"', "finished", True),
        ('"problem=A&...", the link', "problem=A&epochs=3", True),
        ('"problem=A&...", the link', "problem=B&epochs=3", False),
    ],
)
def test_a_comment_that_says_a_value_is_held_against_it(comment: str, value: Any, right: bool) -> None:
    assert is_told(value, told(comment)[0]) is right


def test_a_comment_in_words_says_no_value() -> None:
    assert told("one row an epoch, for pandas") == told("in what share of the fresh starts") == []
    assert told("1e-3 is a rate") == told("2 or more") == []


def test_the_links_of_a_lesson_open_what_they_say() -> None:
    assert len(LINKS) == 7
    for link in LINKS:
        page, notes = Page.from_query(link, EXAMPLES[0].page, arrival=ARRIVAL)
        assert notes == []
        assert page.tab.replace(" ", "+") in link
        assert (page.ask is not None) == ("ask=" in link)
        assert len(page.to_short_query()) <= len(link), "as short as the page's own"
