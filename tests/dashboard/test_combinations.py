"""Pages of random problems, optimizers, schedules and clipping open on every tab."""

from random import Random
from typing import Any

import pytest

from dashboard.state import NAMES, Page
from tests.dashboard.page import chart_types, opened, sentence, shown, with_a_short_race
from tests.matrix import slow_but
from trainers.clipping import CLIPPINGS
from trainers.optimizers import OPTIMIZERS
from trainers.problems import PROBLEMS
from trainers.run import Method, Task, runners
from trainers.schedules import SCHEDULES

VIEWS = ("step", "gradient", "line", "accumulation", "sharpness")


def page(seed: int) -> tuple[str, Page]:
    """A tab, and a page."""
    random = Random(seed)
    problem = random.choice(list(PROBLEMS.values()))()
    small = problem.num_params < 100
    shared: dict[str, Any] = {"epochs": random.choice([1, 2, 25]) if small else 2}
    if problem.num_samples and small:
        shared |= {"batch_size": random.choice([0, 0, 7]), "validation_split": random.choice([0, 0.2])}
    task = Task(problem=problem, dtype=random.choice(["float32", "float64"]), **shared)
    tab = random.choice(NAMES)
    return tab, Page(task, tuple(method(random) for _ in range(random.randint(1, 3))), tab)


def method(random: Random) -> Method:
    kind = random.choice(list(OPTIMIZERS.values()))
    schedule = random.choice([None, *SCHEDULES.values()])
    clipping = random.choice([None, *CLIPPINGS.values()])
    return Method(
        optimizer=kind(lr=random.choice([1e-3, 0.1, 10.0])),
        runner=random.choice(runners(kind)),
        schedule=schedule and schedule(warmup=random.choice([0, 3, 30])),
        clipping=clipping and clipping(),
    )


@pytest.mark.parametrize("seed", slow_but(range(7), range(400)))
def test_it_opens(seed: int) -> None:
    tab, made = page(seed)
    query = made.to_query().removesuffix("&end=1")
    if tab == "Inside a step":
        query = query.replace("show-step", f"show-{VIEWS[seed % len(VIEWS)]}")
    if tab == "Race":
        query = with_a_short_race(query)
        query = query.replace("optimizers-usual", "optimizers-runs")
    assert sentence(opened(f"{query}&end=1"))


@pytest.mark.parametrize("name", [name for name, kind in OPTIMIZERS.items() if not kind.by_hand()])
def test_a_grid_or_slider_of_an_optimizer_of_torch_alone_says_why_there_is_none(name: str) -> None:
    app = opened(f"epochs=9&run={name}&run=SGD&tab=Grid search&grid_search=run-1")
    assert "needs a hand-written update rule" in sentence(app)
    app = opened(f"epochs=9&run={name}&tab=Learning rate")
    assert "it needs an optimizer with a hand-written update rule" in sentence(app)


LEFT_OUT = "No update rule by hand, so left out: Muon and LBFGS."
RUNS = "epochs=9&run=Muon~lr-0.1&run=LBFGS&run=SGD~schedule-StepLR&run=Adam~clipping-ClipNorm"


def test_what_a_race_or_the_slider_leaves_out_is_told() -> None:
    app = opened(f"{RUNS}&tab=Race&race=trials-3~seeds-2~epochs-10~optimizers-runs")
    told = " ".join(caption.value for caption in app.caption)
    assert LEFT_OUT in told
    assert "Schedules and gradient clipping of your runs are not used here." in told
    app = opened(f"{RUNS}&tab=Race&race=trials-3~seeds-2~epochs-10")
    told = " ".join(caption.value for caption in app.caption)
    assert LEFT_OUT not in told
    assert "not used here" not in told
    app = opened(f"{RUNS}&tab=Learning rate")
    assert any(LEFT_OUT in caption.value for caption in app.caption)


def test_a_schedule_is_chosen_and_is_in_the_link() -> None:
    app = opened("tab=Loss&epochs=60&run=Adam~lr-0.5")
    before = app.table[0].value["final loss"].tolist()
    app.selectbox(key="0.schedule").select("CosineAnnealingLR").run()
    assert "~schedule-CosineAnnealingLR~" in shown(app).to_query()
    assert app.table[0].value["final loss"].tolist() != before
    assert len(chart_types(app)) == 2
    app.number_input(key="0.schedule.CosineAnnealingLR.warmup").set_value(10).run()
    assert "~schedule.warmup-10~" in shown(app).to_query()
