"""Results as notebooks show them."""

import re
from base64 import b64decode
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
import torch

from trainers import Axis, Race, Run, Sweep, compare, notebook, race, sweep, train
from trainers.notebook import chart, mimebundle
from trainers.optimizers import SGD, Adam
from trainers.overviews import Overview

RUN = Run(optimizer=SGD(lr=0.02), epochs=20)
RACE = Race(optimizers=(SGD(), Adam()), trials=3, seeds=2, epochs=20)
LR = {"lr": Axis(1e-3, 10, 4, log=True)}
PAIR = {"lr": Axis(1e-3, 0.03, 3), "momentum": Axis(0, 0.9, 3)}
RESULTS = {
    "history": lambda: train(RUN),
    "diverged": lambda: train(replace(RUN, optimizer=SGD(lr=30))),
    "comparison": lambda: compare([replace(RUN, runner=runner) for runner in ("manual", "autograd")]),
    "sweep": lambda: sweep(Sweep(RUN, LR, seeds=2)),
    "pair": lambda: sweep(Sweep(RUN, PAIR)),
    "race": lambda: race(RACE),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_sentence_chart_and_table(name: str) -> None:
    result: Any = RESULTS[name]()
    bundle = result._repr_mimebundle_(include=None, exclude=None)
    assert bundle.keys() == {"text/plain", "text/html"}
    html = bundle["text/html"]
    image = re.search(r'<img src="data:image/svg\+xml;base64,([\w+/=]+)" alt="([^"]+)"', html)
    assert image is not None
    assert ElementTree.fromstring(b64decode(image[1])).tag == "{http://www.w3.org/2000/svg}svg"
    assert image[2][:20] in bundle["text/plain"]
    assert html.count("<table") == 1
    assert "tensor" not in html + bundle["text/plain"] + repr(result)
    assert len(repr(result)) < 1000


def test_a_history_is_shown_as_a_comparison_of_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.training.perf_counter", lambda: 0.0)
    assert mimebundle(train(RUN))["text/plain"] == mimebundle(compare([RUN]))["text/plain"]


def test_the_colors_of_a_race_are_named() -> None:
    html = mimebundle(race(RACE))["text/html"]
    assert re.findall(r'<span style="color: #\w{6}">■</span> (\w+)', html) == ["SGD", "Adam"]


def test_some_results_have_no_chart() -> None:
    three = Sweep(RUN, PAIR | {"dampening": Axis(0, 0.5, 2)})
    for spec in (three, Sweep(RUN, PAIR, seeds=2), Sweep(RUN, PAIR, num_points=4), Sweep(RUN, seeds=2)):
        result = sweep(spec)
        assert chart(result) is None
        assert "<img" not in mimebundle(result)["text/html"]
        assert "<table" in mimebundle(result)["text/html"]


def test_what_was_stopped_says_so() -> None:
    stopped = race(RACE, lambda fraction: True)
    assert mimebundle(stopped) == {
        "text/plain": "Stopped before all optimizers had finished.\nNo optimizer finished.",
        "text/html": "<p>Stopped before all optimizers had finished.</p><p>No optimizer finished.</p>",
    }
    half = race(RACE, lambda fraction: fraction > 0.6)
    assert len(half.results) == 1
    assert "SGD" in mimebundle(half)["text/plain"]
    partial = sweep(Sweep(RUN, LR), lambda fraction: fraction > 0.5)
    assert mimebundle(partial)["text/plain"].startswith("Stopped before all 4 runs had ended.")
    comparison = compare([RUN, RUN], on_progress=lambda fraction: fraction > 0.7)
    assert mimebundle(comparison)["text/plain"].startswith("Stopped after 1 of 2 runs.\n")


@pytest.mark.parametrize("package", notebook.OPTIONAL)
def test_without_what_charts_need_the_table_is_there(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(result: Any) -> None:
        raise ImportError(name=package)

    monkeypatch.setattr(notebook, "chart", missing)
    html = mimebundle(train(RUN))["text/html"]
    assert "<table" in html
    assert "<img" not in html


def test_another_missing_package_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(result: Any) -> None:
        raise ImportError(name="pandas")

    monkeypatch.setattr(notebook, "chart", missing)
    with pytest.raises(ImportError):
        mimebundle(train(RUN))


def test_texts_are_escaped() -> None:
    overview = Overview(("a < b",), pd.DataFrame({"<i>": ["<b>"]}), ("<u>",))
    html = notebook._html(overview, "")
    assert not re.search("<[biu]>|< b", html)
    assert all(text in html for text in ("a &lt; b", "&lt;i&gt;", "&lt;b&gt;", "&lt;u&gt;"))


def test_it_is_shown_whatever_mode_torch_is_in() -> None:
    with torch.inference_mode():
        assert "<img" in mimebundle(train(RUN))["text/html"]
