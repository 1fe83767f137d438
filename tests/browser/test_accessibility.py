"""No tab breaks a rule of accessibility that matters (axe's impacts serious and critical)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.examples import ARRIVAL, EXAMPLES
from dashboard.state import NAMES
from tests.browser.test_browser import ready, tab, visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
DIGITS = next(example.page for example in EXAMPLES if example.name == "Digits in batches")


def findings(page: Page) -> list[tuple[str, str]]:
    """Each serious finding: the rule, and the element that breaks it."""
    found: list[Any] = Axe().run(page).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return [(rule["id"], node["html"]) for rule in serious for node in rule["nodes"]]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab(open_page: Callable[..., Page], scheme: str) -> None:
    page = visit(open_page(color_scheme=scheme), f"/?{ARRIVAL.to_query()}")
    for name in NAMES:
        tab(page, name).click()
        ready(page)
        assert findings(page) == [], name


@pytest.mark.slow
def test_images_and_matrices(page: Page) -> None:
    visit(page, f"/?{replace(DIGITS, tab='Fit').to_query()}")
    assert findings(page) == []
