"""A formula is typed: the curves and the link change, and a mistake is told below it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.browser.test_browser import address, change, curves, enter, ready, sentence, visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LINK = "/?problem=Formula&epochs=50&run=SGD~lr-0.01&tab=Loss&x=epochs"
TYPED = "(1 - x)^2 + 2*(y - x**2)**2 + max(x, y)/3 + 1e-2"


@pytest.mark.slow
def test_a_formula_is_typed(page: Page, open_page: Callable[..., Page]) -> None:
    visit(page, LINK)
    field, before = page.get_by_role("textbox", name="Formula"), curves(page)
    change(page, lambda: enter(field, TYPED))
    assert dict(parse_qsl(urlsplit(address(page)).query))["problem"] == f"Formula~formula-{TYPED}"
    assert field.input_value() == TYPED
    drawn, there = curves(page), address(page)
    assert drawn != before
    other = visit(open_page(), there)
    assert (curves(other), sentence(other)) == (drawn, sentence(page))
    enter(field, "2x")
    error = page.get_by_test_id("stSidebar").get_by_role("alert")
    error.get_by_text("needs an operator behind the number at character 1").wait_for()
    ready(page)
    assert (field.input_value(), curves(page), address(page)) == ("2x", drawn, there)
    change(page, lambda: enter(field, "x**2 + y**2"))
    assert error.count() == 0
