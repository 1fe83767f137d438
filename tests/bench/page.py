"""What a click costs: the page's rerun on the server, and what the browser receives."""

from dataclasses import replace
from itertools import count, islice, product
from pathlib import Path
from shutil import which
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import parse_qs

from playwright.sync_api import sync_playwright
from streamlit.testing.v1 import AppTest

from dashboard.examples import ARRIVAL, EXAMPLES
from dashboard.state import Page
from tests.bench import seconds, table
from tests.browser.conftest import NAMES, chromium, serve
from trainers import train
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.run import Method, Task
from trainers.runners import RUNNERS

REPEATS, LR = 15, 1e-2
APP = Path(__file__).parents[2] / "streamlit_app.py"
FOUR = (SGD(lr=LR), SGD(lr=1e-3, momentum=0.9), RMSprop(lr=1e-2), Adam(lr=1e-1))
TWELVE = tuple(Method(optimizer=optimizer, runner=runner) for optimizer, runner in product(FOUR, RUNNERS))
PAGES = {"arrival, 4 runs": "", "12 runs x 5000 epochs": Page(Task(epochs=5000), TWELVE).to_query()}
RATES = (LR + 1e-5 * number for number in count(1))  # each of them new to the cache


def reruns() -> None:
    """How long the server takes to answer a click."""
    rows = [["", "nothing changed", "one run changed, less its training"]]
    for name, query in PAGES.items():
        rows.append([name, cached(opened(query)), changed(query)])
    stopped = AppTest.from_string("import streamlit as st\nst.stop()\n" + APP.read_text())
    rows.append(["of this AppTest, which compiles the page each time", cached(stopped), "-"])
    table(f"Page rerun on the server, median of {REPEATS}; goal: at most 100 ms", rows)


def cached(at: AppTest) -> str:
    """The time of a rerun that finds everything in the cache."""
    return f"{1e3 * median(rerun(at) for _ in range(REPEATS)):.0f} ms"


def changed(query: str) -> str:
    """The time of a rerun with a new rate in the first run, less that of training it alone."""
    at, (page, _) = opened(query), Page.from_query(query, EXAMPLES[0].page, arrival=ARRIVAL)
    spent = []
    for lr in islice(RATES, REPEATS):
        at.number_input(key="0.SGD.lr").set_value(lr)
        spent.append(rerun(at) - train(replace(page.runs[0], optimizer=SGD(lr=lr))).seconds)
    return f"{1e3 * median(spent):.0f} ms"


def sizes() -> None:
    """What the browser receives to show a page, before compression."""
    rows = [["", "chart data", "chart spec", "all else", "sum"]]
    for name, query in PAGES.items():
        at = opened(query)
        chart = at.get("vega_lite_chart")[0].proto
        whole = sum(node.proto.ByteSize() for node in (*at.main, *at.sidebar) if node.proto)
        data, spec = sum(len(dataset.data.data) for dataset in chart.datasets), len(chart.spec.encode())
        rows.append([name, *(f"{size:,}" for size in (data, spec, whole - data - spec, whole))])
    table("Bytes sent to the browser", rows)


def tabs() -> None:
    """How long a visitor waits for the race, from the click on its tab to the table of its ranking_table."""
    if not any(map(which, NAMES)):
        return
    with TemporaryDirectory() as folder, serve(Path(folder)) as server, sync_playwright() as playwright:
        browser, waits = chromium(playwright), []
        for number in range(5):
            page = browser.new_page(base_url=server.url)
            page.goto(f"/?epochs=50&seed={number}")  # another race each time
            page.get_by_text("The same link gives").wait_for()
            page.get_by_role("tab", name="Race").click()
            began = perf_counter()
            page.get_by_role("columnheader", name="best learning rate").wait_for()
            page.locator("[data-testid=stVegaLiteChart] svg.marks").first.wait_for()
            waits.append(perf_counter() - began)
    rows = [["", "shown after"], ["default race", f"{median(waits):.2f} s"]]
    table("The tab Race in a browser, median of 5 races; goal: at most 2 s", rows)


def opened(query: str) -> AppTest:
    """A new session with the page of this query string."""
    at = AppTest.from_file(str(APP), default_timeout=60)
    at.query_params.update(parse_qs(query))
    rerun(at)
    return at


def rerun(at: AppTest) -> float:
    """The seconds of a rerun, which must not fail."""
    spent = seconds(at.run)
    assert not at.exception, at.exception[0].value
    return spent
