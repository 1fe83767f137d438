"""The sentence and the table say what the histories hold."""

import math
from dataclasses import replace

import pytest

from trainers import Run, train
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.presets import PRESETS
from trainers.problems import Thermometer
from trainers.run import Method
from trainers.summary import cells, distance, names, sentence, spread

RAW = Thermometer("raw")
STORIES = {preset.name: [train(run) for run in preset.page.runs] for preset in PRESETS}


def test_no_runs() -> None:
    assert sentence([], 0.01).startswith("No runs yet.")
    assert cells([], [], 0.01).empty


def test_three_ways_one_curve() -> None:
    histories = STORIES["Three ways, one answer"]
    assert sentence(histories, 0.01) == (
        f"3 ways, one curve: after 5,000 epochs each has loss 2.92765, and their parameters were never more "
        f"than {spread(histories):.2g} apart."
    )
    assert 0 < spread(histories) < 1e-4


def test_how_far_apart() -> None:
    run = Run(problem=RAW, optimizer=SGD(lr=1e-2), epochs=30)
    gone = [train(replace(run, runner=runner)) for runner in ("manual", "autograd")]
    assert math.isfinite(spread(gone))
    assert spread([gone[0], gone[0]]) == 0
    assert distance(0.0) == "equal to the last digit at every epoch"
    assert distance(1.25e-7) == "never more than 1.2e-07 apart"


def test_different_courses_are_not_one_curve() -> None:
    runs = [
        Run(optimizer=SGD(lr=lr), runner=runner, epochs=50)
        for lr, runner in ((0.01, "manual"), (0.02, "autograd"))
    ]
    assert "one curve" not in sentence([train(run) for run in runs], 0.01)


def test_who_was_first() -> None:
    histories = [
        train(Run(optimizer=optimizer, epochs=500)) for optimizer in (SGD(lr=0.03), Adam(lr=1), RMSprop())
    ]
    epochs = histories[1].epochs_to(0.01)
    assert sentence(histories, 0.01) == (
        f"Adam · lr 1 came within 0.01 of the smallest loss first, after {epochs} epochs; "
        "2 of 3 runs did not."
    )


def test_who_came_closest() -> None:
    histories = [train(Run(optimizer=SGD(lr=lr), epochs=100)) for lr in (0.001, 0.02)]
    gap = histories[1].gap[-1]
    assert sentence(histories, 0.01) == (
        f"After 100 epochs SGD · lr 0.02 ended closest, {gap:.2g} above the smallest loss; "
        "none came within 0.01 of it."
    )


def test_one_run_alone() -> None:
    history = train(Run(optimizer=SGD(lr=0.03), epochs=1000))
    assert sentence([history], 0.01) == (
        f"SGD came within 0.01 of the smallest loss after {history.epochs_to(0.01)} epochs."
    )
    short = train(Run(epochs=1))
    assert sentence([short], 0.01) == (
        f"After 1 epoch SGD is {short.gap[-1]:.2g} above the smallest loss, not yet within 0.01 of it."
    )


def test_divergence_and_growth_are_told() -> None:
    gone = train(Run(problem=RAW, optimizer=SGD(lr=1e-2), epochs=100))
    assert sentence([gone], 0.01) == "SGD diverged after 10 epochs."
    assert sentence([gone, gone], 0.01) == "All 2 runs diverged, SGD first, after 10 epochs."
    growing = train(Run(problem=RAW, optimizer=SGD(lr=3.5e-4), epochs=50))
    assert growing.status == "finished"
    assert "SGD ended with a larger loss than at the start." in sentence([growing], 0.01)


def test_names_say_what_differs() -> None:
    methods = [
        Method(optimizer=SGD(lr=0.1)),
        Method(optimizer=SGD(lr=0.1, momentum=0.9)),
        Method(optimizer=Adam(lr=0.1)),
    ]
    assert names(methods) == ["SGD", "SGD · momentum 0.9", "Adam"]
    assert names([methods[0], methods[0]]) == ["SGD", "SGD (2)"]
    assert names([methods[0]] * 3 + methods[:1]) == ["SGD", "SGD (2)", "SGD (3)", "SGD (4)"]
    assert names([Method(), Method(runner="autograd")]) == ["SGD · manual", "SGD · autograd"]
    assert names([]) == []


def test_the_table_in_words() -> None:
    runs = [Run(problem=RAW, optimizer=optimizer, epochs=2000) for optimizer in (SGD(lr=1e-2), Adam(lr=0.1))]
    histories = [train(run) for run in runs]
    table = cells(histories, ["SGD", "Adam"], 0.01)
    assert table["status"].tolist() == ["diverged after 10 epochs", "finished"]
    assert table["final loss"].tolist() == ["–", "2.92765"]
    assert table["best loss"].tolist() == ["1763.88", f"{float(histories[1].loss.min()):.6g}"]
    assert table["epochs to gap 0.01"].tolist() == ["not reached", f"{histories[1].epochs_to(0.01):,}"]
    assert table["b"].tolist() == ["–", "−17.302"]


# What the hints of the stories claim.


def gap(story: str, number: int) -> float:
    return float(STORIES[story][number].gap[-1])


def test_each_shared_rate_has_another_winner() -> None:
    story = "One learning rate for all: who wins?"
    for row, winner in ((0, 0), (3, 1), (6, 2)):
        last = [gap(story, row + i) for i in range(3)]
        assert min(range(3), key=lambda i: float("inf") if last[i] != last[i] else last[i]) == winner


def test_raw_data_do_not_bother_adam() -> None:
    story = "Raw data: why Adam doesn't mind"
    assert gap(story, 0) > 10
    assert gap(story, 1) < 1e-4
    assert gap(story, 2) < 1e-4


def test_too_fast_is_above_the_edge() -> None:
    ends = [history.status for history in STORIES["Too fast: divergence"]]
    assert ends == ["finished", "finished", "diverged", "diverged"]


def test_momentum_helps_until_it_swings() -> None:
    gaps = [gap("Momentum family", number) for number in range(4)]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[3] > gaps[2]


def test_sgd_and_adam_settle_while_rmsprop_hovers() -> None:
    late = [history.gap[-300:] for history in STORIES["SGD, RMSprop, Adam"]]
    assert late[0].max() < 0.1
    assert late[2].max() < 1e-3
    assert late[1].min() > 0.04


@pytest.mark.parametrize("histories", STORIES.values(), ids=STORIES)
def test_every_story_has_a_sentence(histories: list) -> None:
    text = sentence(histories, 0.01)
    assert text.endswith(".")
    assert "nan" not in text
