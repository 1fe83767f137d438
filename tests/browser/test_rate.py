"""The slider over the learning rate: what it draws, what it sends, and how it is used without a mouse."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_browser import assert_fits, change, ready, sentence, tab, visit
from tests.browser.test_browser import opened as open_run
from tests.browser.test_first_view import box
from tests.matrix import slow_but

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FOUR = "&".join(
    f"run={run}" for run in ("SGD~lr-0.02", "SGD~lr-0.02~momentum-0.9", "RMSprop~lr-0.3", "Adam~lr-1")
)
LINK = f"/?tab=Learning+rate&dtype=float64&epochs=300&{FOUR}"
SLIDER, PICTURE, STRIP = "input[type=range][aria-label=lr]", "canvas.picture", "canvas.strip"
MAX_BYTES = 400_000
FRAME = "() => new Promise(requestAnimationFrame)"


def opened(page: Page, link: str = LINK) -> Page:
    visit(page, link)
    page.locator(f"{PICTURE}[data-draws]").wait_for()
    return ready(page)


def traffic(page: Page) -> tuple[list[int], list[int]]:
    """Sizes of what the page sends and receives."""
    sent: list[int] = []
    got: list[int] = []
    page.on(
        "websocket",
        lambda socket: (
            socket.on("framesent", lambda frame: sent.append(len(frame))),
            socket.on("framereceived", lambda frame: got.append(len(frame))),
        ),
    )
    return sent, got


def draws(page: Page) -> int:
    return int(page.locator(PICTURE).get_attribute("data-draws") or 0)


def at(page: Page) -> float:
    """The value at which the slider stands, as it is read aloud."""
    text = page.locator(SLIDER).get_attribute("aria-valuetext") or ""
    return float(text.split()[1].removesuffix(":").replace("−", "-"))


def drag(page: Page, shares: list[float], release: bool = True) -> None:
    """Drag the slider through these shares of its width, a frame each."""
    left, top, right, bottom = box(page, SLIDER).values()
    places = [(left + (right - left) * share, (top + bottom) / 2) for share in shares]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
        page.evaluate(FRAME)
    page.evaluate(FRAME)
    if release:
        page.mouse.up()


def test_nothing_is_sent_while_it_is_dragged_and_one_message_on_release(page: Page) -> None:
    opened(page)  # the first time, pictures on the way may come as well, on a slow machine
    sent, got = traffic(page)
    opened(page)
    assert sum(got) < MAX_BYTES
    before, count = draws(page), len(sent)
    values = [at(page)]
    for share in range(50, 80, 3):
        drag(page, [share / 100, share / 100 + 0.01, share / 100 + 0.02], release=False)
        values.append(at(page))
    assert all(one < other for one, other in pairwise(values))
    assert len(sent) == count
    drawn = draws(page) - before
    assert len(values) - 1 <= drawn <= 3 * (len(values) - 1)
    received = len(got)
    page.mouse.up()
    settled(page)
    assert len(sent) == count + 1
    assert draws(page) == before + drawn
    assert sum(got[received:]) < 60_000


def test_it_says_who_ends_where_and_explains_a_point(page: Page) -> None:
    opened(page, f"{LINK}&rate=value-0.27")
    told = page.locator(SLIDER).get_attribute("aria-valuetext") or ""
    assert told.startswith("lr 0.2818")
    assert "SGD and SGD · momentum 0.9 diverged." in told
    assert told.index("Adam") < told.index("RMSprop")
    assert page.locator(".told").text_content() == told
    assert sentence(page).startswith("Lowest final gap: ")
    assert page.get_by_role("img", name="Lowest final gap").count() == 1
    left, top, _, bottom = box(page, PICTURE).values()
    tip = page.locator(".tip")
    for y in range(int(top), int(bottom), 10):
        page.mouse.move(left + 380, y)
        if tip.is_visible():
            break
    assert "epoch" in (tip.text_content() or "")


def settled(page: Page) -> float:
    """The value at which the slider stands, once it is in the address."""
    page.evaluate(FRAME)
    page.wait_for_url(f"**value-{at(page):g}&*")
    ready(page)
    return at(page)


@pytest.mark.slow
def test_keys_move_it_and_back_returns(page: Page) -> None:
    opened(page, f"{LINK}&rate=value-0.1")
    first = at(page)
    page.locator(SLIDER).press("ArrowRight")
    second = settled(page)
    assert second > first
    page.go_back()
    stands(page, first)
    page.go_forward()
    stands(page, second)
    page.locator(SLIDER).press("Home")
    assert settled(page) == 1e-5
    page.go_back()
    stands(page, second)
    page.go_back()
    stands(page, first)
    page.go_forward()
    stands(page, second)
    change(page, tab(page, "Loss").click)
    change(page, tab(page, "Learning rate").click)
    stands(page, second)


def stands(page: Page, value: float) -> None:
    page.locator(f"{SLIDER}[aria-valuetext^='lr {value:g}:']").wait_for()
    ready(page)


@pytest.mark.slow
def test_what_is_kept_joins_the_runs(page: Page) -> None:
    opened(page, f"{LINK}&rate=value-0.1")
    drag(page, [0.5, 0.55, 0.6])
    value = settled(page)
    page.locator(SLIDER).press("ArrowRight")
    page.get_by_role("button", name="Keep these 4 runs").click()  # before the value is sent
    page.wait_for_function("() => document.querySelectorAll('[class*=st-key-run-row-]').length === 8")
    assert value < settled(page)
    page.wait_for_function("lr => location.href.split(lr).length === 5", arg=f"lr-{at(page):g}~")


@pytest.mark.slow
def test_it_plays_over_the_rates_and_sends_its_end(page: Page) -> None:
    page.clock.install()
    sent, _ = traffic(page)
    page.goto(LINK)
    page.locator(f"{PICTURE}[data-draws]").wait_for()
    play = page.get_by_role("button", name="Play", exact=True)
    page.locator(SLIDER).fill("0")
    page.clock.run_for(1000)
    page.wait_for_url("**value-1e-05*")
    count = len(sent)
    play.click()
    page.clock.run_for(4000)
    assert 1e-5 < at(page) < 10
    assert len(sent) == count
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(1000)
    page.wait_for_url(f"**value-{at(page):g}*")
    assert len(sent) == count + 1


@pytest.mark.slow
def test_one_run_from_its_own_settings(page: Page) -> None:
    opened(page, f"{LINK}&rate=run-2~x-momentum~value-0.5")
    slider = page.get_by_role("slider", name="momentum")
    assert (slider.get_attribute("aria-valuetext") or "").startswith("momentum 0.5")
    assert page.get_by_role("button", name="Keep this run").is_visible()


SMALL = ((390, 844, ""), (700, 500, "&view=chart&embed=true"))
SCREENS = (*SMALL, (1400, 1000, ""), (1280, 720, ""))


@pytest.mark.parametrize(
    ("screens", "scheme"),
    slow_but([(SMALL[:1], "light")], [(SMALL[:1], "light"), (SCREENS, "light"), (SCREENS, "dark")]),
)
def test_picture_strip_and_slider_are_visible(
    open_page: Callable[..., Page], screens: Any, scheme: str
) -> None:
    page = open_page(color_scheme=scheme)
    for width, height, more in screens:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{LINK}{more}")
        page.locator(f"{PICTURE}[data-draws]").wait_for()
        page.wait_for_function(STILL)
        parts: list[Any] = [box(page, part) for part in (PICTURE, STRIP, SLIDER)]
        for part in parts:
            assert 0 <= part["left"] < part["right"] <= width
            assert 0 <= part["top"] < part["bottom"] <= height
        assert_fits(page)


STILL = "() => window.still.frames > 10"


@pytest.mark.slow
def test_the_run_that_is_moved_is_named_as_it_is(page: Page) -> None:
    opened(page, "/?tab=Learning+rate&epochs=50&run=SGD&run=RMSprop&run=Adam&rate=run-2~x-alpha~value-0.9")
    chosen = page.get_by_role("combobox", name="Optimizers")
    change(page, open_run(page, 0).get_by_role("button", name="Remove").click)
    assert chosen.input_value() == "RMSprop"
    optimizer = open_run(page, 0).get_by_role("combobox", name="Optimizer")
    optimizer.fill("Adagrad")
    change(page, page.get_by_role("option", name="Adagrad").click)
    assert chosen.input_value() == "Adagrad"
    assert (page.locator(".told").text_content() or "").startswith("lr 0.01:")
    change(page, open_run(page, 0).get_by_role("button", name="Remove").click)
    assert chosen.input_value() == "all at one rate"
