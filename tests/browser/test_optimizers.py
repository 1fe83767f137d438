"""Optimizers, schedules and clipping in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.test_browser import change, query, visit
from tests.browser.test_rate import open_run
from trainers.optimizers import OPTIMIZERS
from trainers.run import runners

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = tuple(OPTIMIZERS)
pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_a_schedule_is_chosen_in_the_sidebar_and_is_in_the_link(page: Page) -> None:
    visit(page, "/?tab=Loss&epochs=60&run=Adam~lr-0.5")
    before = page.get_by_role("table").first.inner_text()
    box = open_run(page, 0).get_by_role("combobox", name="Schedule")
    box.scroll_into_view_if_needed()
    box.click()
    change(page, page.get_by_role("option", name="CosineAnnealingLR").click)
    assert "~schedule-CosineAnnealingLR~" in query(page)[[name for name, _ in query(page)].index("run")][1]
    assert page.get_by_role("table").first.inner_text() != before
    assert page.locator("[aria-label^='Line chart: learning rates of 1 runs']").count() == 1
    field = open_run(page, 0).get_by_label("Warm-up", exact=True)
    field.fill("10")
    change(page, lambda: field.press("Enter"))
    assert "~schedule.warmup-10~" in page.url


@pytest.mark.slow
@pytest.mark.parametrize("problem", ["Thermometer", "MLP~source-spirals~samples-60"])
@pytest.mark.parametrize("some", [NAMES[:9], NAMES[9:]], ids=str)
def test_every_optimizer_trains(page: Page, some: tuple[str, ...], problem: str) -> None:
    runs = "&".join(f"run={name}~{runners(OPTIMIZERS[name])[0]}" for name in some)
    visit(page, f"/?problem={problem}&epochs=20&tab=Loss&{runs}")
    rows = page.get_by_role("table").first.get_by_role("row")
    assert rows.count() == 1 + len(some)


@pytest.mark.slow
def test_the_gradient_evaluations_of_lbfgs_are_counted(page: Page) -> None:
    visit(page, "/?problem=Rosenbrock&epochs=10&tab=Loss&x=gradients&run=LBFGS~torch.optim&run=Adam")
    ticks = page.locator(".role-axis-label text").all_text_contents()
    assert max(int(tick.replace(",", "")) for tick in ticks if tick.replace(",", "").isdecimal()) > 50
