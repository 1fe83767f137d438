"""Take the README's picture: `python -m tests.screenshot`. Needs Chromium."""

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ROOT, chromium, new_context, serve
from tests.browser.test_browser import ready, visit
from tests.browser.test_first_view import SLIDER

FILE = ROOT / "docs" / "screenshot.png"
SNAPSHOT = "72"
"""Where the runs are on their way."""


def main() -> None:
    FILE.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, serve(Path(folder)) as server, sync_playwright() as playwright:
        screen = {"width": 1400, "height": 860}
        page = new_context(chromium(playwright), server, viewport=screen).new_page()
        visit(page, "/")
        page.locator(SLIDER).fill(SNAPSHOT)
        page.locator(SLIDER).blur()
        ready(page).screenshot(path=FILE)


if __name__ == "__main__":
    main()
