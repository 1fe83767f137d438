"""A module of one's own in a browser: the example in the docs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard.own_problem import VARIABLE
from dashboard.tabs import TABS
from tests.browser.conftest import serve
from tests.browser.test_browser import change, query, sentence, tab, visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_the_example_of_the_docs_is_trained_on_each_tab(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    with serve(tmp_path, **{VARIABLE: "docs/my_model.py:problem"}) as server:
        page = open_page(apart=True, server=server)
        visit(page, "/?problem=module:small_cnn&epochs=20&run=SGD~torch.optim~lr-0.1&run=Adam~lr-0.01")
        for name in (each.name for each in TABS):
            if page.get_by_role("tab", name=name, exact=True).get_attribute("aria-selected") != "true":
                change(page, tab(page, name).click)
            assert dict(query(page))["problem"] == "module:small_cnn"
            assert page.get_by_test_id("stException").count() == 0
        change(page, tab(page, "Fit").click)
        assert sentence(page).startswith("Adam has the lowest final loss")
        assert page.locator("[aria-label^='Confusion matrix of']").count() == 2
        page.goto("about:blank")  # before the server ends, which the page would miss
