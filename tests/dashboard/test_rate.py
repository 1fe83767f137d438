"""The tab Learning rate without a browser: its settings, and what its picture is made of."""

import json
import math
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.components.rate.payload import NONE, packed, quantized
from dashboard.state import Page
from dashboard.tabs import rate as rate_tab
from dashboard.tabs.grid import GridSettings
from dashboard.tabs.path import PathSettings
from dashboard.tabs.rate import MAX_VALUE, RateSettings, released_value
from dashboard.tabs.rate_picture import cached_content, cut_off
from dashboard.work import Histories
from tests.dashboard.page import chart_types, coarse_maps, opened, sentence, shown
from tests.matrix import slow_but
from tests.methods import methods
from trainers import train
from trainers.charts import Style
from trainers.clipping import ClipNorm
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.problems import MLP, LogisticRegression, Problem, Thermometer
from trainers.problems.surfaces import McCormick, Rosenbrock, StyblinskiTang
from trainers.reports import rate
from trainers.reports.names import names
from trainers.run import Method, Task
from trainers.schedules import LinearLR

KINDS = {"uint16", "float64", "float32", "int32"}
"""Kinds of numbers that the component reads."""


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and arrays, read as the component reads them."""
    length = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + length])
    arrays = {}
    for name, place in header.pop("arrays").items():
        assert place["kind"] in KINDS
        assert place["begin"] % 8 == 0
        count = math.prod(place["shape"])
        array = np.frombuffer(data, place["kind"], count, 4 + length + place["begin"])
        arrays[name] = array.reshape(place["shape"])
    return header, arrays


def test_what_is_packed_is_read_again() -> None:
    given = {"a": np.arange(5, dtype="uint16"), "b": np.ones((2, 3)), "c": np.zeros((0, 2), dtype="float32")}
    header, arrays = unpacked(packed({"name": "β · 1"}, given))
    assert header == {"name": "β · 1"}
    for name, array in given.items():
        np.testing.assert_array_equal(arrays[name], array)


@settings(deadline=None)
@given(st.lists(st.floats(-100, 100) | st.just(math.nan)), st.floats(-50, 0), st.floats(1, 50))
def test_quantized_numbers_are_close(values: list[float], low: float, high: float) -> None:
    numbers = np.array(values)
    kept = quantized(numbers, low, high)
    assert ((kept == NONE) == np.isnan(numbers)).all()
    read = low + (high - low) * kept / (NONE - 1)
    finite = ~np.isnan(numbers)
    assert np.abs(read - numbers.clip(low, high))[finite].max(initial=0) <= (high - low) / NONE


def test_a_path_ends_where_it_leaves_the_box() -> None:
    box = np.array([[0.0, 1.0], [0.0, 2.0]])
    paths = np.array(
        [[[0.5, 1], [0.5, 1.5], [0.5, 9], [0.5, 1]], [[0.5, 1], [1.5, 2], [np.nan, 1], [0.5, 1]]]
    )
    cut = cut_off(paths, box)
    np.testing.assert_allclose(cut[0], [[0.5, 1], [0.5, 1.5], [0.5, 2], [np.nan, np.nan]])
    np.testing.assert_allclose(cut[1], [[0.5, 1], [1, 1.5], [np.nan, np.nan], [np.nan, np.nan]])


PROBLEMS_DRAWN: tuple[Problem, ...] = (
    Thermometer(),
    Thermometer("raw"),
    Rosenbrock(),
    McCormick(),
    StyblinskiTang(),
    LogisticRegression(),
    MLP(width=4),
)
OPTIMIZERS_DRAWN = ((SGD(lr=0.01),), (SGD(lr=50.0, momentum=0.9), Adam(lr=0.1)))
"""One that stays, and two of which one diverges."""
BATCHES: tuple[dict[str, Any], ...] = ({}, {"batch_size": 8, "validation_split": 0.3})


@pytest.mark.parametrize(
    ("problem", "optimizers", "epochs", "dtype", "batches"),
    slow_but(
        [
            *product(PROBLEMS_DRAWN, OPTIMIZERS_DRAWN[1:], (20,), ("float32",), ({},)),
            *product(PROBLEMS_DRAWN[-1:], OPTIMIZERS_DRAWN[1:], (1,), ("float64",), BATCHES),
        ],
        product(PROBLEMS_DRAWN, OPTIMIZERS_DRAWN, (1, 20), ("float32", "float64"), BATCHES),
    ),
)
def test_every_picture_is_numbers(
    problem: Problem,
    optimizers: Any,
    epochs: int,
    dtype: str,
    batches: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever diverges, all that is drawn is finite, and the ranges hold what they should."""
    coarse_maps(monkeypatch)
    batches = batches if problem.num_samples > 20 else {}
    task = Task(problem=problem, epochs=epochs, dtype=dtype, **batches)
    given = methods(*optimizers)
    page = Page(task, given)
    histories = Histories(page.runs, 1000, tuple(map(train, page.runs)))
    axis = rate.value_range(given, "lr")
    sweeps = rate.sweeps(task, list(rate.distinct(given)), "lr", axis)
    style = Style.of(names(list(rate.distinct(given))))
    made = cached_content(histories, sweeps, style, 1e-2, 400)
    header, arrays = unpacked(packed(made.header, made.arrays))
    low, high = header["y"]["domain"]
    assert low < high
    runs, values, points = arrays["curves"].shape
    assert (runs, values) == (len(optimizers), len(header["values"])) == arrays["final"].shape
    assert points == len(arrays["epochs"])
    begins = arrays["curves"][:, :, 0] / (NONE - 1)
    stored = header["y"]["stored"]
    begins = stored[0] + (stored[1] - stored[0]) * begins
    assert ((begins > low) & (begins <= high)).all()
    assert all(0 <= place <= values - 1 for place, _ in header["marks"])
    assert np.isfinite(arrays["lines"]).all()
    assert arrays["paths"].shape == (runs, values, len(arrays["snapshots"]), 2)
    assert (arrays["paths"][:, :, 0] < NONE).all()
    assert arrays["breaks"][-1] == len(arrays["lines"])


def test_the_picture_is_small() -> None:
    given = methods(SGD(lr=0.02), SGD(lr=0.02, momentum=0.9), RMSprop(lr=0.3), Adam(lr=1.0))
    for problem in (Thermometer(), Rosenbrock()):
        task = Task(problem=problem, epochs=500)
        page = Page(task, given)
        histories = Histories(page.runs, 1000, tuple(map(train, page.runs)))
        sweeps = rate.sweeps(task, list(rate.distinct(given)), "lr", rate.value_range(given, "lr"))
        made = cached_content(histories, sweeps, Style.of(names(given)), 1e-2, 400)
        assert len(packed(made.header, made.arrays)) < 350_000


METHODS = (Method(optimizer=SGD(lr=0.1)), Method(optimizer=Adam()), Method(optimizer=SGD(lr=0.2)))


@pytest.mark.parametrize(
    ("given", "fitted"),
    [
        (RateSettings(run=9, x="momentum"), RateSettings(run=3, x="momentum")),
        (RateSettings(run=2, x="momentum"), RateSettings(run=2, x="lr", value=1e-3)),
        (RateSettings(run=0, x="momentum", value=0.9), RateSettings(run=0, x="lr", value=0.1)),
        (RateSettings(run=2, x="beta2", value=7.0), RateSettings(run=2, x="beta2", value=7.0)),
    ],
)
def test_the_settings_fit_the_comparison(given: RateSettings, fitted: RateSettings) -> None:
    assert Page(methods=METHODS, settings=(given,)).of(RateSettings) == fitted


def test_what_is_kept_is_what_the_slider_shows() -> None:
    task = Task(epochs=20)
    sgd, adam = (method.optimizer for method in RateSettings(value=0.3).kept(task, METHODS))
    assert (type(sgd), type(adam)) == (SGD, Adam)
    assert sgd.lr == adam.lr
    assert 0.27 < sgd.lr < 0.33
    (kept,) = RateSettings(run=3, x="momentum", value=0.5).kept(task, METHODS)
    assert (kept.optimizer.lr, round(kept.optimizer.momentum, 1)) == (0.2, 0.5)
    scheduled = replace(METHODS[0], schedule=LinearLR(), clipping=ClipNorm())
    (kept,) = RateSettings(run=1, value=0.5).kept(task, [scheduled])
    assert (kept.schedule, kept.clipping) == (LinearLR(), ClipNorm())
    assert RateSettings().kept(task, []) == []


def test_a_tab_keeps_its_run_when_others_come_and_go() -> None:
    about = RateSettings(run=2, x="beta2")
    assert about.with_run_inserted(0).run == about.with_run_inserted(1).run == 3
    assert about.with_run_inserted(2) == about.with_run_removed(2) == about
    assert about.with_run_removed(0).run == 1
    assert about.with_run_removed(1).run == 0
    assert GridSettings(run=2).with_run_removed(1).run == 1
    assert PathSettings().with_run_removed(0) == PathSettings().with_run_inserted(0) == PathSettings()


@pytest.mark.parametrize(
    ("state", "value"),
    [
        ({"released": 0.5}, 0.5),
        ({"released": 1}, 1.0),
        *(({"released": wrong}, None) for wrong in (-1, MAX_VALUE * 2, math.nan, "0.5", None, True, [1])),
        *((wrong, None) for wrong in (None, 3, "x", {}, [])),
    ],
)
def test_only_a_value_of_a_slider_is_taken(state: Any, value: float | None) -> None:
    assert released_value(state) == value


def test_the_runs_at_the_slider_are_kept() -> None:
    app = opened("epochs=30&tab=Learning+rate&run=SGD~lr-0.01&run=SGD~lr-0.5&run=Adam&rate=value-0.03")
    assert sentence(app).startswith("Lowest final gap: ")
    next(button for button in app.button if button.label == "Keep these 2 runs").click().run()
    added = shown(app).methods[3:]
    assert [type(method.optimizer) for method in added] == [SGD, Adam]
    assert all(0.027 < method.optimizer.lr < 0.033 for method in added)
    assert len(chart_types(app)) == 1


def test_those_trained_first_are_drawn_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[str]] = []
    monkeypatch.setattr(rate_tab, "LIVE_DELAY_S", -1)
    monkeypatch.setattr(
        rate_tab, "rate_slider", lambda: lambda data, **_: drawn.append(unpacked(data)[0]["names"])
    )
    opened("epochs=31&tab=Learning+rate&run=SGD&run=Adam&run=RMSprop")
    assert drawn == [["SGD"], ["SGD", "Adam"], ["SGD", "Adam", "RMSprop"]]


def test_one_run_is_swept_over_any_of_its_hyperparameters() -> None:
    app = opened("epochs=30&tab=Learning+rate&run=SGD~lr-0.01&run=Adam")
    app.selectbox(key="rate.run").select(1).run()
    app.selectbox(key="rate.x").select("momentum").run()
    assert " at momentum " in sentence(app)
    assert shown(app).of(RateSettings) == RateSettings(run=1, x="momentum", value=0.0)
    app.button(key="1.vary").click().run()
    assert shown(app).of(RateSettings) == RateSettings(run=2, value=1e-3)
    app.button(key="0.remove").click().run()
    assert shown(app).of(RateSettings) == RateSettings(run=1, value=1e-3)
    app.button(key="1.remove").click().run()
    assert sentence(app) == "Add a run to move its learning rate."


@pytest.mark.parametrize("problem", ["Beale", "GoldsteinPrice"])
def test_a_first_loss_that_is_not_finite_is_no_fault(problem: str) -> None:
    app = opened(f"problem={problem}&start=1000000~1000000&epochs=20&tab=Learning+rate&run=SGD")
    assert sentence(app).startswith("Every run diverged")
