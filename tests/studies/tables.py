"""Tables of Markdown, and those of a document."""

import re
from collections.abc import Sequence
from pathlib import Path

from tests.repository import ROOT


def markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def kept(document: Path, name: str) -> str:
    """The table after `<!-- name -->`."""
    text = document.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n\n((?:\|.*\n)+)", text)
    assert found, f"{document.name} has no table {name}"
    return found[1].rstrip("\n")


METHOD, PUBLISHED = ROOT / "docs" / "method.md", ROOT / "docs" / "published.md"
