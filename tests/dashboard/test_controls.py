"""Controls and page: each says the other, whatever a browser sends."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import controls, widgets
from dashboard.context import View
from dashboard.examples import EXAMPLES
from dashboard.state import Page
from trainers.optimizers import OPTIMIZERS, SGD, Adam
from trainers.run import Method, Task
from trainers.settings import settings_of

STORY = EXAMPLES[0].page
KEYS = sorted(controls.values(STORY, range(len(STORY.methods))))
ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from([*OPTIMIZERS, "autograd"]),
)


@pytest.mark.parametrize("page", [preset.page for preset in EXAMPLES])
def test_controls_say_their_page(page: Page) -> None:
    ids = range(10, 10 + len(page.methods))
    assert controls.read(controls.values(page, ids), page, ids) == (page, [])
    assert controls.read({}, page, ids) == (page, [])


def test_each_setting_has_a_control() -> None:
    found = controls.values(STORY, (0, 1, 2))
    assert {f"1.SGD.{name}" for name in settings_of(SGD)} | {"1.optimizer", "1.runner"} <= found.keys()
    assert {f"task.{name}" for name in settings_of(Task)} | {
        f"view.{name}" for name in settings_of(View)
    } <= found.keys()


def test_another_optimizer_has_its_own_defaults() -> None:
    found = controls.values(STORY, (0, 1, 2)) | {"1.optimizer": "Adam"}
    page, notes = controls.read(found, STORY, (0, 1, 2))
    assert page.methods[1] == Method(optimizer=Adam(), runner="autograd")
    assert (page.methods[0], page.methods[2], notes) == (STORY.methods[0], STORY.methods[2], [])


@settings(max_examples=settings.default.max_examples // 2)
@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_controls_may_say_anything(found: dict[str, Any]) -> None:
    page, notes = controls.read(found, STORY, (0, 1, 2))
    assert len(page.methods) == 3
    assert Page.from_query(page.to_query()) == (page, [])
    assert all(note.endswith(".") for note in notes)
    assert controls.read(controls.values(page, (0, 1, 2)), page, (0, 1, 2)) == (page, [])


def test_a_chosen_start_begins_where_the_seed_s_is() -> None:
    page, _ = controls.read({"start": True}, STORY, (0, 1, 2))
    assert page.task.start == (1.0, 0.0)
    page, _ = controls.read({"start": True, "start.w": 3.5}, STORY, (0, 1, 2))
    assert page.task.start == (3.5, 0.0)
    page, notes = controls.read({"start": True, "start.w": float("nan")}, STORY, (0, 1, 2))
    assert page.task.start == (1.0, 0.0)
    assert notes == ["start w must be a number from -1000000 to 1000000, got nan: using 1."]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from("abxy"), parts, max_size=3),
    max_leaves=8,
)


@settings(max_examples=3 * settings.default.max_examples)
@given(ANY_JSON | st.builds(lambda found: {"selection": {"a": found}}, ANY_JSON))
def test_a_selection_may_be_anything(state: Any) -> None:
    for point in widgets.selected_points(state, "a", "x", "y"):
        assert len(point) == 2
        assert all(isinstance(number, float) and abs(number) <= 1e300 for number in point)


def test_the_point_that_was_clicked() -> None:
    clicked = {"selection": {"cell": [{"row": 3, "x": 0.5}, {"row": 4, "x": 1}]}}
    assert widgets.selected_points(clicked, "cell", "row") == [(3.0,)]
    assert widgets.selected_points(clicked, "cell", "x", "row") == [(0.5, 3.0)]
    assert widgets.selected_points(clicked, "cell", "y") == widgets.selected_points(None, "cell", "row") == []
    assert widgets.selected_points({"selection": {"cell": [{"row": 10**400}]}}, "cell", "row") == []
