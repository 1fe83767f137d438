"""Take the README's picture: `python -m tests.screenshot`. Needs Chromium."""

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from dashboard.examples import EXAMPLES
from tests.browser.conftest import QUIET, ROOT, chromium, serve
from tests.browser.test_browser import visit

FILE = ROOT / "docs" / "screenshot.png"
STORY = EXAMPLES[2].page


def main() -> None:
    FILE.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, serve(Path(folder)) as server, sync_playwright() as playwright:
        page = chromium(playwright).new_page(viewport={"width": 1360, "height": 1040}, base_url=server.url)
        page.add_init_script(QUIET)
        visit(page, f"/?{STORY.to_query()}")
        page.screenshot(path=FILE)


if __name__ == "__main__":
    main()
