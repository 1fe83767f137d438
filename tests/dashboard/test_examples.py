"""The hint and the question of an example are shown where they are true."""

from dataclasses import replace

import pytest

from dashboard.context import View
from dashboard.examples import EXAMPLES, Example, example_of, question_of
from dashboard.state import NAMES, Page
from dashboard.tabs.race import RaceTabSettings
from tests.dashboard.page import opened
from trainers.optimizers import SGD
from trainers.run import Method

NAMED = {example.name: example for example in EXAMPLES}
DIGITS, TUNED = NAMED["Digits in batches"], NAMED["Each tuned alike: who wins now?"]
LEAVING, SCALED = NAMED["SGD, RMSprop, Adam"], NAMED["Scale first: who wins then?"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_hints_on_its_own_page(example: Example) -> None:
    page = Page.from_query(example.page.to_query())[0]
    assert example_of(page) is example
    assert example.hints_at(page)
    assert question_of(page) is example.question
    other = replace(page, methods=(*page.methods[:-1], Method(optimizer=SGD(lr=0.0123))))
    assert not example.hints_at(other)
    assert not example.hints_at(replace(page, task=replace(page.task, epochs=3)))
    assert not example.hints_at(replace(page, view=View(target=1e-9)))


@pytest.mark.parametrize(
    ("example", "change"),
    [
        (TUNED, "race=trials-5"),
        (TUNED, "race=seeds-1&tab=Compare"),
        (SCALED, "race=optimizers-runs"),
        (LEAVING, "target=1e-9"),
        (DIGITS, "batches=0"),
        (DIGITS, "validation_curve=0"),
        (DIGITS, "y=accuracy"),
        (DIGITS, "tab=Compare"),
        (NAMED["Overfitting"], "tab=Compare"),
        (NAMED["Two spirals"], "tab=Loss"),
    ],
)
def test_what_a_hint_speaks_of_was_changed(example: Example, change: str) -> None:
    changed = {part.partition("=")[0] for part in change.split("&")}
    kept = [part for part in example.page.to_query().split("&") if part.partition("=")[0] not in changed]
    page, notes = Page.from_query("&".join([*kept[1:-1], change]))
    assert not notes
    assert (page.task, page.methods) == (example.page.task, example.page.methods)
    assert not example.hints_at(page)


def test_the_question_about_a_race_is_that_of_its_settings() -> None:
    other = replace(TUNED.asking, settings=(RaceTabSettings(trials=5),))
    assert question_of(TUNED.asking) is TUNED.question
    assert "36 learning rates" not in question_of(other).text


def test_other_settings_of_a_chart_change_nothing_that_a_hint_says() -> None:
    page = replace(DIGITS.page, view=replace(DIGITS.page.view, scale="linear", x="gradients"))
    assert DIGITS.hints_at(page)
    assert all(
        LEAVING.hints_at(replace(LEAVING.page, tab=tab)) == (tab in ("Compare", "Loss")) for tab in NAMES
    )


def test_the_page_shows_a_hint_where_it_is_true() -> None:
    for target in ("0.01", "1e-9"):
        query = LEAVING.page.to_query().replace("target=0.01", f"target={target}")
        hinted = any(text.value.endswith(LEAVING.hint) for text in opened(query).markdown)
        assert hinted == (target == "0.01")
