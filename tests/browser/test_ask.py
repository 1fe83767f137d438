"""Questions in a browser: by mouse, keyboard and back, on a screen and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard.examples import EXAMPLES
from tests.browser.test_accessibility import findings
from tests.browser.test_browser import CHART, QUESTION, assert_fits, change, enter, ready, runs, visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LINK = "/?epochs=200&run=SGD~lr-0.03&run=SGD~lr-0.0333&tab=Compare"
OWN = f"{LINK}&ask=See+www.example.org:+what+does+0.0333+do?~<b>faster</b>+https://example.org~*it+climbs"
ANSWER = ".answer"
FOCUSED = "part => document.activeElement === document.querySelector(part)"


def nothing_tells(page: Page) -> bool:
    tells = (CHART, "[data-testid=stTable]", "[role=tab]", "[data-testid=stDownloadButton]", "strong")
    return not any(page.get_by_test_id("stMain").locator(part).count() for part in tells)


@pytest.mark.slow
def test_a_question_by_keyboard_and_back(page: Page) -> None:
    visit(page, f"{LINK}&ask=1")
    assert nothing_tells(page)
    page.locator(QUESTION).focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(ANSWER).wait_for()
    assert page.locator(ANSWER).inner_text() == "You guessed “SGD · lr 0.0333”. In fact: “None of them”."
    page.wait_for_function(FOCUSED, arg=ANSWER)
    ready(page)
    change(page, lambda: enter(runs(page).first.get_by_label("lr", exact=True), "0.02"))
    assert page.locator(ANSWER).count() == 0
    page.evaluate("history.back()")
    page.locator(ANSWER).wait_for()
    ready(page)
    page.reload()
    ready(page)
    assert nothing_tells(page)
    assert page.locator(QUESTION).is_visible()


@pytest.mark.slow
def test_next_leads_to_a_question(page: Page) -> None:
    visit(page, "/?epochs=20&run=Adam")
    change(page, page.get_by_role("button", name="Next", exact=True).click)
    assert page.locator(QUESTION).inner_text() == EXAMPLES[0].question.text
    page.wait_for_function(FOCUSED, arg=QUESTION)
    page.get_by_role("button", name=EXAMPLES[0].question.answers[1]).click()
    page.get_by_text("Your guess was right:").wait_for()
    ready(page)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("display", ["page", "chart"])
def test_a_question_of_a_link_is_text_and_fits(
    open_page: Callable[..., Page], scheme: str, display: str
) -> None:
    page = open_page(width=390, height=844, color_scheme=scheme)
    page.goto(f"{OWN}&view={display}")
    page.locator(QUESTION).wait_for()
    page.wait_for_function("() => window.still.frames > 30")
    assert page.locator(QUESTION).inner_text() == "See www.example.org: what does 0.0333 do?"
    assert page.get_by_test_id("stMain").locator("a, b").count() == 0
    assert_fits(page)
    assert findings(page) == []
    page.get_by_role("button", name="faster").click()
    page.locator(ANSWER).wait_for()
    page.wait_for_function("() => window.still.frames > 30")
    assert page.locator(f"{ANSWER} :is(a, b)").count() == 0
    assert_fits(page)


@pytest.mark.slow
def test_links_as_a_mail_escapes_them(page: Page) -> None:
    for link in (LINK.replace("&", "&amp;"), LINK.replace("&", "%26").replace("=", "%3D")):
        visit(page, link)
        assert runs(page).count() == 2
