"""Clicks in a row over tabs, examples, controls and a table: what was asked for stays."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from dashboard.examples import EXAMPLES
from dashboard.state import NAMES as TABS
from dashboard.state import Page
from dashboard.tabs.path import PathSettings
from dashboard.tabs.race import RaceTabSettings
from dashboard.tabs.rate import RateSettings
from tests.browser.test_browser import choose_example, enter, query, ready, runs, skip_question, tab, visit
from trainers.reports.loss import available_metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page as Browser

pytestmark = pytest.mark.browser

LIGHT = ("SGD, RMSprop, Adam", "Momentum family", "How fast is too fast?", "Four minima: who ends where?")
EXAMPLES = {preset.name: preset.asking for preset in EXAMPLES if preset.name in LIGHT}
TEXT = "a,b,c,d\n" + "".join(f"{k},{k * k % 7},{k % 5},{3 * k}\n" for k in range(12))
NAMES = "abcd"
PAGE_NOTICES = "[data-testid=stAlert]:not([role=tabpanel] *)"
"""Those about links and controls; a tab may warn about its results."""
WALKS = [(1, 2), *(pytest.param(seed, 12, marks=pytest.mark.slow) for seed in range(2, 20))]
"""Seeds, and numbers of steps."""


class Walk:
    """A page in the browser, and what was asked of it so far."""

    def __init__(self, browser: Browser, rng: random.Random) -> None:
        self.browser, self.rng, self.patience = browser, rng, 2000
        start = "epochs=60&run=SGD~lr-0.01&run=Adam~lr-0.1&y=gap&scale=linear&target=1&tab=Data&zoom=paths"
        self.page, self.target, self.left_out = Page.from_query(start)[0], 3, set[int]()
        self.skipped = set[str]()
        visit(browser, f"/?{start}")
        browser.get_by_label("or paste its text").fill(TEXT)
        browser.get_by_label("or paste its text").press("Control+Enter")
        browser.get_by_text("Suggested: Linear Regression.").wait_for()
        ready(browser)

    def view(self, **changes: Any) -> None:
        self.page = replace(self.page, view=replace(self.page.view, **changes))

    def open_tab(self) -> None:
        name = self.rng.choice([name for name in TABS if name != self.page.tab])
        tab(self.browser, name).click()
        self.page = replace(self.page, tab=name)

    def choose_example(self) -> None:
        others = [name for name, page in EXAMPLES.items() if page.task != self.page.task]
        name = self.rng.choice(others)
        choose_example(self.browser, name)
        self.page = EXAMPLES[name]
        if name not in self.skipped:
            skip_question(self.browser)
        self.skipped.add(name)

    def turn_epochs(self) -> None:
        epochs = self.rng.choice([n for n in (40, 55, 70, 90) if n != self.page.task.epochs])
        sidebar = self.browser.get_by_test_id("stSidebar")
        enter(sidebar.get_by_label("Epochs", exact=True), str(epochs))
        self.page = replace(self.page, task=replace(self.page.task, epochs=epochs))

    def turn_the_tab(self) -> None:
        """Change what the open tab has, or open another."""
        actions = {
            "Loss": self.turn_loss,
            "Data": self.turn_data,
            "Learning rate": self.turn_slider,
            "Path": self.turn_path,
            "Race": self.turn_race,
        }
        actions.get(self.page.tab, self.open_tab)()

    def turn_loss(self) -> None:
        name, options = self.rng.choice(
            [
                ("y", available_metrics(self.page.task.training)),
                ("scale", ("log", "linear")),
                ("target", (0.5, 2.0)),
            ]
        )
        value = self.rng.choice([option for option in options if option != getattr(self.page.view, name)])
        if name == "target":
            enter(self.browser.get_by_label("Target gap", exact=True), str(value))
        else:
            self.browser.get_by_test_id("stMain").get_by_role("radio", name=value, exact=True).click()
        self.view(**{name: value})

    def turn_slider(self) -> None:
        slider = self.browser.get_by_role("slider", name="lr", exact=True)
        slider.press(self.rng.choice(["Home", "End", "ArrowRight", "PageUp"]))
        self.browser.evaluate("() => new Promise(requestAnimationFrame)")
        told = (slider.get_attribute("aria-valuetext") or "").replace("−", "-")
        value = float(told.split()[1].removesuffix(":"))
        self.page = replace(self.page, settings=(*self.page.settings, RateSettings(value=value)))

    def turn_rate(self) -> None:
        """Change the learning rate of a run in its row."""
        place = self.rng.randrange(len(self.page.methods))
        lr = self.rng.choice([0.011, 0.02, 0.3])
        enter(runs(self.browser).nth(place).get_by_label("lr", exact=True), str(lr))
        methods = list(self.page.methods)
        methods[place] = replace(methods[place], optimizer=replace(methods[place].optimizer, lr=lr))
        self.page = replace(self.page, methods=tuple(methods))

    def turn_path(self) -> None:
        shown = self.page.of(PathSettings).zoom
        zoom = self.rng.choice([zoom for zoom in ("all", "paths", "minimum") if zoom != shown])
        self.browser.get_by_role("radio", name=zoom, exact=True).click()
        self.page = replace(self.page, settings=(*self.page.settings, PathSettings(zoom=zoom)))

    def turn_race(self) -> None:
        trials = self.rng.choice([n for n in (4, 5, 6) if n != self.page.of(RaceTabSettings).trials])
        field = self.browser.get_by_label("Trials per optimizer", exact=True)
        if not field.is_visible():
            self.browser.get_by_text("Settings of the race").click()
        enter(field, str(trials))
        race = replace(self.page.of(RaceTabSettings), trials=trials)
        self.page = replace(self.page, settings=(*self.page.settings, race))

    def turn_data(self) -> None:
        features = self.features()
        if len(features) > 1 and self.rng.random() < 0.6:
            gone = self.rng.choice(features)
            self.browser.get_by_role("button", name=f"Remove {NAMES[gone]}", exact=True).click()
            self.left_out.add(gone)
            return
        self.target = self.rng.choice([place for place in range(4) if place != self.target])
        target = self.browser.get_by_role("combobox", name="Target", exact=True)
        while target.get_attribute("aria-expanded") != "true" and self.patience > 0:
            self.patience -= 1
            target.click()  # the first click may only take the focus
            self.browser.wait_for_timeout(50)
        self.browser.get_by_role("option", name=NAMES[self.target], exact=True).click()

    def features(self) -> list[int]:
        return [place for place in range(4) if place != self.target and place not in self.left_out]

    def step(self) -> None:
        kinds = (self.open_tab, self.choose_example, self.turn_epochs, self.turn_rate, self.turn_the_tab)
        self.rng.choices(kinds, (4, 1, 1, 2, 4))[0]()

    def check(self) -> None:
        """The address and the controls say what was asked, and nobody is told of anything else."""
        while self.linked() != self.page and self.patience > 0:
            self.patience -= 1
            self.browser.wait_for_timeout(50)
        ready(self.browser)
        assert self.linked() == self.page
        assert self.browser.locator(PAGE_NOTICES).all_inner_texts() == []
        {"Loss": self.check_loss, "Data": self.check_data}.get(self.page.tab, lambda: None)()

    def linked(self) -> Page:
        return Page.from_query(urlencode(query(self.browser)))[0]

    def check_loss(self) -> None:
        main, view = self.browser.get_by_test_id("stMain"), self.page.view
        for value in (view.y, view.scale, view.x):
            radio = main.get_by_role("radio", name=value, exact=True)
            assert radio.get_attribute("aria-checked") == "true"
        assert float(main.get_by_label("Target gap", exact=True).input_value()) == view.target

    def check_data(self) -> None:
        features = "".join(NAMES[place] for place in self.features())
        self.browser.wait_for_function(
            "names => [...document.querySelectorAll('[data-testid=stMultiSelect] [data-tag]')]"
            ".map(tag => tag.innerText.trim()).join('') === names",
            arg=features,
        )
        target = self.browser.get_by_role("combobox", name="Target", exact=True)
        assert target.input_value() == NAMES[self.target]


@pytest.mark.parametrize(("seed", "steps"), WALKS)
def test_what_was_asked_stays(open_page: Callable[..., Browser], seed: int, steps: int) -> None:
    walk = Walk(open_page(), random.Random(seed))
    for _ in range(steps):
        walk.step()
        walk.check()
