"""Take the README's picture: `python -m tests.screenshot`. Needs Chromium."""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import launch, serve, wait_until_ready
from trainers.presets import PRESETS

FILE = Path(__file__).parent.parent / "docs" / "screenshot.png"
STORY = PRESETS[2].page


def main() -> None:
    FILE.parent.mkdir(exist_ok=True)
    with serve() as address, sync_playwright() as playwright:
        page = launch(playwright).new_page(viewport={"width": 1440, "height": 1100})
        page.goto(f"{address}/?{STORY.to_query()}")
        wait_until_ready(page)
        page.screenshot(path=FILE)


if __name__ == "__main__":
    main()
