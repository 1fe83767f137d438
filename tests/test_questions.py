"""The links of docs/questions.md open without a note, and show the words that it quotes."""

import html
import re

import pytest

from tests.dashboard.page import opened, warnings
from tests.repository import ROOT

TEXT = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (.+) \| `\?([^`]+)` \| “([^”]+)” \|$", re.MULTILINE)
ROWS = ROW.findall(TEXT)
EVERY = 16
"""One of so many rows is opened by `make test`."""


def test_all_rows_are_read() -> None:
    assert len(ROWS) == sum(line.count("| `?") for line in TEXT.splitlines()) > 20


@pytest.mark.parametrize(
    ("question", "link", "quote"),
    [pytest.param(*row, marks=[pytest.mark.slow] * bool(k % EVERY)) for k, row in enumerate(ROWS)],
)
def test_the_page_says_what_is_quoted(question: str, link: str, quote: str) -> None:
    app = opened(link)
    assert not warnings(app)
    texts = [element.proto.body for kind in ("markdown", "caption", "html") for element in app.get(kind)]
    texts += [element.proto.code_text for element in app.code]
    plain = [re.sub(r"\\(.)", r"\1", re.sub(r"<[^>]+>", "\n", html.unescape(text))) for text in texts]
    found = [text.replace("**", "") for text in plain]
    assert any(quote in text for text in found), question
