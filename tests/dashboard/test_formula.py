"""A formula on the page: in every tab, in the link, and with its mistakes told where they are typed."""

import pytest

from dashboard.state import NAMES as TABS
from dashboard.state import Page
from tests.dashboard.page import chart_types, opened, sentence, shown, warnings, with_a_short_race
from tests.matrix import slow_but
from trainers.optimizers import SGD, Adam
from trainers.problems import Formula
from trainers.run import Method, Task

KEY = "problem.Formula.formula"
HOLES = "log(x)/y + sin(3*y)"
"""Not finite in half of the window, nor at the random start of seed 3."""
VIEWS = ("step", "gradient", "line", "accumulation", "sharpness")


def page(tab: str, formula: str, seed: int = 0) -> Page:
    task = Task(problem=Formula(formula), epochs=20, seed=seed)
    return Page(task, (Method(optimizer=SGD(lr=0.01)), Method(optimizer=Adam(lr=0.1))), tab)


def link(page: Page) -> str:
    """A link to the page, with a small race and a small grid."""
    query = with_a_short_race(page.to_query())
    return query.replace("count-32", "count-4")


@pytest.mark.parametrize("tab", slow_but(["Path", "Inside a step"], TABS))
def test_it_is_drawn(tab: str) -> None:
    app = opened(link(page(tab, HOLES)))
    assert shown(app).task.problem == Formula(HOLES)
    assert app.text_input(key=KEY).value == HOLES
    assert bool(chart_types(app)) == (tab not in ("Fit", "Data"))


@pytest.mark.parametrize("tab", slow_but(["Path"], TABS))
def test_a_run_that_starts_where_it_is_not_finite_is_drawn(tab: str) -> None:
    app = opened(link(page(tab, HOLES, seed=3)))
    assert sentence(app)


@pytest.mark.parametrize("view", slow_but(["gradient"], VIEWS))
def test_its_steps_are_shown(view: str) -> None:
    app = opened(link(page("Inside a step", HOLES)).replace("show-step", f"show-{view}"))
    assert not app.exception
    texts = [each.value for each in (*app.markdown, *app.caption)]
    if view == "gradient":
        assert "**Two ways to the same gradient**" in texts
        assert "Formula has no gradient by hand." in texts


def test_two_of_three_ways_are_shown() -> None:
    app = opened(link(page("Three ways", HOLES)))
    (table,) = [each.proto.body for each in app.get("html") if "class='three-ways'" in each.proto.body]
    assert "Formula has no gradient by hand." in table
    assert "torch.log(x) / y + torch.sin(3 * y)" in "".join(code.value for code in app.code)


def test_it_is_typed() -> None:
    app = opened(link(page("Loss", "x**2 + y**2")))
    assert "Smallest value found for x and y from −5 to 5: 0 at (0, 0)." in [c.value for c in app.caption]
    app.text_input(key=KEY).input(" (x - 1)^2 + y**2 - 3 ").run()
    assert shown(app).task.problem == Formula("(x - 1)^2 + y**2 - 3")
    assert app.text_input(key=KEY).value == "(x - 1)^2 + y**2 - 3"
    assert "Smallest value found for x and y from −5 to 5: −3 at (1, 0)." in [c.value for c in app.caption]
    assert not app.error


def test_a_mistake_is_told_where_it_is_typed() -> None:
    app = opened(link(page("Loss", "x**2 + y**2")))
    app.text_input(key=KEY).input("x**2 + 2y").run()
    assert shown(app).task.problem == Formula("x**2 + y**2")
    assert app.text_input(key=KEY).value == "x**2 + 2y"
    told = "Formula needs an operator behind the number at character 8. The one before is still in use."
    assert [error.value.replace("\\", "") for error in app.sidebar.error] == [told]
    assert not warnings(app)
    app.number_input(key="task.epochs").set_value(30).run()
    assert shown(app).task.epochs == 30
    assert (app.text_input(key=KEY).value, len(app.error)) == ("x**2 + 2y", 1)
    app.text_input(key=KEY).input("x**2 + 2*y").run()
    assert shown(app).task.problem == Formula("x**2 + 2*y")
    assert not app.error


def test_a_mistake_is_gone_with_its_problem() -> None:
    app = opened(link(page("Loss", "x**2 + y**2")))
    app.text_input(key=KEY).input("x +").run()
    assert len(app.error) == 1
    app.selectbox(key="problem").select("Booth").run()
    assert not app.error
    app.selectbox(key="problem").select("Formula").run()
    assert (app.text_input(key=KEY).value, len(app.error)) == (Formula().formula, 0)


def test_a_link_with_a_mistake_says_so() -> None:
    app = opened("problem=Formula~formula-2x&run=SGD&tab=Loss&epochs=5")
    assert shown(app).task.problem == Formula()
    assert (
        warnings(app)[-1] == "formula needs an operator behind the number at character 1: using its default."
    )


def test_runs_by_hand_get_autograd() -> None:
    app = opened("run=SGD&run=Adam&tab=Loss&epochs=5")
    app.selectbox(key="problem").select("Formula").run()
    assert [run.runner for run in shown(app).methods] == ["autograd", "autograd"]
