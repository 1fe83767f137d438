"""Pictures of the page: `python -m tests.screenshot`. Needs Chromium.

Those of the README go into `docs`; every example and every tab, on four screens, light and dark, go into
`screenshots`, which git ignores.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from dashboard.examples import ARRIVAL, EXAMPLES
from dashboard.state import NAMES, Page
from dashboard.tabs import TABS
from dashboard.tabs.inside_step import InsideStepSettings
from dashboard.tabs.parameters import ParametersSettings
from tests.browser.conftest import ROOT, chromium, new_context, serve
from tests.browser.test_browser import ready, visit
from tests.browser.test_first_view import SLIDER
from trainers.settings import settings_of

DOCS, FOLDER = ROOT / "docs", ROOT / "screenshots"
SNAPSHOT = "72"
"""Where the runs are on their way."""
SCREENS = {"1400": (1400, 1000), "1280": (1280, 720), "390": (390, 844), "embedded": (700, 500)}
SCHEMES = ("light", "dark")
FRAMES, FRAME_MS, WIDTH = 60, 90, 900
"""Number, duration and width in pixels of the frames of the animation."""


def main() -> None:
    for folder in (DOCS, FOLDER):
        folder.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, serve(Path(folder)) as server, sync_playwright() as playwright:
        browser = chromium(playwright)
        readme(new_context(browser, server, viewport={"width": 1400, "height": 860}).new_page())
        for screen, scheme in product(SCREENS, SCHEMES):
            every(browser, server, screen, scheme)


def readme(page: Any) -> None:
    """Take the pictures of the README: the arrival, and the dragged learning rate."""
    visit(page, "/")
    page.locator(SLIDER).fill(SNAPSHOT)
    page.locator(SLIDER).blur()
    ready(page).screenshot(path=DOCS / "screenshot.png")
    visit(page, f"/?{replace(ARRIVAL, tab='Learning rate').to_query()}")
    slider, component = page.locator("input[type=range][aria-label=lr]"), page.locator(".st-key-rate-slider")
    last, frames = int(slider.get_attribute("max")), []
    for frame in range(FRAMES):
        slider.fill(str(round(last * (0.3 + 0.7 * frame / (FRAMES - 1)))))
        page.evaluate("() => new Promise(requestAnimationFrame)")
        taken = Image.open(io.BytesIO(component.screenshot())).convert("RGB")
        frames.append(
            taken.resize((WIDTH, round(taken.height * WIDTH / taken.width)), Image.Resampling.LANCZOS)
        )
    options: dict[str, Any] = {"duration": FRAME_MS, "loop": 0, "quality": 70, "method": 6}
    frames[0].save(DOCS / "rate.webp", save_all=True, append_images=frames[1:], **options)


def every(browser: Any, server: Any, screen: str, scheme: str) -> None:
    """Take each example and each tab on one screen."""
    width, height = SCREENS[screen]
    look = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    page = new_context(browser, server, **look).new_page()
    for name, shown in pages():
        alone = screen == "embedded"
        query = replace(shown, display="chart" if alone else "page").to_query()
        page.goto(f"/?{query}{'&embed=true' * alone}")
        if alone:
            page.wait_for_function("() => window.still.frames > 30")
        else:
            ready(page)
        page.screenshot(path=FOLDER / f"{screen}-{scheme}-{name}.png")
    page.context.close()


def pages() -> Iterator[tuple[str, Page]]:
    """Yield each example on its tab, each tab and view of the arrival, and a question, named for the file."""
    for number, example in enumerate(EXAMPLES, start=1):
        yield f"example-{number}", example.page
    for name in NAMES:
        yield f"tab-{name.lower().replace(' ', '-')}", replace(ARRIVAL, tab=name)
    for kind in (InsideStepSettings, ParametersSettings):
        tab = next(each for each in TABS if each.settings is kind)
        for view in settings_of(kind)["show"].options[1:]:
            page = replace(ARRIVAL, tab=tab.name).with_settings(kind(show=view))
            yield f"tab-{tab.key.replace('_', '-')}-{view}", page
    yield "question", EXAMPLES[5].asking


if __name__ == "__main__":
    main()
