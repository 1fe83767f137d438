"""What is seen on arrival: the picture with its controls of time, on each screen, and what moves in it."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browser.test_browser import CHART, assert_fits, change, ready, sentence, visit
from tests.browser.test_data import PITS, messages
from tests.matrix import slow_but

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

NAME = f"{CHART} svg.marks .mark-text text[font-weight='600']:not([stroke])"
SLIDER = "input[type=range][name=snapshot]"
WIDE, PHONE, SCHEMES = ((1400, 1000), (1280, 720)), ((390, 844),), ("light", "dark")
NAMES = ("SGD", "SGD · momentum 0.9", "RMSprop", "Adam")


def box(page: Page, selector: str) -> dict[str, float]:
    """Left, top, right and bottom of an element, in pixels of the screen."""
    script = "element => (({left, top, right, bottom}) => ({left, top, right, bottom}))"
    found: dict[str, float] = page.locator(selector).first.evaluate(
        f"{script}(element.getBoundingClientRect())"
    )
    return found


WITHIN = "([part, width]) => document.querySelector(part).getBoundingClientRect().right <= width"
"""Whether a part has followed a change of the width."""


def name_in(page: Page, name: str) -> bool:
    """Whether the chart has the name of a run, which may be cut off on a phone."""
    shown = (text.removesuffix("…") for text in page.locator(NAME).all_text_contents())
    return any(len(text) > 2 and name.startswith(text) for text in shown)


@pytest.mark.parametrize(("screens", "scheme"), slow_but([(PHONE, "dark")], product((WIDE, PHONE), SCHEMES)))
def test_the_picture_and_its_controls_are_visible(
    open_page: Callable[..., Page], screens: Sequence[tuple[int, int]], scheme: str
) -> None:
    page = visit(open_page(width=screens[0][0], color_scheme=scheme), "/")
    for width, height in screens:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(WITHIN, arg=[f"{CHART} svg.marks", width])
        ready(page)
        picture = box(page, f"{CHART} svg.marks")
        for part in (picture, box(page, SLIDER), box(page, ".play-button")):
            assert 0 <= part["left"] < part["right"] <= width
            assert 0 <= part["top"] < part["bottom"] <= height
        if width == 1400:
            assert picture["top"] < 120
            assert picture["bottom"] - picture["top"] >= 460
        assert sentence(page).startswith("Adam came within")
        assert all(name_in(page, name) for name in NAMES)
        assert_fits(page)


@pytest.mark.slow
def test_names_never_overlap(page: Page) -> None:
    """Twelve runs that end close to each other."""
    link = "&".join(f"run=SGD~lr-0.0{k}" for k in range(10, 22))
    visit(page, f"/?epochs=50&tab=Compare&{link}")
    for _ in range(2):
        names = page.locator(NAME, has_text="SGD · lr").all()
        tops = sorted(name.evaluate("name => name.getBoundingClientRect().top") for name in names)
        assert len(tops) == 12
        assert min(np.diff(tops)) >= 15
        page.locator(SLIDER).press("Home")


EPOCH = """text => [...document.querySelectorAll("svg.marks text")].some(part => part.textContent === text)"""


def dots(page: Page) -> list[Any]:
    """The places of the runs on the map and among the curves."""
    marks = page.locator(f"{CHART} svg.marks .mark-symbol path[fill^='#']:not([fill='#ffffff'])")
    return [mark.get_attribute("transform") for mark in marks.all()]


@pytest.mark.slow
def test_it_plays_once_on_arrival_unless_no_motion_is_preferred(open_page: Callable[..., Page]) -> None:
    page = open_page(reduced_motion="no-preference")
    page.clock.install()
    page.goto("/")
    page.get_by_role("button", name="Pause").wait_for()
    page.clock.fast_forward(7000)
    page.clock.run_for(200)
    page.wait_for_function(EPOCH, arg="epoch 300")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    page.get_by_role("tab", name="Path", exact=True).click()
    page.wait_for_function(EPOCH, arg="after 300 epochs")
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.wait_for_function(EPOCH, arg="epoch 300")
    assert page.get_by_role("button", name="Play", exact=True).is_visible()


@pytest.mark.slow
def test_a_click_on_a_name_or_a_line_isolates_a_run(page: Page) -> None:
    sent = messages(page)
    visit(page, "/")
    count, name = len(sent), page.locator(NAME, has_text="RMSprop")
    for click in (name.click, lambda: page.mouse.click(*page.evaluate(ON_A_LINE))):
        click()
        page.wait_for_function(FADED, arg=[NAME, 3])
        name.dblclick()
        page.wait_for_function(FADED, arg=[NAME, 0])
    assert len(sent) == count


@pytest.mark.slow
def test_a_name_on_path_isolates_its_run_and_sets_no_initial_point(page: Page) -> None:
    visit(page, PITS)
    sent = messages(page)
    page.locator(NAME, has_text="Adam").click()
    page.wait_for_function(FADED, arg=[NAME, 1])
    assert not sent


FADED = """([names, count]) => [...document.querySelectorAll(names + "[opacity]")].filter(
    name => name.getAttribute("opacity") < 0.5).length === count"""
ON_A_LINE = """() => {
    const line = document.querySelector("svg.marks path[stroke-width='14']");
    const {x, y} = line.getPointAtLength(line.getTotalLength() / 2).matrixTransform(line.getScreenCTM());
    return [x, y];
}"""


@pytest.mark.slow
def test_the_map_tells_the_loss_under_the_pointer(page: Page) -> None:
    visit(page, f"/?{BOOTH}")
    picture = box(page, f"{CHART} svg.marks")
    page.mouse.move(picture["left"] + 120, picture["bottom"] - 120)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    rows = [row.inner_text().split("\t") for row in tip.locator("tr").all()]
    told = {name.strip(" :"): float(value.replace("−", "-")) for name, value in rows}
    assert told.pop("loss − minimum loss") == pytest.approx(booth(**told), rel=0.1)


BOOTH = "problem=Booth&epochs=20&run=SGD~lr-0.01&tab=Compare"


def booth(x: float, y: float) -> float:
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


@pytest.mark.slow
def test_full_screen_keeps_names_slider_and_play(page: Page) -> None:
    visit(page, "/")
    page.locator(CHART).hover()
    page.get_by_role("button", name="Fullscreen").first.click()
    page.wait_for_function(f"() => document.querySelector('{CHART}').getBoundingClientRect().width > 1200")
    ready(page)
    assert all(name_in(page, name) for name in NAMES)
    for selector in (SLIDER, ".play-button"):
        assert box(page, selector)["bottom"] <= 1000


def test_embedded_alone_it_fits_and_its_slider_sends_nothing(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(width=700, height=500)
    sent = messages(page)
    page.goto("/?view=chart&embed=true")
    page.wait_for_function(EPOCH, arg="epoch 300")
    picture = box(page, f"{CHART} svg.marks")
    assert picture["bottom"] - picture["top"] >= 380
    for part in (picture, box(page, SLIDER), box(page, ".play-button")):
        assert 0 <= part["top"] < part["bottom"] <= 500
        assert 0 <= part["left"] < part["right"] <= 700
    count, paths = len(sent), dots(page)
    page.locator(SLIDER).fill("20")
    page.wait_for_function(EPOCH, arg="epoch 20")
    assert all(now != then for now, then in zip(dots(page), paths, strict=True))
    page.locator(SLIDER).press("End")
    page.wait_for_function(EPOCH, arg="epoch 300")
    assert dots(page) == paths
    assert len(sent) == count


@pytest.mark.slow
def test_a_copied_link_opens_at_the_epoch_of_the_slider(server: Any, page: Page) -> None:
    visit(page, "/")
    page.locator(SLIDER).fill("40")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Copied.", exact=True).wait_for()
    link = page.get_by_label("Link to this page").input_value()
    told = re.search(r"&at=(\d+)&end=1$", link)
    assert told
    epoch = int(told[1])
    assert 0 < epoch < 300
    then = dots(page)
    visit(page, link.removeprefix(server.url))
    page.wait_for_function(EPOCH, arg=f"epoch {epoch}")
    assert dots(page) == then
    change(page, page.get_by_role("tab", name="Path", exact=True).click)
    assert "&at=" not in page.url
    page.locator(SLIDER).press("Home")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("() => document.querySelector('[class*=st-key-copy]') !== null")
    assert page.get_by_label("Link to this page").input_value().endswith("&at=0&end=1")
