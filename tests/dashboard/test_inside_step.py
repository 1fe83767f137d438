"""The tab Inside a step: run and update are in the link, and fit the comparison."""

from itertools import product

import pytest

from dashboard.tabs.inside_step import InsideStepSettings
from tests.dashboard.page import opened, shown
from tests.matrix import slow_but
from trainers.problems import MLP, PROBLEMS
from trainers.reports.inside_step import updates
from trainers.run import Run

TWO = "epochs=20&tab=Inside+a+step&run=SGD~lr-0.01&run=Adam~lr-1"


def test_the_update_is_chosen_and_stays_in_the_link() -> None:
    app = opened(TWO)
    assert any("goes from 80.3643 to 37.5749" in block.value for block in app.markdown)
    app.select_slider(key="inside_step.update").set_value(5).run()
    assert shown(app).of(InsideStepSettings) == InsideStepSettings(run=1, update=5)
    app.selectbox(key="inside_step.run").set_value(2).run()
    assert shown(app).of(InsideStepSettings) == InsideStepSettings(run=2, update=5)
    again = opened(shown(app).to_query())
    assert shown(again).of(InsideStepSettings) == InsideStepSettings(run=2, update=5)
    assert [block.value for block in again.markdown] == [block.value for block in app.markdown]
    app.button(key="1.remove").click().run()
    assert not app.exception
    assert shown(app).of(InsideStepSettings).run == 1


def test_an_update_between_those_kept_is_the_one_before() -> None:
    kept = [update + 1 for update in updates(Run(epochs=500))]
    assert kept[:10] == list(range(1, 11))
    assert kept[-1] == 500
    missing = next(number for number in range(1, 500) if number not in kept)
    app = opened(f"epochs=500&tab=Inside+a+step&run=SGD~lr-0.01&inside_step=update-{missing}")
    assert app.select_slider(key="inside_step.update").value == max(k for k in kept if k < missing)


def test_a_run_that_diverged_ends_there() -> None:
    app = opened("epochs=90&tab=Inside+a+step&run=SGD~lr-100&inside_step=update-80")
    assert not app.exception
    assert int(app.select_slider(key="inside_step.update").value) < 40


@pytest.mark.parametrize(
    ("dtype", "lr"),
    slow_but(
        [("float32", 0.2), ("float64", 10), ("float32", 100)],
        product(("float32", "float64"), (0.2, 10, 100)),
    ),
)
def test_the_last_update_of_a_run_that_diverged_is_shown(dtype: str, lr: float) -> None:
    link = f"epochs=200&dtype={dtype}&tab=Inside+a+step&run=SGD~lr-{lr}&inside_step=update-200"
    assert not opened(link).exception


def test_one_update() -> None:
    assert updates(Run(epochs=1)) == [0]
    large = updates(Run(problem=MLP(source="digits", depth=2, width=64, width2=64), epochs=1000))
    assert 20 <= len(large) < len(updates(Run(epochs=1000)))
    app = opened("epochs=1&tab=Inside+a+step&run=SGD~lr-0.01")
    assert not app.exception
    assert any("goes from 80.3643 to 37.5749" in block.value for block in app.markdown)


@pytest.mark.parametrize("show", ["gradient", "line", "accumulation", "sharpness"])
def test_each_view_opens(show: str) -> None:
    link = f"epochs=20&tab=Inside+a+step&run=SGD~lr-0.01&run=Adam~lr-1&inside_step=run-2~update-3~show-{show}"
    app = opened(link)
    assert app.segmented_control(key="inside_step.show").value == show
    assert shown(app).of(InsideStepSettings) == InsideStepSettings(run=2, update=3, show=show)
    assert any("![Graph of the loss" in block.value for block in app.markdown) == (show == "gradient")


def test_backward_fills_the_gradient() -> None:
    app = opened("epochs=20&tab=Inside+a+step&run=SGD~lr-0.01&inside_step=show-gradient~backward-0")
    texts = [block.value for block in app.markdown]
    assert any("params.grad is None" in text for text in texts)
    assert not any("77.614, −10.64" in text for text in texts)
    app.toggle(key="inside_step.backward").set_value(True).run()
    assert any("None → \\[−77.614, −10.64\\]" in block.value for block in app.markdown)
    assert shown(app).of(InsideStepSettings).backward


def test_uncleared_gradients_point_the_wrong_way() -> None:
    app = opened("epochs=20&tab=Inside+a+step&run=SGD~lr-0.01&inside_step=show-accumulation")
    texts = [block.value for block in app.markdown]
    assert any("the gradient by w at update 3 is 34.3, but params.grad holds −74.2" in text for text in texts)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_each_view_of_each_problem(name: str) -> None:
    for show in ("gradient", "line", "accumulation", "sharpness"):
        for more in ("", "&dtype=float64&seed=1", "&batch_size=16&validation_split=0.25"):
            for run in ("SGD~lr-0.01", "RMSprop~lr-90~momentum-0.5", "Adagrad~lr-1e-8"):
                link = f"problem={name}&epochs=4&tab=Inside+a+step&run={run}{more}"
                assert not opened(f"{link}&inside_step=update-3~show-{show}").exception
