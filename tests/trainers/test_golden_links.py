"""Old links keep their meaning: 200 of version 0.1.0, each with its settings and where its runs were led."""

import json
import re
from collections import Counter
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

import pytest

from dashboard.examples import EXAMPLES
from dashboard.state import Page
from tests.repository import ROOT
from trainers import links, train
from trainers.datasets.csv.table import read_table
from trainers.optimizers import Optimizer
from trainers.problems import Problem
from trainers.words import format_value

GOLDEN = ROOT / "tests/golden"
LINKS = json.loads((GOLDEN / "links.json").read_text(encoding="utf-8"))
TABLE = read_table((GOLDEN / "homes.csv").read_bytes(), "homes.csv")
RENAMED = links.OLD_NAMES | links.OLD_VALUES | {"lesson": "run", "Grid": "Grid search"}
"""What the settings of those links are called now."""
EPOCHS = 3  # of each run, or fewer where the link says so


def settings(of: Any) -> list[str]:
    """All settings under a page or a part of it, each as `name=value`, in any order."""
    if isinstance(of, tuple):
        return [text for part in of for text in settings(part)]
    found = [f"class={type(of).__name__}"] if isinstance(of, Problem | Optimizer) else []
    for field in fields(of):
        value = getattr(of, field.name)
        if hasattr(value, "write"):  # columns of a table
            found.append(f"{field.name}={value.write()}")
        elif is_dataclass(value) or (isinstance(value, tuple) and value and is_dataclass(value[0])):
            found += settings(value)
        elif isinstance(value, tuple):
            found.append(f"{field.name}={'~'.join(map(format_value, value))}")
        elif value is not None:
            found.append(f"{field.name}={format_value(int(value) if isinstance(value, bool) else value)}")
    return found


@pytest.mark.parametrize("golden", LINKS, ids=range(len(LINKS)))
def test_an_old_link_opens_the_same_page(golden: dict[str, Any]) -> None:
    page, notes = Page.from_query(golden["link"], EXAMPLES[0].page, {TABLE.digest: TABLE})
    assert not notes
    expected = Counter(map(renamed, golden["settings"]))
    if not re.search("race=[^&]*(seeds|starts)", golden["link"]):
        expected -= Counter(["seeds=10"])  # a former default
    assert not expected - Counter(settings(page))
    assert [losses(run) for run in page.runs] == [
        [pytest.approx(float(loss), rel=1e-4, abs=1e-6, nan_ok=True) for loss in run]
        for run in golden["losses"]
    ]


def test_old_links_are_read_in_any_case() -> None:
    for link in (golden["link"] for golden in LINKS):
        if "own=" not in link:
            assert Page.from_query(link.lower()) == Page.from_query(link)


def renamed(setting: str) -> str:
    name, _, value = setting.partition("=")
    return f"{RENAMED.get(name, name)}={RENAMED.get(value, value)}"


@cache
def losses(run: Any) -> list[float]:
    """The last loss, and on the rows held out, of a run of few epochs."""
    history = train(replace(run, epochs=min(run.epochs, EPOCHS)))
    validation = history.validation_loss
    return [float(history.loss[-1]), *([float(validation[-1])] if validation is not None else [])]
