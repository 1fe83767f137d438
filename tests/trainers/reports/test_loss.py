"""The tables behind the charts: thinned, but with everything that matters."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers import Run, train
from trainers.optimizers import SGD, Adam
from trainers.problems import LogisticRegression, Problem, Thermometer
from trainers.problems.surfaces import Booth, McCormick, Saddle, SixHumpCamel, ThreeHumpCamel
from trainers.reports import loss as loss_report
from trainers.reports import thinning
from trainers.reports import three_ways as three_ways_report

VALUES = st.lists(st.floats(width=32), max_size=60).map(lambda x: torch.tensor(x, dtype=torch.float64))


@given(VALUES, st.integers(1, 9))
def test_thinning_keeps_the_ends_the_extremes_and_the_order(values: torch.Tensor, buckets: int) -> None:
    rows = thinning.downsample(values, buckets)
    finite = values.isfinite().nonzero().flatten()
    assert len(rows) <= 2 * buckets + 2
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert set(rows.tolist()) <= set(finite.tolist())
    if len(finite):
        assert (rows[0], rows[-1]) == (finite[0], finite[-1])
        assert values[rows].min() == values[finite].min()
        assert values[rows].max() == values[finite].max()


@pytest.mark.parametrize("length", range(1, 30))
def test_thinning_begins_where_a_curve_has_too_many_points(length: int) -> None:
    rows = thinning.downsample(torch.arange(length) % 2 - 0.5, buckets=3)
    assert len(rows) == length if length <= 8 else len(rows) <= 8


def test_thinning_keeps_every_spike() -> None:
    values = torch.ones(10_000)
    spikes = torch.arange(50, 10_000, 500)
    values[spikes], values[spikes + 7] = 100.0, 0.01
    rows = set(thinning.downsample(values).tolist())
    assert {*spikes.tolist(), *(spikes + 7).tolist()} <= rows


def test_short_curves_are_whole() -> None:
    history = train(Run(epochs=100))
    curve = loss_report.curves([history], ["SGD"], "loss")
    assert curve["y"].tolist() == history.loss.tolist()
    assert curve["x"].tolist() == list(range(101))


def test_seconds_and_gradients() -> None:
    history = train(Run(epochs=100))
    seconds = loss_report.curves([history], ["SGD"], "loss", "seconds")["x"]
    assert seconds.iloc[-1] == pytest.approx(history.run.epochs * history.seconds_per_epoch)
    assert loss_report.curves([history], ["SGD"], "loss", "gradients")["x"].tolist() == list(range(101))


@pytest.mark.parametrize("x", ["epochs", "gradients", "seconds"])
def test_hover_has_exact_values_of_all_runs(x: str) -> None:
    histories = [train(Run(optimizer=SGD(lr=lr), epochs=1000)) for lr in (0.01, 0.02)]
    table = loss_report.hover_table(histories, "gap", x)
    assert list(table) == ["x", "r0", "r1"]
    assert len(table) <= 150
    for i, history in enumerate(histories):
        values = set(history.gap.tolist())
        shown = table[f"r{i}"].dropna()
        assert len(shown) > 10
        assert set(shown) <= values
    assert table["r0"][0] == histories[0].gap[0]
    if x == "epochs":
        assert table["r1"].iloc[-1] == histories[1].gap[-1]


def test_hover_ends_with_a_diverged_run() -> None:
    history = train(Run(problem=Thermometer("raw"), optimizer=SGD(lr=1e-2), epochs=100))
    shown = loss_report.hover_table([history], "loss", "epochs")["r0"]
    assert shown[9] == history.loss[9]
    assert not any(map(math.isfinite, shown[10:]))


def test_snapshots_go_from_start_to_end() -> None:
    for epochs in (1, 2, 59, 60, 61, 5000, 100_000):
        moments = thinning.snapshot_epochs(epochs, 60)
        assert (moments[0], moments[-1]) == (0, epochs)
        assert moments == sorted(set(moments))
        assert len(moments) <= 61


def test_differences_are_those_of_the_runs_furthest_apart() -> None:
    ways = [train(Run(optimizer=SGD(lr=lr), epochs=20)) for lr in (0.01, 0.02, 0.015)]
    table = three_ways_report.differences(ways)
    params = [way.params.double() for way in ways]
    assert table["y"][20] == float((params[0] - params[1])[20].abs().max())
    assert table["y"][0] == 0


def test_the_rounding_step_is_that_of_the_largest_parameter() -> None:
    histories = [train(Run(start=start, epochs=1, dtype="float32")) for start in ((1.0, 0.0), (1.0, -17.3))]
    largest = max(float(history.params.abs().max()) for history in histories)
    assert three_ways_report.ulp(histories) == np.spacing(np.float32(largest))


def test_remarks_are_true() -> None:
    short, long = train(Run(epochs=100)), train(Run(optimizer=SGD(lr=0.03), epochs=5000))
    assert loss_report.caption([short], "loss", log=True) == "The gray line is the minimum loss."
    assert "Curves are downsampled to at most 602 points" in loss_report.caption([long], "loss", log=True)
    best = Run(start=Thermometer().minimizers[0], optimizer=SGD(lr=1e-4), epochs=20, dtype="float64")
    assert (
        loss_report.caption([train(best)], "gap", log=True) == "No value is above 0, so the axis is linear."
    )
    assert "Cross" not in loss_report.caption([long], "gap", log=False)
    gone = train(Run(problem=Thermometer("raw"), optimizer=SGD(lr=1e-2), epochs=100))
    assert "Cross: last finite value" in loss_report.caption([gone], "gap", log=False)


HIDDEN = "Not shown on the log axis:"


@pytest.mark.parametrize(
    ("problem", "column", "told"),
    [
        (SixHumpCamel(), "loss", "values of the loss below 0; visible on a linear axis."),
        (Saddle(), "loss", "values of the loss below 0; visible on a linear axis."),
        (ThreeHumpCamel(), "loss", "values of the loss equal to 0 (rounding)."),
        (ThreeHumpCamel(), "gap", "values of the gap equal to 0 (rounding)."),
    ],
)
def test_why_a_log_axis_leaves_values_out(problem: Problem, column: str, told: str) -> None:
    history = train(Run(problem=problem, optimizer=SGD(lr=0.05), epochs=1000))
    count = int((history.column(column) <= 0).sum())
    assert 1 < count < 1001
    assert f"{HIDDEN} {count:,} {told}" in loss_report.caption([history], column, log=True)
    assert HIDDEN not in loss_report.caption([history], column, log=False)


def test_why_no_line_marks_the_minimum() -> None:
    camel, booth, line = (train(Run(problem=p, epochs=5)) for p in (SixHumpCamel(), Booth(), Thermometer()))
    for history, told in ((camel, "−1.03163"), (booth, "0")):
        remarks = loss_report.caption([history], "loss", log=True)
        assert f"The minimum loss, {told}, is not shown: a log axis" in remarks
        assert "Dotted" not in remarks
        assert loss_report.caption([history], "loss", log=False).startswith(
            "The gray line is the minimum loss."
        )
    assert loss_report.caption([line], "loss", log=True).startswith("The gray line is the minimum loss.")
    assert "minimum loss" not in loss_report.caption([booth], "gap", log=True)


def test_the_gaps_of_accuracies_and_norms_are_no_rounding() -> None:
    run = Run(problem=LogisticRegression(), optimizer=SGD(lr=1e-3), epochs=5, validation_split=0.5)
    history = train(run)
    wrong = replace(history, accuracy=torch.tensor([0.0, 0.5, 0.5, 0.5, 0.5, 0.5]))
    told = "Not shown on the log axis: 1 value of the accuracy equal to 0; visible on a linear axis."
    assert loss_report.caption([wrong], "accuracy", log=True) == told
    none = replace(history, validation_accuracy=torch.zeros(6))
    told = "6 values of the validation accuracy equal to 0; visible on a linear axis."
    assert told in loss_report.caption([none], "accuracy", True, ["validation_accuracy"])
    there = train(Run(problem=Booth(), start=Booth().minimizers[0], epochs=5))
    assert loss_report.gradient_norm_captions([there]) == []
    told = ["Not shown on the log axis: 6 values of the gradient norm equal to 0."]
    assert loss_report.gradient_norm_captions([there, train(Run(problem=Booth(), epochs=5))]) == told


def test_what_is_under_way_is_shown_in_few_rows() -> None:
    run = Run(epochs=5000)
    done = train(run)
    loss = done.loss.clone()
    loss[4000:] = math.nan
    table = loss_report.live_curves([done], run, loss, ["a", "b", "c"], "gap")
    assert len(table) <= 1210
    assert table[table["run"] == "b"]["x"].max() == 3999
    assert table["y"].iloc[-1] == pytest.approx(float(done.gap[3999]))


def test_arrivals_are_where_runs_first_reach_the_target() -> None:
    run = Run(optimizer=Adam(lr=1.0), epochs=100)
    histories = [train(run), train(replace(run, optimizer=SGD(lr=1e-4)))]
    (arrival,) = loss_report.arrivals(histories, ["Adam", "SGD"], 0.01).itertuples(index=False)
    assert arrival == ("Adam", histories[0].epochs_to(0.01), float(histories[0].gap[arrival.x]))
    unknown = train(Run(problem=McCormick(), epochs=5))
    assert loss_report.arrivals([unknown], ["SGD"], 0.01).empty
