"""How far apart the implementations of one run are, also where it diverges."""

import re
from dataclasses import replace

import pytest
import torch

from tests.dashboard.page import opened
from trainers import History, Run, train
from trainers.reports.three_ways import (
    describe_difference,
    describe_end,
    differences,
    max_param_difference,
    ulp,
)
from trainers.runners import RUNNERS


def three(link: str) -> list[History]:
    run, notes = Run.from_query(link)
    assert not notes
    return [train(replace(run, runner=runner)) for runner in RUNNERS]


def test_runs_that_diverge_are_compared_relative_to_their_size_and_before() -> None:
    histories = three("epochs=500&run=SGD~lr-0.05")
    end = histories[0].diverged_at
    assert end is not None
    assert describe_end(histories) == f"All 3 diverged, after {end} epochs. Before that,"
    params = torch.stack([history.params[:end].double() for history in histories])
    apart = (params.amax(0) - params.amin(0)).amax(1) / params.abs().amax((0, 2))
    assert max_param_difference(histories) == pytest.approx(float(apart.max()))
    assert 0 < max_param_difference(histories) < 1e-5
    assert describe_difference(histories).endswith(" apart, relative to the largest of them")
    assert differences(histories)["x"].max() < end
    assert ulp(histories) == torch.finfo(torch.float32).eps


def test_where_some_diverge() -> None:
    histories = three("epochs=500&run=SGD~lr-0.05")
    end = histories[0].diverged_at
    later = [histories[0], replace(histories[1], diverged_at=end + 1), histories[2]]
    assert describe_end(later) == f"All 3 diverged, after {end} to {end + 1} epochs. Before that,"
    assert describe_end(later[:2]).startswith("Both diverged, after")
    one = [histories[0], replace(histories[1], diverged_at=None, status="stopped")]
    assert describe_end(one) == f"1 of 2 diverged, after {end} epochs. Before that,"


def test_runs_that_converge_are_compared_as_they_are() -> None:
    histories = three("epochs=100&run=SGD~lr-0.02")
    assert describe_end(histories) == "Over 100 epochs"
    told = re.fullmatch(r"never more than (.*) apart", describe_difference(histories))
    assert told is not None
    assert max_param_difference(histories) <= float(told[1].replace("−", "-")) < 1e-4


def test_the_page_says_that_all_diverged() -> None:
    app = opened("epochs=500&run=SGD~lr-0.05&tab=Three+ways")
    (text,) = [text.value for text in app.markdown if text.value.startswith("The same run trained")]
    assert "All 3 diverged, after 59 epochs. Before that, in float32 their parameters were **never" in text


def test_the_page_where_nothing_was_finite() -> None:
    app = opened("problem=GoldsteinPrice&start=1e6~1e6&epochs=5&run=SGD&tab=Three+ways")
    assert any("All 3 diverged, after 0 epochs." in text.value for text in app.markdown)
