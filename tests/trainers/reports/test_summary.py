"""The sentence and the table say what the histories hold."""

import math
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from dashboard.examples import EXAMPLES
from dashboard.state import Page
from trainers import Race, Run, race, train
from trainers.history import History
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.problems import MLP, Rosenbrock, Thermometer
from trainers.reports import summary
from trainers.reports.leaders import lowest
from trainers.reports.names import names
from trainers.reports.runs_table import cells
from trainers.reports.summary import sentence
from trainers.reports.three_ways import describe_difference, max_param_difference
from trainers.run import Method
from trainers.runners import RUNNERS
from trainers.words import format_at_most, format_number

RAW = Thermometer("raw")


@cache
def trained(name: str) -> list[History]:
    """The runs of this example."""
    example = next(example for example in EXAMPLES if example.name == name)
    return [train(run) for run in example.page.runs]


def test_no_runs() -> None:
    assert sentence([], 0.01).startswith("No runs yet.")
    assert cells([], [], 0.01).empty


def test_three_runners_one_curve() -> None:
    histories = [train(Run(runner=runner, epochs=500)) for runner in RUNNERS]
    assert sentence(histories, 0.01) == (
        "3 ways, one curve: after 500 epochs each has loss "
        f"{format_number(histories[0].loss[-1], 6)}, and their parameters were never more "
        f"than {format_at_most(max_param_difference(histories))} apart."
    )
    assert 0 < max_param_difference(histories) < 1e-4


def test_how_far_apart() -> None:
    run = Run(problem=RAW, optimizer=SGD(lr=1e-2), epochs=30)
    gone = [train(replace(run, runner=runner)) for runner in ("manual", "autograd")]
    assert math.isfinite(max_param_difference(gone))
    assert max_param_difference([gone[0], gone[0]]) == 0
    assert describe_difference([gone[0], gone[0]]) == "equal to the last digit at every epoch"
    thin = train(replace(run, epochs=9, optimizer=SGD(lr=1e-5)), most_rows=3)
    assert describe_difference([thin, thin]) == "equal to the last digit at each epoch kept"
    apart = f"never more than {format_at_most(max_param_difference(gone))} apart, relative to the largest"
    assert describe_difference(gone).startswith(apart)


def test_different_curves_are_not_one() -> None:
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
        f"Adam came within 0.01 of the minimum loss first, after {epochs} epochs; "
        "SGD and RMSprop never came so close."
    )


def test_the_second_is_named_and_who_left() -> None:
    optimizers = (Adam(lr=1), SGD(lr=0.02, momentum=0.9), RMSprop(lr=0.3), SGD(lr=0.02))
    histories = [train(Run(optimizer=optimizer, epochs=300, dtype="float64")) for optimizer in optimizers]
    epochs = [history.epochs_to(0.01) for history in histories]
    assert sorted(epochs[:3]) == epochs[:3]
    assert epochs[3] is None
    assert histories[2].gap[-1] > 0.01
    assert sentence(histories, 0.01) == (
        f"Adam came within 0.01 of the minimum loss first, after {epochs[0]} epochs, "
        f"SGD · momentum 0.9 after {epochs[1]}; RMSprop left again, SGD never came so close."
    )


def test_a_tie_is_reported() -> None:
    histories = [
        train(Run(optimizer=Adam(lr=1), runner=runner, epochs=100)) for runner in ("manual", "autograd")
    ]
    histories.append(train(Run(optimizer=SGD(lr=0.03), epochs=100)))
    epochs = histories[0].epochs_to(0.01)
    assert histories[1].epochs_to(0.01) == epochs
    first = "Adam · manual and Adam · autograd came within 0.01 of the minimum loss first"
    assert sentence(histories, 0.01).startswith(f"{first}, after {epochs} epochs")


def test_who_left_again_is_reported() -> None:
    run = Run(optimizer=SGD(lr=0.01, momentum=0.99), epochs=500)
    history = train(run)
    assert history.epochs_to(0.01) is not None
    assert history.gap[-1] > 0.01
    assert sentence([history], 0.01).endswith("; it left again.")


def test_a_run_that_reached_the_target_counts_though_it_diverged_later() -> None:
    start = (5.377719209075443, -17.304785503010795)
    runs = [Run(optimizer=SGD(lr=lr), start=start, dtype="float64", epochs=300) for lr in (0.1, 0.01)]
    text = sentence([train(run) for run in runs], 0.01)
    assert text.startswith(
        "The initial point is within 0.01 of the minimum loss. After 300 epochs SGD · lr 0.01"
    )
    assert "SGD · lr 0.1 diverged after" in text


def test_a_loss_that_starts_at_zero_is_no_agreement() -> None:
    histories = [train(Run(runner=runner, epochs=3)) for runner in ("manual", "autograd")]
    histories[0].loss[:] = 0.0
    assert "one curve" not in sentence(histories, 0.01)


def test_who_came_closest() -> None:
    histories = [train(Run(optimizer=SGD(lr=lr), epochs=100)) for lr in (0.001, 0.02)]
    gap = histories[1].gap[-1]
    assert sentence(histories, 0.01) == (
        f"After 100 epochs SGD · lr 0.02 has the smallest gap, {gap:.2g}; "
        "no run came within 0.01 of the minimum loss."
    )


def test_one_run_alone() -> None:
    history = train(Run(optimizer=SGD(lr=0.03), epochs=1000))
    assert sentence([history], 0.01) == (
        f"SGD came within 0.01 of the minimum loss after {history.epochs_to(0.01)} epochs."
    )
    short = train(Run(epochs=1))
    assert sentence([short], 0.01) == (
        f"After 1 epoch SGD has a gap of {short.gap[-1]:.2g}; "
        "it did not come within 0.01 of the minimum loss."
    )


def test_divergence_and_growth_are_reported() -> None:
    gone = train(Run(problem=RAW, optimizer=SGD(lr=1e-2), epochs=100))
    steep = "in the steep direction each step multiplies the error by"
    cause = f"lr 0.01 is 29.4 times the stability limit, 0.0003399; {steep} −57.8."
    assert sentence([gone], 0.01) == f"SGD diverged after 10 epochs: {cause}"
    assert sentence([gone, gone], 0.01) == "Both runs diverged, each after 10 epochs."
    later = train(Run(problem=RAW, optimizer=SGD(lr=5e-4), epochs=100))
    assert sentence([later, gone, gone], 0.01) == (
        "All 3 runs diverged, SGD · lr 0.01 and SGD · lr 0.01 (2) first, after 10 epochs."
    )
    assert sentence([later, gone], 0.01) == (
        f"Both runs diverged, SGD · lr 0.01 first, after 10 epochs. Its {cause}"
    )
    growing = train(Run(problem=RAW, optimizer=SGD(lr=3.5e-4), epochs=50))
    assert growing.status == "finished"
    why = f"lr 0.00035 is 1.03 times the stability limit, 0.0003399; {steep} −1.06."
    assert sentence([growing], 0.01).endswith(f"SGD ended with a larger loss than at the start: {why}")


def test_the_cause_of_divergence_is_that_of_the_published_run() -> None:
    history = train(Run(optimizer=SGD(lr=0.05), epochs=100))
    assert history.diverged_at == 59
    assert sentence([history], 0.01).startswith("SGD diverged after 59 epochs: lr 0.05 is 1.52 times the ")
    assert sentence([history], 0.01).endswith("by −2.03.")
    fast = Run(optimizer=SGD(lr=0.2, momentum=0.9), epochs=300)
    assert "is 3.19 times the stability limit, 0.06266." in sentence([train(fast)], 0.01)
    near = trained("One digit more: 3 million to one")[1]
    assert "is 1.001 times the stability limit, 6.154e−07; " in sentence([near], 0.01)
    assert sentence([near], 0.01).endswith("multiplies the error by −1.002.")
    for run in (
        replace(fast, batch_size=4),
        Run(problem=Rosenbrock(), optimizer=SGD(lr=1), epochs=50),
    ):
        assert "stability limit" not in sentence([train(run)], 0.01)


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


def test_the_table_where_a_run_diverges_at_its_last_row() -> None:
    history = train(Run(optimizer=SGD(lr=100), epochs=5))
    assert history.diverged_at == 5
    row = cells([history], ["SGD"], 0.01).iloc[0]
    assert [row["final loss"], row["final gap"], row["w"]] == ["–", "–", "–"]


def test_a_gap_below_zero_is_said_to_be_rounding() -> None:
    history = train(Run(optimizer=SGD(lr=1e-2, momentum=0.9, nesterov=True), epochs=500))
    assert history.gap[-1] < 0
    assert cells([history], ["SGD"], 0.01)["final gap"][0].endswith(" (rounding)")


def test_the_table_in_words() -> None:
    runs = [Run(problem=RAW, optimizer=optimizer, epochs=2000) for optimizer in (SGD(lr=1e-2), Adam(lr=0.1))]
    histories = [train(run) for run in runs]
    table = cells(histories, ["SGD", "Adam"], 0.01)
    assert table["status"].tolist() == ["diverged after 10 epochs", "converged"]
    assert table["final loss"].tolist() == ["–", "2.92765"]
    assert table["best loss"].tolist() == ["1763.88", f"{float(histories[1].loss.min()):.6g}"]
    assert table["epochs to target (0.01)"].tolist() == ["not reached", f"{histories[1].epochs_to(0.01):,}"]
    assert table["b"].tolist() == ["–", "−17.302"]


# What the hints of the examples claim.


def gap(story: str, number: int) -> float:
    return float(trained(story)[number].gap[-1])


def test_each_shared_rate_has_another_winner() -> None:
    story = "One learning rate for all: who wins?"
    for row, winner in ((0, 0), (3, 1), (6, 2)):
        last = [gap(story, row + i) for i in range(3)]
        assert min(range(3), key=lambda i: float("inf") if last[i] != last[i] else last[i]) == winner


def test_adam_reaches_the_target_on_raw_data_though_later_than_on_scaled() -> None:
    story = "Raw data: why Adam doesn't mind"
    for history in trained(story)[1:]:
        epochs = history.epochs_to(0.01)
        sooner = replace(history.run, problem=Thermometer("x0.1"), epochs=epochs - 1)
        assert train(sooner).epochs_to(0.01) is not None
    assert gap(story, 0) > 10
    assert gap(story, 1) < 0.01
    assert gap(story, 2) < 0.01


def test_adam_at_lr_1_leaves_on_raw_data_and_comes_back() -> None:
    history = trained("Raw data: why Adam doesn't mind")[2]
    worst = int(history.gap[300:].argmax()) + 300
    assert 1600 < worst < 1720
    assert 100 < history.loss[worst] < 420


def test_raw_data_curve_the_loss_34_000_times_more_one_way() -> None:
    points = torch.cat([torch.eye(2, dtype=torch.float64), torch.zeros(2, 1)], dim=1)
    gradients = RAW.gradient(points)
    low, high = torch.linalg.eigvalsh(gradients[:, :2] - gradients[:, 2:]).tolist()
    assert round(high / low, -3) == 34_000


def test_too_fast_is_above_the_stability_limit() -> None:
    falling, climbing, gone = trained("How fast is too fast?")
    assert falling.loss[-1] < falling.loss[0] < climbing.loss[-1]
    assert [history.status for history in (falling, climbing, gone)] == ["finished", "finished", "diverged"]


def test_on_standardized_input_sgd_is_done_in_one_step() -> None:
    sgd, *others = trained("Scale first: who wins then?")
    assert sgd.loss[1] == pytest.approx(2.927645570895638)
    assert sgd.epochs_to(1e-9) == 1
    assert all((history.epochs_to(0.01) or math.inf) > 1 for history in others)


@pytest.mark.slow
def test_only_adam_on_raw_all_six_on_standardized_data() -> None:
    found = {}
    for scaling in ("raw", "x0.1", "standardized"):
        result = race(Race(problem=Thermometer(scaling)))
        rounding = result.race.training.rounding(torch.float32)
        found[scaling] = sum(float(each.tuned_scores.median()) <= rounding for each in result.results)
    assert found == {"raw": 1, "x0.1": 3, "standardized": 6}


def test_one_digit_more_is_too_much() -> None:
    falling, climbing = trained("One digit more: 3 million to one")
    assert falling.loss[-1] < falling.loss[0] < climbing.loss[-1]


def test_momentum_helps_until_it_oscillates() -> None:
    gaps = [gap("Momentum family", number) for number in range(4)]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[3] > gaps[2]


def test_all_reach_the_target_but_rmsprop_leaves_again() -> None:
    assert all(history.epochs_to(0.01) is not None for history in trained("SGD, RMSprop, Adam"))
    assert [h.gap[-1] <= 0.01 for h in trained("SGD, RMSprop, Adam")] == [True, False, True]
    late = [history.gap[-300:] for history in trained("SGD, RMSprop, Adam")]
    assert late[0].max() < 0.1
    assert late[2].max() < 1e-3
    assert late[1].min() > 0.04


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ((30, 9, 12), "All 3 runs overfit, b earliest, from epoch 9 on: "),
        ((9, None, 9), "2 of 3 runs overfit, each from epoch 9 on: "),
        ((9, 9), "Both runs overfit, each from epoch 9 on: "),
        ((9, 30, 9), "All 3 runs overfit, a and c earliest, from epoch 9 on: "),
        ((None, 1200), "b overfits from epoch 1,200 on: "),
        ((7,), "The run overfits from epoch 7 on: "),
        ((None,), ""),
    ],
)
def test_of_runs_that_overfit_the_earliest_is_named(since: tuple[int | None, ...], told: str) -> None:
    named: list[Any] = [(name, SimpleNamespace(overfitting_from=k)) for name, k in zip("abc", since)]  # noqa: B905
    end = "validation loss rises while training loss does not."
    assert summary._overfitting(named) == (f"{told}{end}" if told else "")


def test_accuracy_and_overfitting_are_reported() -> None:
    problem = MLP(noise=0.35, samples=100, width=32)
    runs = [
        Run(problem=problem, optimizer=o, validation_split=0.4, epochs=400)
        for o in (SGD(lr=0.01), Adam(lr=0.03))
    ]
    histories = [train(run) for run in runs]
    since, share = histories[1].overfitting_from, 100 * float(histories[1].validation_accuracy[-1])
    assert since is not None
    assert sentence(histories[1:], 0.01) == (
        f"After 400 epochs the loss is {format_number(histories[1].loss[-1], 4)}. "
        f"The validation accuracy is {share:.1f}%. "
        f"The run overfits from epoch {since} on: validation loss rises while training loss does not."
    )
    assert f"Adam overfits from epoch {since} on" in sentence(histories, 0.01)
    table = cells(histories, ["a", "b"], 0.01)
    assert table["overfitting"].tolist() == ["no", f"from epoch {since}"]
    assert table["validation accuracy"][1] == f"{share:.1f}%"
    assert "final gap" not in table


def histories_of(link: str) -> list[History]:
    return [train(run) for run in Page.from_query(link)[0].runs]


def test_rounding_decides_no_winner() -> None:
    runs = "run=SGD~lr-5&run=SGD~lr-2~momentum-0.9&run=Adagrad~lr-1"
    histories = histories_of(f"problem=LogisticRegression&epochs=600&dtype=float64&{runs}")
    assert len({float(history.loss[-1]) for history in histories}) > 1
    assert sentence(histories, 0.01).startswith("All 3 runs have the same final loss, 0.2658.")
    adam = histories_of("problem=LogisticRegression&epochs=600&dtype=float64&run=Adam~lr-0.1")
    assert sentence([*histories, *adam], 0.01).startswith("All 4 runs have the same final loss, 0.2658.")
    assert lowest([*histories, *adam]) == [0, 1, 2, 3]


def test_no_implementation_wins_against_its_twins() -> None:
    """Their losses differ by what rounding has become on the way."""
    each = "&".join(f"run=SGD~lr-0.5~momentum-0.9~runner-{runner}" for runner in RUNNERS)
    histories = histories_of(f"problem=MLP~depth-2&epochs=60&{each}&run=SGD~lr-0.01")
    last = [float(history.loss[-1]) for history in histories]
    assert lowest(histories) == [0, 1, 2]
    histories[1].loss[-1] += 0.02
    assert lowest(histories) == [0, 1, 2]
    low, high = (format_number(loss, 4) for loss in (min(last), last[1] + 0.02))
    assert sentence(histories, 0.01).startswith(
        "SGD · manual · lr 0.5 · momentum 0.9, SGD · autograd · lr 0.5 · momentum 0.9 and "
        "SGD · torch.optim · lr 0.5 · momentum 0.9 have the lowest final loss, "
        f"{low} to {high} (set apart by rounding alone)."
    )


def test_a_loss_above_the_first_by_rounding_has_not_grown() -> None:
    history = histories_of("run=SGD~lr-1e-8&epochs=3")[0]
    history.loss[-1] = torch.nextafter(history.loss[0], torch.tensor(torch.inf))
    assert "larger loss" not in sentence([history], 0.01)
    history.loss[-1] = history.loss[0] * 1.001
    assert "larger loss" in sentence([history], 0.01)


def test_a_gap_above_the_target_reads_so() -> None:
    history = histories_of("epochs=1200&run=SGD~lr-0.01")[0]
    gap = float(history.gap[-1])
    target = float(f"{gap * 0.9999:.2g}")
    target = target if target < gap else float(f"{gap * 0.97:.2g}")
    for goal in (target, gap * (1 - 1e-4)):
        told = sentence([history], goal)
        assert number(told.partition("has a gap of ")[2]) > number(told.partition("come within ")[2])
        row = cells([history], ["SGD"], goal).iloc[0]
        assert number(row["final gap"]) > goal
        assert row.iloc[6] == "not reached"


def number(text: str) -> float:
    """The number that a text begins with."""
    return float(text.split(" ")[0].strip(";.").replace(",", "").replace("−", "-"))


def test_an_accuracy_of_100_percent_is_that_of_all() -> None:
    history = histories_of("problem=LogisticRegression~samples-10000&epochs=2&run=SGD")[0]
    assert history.accuracy is not None
    for share, told in (
        (0.9996, "99.96%"),
        (1.0, "100.0%"),
        (0.0002, "0.02%"),
        (0.0, "0.0%"),
        (0.5, "50.0%"),
    ):
        history.accuracy[-1] = share
        assert f"The accuracy is {told}." in sentence([history], 0.01)
        assert cells([history], ["SGD"], 0.01)["accuracy"][0] == told


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("epochs=9&target=1e6&run=SGD", "The initial point is within 1e+06 of the minimum loss. After 9"),
        (
            "epochs=40&target=900&run=SGD~lr-0.01&run=Adam",
            "The initial point is within 900 of the minimum loss. After 40 epochs SGD has the smallest gap, ",
        ),
        (
            "start=5.38~-17.31&epochs=190&run=SGD&run=SGD~lr-0.034",
            "The initial point is within 0.01 of the minimum loss; SGD · lr 0.034 left again. After 190 ",
        ),
        ("problem=Thermometer~scaling-standardized&epochs=9&run=SGD~lr-0.5&run=SGD~lr-0.5", "Both runs"),
        ("epochs=9&run=SGD&run=SGD&run=SGD", "After 9 epochs all 3 runs have the same gap, "),
    ],
)
def test_nothing_is_first_after_0_epochs(link: str, told: str) -> None:
    text = sentence(histories_of(link), Page.from_query(link)[0].view.target)
    assert text.startswith(told)
    assert "0 epochs;" not in text
    assert "first, after 0" not in text


def test_a_target_below_the_rounding_error_is_said_to_be_chance() -> None:
    histories = histories_of("epochs=600&run=SGD~lr-0.02~momentum-0.9&run=Adam~lr-1")
    floor = format_number(histories[0].run.training.rounding(torch.float32))
    told = f"In float32 a gap up to {floor} is rounding error: it decides which run comes within 1e−09."
    assert sentence(histories, 1e-9).endswith(told)
    assert "rounding error" not in sentence(histories, 0.01)
