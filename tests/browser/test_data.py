"""Paths, fits and tables of the user's in a headless Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_browser import (
    CHART,
    change,
    curves,
    notices,
    query,
    ready,
    sentence,
    tab,
    table,
    visit,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

PITS = "/?problem=Himmelblau&epochs=100&tab=Path&run=SGD~lr-0.01&run=Adam~lr-0.3"
HOMES = "size;rooms;price\n" + "".join(f"{x},5;{x % 3};{2 * x + x % 3}\n" for x in range(12)) + "7;;1\n"
TOLD = "text => [...document.querySelectorAll('svg.marks')].every(chart => chart.textContent.includes(text))"


def slider(page: Page) -> Locator:
    return page.locator(".vega-bind input[type=range]")


def messages(page: Page) -> list[Any]:
    """What the page sends to the server from its next visit on."""
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    return sent


def test_a_click_on_the_map_sets_the_start(page: Page) -> None:
    visit(page, PITS)
    cells = page.locator(CHART).locator(".mark-rect.role-mark path")
    before = curves(page)
    change(page, cells.nth(50).click)
    x, y = map(float, dict(query(page))["start"].split("~"))
    assert (2 * x, 2 * y) == (round(2 * x), round(2 * y))
    assert curves(page) != before
    assert page.get_by_label("Initial x", exact=True).input_value() == f"{x:g}"
    change(page, cells.nth(400).click)
    assert dict(query(page))["start"] != f"{x:g}~{y:g}"


@pytest.mark.slow
def test_the_slider_moves_all_paths_without_a_message(page: Page) -> None:
    sent = messages(page)
    visit(page, PITS)
    count, ends = len(sent), curves(page)
    slider(page).fill("5")
    page.wait_for_function(TOLD, arg="after 5 epochs")
    assert len(curves(page)) == len(ends)
    assert all(now != end for now, end in zip(curves(page)[-4:], ends[-4:], strict=True))
    slider(page).fill(str(slider(page).get_attribute("max")))
    page.wait_for_function(
        "() => document.querySelector('svg.marks').textContent.includes('after 100 epochs')"
    )
    assert curves(page) == ends
    assert len(sent) == count


def test_play_runs_pauses_and_sends_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page(apart=True)
    page.clock.install()  # in all pages of its context
    sent = messages(page)
    visit(page, PITS)
    count, last = len(sent), int(str(slider(page).get_attribute("max")))
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.get_by_role("button", name="Play").click()
    for share in (0.25, 0.5):
        page.clock.run_for(1500)
        assert int(slider(page).input_value()) == pytest.approx(share * last, abs=2)
    page.get_by_role("button", name="Pause").click()
    paused = slider(page).input_value()
    page.clock.run_for(60_000)
    assert slider(page).input_value() == paused
    page.get_by_role("button", name="Play").press("Enter")
    page.clock.run_for(3100)
    assert slider(page).input_value() == str(last)
    assert page.get_by_role("button", name="Play").is_visible()
    assert len(sent) == count


@pytest.mark.slow
def test_the_decision_boundary_is_drawn_and_moves(page: Page) -> None:
    visit(page, "/?problem=MLP&epochs=300&tab=Fit&run=Adam~lr-0.05&run=SGD~lr-0.5&validation_split=0.2")
    charts = page.locator(CHART)
    assert charts.count() == 2
    for k in range(2):
        assert charts.nth(k).locator("image").count() == 1
        assert charts.nth(k).locator(".mark-symbol path").count() == 200
        assert len(curves(page, k)) >= 1
    borders, pictures = curves(page, 0), charts.nth(1).locator("image").get_attribute("href")
    slider(page).first.press("Home")  # both panels follow
    page.wait_for_function(TOLD, arg="after 0 epochs")
    assert curves(page, 0) != borders
    assert charts.nth(1).locator("image").get_attribute("href") != pictures


def test_a_table_is_uploaded_understood_and_trained(page: Page, tmp_path: Path) -> None:
    visit(page, "/?epochs=500&tab=Data&run=Adam~lr-0.3&run=SGD~lr-0.1")
    file = tmp_path / "homes.csv"
    file.write_text(HOMES, encoding="utf-8")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("12 of 13 rows × 3 columns; UTF-8, delimiter semicolon, decimal comma.").wait_for()
    ready(page)
    assert page.get_by_text("1 row dropped: no value in column “rooms”").is_visible()
    assert page.get_by_text("Suggested: Linear Regression.").is_visible()
    change(page, page.get_by_role("button", name="Train on this table").click)
    link = dict(query(page))
    assert link["problem"].startswith("LinearRegression~source-csv")
    assert link["csv"].startswith("homes.csv~")
    assert link["csv"].endswith("~2~0.1")
    assert [row["status"] for row in table(page)] == ["converged", "converged"]
    assert page.get_by_text("price, predicted").count() == 1
    change(page, tab(page, "Data").click)
    assert page.get_by_text("Your file homes.csv").is_visible()


@pytest.mark.slow
def test_a_link_to_a_table_waits_for_it(page: Page, open_page: Callable[..., Page]) -> None:
    visit(page, "/?epochs=50&tab=Data&run=SGD~lr-0.1")
    text = "x,kind\n" + "".join(f"{x},{'ab'[x % 2]}\n" for x in range(10))
    page.get_by_label("or paste its text").fill(text)
    page.get_by_label("or paste its text").press("Control+Enter")
    page.get_by_text("Suggested: Logistic Regression.").wait_for()
    change(page, page.get_by_role("button", name="Train on this table").click)
    link, told = page.evaluate("location.search"), sentence(page)
    other = visit(open_page(), f"/{link}")
    assert notices(other)[0].startswith("csv needs the file pasted.csv with digest ")
    tab(other, "Data").click()
    other.get_by_label("or paste its text").fill(text)
    other.get_by_label("or paste its text").press("Control+Enter")
    other.wait_for_function("() => location.search.includes('csv=pasted.csv')")
    ready(other)
    assert sentence(other) == told


BAD = (
    ("a.csv", b"PK\x03\x04" + b"\0" * 50, "This is a zip file"),
    ("b.csv", b"a" * 70_000 + b"\n1\n2\n", "line"),
    ("c.csv", b"", "empty"),
)


@pytest.mark.slow
def test_a_bad_table_gets_its_sentence(page: Page) -> None:
    visit(page, "/?epochs=50&tab=Data&run=SGD~lr-0.01")
    for name, content, told in BAD:
        file = {"name": name, "mimeType": "text/csv", "buffer": content}
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_test_id("stAlert").filter(has_text=told).wait_for()
        ready(page)
        assert told in notices(page)[0]
        assert table(page)[0]["status"].startswith("falling, ")
