"""The page, without a browser."""

import math
import re
from dataclasses import dataclass, replace
from itertools import count, product
from typing import Any, ClassVar

import pytest
import torch
from altair.utils import schemapi
from pyarrow import ipc
from streamlit.runtime.state import SessionStateProxy
from streamlit.testing.v1 import AppTest
from torch import Tensor
from torch.optim import Adadelta as TorchAdadelta
from torch.optim import Optimizer as TorchOptimizer

from dashboard import controls
from dashboard import work as page_work
from dashboard.context import MAX_RUNS
from dashboard.examples import ARRIVAL, EXAMPLES, Example
from dashboard.state import NAMES as TABS
from dashboard.state import Page
from dashboard.tabs.grid import GridSettings
from dashboard.tabs.race import RaceTabSettings
from dashboard.widgets import Placeholder
from tests.dashboard.page import chart_types, coarse_maps, opened, sentence, shown, skip, warnings
from tests.matrix import slow_but
from trainers import Race, Run, compare, race, train
from trainers.charts import live_loss_chart
from trainers.optimizers import OPTIMIZERS, SGD, Adam, Optimizer, by_group
from trainers.optimizers.base import State
from trainers.problems import Problem, Thermometer
from trainers.problems.supervised import Supervised
from trainers.races.result import RaceResult
from trainers.reports import fit
from trainers.reports.parameters import MAX_SHOWN
from trainers.run import Method, Task
from trainers.runners import RUNNERS
from trainers.settings import Number, real, settings_of


def grid(app: AppTest) -> GridSettings:
    return shown(app).of(GridSettings)


def test_an_empty_address_opens_a_comparison() -> None:
    app = opened()
    assert shown(app) == ARRIVAL
    assert sentence(app) == (
        "Adam came within 0.01 of the minimum loss first, after 71 epochs, SGD · momentum 0.9 after 77; "
        "RMSprop left again, SGD never came so close."
    )
    assert len(app.table[0].value) == 4
    assert len(chart_types(app)) == 1
    assert not app.warning


def kind(problem: Problem) -> tuple[Any, ...]:
    """What the tabs show of a problem, by which it differs from others."""
    return fit.kind(problem) if isinstance(problem, Supervised) else "", problem.num_params > 2


KINDS = tuple({kind(e.page.task.training): e for e in reversed(EXAMPLES)}.values())
"""The first example of each kind of problem."""
QUICK = [*product(KINDS[:1], TABS), *product(KINDS[1:], ("Fit", "Path"))]
"""The first kind on each tab, the others where the kind decides most."""


@pytest.mark.parametrize(
    ("example", "tab"),
    slow_but(QUICK, product(EXAMPLES, TABS)),
    ids=lambda given: getattr(given, "name", given),
)
def test_every_problem_on_every_tab(example: Example, tab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For fewer epochs than in the example, on coarse maps. Charts are checked against their schema."""
    coarse_maps(monkeypatch)
    monkeypatch.setattr(schemapi, "DEBUG_MODE", True)
    monkeypatch.setattr(page_work, "estimate", lambda asked: page_work.work(asked) / 1e7)
    few = 60 if tab in ("Race", "Grid search") else 6  # enough that these ask first
    task = replace(example.page.task, epochs=min(example.page.task.epochs, few) - 1)
    app = opened(Page(task, example.page.methods, tab).to_query())
    assert shown(app).tab == tab
    images = task.problem.num_samples and getattr(task.problem, "source", "") == "digits"
    without = () if images else ("Data",) if task.problem.num_samples else ("Data", "Fit")
    asks_first = any(button.label == "Run" for button in app.button)
    assert asks_first == (tab in ("Race", "Grid search") and task.problem.num_params > 2)
    assert bool(chart_types(app)) == (tab not in without and not asks_first)
    assert example.hint not in [caption.value for caption in app.caption]


@pytest.mark.parametrize(
    "example",
    slow_but([each for each in EXAMPLES if each.name == "Digits in batches"], EXAMPLES),
    ids=lambda example: example.name,
)
def test_choosing_an_example(example: Example) -> None:
    app = opened("run=Adam&epochs=50")
    app.selectbox(key="example").set_value(example.name).run()
    assert shown(app) == example.asking
    skip(app)
    assert shown(app) == example.asking
    assert any(text.value.endswith(example.hint) for text in app.markdown)
    assert sentence(app).endswith(".")
    assert "nan" not in sentence(app)


def test_a_setting_changes_its_run_alone() -> None:
    app = opened("epochs=20")
    app.number_input(key="1.SGD.lr").set_value(0.02).run()
    before, after = EXAMPLES[0].page.methods, shown(app).methods
    assert after == (before[0], Method(optimizer=SGD(lr=0.02), runner="autograd"), before[2])
    assert app.table[0].value["final loss"].nunique() == 2


def asked_of(name: str, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs that the page will train by this function."""
    asked, training = [], getattr(page_work, name)

    def counting(run: Run, *others: Any) -> Any:
        asked.append(run)
        return training(run, *others)

    monkeypatch.setattr(page_work, name, counting)
    return asked


def test_only_the_changed_run_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asked_of("train", monkeypatch)
    app = opened("epochs=7&" + "&".join(f"run=SGD~lr-0.0{i}" for i in range(1, 6)))
    assert len(asked) == 5
    app.number_input(key="2.SGD.lr").set_value(0.0123).run()
    assert [run.optimizer for run in asked[5:]] == [SGD(lr=0.0123)]
    app.run()
    assert len(asked) == 6


def test_runs_that_differ_in_their_runner_share_their_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asked_of("train_twins", monkeypatch)
    ways = "run=SGD~lr-0.02&run=SGD~autograd~lr-0.02&run=SGD~torch.optim~lr-0.02"
    app = opened(f"epochs=78&{ways}&run=SGD~lr-0.03")
    assert len(app.table[0].value) == 4
    assert [run.optimizer.lr for run in asked] == [0.02, 0.03]


def test_another_optimizer_brings_its_own_settings() -> None:
    app = opened("epochs=50")
    app.selectbox(key="0.optimizer").select(by_group()["RMSprop"]).run()
    assert type(shown(app).methods[0].optimizer).__name__ == "RMSprop"
    assert app.number_input(key="0.RMSprop.alpha").value == 0.99
    app.number_input(key="0.RMSprop.alpha").set_value(0.9).run()
    assert shown(app).methods[0].optimizer.alpha == 0.9


def test_add_duplicate_remove() -> None:
    app = opened("epochs=50&run=SGD~lr-0.02")
    add = next(button for button in app.button if button.label == "Add run")
    add.click().run()
    assert [type(m.optimizer).__name__ for m in shown(app).methods] == ["SGD", "RMSprop"]
    app.button(key="0.duplicate").click().run()
    assert [type(m.optimizer).__name__ for m in shown(app).methods] == ["SGD", "SGD", "RMSprop"]
    assert shown(app).methods[1] == Method(optimizer=SGD(lr=0.02))
    for id in (0, 1, 2):
        app.button(key=f"{id}.remove").click().run()
    assert shown(app).methods == ()
    assert sentence(app).startswith("No runs yet.")


def test_a_click_with_an_address_of_yesterday_is_not_back() -> None:
    app = opened("epochs=50&run=SGD~lr-0.01")
    app.number_input(key="0.SGD.lr").set_value(0.02).run()
    app.query_params["run"] = ["SGD~lr-0.01"]
    next(button for button in app.button if button.label == "Add run").click().run()
    assert [m.optimizer.lr for m in shown(app).methods] == [0.02, 0.01]


@pytest.mark.parametrize("write", slow_but((0, 9, 26), (0, 1, 2, 5, 9, 14, 20, 26)))
def test_a_script_that_is_ended_while_it_changes_the_page_tears_nothing(
    write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("epochs=50&run=SGD~lr-0.01&run=RMSprop")
    before, example = shown(app), next(each for each in EXAMPLES if each.name == "Momentum family")
    story = example.page
    set_item, writes = SessionStateProxy.__setitem__, count()

    def ended(self: SessionStateProxy, key: str, value: object) -> None:
        if next(writes) == write:
            raise RuntimeError("ended")
        set_item(self, key, value)

    with monkeypatch.context() as patch:
        patch.setattr(SessionStateProxy, "__setitem__", ended)
        app.selectbox(key="example").set_value(example.name).run()
    app.run()
    page = shown(app)
    assert (page.task, page.methods) in [(before.task, before.methods), (story.task, story.methods)]
    if page.ask:
        skip(app)
    assert len(app.table[0].value) == len(page.methods)
    values = controls.values(page, app.session_state["session_page"].ids)
    standing = {key: app.session_state[key] for key in values if key in app.session_state["drawn"].values}
    assert len(standing) > 20
    assert standing == {key: values[key] for key in standing}


def test_twelve_runs_are_the_most() -> None:
    app = opened("epochs=5&" + "&".join(["run=Adam"] * 14))
    assert len(shown(app).methods) == MAX_RUNS
    assert "The link has 14 runs: using the first 12." in warnings(app)
    assert len(app.table[0].value) == 12
    assert all(button.disabled for button in adding(app))
    app.button(key="0.remove").click().run()
    assert len(app.table[0].value) == 11
    assert not any(button.disabled for button in adding(app))


def adding(app: AppTest) -> list[Any]:
    return [button for button in app.button if button.label in ("Add run", "Duplicate")]


@pytest.mark.parametrize("tab", slow_but(("Compare", "Path"), TABS))
def test_no_runs_and_all_diverging(tab: str) -> None:
    none = dict.fromkeys(("Three ways", "Grid search", "Learning rate", "Data", "Inside a step"), 0)
    app = opened(f"run=none&tab={tab}")
    assert len(chart_types(app)) == {"Parameters": 3, "Race": 3, **none}.get(tab, 1)
    told = {
        "Race": "After tuning, ",
        "Grid search": "Add a run to search ",
        "Learning rate": "Add a run to move ",
        "Break it": "No error",
    }
    assert sentence(app).startswith(told.get(tab, "No runs yet."))
    methods = tuple(Method(optimizer=SGD(lr=1 + i)) for i in range(12))
    page = Page(Task(problem=Thermometer("raw"), epochs=30), methods, tab)
    app = opened(page.to_query())
    found = {"Race": "After tuning, Adam", "Grid search": "Best of 1,024 runs: lr "}
    found |= {"Learning rate": "Lowest final gap: ", "Break it": "No error"}
    assert sentence(app).startswith(found.get(tab, "All 12 runs diverged, SGD · lr "))
    assert bool(chart_types(app)) == (tab != "Data")


def always_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the progress at every update."""
    for name in ("PROGRESS_DELAY_S", "PROGRESS_INTERVAL_S", "MAX_PROGRESS_INTERVAL_S"):
        monkeypatch.setattr(page_work, name, -1.0)


def test_while_classifiers_train_the_chart_is_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accuracies are known at the end only."""
    titles = list[str]()

    def live(table: Any, style: Any, epochs: int, title: str, log: bool, far: Any) -> tuple[Any, Any]:
        titles.append(title)
        return live_loss_chart(table, style, epochs, title, log, far)

    monkeypatch.setattr("trainers.charts.live_loss_chart", live)
    always_report(monkeypatch)
    app = opened("problem=LogisticRegression&epochs=7&run=SGD&y=accuracy")
    assert shown(app).view.y == "accuracy"
    assert set(titles) == {"loss"}


@pytest.mark.parametrize(
    ("tab", "told"),
    [("Race", "After tuning, "), ("Grid search", "Best of 16 runs: "), ("Loss", "After 43 epochs")],
)
def test_progress_gives_way_to_what_was_found_out(
    tab: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the machine is."""
    always_report(monkeypatch)
    app = opened(f"epochs=43&tab={tab}&run=SGD~lr-0.02&run=Adam&race=trials-4~seeds-2~epochs-23&grid=count-4")
    assert sentence(app).startswith(told)
    assert not app.get("progress")


def test_the_race_of_the_usual_six() -> None:
    app = opened("epochs=50&tab=Race&race=trials-9~seeds-4~epochs-100")
    assert "**After tuning, SGD · momentum 0.9" in [m.value[:34] for m in app.main.markdown]
    assert len(chart_types(app)) == 3
    ranking, wins, runs = app.table
    assert [len(part.value) for part in (ranking, wins, runs)] == [6, 6, 3]
    app.number_input(key="race.trials").set_value(4).run()
    assert shown(app).of(RaceTabSettings) == RaceTabSettings(trials=4, seeds=4, epochs=100)
    assert "race=trials-4~" in shown(app).to_query()
    app.number_input(key="race.lr_min").set_value(20).run()
    assert app.warning[0].value == "lr\\_min must be below lr\\_max\\, 10\\, got 20\\: using 0\\.0001\\."
    assert shown(app).of(RaceTabSettings) == RaceTabSettings(trials=4, seeds=4, epochs=100)


@pytest.mark.parametrize(
    ("query", "footnote"),
    [
        ("tab=Grid", "Cross: failed (diverged, or final gap more than 10× the initial gap). "),
        (
            "tab=Race&race=trials-4~seeds-2~epochs-40",
            "Cross: failed (diverged, or final gap more than 10× the median initial gap). ",
        ),
        (
            "tab=Race&race=Racing~best",
            "Cross: failed (diverged, or best gap more than 10× the median initial gap). ",
        ),
        ("tab=Race&race=Racing~epochs", "Cross: not reached. "),
    ],
)
def test_a_cross_is_explained_where_it_stands(query: str, footnote: str) -> None:
    app = opened(
        f"epochs=50&run=SGD&{query.replace('Racing~', 'Racing~trials-4~starts-2~epochs-40~metric-')}"
    )
    told = " ".join(caption.value for caption in app.main.caption)
    assert told.count(footnote) == 1
    assert ("did not reach the target counts" in told) == (footnote == "Cross: not reached. ")


def test_your_own_runs_race() -> None:
    app = opened(
        "epochs=50&run=Adam&run=Adam~lr-0.1&run=SGD~momentum-0.5&tab=Race"
        "&optimizers=runs&race=Racing~trials-4~starts-2~epochs-40"
    )
    assert app.table[0].value["optimizer"].str.partition(") ")[2].tolist() == ["Adam", "SGD · momentum 0.5"]
    app = opened("run=none&tab=Race&optimizers=runs")
    assert any("No runs to race" in m.value for m in app.main.markdown)
    assert not chart_types(app)


def test_a_race_of_one_on_one_seed_has_no_percentiles_and_no_win_rate() -> None:
    app = opened("epochs=50&run=SGD&tab=Race&optimizers=runs&race=Racing~trials-4~starts-1~epochs-20")
    told = " ".join(caption.value for caption in app.main.caption)
    assert "Result on one new seed." in told
    assert "percentile" not in told
    assert "Win rate" not in told
    assert not any("percentile" in chart.proto.spec for chart in app.get("vega_lite_chart"))
    app = opened("epochs=50&run=SGD~momentum-0.9&tab=Race&optimizers=runs&race=Racing~trials-9~epochs-1000")
    told = " ".join(caption.value for caption in app.main.caption)
    assert told.count("Gaps within rounding error are drawn at 2.8e−06.") == 2
    assert told.count("Gaps within rounding error count as 2.8e−06.") == 1


def test_a_race_that_is_not_decided_goes_on_at_a_click() -> None:
    query = (
        "problem=Ackley&epochs=5&run=Adam&run=Adam~beta1-0.85&tab=Race"
        "&race=Race~optimizers-runs~trials-6~epochs-20"
    )
    app = opened(query)
    assert "not decided" in app.button(key="race.until_decided.start").help
    app.button(key="race.until_decided.start").click().run()
    assert shown(app).of(RaceTabSettings).until_decided
    assert any("First place is not decided with 81 seeds" in m.value for m in app.main.markdown)
    assert not any(button.key == "race.until_decided.start" for button in app.button)
    again = opened(shown(app).to_query())
    assert any("First place is not decided with 81 seeds" in m.value for m in again.main.markdown)


def test_a_wider_range_is_offered_where_a_limit_lies_below_it() -> None:
    query = (
        "problem=Quadratic~condition-100000&epochs=5&run=SGD&tab=Race"
        "&race=Race~optimizers-runs~trials-6~seeds-3~epochs-20"
    )
    app = opened(query)
    assert any("lies below the search range" in warning.value for warning in app.warning)
    app.button(key="race.lower").click().run()
    assert shown(app).of(RaceTabSettings).lr_min == 1e-7
    assert not any("lies below the search range" in warning.value for warning in app.warning)
    assert not any(button.key == "race.lower" for button in app.button)


def test_races_with_other_seeds_are_a_picture() -> None:
    app = opened(
        "problem=Rosenbrock&epochs=5&run=SGD&run=Adam&tab=Race"
        "&race=Race~optimizers-runs~trials-4~seeds-3~epochs-20~repeats-3"
    )
    assert any("The lowest median in 3 races" in m.value for m in app.main.markdown)
    assert len(chart_types(app)) == 4


def test_why_there_is_no_race_names_the_metric_as_the_page_does() -> None:
    app = opened("problem=MLP&epochs=5&run=SGD&tab=Race&race=Racing~metric-epochs")
    shown_as = settings_of(RaceTabSettings)["metric"].captions["epochs"]
    assert sentence(app) == f"No race: “{shown_as}” needs a problem whose minimum loss is known."


def test_a_race_that_takes_long_is_not_begun_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Race] = []

    def counted(asked: Race, _: Any) -> RaceResult:
        begun.append(asked)
        return race(replace(asked, trials=4, seeds=2, epochs=20))

    monkeypatch.setattr(page_work, "race", counted)
    app = opened("epochs=50&tab=Race&race=Racing~trials-1000~starts-100~epochs-10000")
    asked = next(m.value for m in app.main.markdown if "take about" in m.value)
    told = r"\*\*About 619,800 runs of 10,000 epochs take about [\d,]+ seconds and \d+ MB on this server.\*\*"
    assert re.fullmatch(told, asked)
    assert not begun
    next(button for button in app.button if button.label == "Run").click().run()
    assert [asked.trials for asked in begun] == [1000]
    assert chart_types(app)


def test_the_grid_follows_its_run() -> None:
    app = opened("epochs=50&run=SGD&run=Adam&tab=Grid")
    assert len(chart_types(app)) == 1
    app.selectbox(key="grid_search.run").select(2).run()
    assert (grid(app).run, grid(app).x, grid(app).y) == (2, "lr", "beta1")
    app.selectbox(key="grid_search.x").select("eps").run()
    assert (grid(app).x, grid(app).y) == ("eps", "beta1")
    assert not app.warning


@pytest.mark.parametrize("value", slow_but((math.nan, -math.inf), (math.nan, math.inf, -math.inf)))
def test_what_is_no_number_leaves_all_as_it_is(value: float) -> None:
    app = opened("epochs=50&run=SGD~lr-0.02")
    before = shown(app)
    app.number_input(key="0.SGD.lr").set_value(value).run()
    app.number_input(key="task.epochs").set_value(value).run()
    assert shown(app) == before
    assert (app.number_input(key="0.SGD.lr").value, app.number_input(key="task.epochs").value) == (0.02, 50)
    assert not app.warning


@pytest.mark.parametrize("value", [1e308, -1.0])
def test_values_out_of_bounds_get_a_sentence(value: float) -> None:
    app = opened("epochs=50&run=SGD")
    app.number_input(key="0.SGD.lr").set_value(value).run()
    assert isinstance(shown(app).methods[0].optimizer, SGD)
    assert [warning[:50] for warning in warnings(app)] == [
        "Run 1: lr must be a number from 1e-08 to 100, got "
    ]
    assert app.number_input(key="0.SGD.lr").value in (1e-8, 100.0)
    app = opened("run=none")
    app.number_input(key="task.epochs").set_value(value).run()
    assert 1 <= shown(app).task.epochs <= 100_000


def test_nesterov_without_momentum_gets_a_sentence() -> None:
    app = opened("epochs=50&run=SGD")
    app.checkbox(key="0.SGD.nesterov").check().run()
    assert warnings(app) == ["Run 1: nesterov needs momentum above 0 and dampening 0: using False."]
    assert not app.checkbox(key="0.SGD.nesterov").value
    app.number_input(key="0.SGD.momentum").set_value(0.9).run()
    app.checkbox(key="0.SGD.nesterov").check().run()
    assert shown(app).methods[0].optimizer.nesterov
    assert not app.warning


def test_a_start_can_be_chosen() -> None:
    app = opened("epochs=50&run=SGD")
    app.checkbox(key="start").check().run()
    app.number_input(key="start.w").set_value(0.1).run()
    assert shown(app).task.start == (0.1, 0.0)
    app.run()
    assert shown(app).task.start == (0.1, 0.0)


def test_the_cache_knows_optimizers_of_equal_fields_apart() -> None:
    """`st.cache_data` hashes a dataclass by its fields alone unless told otherwise."""
    first = opened("epochs=20&run=SGD~lr-0.01")
    with registered(Twin):
        second = opened("epochs=20&run=Twin~lr-0.01")
        assert first.table[0].value["final loss"].tolist() != second.table[0].value["final loss"].tolist()


@dataclass(frozen=True)
class Twin(SGD):
    """The settings of SGD, another rule."""

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        params.sub_(self.lr * gradient.sign())


@dataclass(frozen=True)
class Tiger(Optimizer):
    """The sign of a blend of momentum and gradient. Source: X. Chen et al. 2023, arXiv 2302.06675."""

    summary: ClassVar[str] = "The sign of a blend of momentum and gradient."

    lr: Number = real(1e-4, 1e-8, 100, scale="log", help="Step size.")
    beta1: Number = real(0.9, 0, 1, help="Share of momentum in the step.")
    beta2: Number = real(0.99, 0, 1, help="Memory of the momentum.")

    def torch(self, *params: Tensor) -> TorchOptimizer:
        return Stepper(self, *params)

    def init(self, params: Tensor) -> State:
        return {"exp_avg": torch.zeros_like(params)}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        momentum = state["exp_avg"]
        params.sub_(self.lr * (self.beta1 * momentum + (1 - self.beta1) * gradient).sign())
        momentum.mul_(self.beta2).add_((1 - self.beta2) * gradient)


class Stepper(TorchOptimizer):
    """A rule as a torch optimizer."""

    def __init__(self, rule: Optimizer, params: Tensor) -> None:
        super().__init__([params], {})
        self.rule, self.params, self.t, self.memory = rule, params, 0, rule.init(params.detach())

    @torch.no_grad()
    def step(self) -> None:
        self.t += 1
        self.rule.step(self.t, self.params, self.params.grad, self.memory)


@dataclass(frozen=True)
class InTorchAlone(Optimizer):
    """An optimizer that torch alone has. Source: M. Zeiler 2012, arXiv 1212.5701."""

    summary: ClassVar[str] = "Steps that shrink with all gradients seen."

    lr: Number = real(1e-2, 1e-8, 100, scale="log", help="Step size.")

    def torch(self, *params: Tensor) -> TorchOptimizer:
        return TorchAdadelta(params, lr=self.lr)


class registered:  # noqa: N801
    """A class in the registry, for as long as the block lasts."""

    def __init__(self, kind: type[Optimizer]) -> None:
        self.kind = kind

    def __enter__(self) -> None:
        OPTIMIZERS[self.kind.__name__] = self.kind

    def __exit__(self, *_: object) -> None:
        del OPTIMIZERS[self.kind.__name__]


def test_a_new_optimizer_is_one_class() -> None:
    """Registered, it is in the sidebar, in links, and trained by all runners: nothing else knows it."""
    with registered(Tiger):
        run = Run(optimizer=Tiger(lr=0.01), epochs=100, dtype="float64")
        assert Run.from_query(run.to_query()) == (run, [])
        ends = [
            train(Run(optimizer=Tiger(lr=0.01), runner=runner, epochs=100)).params[-1] for runner in RUNNERS
        ]
        assert all(torch.equal(end, ends[0]) for end in ends)
        app = opened(f"epochs=50&run={list(OPTIMIZERS)[-2]}")
        assert app.selectbox(key="0.optimizer").options == list(by_group().values())
        next(button for button in app.button if button.label == "Add run").click().run()
        assert shown(app).methods[1].optimizer == Tiger()
        app.number_input(key="1.Tiger.beta1").set_value(0.5).run()
        assert shown(app).methods[1].optimizer == Tiger(beta1=0.5)
        assert "~lr-0.0001~beta1-0.5~beta2-0.99" in shown(app).to_query()
        assert len(app.table[0].value) == 2
        assert not opened(shown(app).to_query().replace("tab=Loss", "tab=Three+ways")).exception


def test_an_optimizer_without_a_rule_is_offered_for_torch_alone() -> None:
    with registered(InTorchAlone):
        app = opened("epochs=50&run=Adam~manual")
        app.selectbox(key="0.optimizer").select(by_group()["InTorchAlone"]).run()
        assert app.selectbox(key="0.runner").options == ["torch.optim"]
        assert shown(app).methods[0] == Method(optimizer=InTorchAlone(), runner="torch.optim")
        assert not opened(shown(app).to_query().replace("tab=Loss", "tab=Three+ways")).exception
        with pytest.raises(ValueError, match="needs a hand-written update rule; InTorchAlone has none"):
            Run(optimizer=InTorchAlone(), runner="manual")


def test_a_chart_is_that_of_its_own_task() -> None:
    """Without runs the task alone tells one chart from another."""
    link = "run=none&tab=Path&problem="
    charts = [opened(link + name).get("vega_lite_chart")[0].proto.spec for name in ("Booth", "Beale")]
    assert charts[0] != charts[1]


@pytest.mark.parametrize(
    ("link", "key", "values"),
    [
        ("tab=Path&problem=Booth", "path.zoom", ("all", "paths", "minimum")),
        ("problem=LogisticRegression&batch_size=50", "view.batches", (False, True)),
        pytest.param(
            "problem=LogisticRegression&validation_split=0.2",
            "view.validation_curve",
            (True, False),
            marks=pytest.mark.slow,
        ),
        ("problem=LogisticRegression", "view.y", ("loss", "accuracy")),
        ("", "view.scale", ("log", "linear")),
        pytest.param("", "view.x", ("epochs", "gradients"), marks=pytest.mark.slow),
    ],
)
def test_a_chart_is_that_of_its_own_look(
    link: str, key: str, values: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each value draws another chart, and the same one again: the cache knows them apart."""
    coarse_maps(monkeypatch)
    app = opened(f"epochs=9&run=SGD~lr-0.01&run=Adam&{link}")
    charts = []
    for value in values * 2:
        kind = app.checkbox if isinstance(value, bool) else app.segmented_control
        kind(key=key).set_value(value).run()
        assert controls.values(shown(app), app.session_state["session_page"].ids)[key] == value
        charts.append(drawn(app))
    once, again = charts[: len(values)], charts[len(values) :]
    assert once == again
    assert len(set(once)) == len(values)


def drawn(app: AppTest) -> str:
    """The first chart, with its tables."""
    chart = app.get("vega_lite_chart")[0].proto
    tables = (ipc.open_stream(table.data.data).read_all() for table in chart.datasets)
    return repr((chart.spec, [table.to_pydict() for table in tables]))


def test_a_table_is_pasted_and_trained_on() -> None:
    app = opened("epochs=50&run=Adam&tab=Data")
    app.text_area(key="csv.text").set_value("x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(9))).run()
    assert "Suggested: Linear Regression." in [c.value for c in app.caption]
    next(button for button in app.button if button.label == "Train on this table").click().run()
    page = shown(app)
    assert (page.tab, page.task.problem.source) == ("Fit", "csv")
    assert page.task.problem.minimum == pytest.approx(0, abs=1e-20)
    app.selectbox(key="problem").select("Booth").run()
    assert "csv=" not in shown(app).to_query()
    app.selectbox(key="problem").select("Polynomial").run()
    app.segmented_control(key="problem.Polynomial.source").set_value("csv").run()
    assert shown(app).task.problem.csv == page.task.problem.csv


def test_numbers_too_large_for_any_model_are_reported() -> None:
    app = opened("epochs=50&run=Adam&tab=Data")
    app.text_area(key="csv.text").set_value("x,y\n1e300,0\n" + "".join(f"{x},{x}\n" for x in range(30))).run()
    assert not app.exception
    said = next(m.value for m in app.markdown if m.value.startswith("No compatible model"))
    assert "1e100 in column “x”" in said.replace("\\", "")


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("problem=LinearRegression~samples-2000&run=Adam", "143 of 2,000 samples are drawn."),
        ("problem=Polynomial~samples-5000&run=Adam", "800 of 5,000 samples are drawn."),
        ("problem=Polynomial~samples-5000&run=none", "800 of 5,000 samples are drawn."),
        ("problem=LinearRegression&validation_split=0.2&run=Adam", "Computed on the training set."),
        ("problem=SoftmaxRegression&validation_split=0.2&run=Adam", "Computed on the validation set."),
        ("problem=LogisticRegression&validation_split=0.2&run=Adam", "Triangles: validation samples."),
    ],
)
def test_which_samples_are_shown_is_said(link: str, told: str) -> None:
    app = opened(f"epochs=5&tab=Fit&{link}")
    captions = [caption.value for caption in app.main.caption]
    assert sum(told in caption for caption in captions) == 1
    assert any("Move the slider" in caption for caption in captions) == ("none" not in link)


@pytest.mark.parametrize("runs", slow_but((1, 3), (1, 2, 3, 4)))
def test_panels_of_a_fit_are_in_the_order_of_the_runs_wherever_columns_are_stacked(runs: int) -> None:
    methods = "&".join(f"run=SGD~lr-0.{k + 1}" for k in range(runs))
    app = opened(f"problem=LogisticRegression&epochs=3&tab=Fit&{methods}")
    titles = [m.value for m in app.main.markdown if " **SGD" in m.value]
    expected = [f"lr 0.{k + 1}" for k in range(runs)] if runs > 1 else ["SGD"]
    assert [name for title, name in zip(titles, expected, strict=True) if name not in title] == []
    assert len(chart_types(app)) == runs


def test_one_epoch_is_no_epochs_where_a_race_asks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_work, "estimate", lambda sweep: 1e6)
    monkeypatch.setattr(page_work, "ESTIMATE_MIN_UPDATES", 0)
    for tab in ("Race", "Grid search"):
        app = opened(f"epochs=1&run=SGD&tab={tab}&race=trials-4~seeds-2~epochs-1")
        assert "runs of 1 epoch take about" in sentence(app)


@pytest.mark.parametrize(("problem", "star"), [("McCormick", "Star: a local"), ("Booth", "Star: known")])
def test_a_star_is_a_minimum_as_far_as_is_known(problem: str, star: str) -> None:
    app = opened(f"epochs=5&tab=Path&run=SGD&problem={problem}")
    assert any(f"{star} minimum." in caption.value for caption in app.main.caption)


@pytest.mark.parametrize(("features", "more"), [(MAX_SHOWN - 1, False), (MAX_SHOWN, True)])
def test_parameters_that_are_not_shown_are_counted(features: int, more: bool) -> None:
    app = opened(f"epochs=5&tab=Parameters&run=SGD~lr-0.01&problem=LinearRegression~features-{features}")
    told = f"The first {MAX_SHOWN} of {features + 1} parameters, and the gradient norm."
    assert (told in [caption.value for caption in app.main.caption]) == more


def test_controls_of_curves_are_there_where_these_are() -> None:
    app = opened("epochs=5&problem=LogisticRegression&validation_split=0.2&batch_size=50&run=SGD")
    offered = lambda: {box.key for box in app.main.checkbox}  # noqa: E731
    assert offered() == {"view.validation_curve", "view.batches"}
    app.segmented_control(key="view.y").set_value("accuracy").run()
    assert offered() == {"view.validation_curve"}
    app.segmented_control(key="view.y").set_value("loss").run()
    assert offered() == {"view.validation_curve", "view.batches"}


def test_what_a_table_changes_of_the_task_is_said() -> None:
    app = opened("epochs=100000&run=none&tab=Data")
    names = ",".join(f"x{k}" for k in range(150))
    rows = "".join(",".join(str((k + j) % 7) for j in range(150)) + f",{'ab'[k % 2]}\n" for k in range(20))
    app.text_area(key="csv.text").set_value(f"{names},kind\n{rows}").run()
    next(button for button in app.button if button.label == "Train on this table").click().run()
    assert any("epochs must be" in warning for warning in warnings(app))


def test_why_there_is_no_grid_names_the_setting() -> None:
    app = opened("epochs=5&run=SGD~momentum-0.9~nesterov-1&tab=Grid+search&grid_search=y-dampening")
    assert sentence(app) == "No grid: nesterov needs momentum above 0 and dampening 0."


def test_a_race_that_is_confirmed_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the load of the server, and whatever else is confirmed."""
    seconds = [0.1]
    monkeypatch.setattr(page_work, "estimate", lambda sweep: seconds[0])
    monkeypatch.setattr(page_work, "ESTIMATE_MIN_UPDATES", 0)
    app = opened("epochs=20&run=SGD&tab=Race&race=trials-4~seeds-2~epochs-20")
    assert sentence(app).startswith("After tuning")
    seconds[0] = 1e6
    app.run()
    assert sentence(app).startswith("After tuning")
    app.number_input(key="race.trials").set_value(5).run()
    assert "take about" in sentence(app)


def test_data_of_ones_own_need_a_table() -> None:
    app = opened("epochs=50&run=Adam&problem=MLP")
    app.selectbox(key="problem.MLP.source").select("csv").run()
    assert warnings(app)[0] == "source csv needs an uploaded file: see the tab Data: using moons."


def test_why_there_is_no_validation_set_is_said_beside_the_split_and_on_the_tab_data() -> None:
    app = opened("epochs=50&run=Adam&tab=Data&validation_split=0.04")
    told = "A validation split of 0\\.04 of 11 samples rounds to 0\\: no validation set\\."
    assert [c.value for c in app.sidebar.caption].count(told) == 1
    assert [c.value for c in app.main.caption].count(told) == 1
    app.number_input(key="task.validation_split").set_value(0.2).run()
    assert told not in [c.value for c in app.caption]
    split = "9 training and 2 validation samples\\, split at random\\."
    assert split in [c.value for c in app.main.caption]


def test_in_batches_no_stability_limit_is_reported_or_drawn() -> None:
    app = opened("epochs=50&run=SGD&tab=Race&batch_size=4&optimizers=runs&race=trials-3~seeds-2~epochs-5")
    captions = [c.value for c in app.caption]
    assert any(c.startswith("Hessian (full batch): ") for c in captions)
    assert not any("stable" in c or "stability limit" in c for c in captions)
    app.number_input(key="task.batch_size").set_value(0).run()
    captions = [c.value for c in app.caption]
    assert any("Plain SGD is stable below lr 0.03298." in c for c in captions)
    assert any("stability limit" in c for c in captions)


def test_adam_is_a_rule() -> None:
    assert Adam.by_hand()


@pytest.mark.parametrize(
    ("link", "options"),
    [
        ("problem=Rosenbrock", ["all", "paths", "minimum"]),
        ("problem=MLP", ["all", "paths"]),
        ("problem=MLP&zoom=minimum", ["all", "paths", "minimum"]),
    ],
)
def test_a_zoom_to_the_minimum_is_offered_where_it_is_known(
    link: str, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    coarse_maps(monkeypatch)
    app = opened(f"epochs=5&run=SGD&tab=Path&{link}")
    assert app.segmented_control(key="path.zoom").options == options


def test_a_comparison_without_runs_invites() -> None:
    app = opened("run=none&tab=Compare")
    assert sentence(app) == "No runs yet. Add one in the sidebar, or choose an example there."
    assert len(chart_types(app)) == 1
    next(button for button in app.button if button.label == "Add run").click().run()
    assert len(shown(app).methods) == 1
    assert "No runs" not in sentence(app)


def test_a_tab_alone_is_its_sentence_and_its_picture() -> None:
    app = opened("view=chart")
    assert shown(app) == replace(ARRIVAL, display="chart")
    assert shown(app).to_query().endswith("&view=chart&end=1")
    assert sentence(app).startswith("Adam came within")
    assert len(chart_types(app)) == 1
    assert not app.title
    assert not app.table
    assert not app.sidebar.button
    assert "view=chart" not in ARRIVAL.to_query()


def test_an_unknown_view_is_noted() -> None:
    app = opened("view=all&run=SGD&epochs=5")
    assert warnings(app)[1:] == ["view must be one of page, chart, got all: using page."]
    assert app.title


@pytest.mark.parametrize(
    ("tab", "key", "count", "fewer"),
    [("Race", "race.trial", "race.trials", 3), ("Grid search", "grid_search.cell", "grid_search.count", 2)],
)
def test_trials_and_cells_are_added_without_a_click_on_the_chart(
    tab: str, key: str, count: str, fewer: int
) -> None:
    app = opened(f"epochs=30&run=SGD~lr-0.5&tab={tab}&race=trials-6~seeds-3~epochs-30&grid_search=count-4")
    listed = app.selectbox(key=key).options
    app.selectbox(key=key).set_value(listed[-1]).run()
    app.number_input(key=count).set_value(fewer).run()
    assert len(app.selectbox(key=key).options) < len(listed)
    app.button(key=f"{key}.add").click().run()
    added = shown(app).methods[1:]
    assert len(added) == 1
    kind, *settings = app.selectbox(key=key).options[0].rpartition(": ")[0].split(" · ")
    assert all(part in added[0].label for part in (*settings[-1:], *([kind] if tab == "Race" else [])))


@pytest.mark.parametrize(
    "more",
    slow_but(
        ("tab=Compare&view=chart&end=1", "tab=Loss"), ("tab=Compare&view=chart&end=1", "tab=Loss", "tab=Fit")
    ),
)
def test_the_summary_is_that_of_the_comparison_where_rounding_decides(
    more: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = "problem=McCormick&epochs=463&dtype=float64&run=RMSprop~lr-0.8989&run=RMSprop~lr-0.8"
    said, say = [], Placeholder.say
    monkeypatch.setattr(Placeholder, "say", lambda self, text: said.append(text) or say(self, text))
    app = opened(f"{pair}&{more}")
    assert said == ["Counting trusted digits …", sentence(app)], "none is named before"
    assert sentence(app) == compare(shown(app).runs).sentence()
    assert sentence(app).startswith("Rounding decides which run has the lowest final loss, ")
    assert not any(
        "has the lowest final loss, 2.213" in repr(chart.proto) for chart in app.get("vega_lite_chart")
    )
