"""The tab Inside a step in a browser: its views, its sliders and its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.test_accessibility import findings
from tests.browser.test_browser import assert_fits, change, query, ready, visit
from trainers.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

TWO = "/?problem=Thermometer~scaling-x0.1&epochs=50&run=SGD~lr-0.01&run=Adam~lr-1&tab=Inside+a+step"
GRAPH = ".st-key-graph img"
VIEWS = ("The step", "Its gradient", "Learning rate", "Without zero_grad", "Stability")


def view(page: Page, name: str) -> Locator:
    return page.get_by_role("radio", name=name, exact=True)


@pytest.mark.slow
def test_the_views_of_a_step_by_keyboard(page: Page) -> None:
    visit(page, TWO)
    slider = page.get_by_role("slider", name="Update")
    slider.focus()
    change(page, lambda: page.keyboard.press("ArrowRight"))
    assert page.get_by_text("Update 2: the loss goes from 37.5749 to").count() == 1
    view(page, "The step").focus()
    change(page, lambda: (page.keyboard.press("ArrowRight"), page.keyboard.press("Enter")))
    assert "show-gradient" in dict(query(page))["inside_step"]
    assert page.locator(GRAPH).get_attribute("alt").startswith("Graph of the loss, 8 nodes")
    assert page.locator(GRAPH).evaluate("image => image.complete && image.naturalWidth > 700")
    change(page, view(page, "Learning rate").click)
    rate = page.locator("input[type=range]").last
    before = page.locator(".mark-text text").all_inner_texts()
    rate.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.mark-text text').textContent !== before", arg=before[0]
    )


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_view_of_every_optimizer(
    open_page: Callable[..., Page], name: str, width: int, scheme: str
) -> None:
    page = open_page(width=width, color_scheme=scheme)
    visit(page, f"/?epochs=50&run={name}~lr-0.01&tab=Inside+a+step")
    for each in VIEWS:
        if not view(page, each).is_checked():
            change(page, view(page, each).click)
        ready(page)
        assert_fits(page, each)
        if width > 640:  # on a phone the table of runs is scrolled, which Chromium lets a keyboard do
            assert findings(page) == [], each
