"""The whole app in a headless Chromium: what is drawn, what is in the address, what the keys do."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest

from dashboard.examples import EXAMPLES
from dashboard.state import NAMES as TABS
from tests.matrix import slow_but
from trainers import train
from trainers.reports import summary
from trainers.runners import RUNNERS
from trainers.scripts import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Download, Locator, Page

pytestmark = pytest.mark.browser

MOMENTUM = next(preset for preset in EXAMPLES if preset.name == "Momentum family")

FIRST = replace(EXAMPLES[0].page, task=replace(EXAMPLES[0].page.task, epochs=500))
"""The first story, for a tenth of its epochs."""
WAYS = f"/?{FIRST.to_query()}"
CHART = "[data-testid=stVegaLiteChart]"
DIGITS = "problem=MLP~source-digits~width-4"
LONG = f"/?{DIGITS}&batch_size=8&epochs=38000&run=SGD~torch.optim~lr-0.001&run=SGD~lr-0.001&run=Adam"
"""25 million updates: no machine ends them while a test waits."""
SHORT = "/?epochs=200&race=trials-6~epochs-60&grid_search=count-8"
"""The first story for so few epochs that its race and its grid begin unasked on any machine."""
LAST = "The same link gives the same numbers"
TIME = "µs per epoch"
READY = """last => {
    const all = selector => [...document.querySelectorAll(selector)];
    return window.still.frames > 5 && performance.now() - window.still.since > 100
        && all("[data-testid=stApp][data-test-script-state=notRunning]").length
        && all("[data-testid=stCaptionContainer]").some(caption => caption.textContent.includes(last))
        && !all("[data-testid=stSkeleton]").length
        && all("[data-testid=stVegaLiteChart]").every(chart => chart.querySelector("svg.marks"))
        && !all("[data-stale=true]").length;
}"""
TABLE = """table => {
    const [head, ...rows] = [...table.rows].map(row => [...row.cells].map(cell => cell.innerText.trim()));
    return rows.map(row => Object.fromEntries(row.map((cell, i) => [head[i], cell])));
}"""
OVERLAPS = """() => {
    const parts = "[data-testid=stElementContainer], [data-testid=stPopover], [role=tablist]";
    const boxes = [...document.querySelectorAll("[data-testid=stMain]")]
        .flatMap(main => [...main.querySelectorAll(parts)])
        .filter(part => part.checkVisibility() && !part.closest("[inert]"))
        .map(part => [part.innerText.slice(0, 40), part.getBoundingClientRect()])
        .filter(([, box]) => box.width && box.height);
    const common = (a, b, low, high) => Math.min(a[high], b[high]) - Math.max(a[low], b[low]);
    return boxes.flatMap(([name, a], i) => boxes.slice(i + 1)
        .filter(([, b]) => common(a, b, "left", "right") > 2 && common(a, b, "top", "bottom") > 2)
        .map(([other]) => `${name} / ${other}`));
}"""
TOASTS = """
    window.toasts = [];
    const note = () => window.toasts.push(
        ...[...document.querySelectorAll("[data-testid=stToast]")].map(toast => toast.textContent));
    new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""Lets a page remember its toasts, which go away by themselves."""
QUESTION = ".st-key-question h2"
DRAWN = (
    "() => [...document.querySelectorAll('.mark-line path')].some(line => /L/.test(line.getAttribute('d')))"
)
LOADED = "() => !document.querySelector('[data-testid=stSkeleton]')"
WIDTHS = """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
    .map(part => part.scrollWidth)"""


# --- Acting on a page -----------------------------------------------------------------------------


def visit(page: Page, link: str = WAYS) -> Page:
    page.goto(link)
    return ready(page)


def ready(page: Page) -> Page:
    """Wait until the script has ended, its last text is there, and nothing moves any more."""
    page.wait_for_function(READY, arg=LAST, polling=50)
    return page


def change(page: Page, action: Callable[[], object]) -> None:
    """Do what changes the address, and wait for the page that belongs to it."""
    before = address(page)
    action()
    page.wait_for_function("before => location.href !== before", arg=before)
    ready(page)


def travel(page: Page, way: str, lr: str) -> None:
    """Go "back" or "forward" to the page whose first run has this rate."""
    page.evaluate(f"history.{way}()")
    first = "[data-testid=stSidebar] input[aria-label=lr]"
    page.wait_for_function("([first, lr]) => document.querySelector(first)?.value === lr", arg=[first, lr])
    ready(page)


def enter(field: Locator, value: str) -> None:
    field.fill(value)
    field.press("Enter")


def opened(page: Page, number: int) -> Locator:
    """The controls of a run, opened."""
    run = runs(page).nth(number)
    if not run.locator("details").evaluate("details => details.open"):
        run.locator("summary").click()
    run.get_by_role("button", name="Remove").wait_for()
    ready(page)  # a click on what moves is lost
    return run


def saved(page: Page, button: str) -> Download:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value


# --- Reading a page -------------------------------------------------------------------------------


def address(page: Page) -> str:
    return str(page.evaluate("location.href"))


def query(page: Page) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address(page)).query)


def curves(page: Page, chart: int = 0) -> list[str]:
    """The paths of the lines in a chart: one a run, and one more where rounding decides it."""
    paths = page.locator(CHART).nth(chart).locator(".mark-line path")
    return [str(path.get_attribute("d")) for path in paths.all()]


def sentence(page: Page) -> str:
    return page.get_by_test_id("stMain").locator("strong").first.inner_text()


def table(page: Page) -> list[dict[str, str]]:
    """How each run ended: its cells by column, the measured time left out."""
    rows = page.locator("[data-testid=stTable] table").last.evaluate(TABLE)
    return [{name: cell for name, cell in row.items() if name != TIME} for row in rows]


def notices(page: Page) -> list[str]:
    return page.get_by_test_id("stAlert").all_inner_texts()


def runs(page: Page) -> Locator:
    return page.locator("[class*=st-key-run-row-]")


def add_run(page: Page) -> Locator:
    return page.get_by_role("button", name="Add run")


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab", name=name, exact=True)


def choose_example(page: Page, name: str) -> None:
    """Type the name of an example, which leaves its option alone, and choose it."""
    page.get_by_role("combobox", name="Examples").fill(name)
    page.get_by_role("option", name=f". {name}").click()


def skip_question(page: Page) -> None:
    """Go on to the page behind its question."""
    page.get_by_role("button", name="Skip").click()
    page.locator(QUESTION).wait_for(state="detached")
    ready(page)


def assert_fits(page: Page, what: str = "") -> None:
    """Nothing is wider than the page, nothing lies on something else."""
    assert max(page.evaluate(WIDTHS)) <= page.viewport_size["width"], what
    assert page.evaluate(OVERLAPS) == [], what


def in_link(page: Page) -> int:
    """How many runs the address names."""
    return len([value for name, value in query(page) if name == "run"])


# --- What is drawn, and its link ------------------------------------------------------------------


def test_a_setting_changes_one_of_three_curves_and_the_address(
    page: Page, open_page: Callable[..., Page]
) -> None:
    first = address(visit(page))
    paths, rows = curves(page), table(page)
    assert len(paths) == 3
    assert all(path.count("L") > 100 for path in paths)
    assert sentence(page).startswith("3 ways, one curve: after 500 epochs each has loss ")
    assert len({row["status"] for row in rows}) == 1
    change(page, lambda: enter(opened(page, 0).get_by_label("lr", exact=True), "0.02"))
    expected = FIRST.to_query().replace("SGD~manual~lr-0.01~", "SGD~manual~lr-0.02~")
    assert "lr-0.02" in expected
    assert query(page) == parse_qsl(expected)
    assert len(curves(page)) == 3
    assert curves(page)[0] != paths[0]
    assert table(page)[0]["w"] != rows[0]["w"]
    assert [row["w"] for row in table(page)[1:]] == [row["w"] for row in rows[1:]]
    other = visit(open_page(), address(page))
    assert table(other) == table(page)
    assert sentence(other) == sentence(page)
    assert curves(other) == curves(page)
    travel(page, "back", "0.01")
    assert address(page) == first
    assert table(page) == rows


@pytest.mark.slow
def test_back_and_forward(page: Page) -> None:
    first = address(visit(page, SHORT))
    tables = {"0.01": table(page)}
    setting = opened(page, 0).get_by_label("lr", exact=True)
    for lr in ("0.02", "0.005"):
        change(page, lambda lr=lr: enter(setting, lr))
        tables[lr] = table(page)
    for way, lr in (("back", "0.02"), ("back", "0.01"), ("forward", "0.02")):
        travel(page, way, lr)
        assert table(page) == tables[lr]
        assert (address(page) == first) if lr == "0.01" else (f"SGD~manual~lr-{lr}~" in address(page))


TOLD = ("Digits in batches",)
"""Dotted and thin lines beside the others."""


@pytest.mark.slow
@pytest.mark.parametrize("names", [TOLD, [e.name for e in EXAMPLES]], ids=len)
def test_an_example_is_what_its_button_says(page: Page, names: Sequence[str]) -> None:
    """One after the other; each of them without a browser in test_page.py."""
    visit(page, "/?epochs=20&run=Adam")
    for name in names:
        assert_shown(page, next(chosen for chosen in EXAMPLES if chosen.name == name))


@pytest.mark.slow
def test_examples_are_a_path_by_keyboard(page: Page) -> None:
    visit(page, "/?epochs=20&run=Adam")
    back, after = (page.get_by_role("button", name=name, exact=True) for name in ("Previous", "Next"))
    assert back.is_disabled()
    focus(page, after)
    change(page, lambda: page.keyboard.press("Enter"))
    assert query(page) == parse_qsl(EXAMPLES[0].asking.to_query())
    assert back.is_disabled()
    change(page, after.click)
    assert query(page) == parse_qsl(EXAMPLES[1].asking.to_query())


@pytest.mark.slow
def test_a_phone_closes_the_sidebar_after_a_choice(open_page: Callable[..., Page]) -> None:
    page = visit(open_page(width=390, height=844), "/?epochs=20&run=Adam")
    page.get_by_test_id("stExpandSidebarButton").click()
    change(page, page.get_by_role("button", name="Next", exact=True).click)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right <= 0"
    )
    assert page.locator(QUESTION).is_visible()


@pytest.mark.slow
def test_the_settings_of_a_run_stay_open_while_one_goes_back(page: Page) -> None:
    visit(page, "/?epochs=20&run=Adam&run=SGD")
    change(page, lambda: enter(opened(page, 1).get_by_label("momentum", exact=True), "0.5"))
    page.evaluate("history.back()")
    page.wait_for_function("() => document.querySelector('input[aria-label=momentum]').value === '0'")
    assert runs(page).nth(1).get_by_label("momentum", exact=True).is_visible()


def decided(page: Page) -> int:
    """How many curves are dotted as rounding decides them."""
    captions = " ".join(page.get_by_test_id("stCaptionContainer").all_inner_texts())
    told = re.search(r"Dotted from where rounding decides the loss: (.+?)\.(?: |$)", captions)
    return len(re.split(", | and ", told[1])) if told else 0


def assert_shown(page: Page, chosen: Any) -> None:
    change(page, lambda: choose_example(page, chosen.name))
    assert page.get_by_role("combobox", name="Examples").input_value().endswith(f". {chosen.name}")
    assert query(page) == parse_qsl(chosen.asking.to_query())
    skip_question(page)
    assert page.get_by_text(chosen.hint).is_visible()
    if chosen.page.tab != "Loss":
        change(page, tab(page, "Loss").click)
    assert len(table(page)) == runs(page).count() == len(chosen.page.methods)
    beside = (chosen.page.task.validation is not None) + chosen.page.view.batches
    assert len(curves(page)) == len(chosen.page.methods) * (1 + beside) + decided(page)
    assert all(curves(page))


@pytest.mark.slow
@pytest.mark.parametrize("name", TABS)
def test_a_link_opens_its_tab(page: Page, name: str) -> None:
    visit(page, f"{SHORT}&tab={name}")
    assert_complete(page, name)


def assert_complete(page: Page, name: str) -> None:
    """This tab is open and has what it should."""
    assert tab(page, name).get_attribute("aria-selected") == "true"
    charts = page.locator(CHART).filter(visible=True).count()
    assert charts == {"Parameters": 3, "Data": 0, "Learning rate": 0, "Inside a step": 2}.get(name, 1)
    expected = {"Three ways": 0, "Grid search": 0, "Race": 6, "Break it": 2}.get(name, 3)
    maps = ("Compare", "Path", "Inside a step")
    assert name in maps or all(len(curves(page, chart)) == expected for chart in range(charts))
    assert page.locator("input[type=range]").count() == (name in (*maps, "Learning rate", "Fit"))
    assert page.locator("input[type=file]").count() == (name == "Data")
    if name == "Three ways":
        loop = page.locator("table.three-ways")
        assert loop.locator("thead th").all_inner_texts()[1:] == list(RUNNERS)
        assert loop.locator("code.new", has_text="loss.backward()").count() == 1


@pytest.mark.slow
def test_the_slider_of_the_fit_moves_the_lines_without_the_server(page: Page) -> None:
    frames: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame)))
    visit(page, "/?tab=Fit")
    before, sent = curves(page), len(frames)
    page.locator("input[type=range]").fill("0")
    page.get_by_text("after 0 epochs").wait_for()
    assert len(curves(page)) == 3
    assert all(now != then for now, then in zip(curves(page), before, strict=True))
    assert len(frames) == sent
    change(page, tab(page, "Loss").click)
    assert len(frames) > sent > 0


@pytest.mark.slow
def test_a_click_on_a_trial_of_the_race_adds_it(page: Page) -> None:
    page.add_init_script(TOASTS)
    visit(page, "/?epochs=50&tab=Race&run=SGD&race=Racing~trials-12~starts-3~epochs-100")
    points = page.locator(CHART).first.locator(".mark-symbol path")
    assert points.count() == 6 * 12
    change(page, points.last.click)
    told = "Added Adagrad · manual · lr 10 to the comparison."
    page.wait_for_function("told => window.toasts.some(toast => toast.includes(told))", arg=told)
    assert [way.split("~")[0] for name, way in query(page) if name == "run"] == ["SGD", "Adagrad"]
    assert [row["run"] for row in table(page)] == ["SGD", "Adagrad"]
    missed = points.nth(11)
    change(page, missed.click)
    assert table(page)[2]["run"] == "SGD · lr 10"
    assert table(page)[2]["status"].startswith("diverged")


@pytest.mark.slow
def test_a_click_on_a_cell_of_the_grid_adds_it(page: Page) -> None:
    visit(page, "/?epochs=50&tab=Grid&run=SGD&grid=Grid~run-1~x-lr~y-momentum~count-5")
    cells = page.locator(CHART).first.locator(".mark-rect.role-mark").last.locator("path")
    assert cells.count() == 25
    change(page, cells.nth(0).click)
    assert table(page)[1]["run"] == "SGD · lr 0.0001"
    change(page, cells.nth(24).click)
    assert table(page)[2]["status"].startswith("diverged")


@pytest.mark.slow
def test_a_large_race_asks_first(page: Page) -> None:
    visit(page, f"/?{DIGITS}&epochs=5&tab=Race&race=Racing~trials-1000~starts-100~epochs-10000&run=SGD")
    assert page.get_by_text("619,800 runs of 10,000 epochs take about").is_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Training about 619,800 runs: ").wait_for()  # it would go on for a year
    change(page, tab(page, "Loss").click)
    assert len(curves(page)) == 1


# --- Sizes, colours, keys -------------------------------------------------------------------------


LOOKS = list(product((390, 1300), ("light", "dark"), (TABS,)))
SOME_TABS = ("Learning rate", "Inside a step")
"""Tabs whose pictures no other quick test opens at this width."""


@pytest.mark.parametrize(
    ("width", "scheme", "tabs"), slow_but([(390, "dark", SOME_TABS)], [(390, "dark", SOME_TABS), *LOOKS])
)
def test_each_tab_opens_fits_in_and_asks_no_other_host(
    open_page: Callable[..., Page], server: Any, width: int, scheme: str, tabs: tuple[str, ...]
) -> None:
    page = open_page(apart=True, width=width, color_scheme=scheme)  # nothing is loaded yet
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url.replace("ws:", "http:")))
    visit(page, SHORT)
    background = page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    for name in (*(name for name in tabs if name != "Loss"), "Loss"):
        change(page, tab(page, name).click)
        assert dict(query(page))["tab"] == name
        assert_complete(page, name)
        assert_fits(page, name)
    page.locator(CHART).hover()
    page.get_by_role("button", name="Copy link").click()
    told(page).wait_for()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((server.url, "data:", "blob:"))] == []


@pytest.mark.slow
def test_runs_are_added_duplicated_and_removed_by_keyboard(page: Page) -> None:
    visit(page, "/?epochs=20")
    focus(page, add_run(page))
    change(page, lambda: page.keyboard.press("Enter"))
    assert runs(page).count() == in_link(page) == len(curves(page)) == 4
    opened(page, 1)
    focus(page, runs(page).nth(1).get_by_role("button", name="Duplicate"))
    change(page, lambda: page.keyboard.press("Enter"))
    assert runs(page).count() == in_link(page) == len(curves(page)) == 5
    labels = runs(page).locator("summary p").all_inner_texts()
    assert labels[1] == labels[2] != labels[0]
    for _ in range(2):
        change(page, opened(page, 0).get_by_role("button", name="Remove").click)
    assert runs(page).count() == in_link(page) == len(curves(page)) == 3


@pytest.mark.slow
def test_a_rate_is_changed_and_a_trial_of_the_race_taken_by_keyboard(page: Page) -> None:
    visit(page, "/?epochs=500&run=SGD~lr-0.01&race=trials-6~seeds-3~epochs-30")
    focus(page, runs(page).first.get_by_label("lr", exact=True))
    page.keyboard.press("Control+A")
    page.keyboard.type("0.02")
    change(page, lambda: page.keyboard.press("Enter"))
    assert "SGD~manual~lr-0.02~" in address(page)
    focus(page, tab(page, "Loss"))
    # One at a time: an answer on its way takes Streamlit's tabs back to where they were when asked.
    change(page, lambda: page.keyboard.press("End"))
    for _ in range(len(TABS) - 1 - TABS.index("Race")):
        change(page, lambda: page.keyboard.press("ArrowLeft"))
    page.get_by_role("table", name="Ranking of the optimizers").wait_for()
    ready(page)
    folded = page.locator("summary", has_text="Add a trial to your runs")
    focus(page, folded)
    page.keyboard.press("Enter")
    focus(page, page.get_by_role("button", name="Add to runs"))
    change(page, lambda: page.keyboard.press("Enter"))
    runs(page).nth(1).wait_for()
    assert runs(page).count() == in_link(page) == 2


def focus(page: Page, control: Locator, most: int = 80) -> None:
    """Press Tab until this control has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if control.evaluate("control => control === control.getRootNode().activeElement"):
            return
    pytest.fail(f"{most} presses of Tab did not reach {control}")


# --- Links that nobody should write ---------------------------------------------------------------


@pytest.mark.slow
def test_what_a_link_gets_wrong_is_said_and_its_markup_stays_text(page: Page) -> None:
    visit(page, "/?run=Adam~lr-1e9&epochs=nan&zz=1&x=<img src=x onerror=document.title='no'>")
    lr = next(notice for notice in notices(page) if "lr" in notice)
    assert "100" in lr
    assert any("epochs" in notice for notice in notices(page))
    assert any("zz" in notice for notice in notices(page))
    field = page.get_by_label("Link to this page")
    assert field.evaluate("field => field.getRootNode().querySelectorAll('img, script').length") == 0
    assert page.title() == "Optimizer Lab"
    assert len(curves(page)) == len(table(page)) == 1
    change(page, add_run(page).click)
    assert len(curves(page)) == 2


@pytest.mark.slow
def test_no_runs(page: Page) -> None:
    visit(page, "/?run=none")
    assert sentence(page).startswith("No runs yet.")
    assert runs(page).count() == 0
    for name in ("Parameters", "Path"):  # charts of other kinds; test_page.py sees all tabs
        change(page, tab(page, name).click)
        assert page.locator(CHART).count() > 0
    change(page, add_run(page).click)
    assert [row["status"] for row in table(page)] == ["falling, about 22,000 epochs left"]


@pytest.mark.slow
def test_all_runs_diverge(page: Page) -> None:
    rates = (1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 90, 100)
    link = "&".join(f"run=SGD~lr-{rate}" for rate in rates)
    visit(page, f"/?problem=Thermometer~scaling-raw&epochs=200&{link}")
    assert sentence(page).startswith("All 12 runs diverged")
    assert len(curves(page)) == 12
    assert all(curves(page))
    assert page.locator(CHART).locator(".mark-symbol path").count() == 12
    assert all(row["status"].startswith("diverged after") for row in table(page))
    assert_fits(page)


# --- What leaves the page -------------------------------------------------------------------------


def told(page: Page) -> Locator:
    """What the button that copies the link says has happened."""
    return page.get_by_test_id("stMain").get_by_role("status").filter(has_text=re.compile("Copied|marked"))


@pytest.fixture
def clipboard(context: Any) -> Iterator[None]:
    """Pages may read and write what is copied."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield
    context.clear_permissions()


@pytest.mark.usefixtures("clipboard")
def test_files_and_the_link_are_taken_along(server: Any, page: Page) -> None:
    visit(page)
    with saved(page, "Curves (CSV)").path().open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["run", "epoch", "loss", "gap", "gradient_norm", "w", "b", "gradient_w", "gradient_b"]
    assert len(rows) == 3 * 501
    settings = json.loads(saved(page, "Settings (JSON)").path().read_text(encoding="utf-8"))
    assert [run["epochs"] for run in settings["runs"]] == [500] * 3
    picture = saved(page, "Chart (SVG)").path().read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    page.get_by_label("Target gap", exact=True).focus()
    focus(page, page.get_by_role("button", name="Copy link"))
    page.keyboard.press("Enter")
    told(page).get_by_text("Copied.", exact=True).wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.get_by_label("Link to this page").input_value()
    assert link.startswith(f"{server.url}/?")
    assert "problem=Thermometer" in link
    assert parse_qs(urlsplit(link).query) == parse_qs(FIRST.to_query())


@pytest.mark.slow
@pytest.mark.usefixtures("clipboard")
def test_a_program_is_copied(page: Page) -> None:
    visit(page, f"/?{FIRST.to_query().replace('tab=Loss', 'tab=Three+ways')}")
    page.get_by_text("Whole programs").click()
    column = page.get_by_test_id("stColumn").filter(has_text="torch.optim")
    column.get_by_role("button", name="Copy program").click()
    column.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == program(FIRST.runs[2]).text


@pytest.mark.slow
@pytest.mark.usefixtures("clipboard")
def test_the_runs_are_taken_along(page: Page) -> None:
    visit(page, f"/?{FIRST.to_query()}")
    page.get_by_role("button", name="Take along").click()
    page.get_by_role("button", name="Copy result").click()
    page.get_by_text("Copied.").wait_for()
    address, verdict, *table = filter(None, page.evaluate("navigator.clipboard.readText()").splitlines())
    assert address == page.get_by_role("textbox", name="Link to this page").input_value()
    assert verdict.startswith("3 ways, one curve")
    assert [row.split()[0] for row in table] == ["run", "SGD", "SGD", "SGD"]
    for button, name in (("Program (.py)", "runs.py"), ("Notebook (.ipynb)", "runs.ipynb")):
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        assert download.value.suggested_filename == name
        assert "torch" in Path(download.value.path()).read_text(encoding="utf-8")


PLAIN_HTTP = "Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined });"
NO_COMMAND = "Document.prototype.execCommand = () => false;"
MARKED = """() => {
    const field = [...document.querySelectorAll("*")].map(e => e.shadowRoot?.querySelector("input[readonly]"))
        .find(Boolean);
    return field.value.slice(field.selectionStart, field.selectionEnd);
}"""


@pytest.mark.slow
@pytest.mark.usefixtures("clipboard")
def test_the_link_is_copied_over_plain_http(page: Page) -> None:
    page.add_init_script("window.reader = navigator.clipboard;" + PLAIN_HTTP)
    visit(page, "/?epochs=20&run=Adam")
    page.get_by_role("button", name="Copy link").click()
    told(page).get_by_text("Copied.", exact=True).wait_for()
    link = page.get_by_label("Link to this page").input_value()
    assert page.evaluate("window.reader.readText()") == link


@pytest.mark.parametrize(
    ("touch", "how"),
    [(False, "press Ctrl+C to copy it"), (True, "press it long")],
)
@pytest.mark.slow
def test_a_link_that_cannot_be_copied_is_marked(
    open_page: Callable[..., Page], touch: bool, how: str
) -> None:
    page = open_page(width=390, **({"has_touch": True, "is_mobile": True} if touch else {}))
    page.add_init_script(PLAIN_HTTP + NO_COMMAND)
    visit(page)
    page.get_by_role("button", name="Copy link").click()
    told(page).get_by_text(how).wait_for()
    field, told_there = (part.bounding_box() for part in (page.get_by_label("Link to this"), told(page)))
    assert field["y"] + field["height"] <= told_there["y"], "said below"
    assert told_there["x"] + told_there["width"] <= 390
    assert field["height"] < 60
    assert page.evaluate(MARKED) == page.get_by_label("Link to this page").input_value() != ""
    change(page, lambda: enter(page.get_by_label("Target gap", exact=True), "0.5"))
    assert told(page).count() == 0, "the link is another one"
    assert "target=0.5" in page.get_by_label("Link to this page").input_value()


@pytest.mark.slow
def test_embedded(page: Page) -> None:
    visit(page, f"{WAYS}&embed=true")
    assert page.locator(CHART).is_visible()
    assert len(curves(page)) == 3
    change(page, tab(page, "Fit").click)
    assert page.locator(CHART).is_visible()
    assert dict(query(page))["embed"] == "true"


# --- While training -------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_title_does_not_wait_for_torch(held_server: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(apart=True, server=held_server)
    page.goto("/?epochs=50&run=SGD")
    page.get_by_role("heading", name="Optimizer Lab").wait_for()
    page.get_by_test_id("stSkeletonElement").wait_for()
    assert add_run(page).count() == 0
    held_server.go()
    assert len(curves(ready(page))) == 1


def test_a_long_training_is_seen_and_ended_by_a_click(page: Page) -> None:
    page.goto(LONG)
    page.get_by_text("Training SGD").wait_for()
    page.wait_for_function(DRAWN)
    page.wait_for_function(LOADED)
    assert page.get_by_text(LAST).count() == 0, "the curve and the controls are there before training ends"
    choose_example(page, MOMENTUM.name)
    skip_question(page)
    assert page.get_by_text(MOMENTUM.hint).is_visible()
    shown = MOMENTUM.page
    assert sentence(page) == summary.sentence([train(run) for run in shown.runs], shown.view.target)
    assert len(table(page)) == 5
    assert "Training SGD" not in page.get_by_test_id("stMain").inner_text()


def test_a_cleared_number_keeps_its_value_and_a_comma_is_a_point(page: Page) -> None:
    page.add_init_script(TOASTS)
    visit(page, "/?epochs=20&run=SGD~lr-0.02")
    field = runs(page).first.get_by_label("lr", exact=True)
    enter(field, "")
    told = "lr needs a number: it keeps the one it had."
    page.wait_for_function("told => window.toasts.some(toast => toast.includes(told))", arg=told)
    assert field.input_value() == "0.02"
    field.press("Control+A")
    page.keyboard.type("0,05")
    change(page, lambda: field.press("Enter"))
    assert "SGD~manual~lr-0.05~" in address(page)
