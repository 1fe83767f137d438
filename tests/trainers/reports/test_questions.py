"""Questions before a comparison: their right answers are those that the runs give."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from dashboard.ask import MAX_ANSWER, MAX_QUESTION
from dashboard.examples import EXAMPLES, Example
from tests.matrix import slow_but
from trainers import History, Run, compare, race, train
from trainers.optimizers import SGD, Adam, Optimizer, RMSprop
from trainers.problems import PROBLEMS, LogisticRegression, Problem, Thermometer
from trainers.races.spec import Race
from trainers.reports import questions
from trainers.reports.questions import MAX_LISTED, usual_question
from trainers.run import Method, Task

RIGHT = {
    "Three ways, one answer": "A few millionths: each way rounds differently",
    "SGD, RMSprop, Adam": "RMSprop",
    "One learning rate for all: who wins?": "Not the same one at each learning rate",
    "Each tuned alike: who wins now?": "Both reach the minimum, to within rounding",
    "How often does the winner change?": "Adam",
    "Raw data: why Adam doesn't mind": "It climbs above 100 and comes back",
    "Scale first: who wins then?": "After 1 epoch",
    "How fast is too fast?": "The loss climbs",
    "One digit more: 3 million to one": "It grows more than a thousandfold",
    "Momentum family": "Momentum 0.9",
    "A bent valley": "SGD with momentum 0.9",
    "Four minima: who ends where?": "In two",
    "Two spirals": "SGD",
    "The edge of stability": "It rises again and again, and still falls in the long run",
    "Digits in batches": "Almost every second time",
    "Weight decay: coupled or decoupled": "SGD and Adam",
    "Overfitting": "From about epoch 10",
}
QUICK = ("SGD, RMSprop, Adam", "Momentum family", "Four minima: who ends where?", "How fast is too fast?")
trained = cache(train)


def ends(example: Example) -> list[History]:
    return [trained(run) for run in example.page.runs]


def test_every_example_asks() -> None:
    assert {example.name for example in EXAMPLES} == RIGHT.keys()
    for example in EXAMPLES:
        question = example.question
        assert 2 <= len(question.answers) <= 4
        assert len(set(question.answers)) == len(question.answers)
        assert question.text.endswith("?")
        assert len(question.text) <= MAX_QUESTION
        assert max(map(len, question.answers)) <= MAX_ANSWER
        assert RIGHT[example.name] in question.answers


@pytest.mark.parametrize(
    "example",
    slow_but([each for each in EXAMPLES if each.name in QUICK], EXAMPLES),
    ids=lambda example: example.name,
)
def test_the_right_answer_of_an_example_is_what_its_runs_do(example: Example) -> None:
    right = example.question.judge(ends(example))
    assert [example.question.answers[place] for place in right] == [RIGHT[example.name]]


def named(name: str) -> Example:
    return next(example for example in EXAMPLES if example.name == name)


ARRIVALS = {
    "SGD, RMSprop, Adam": lambda arrivals: None not in arrivals,
    "Raw data: why Adam doesn't mind": lambda arrivals: arrivals[2] == min(filter(None, arrivals)),
}
FALLS = {"How fast is too fast?": 10, "One digit more: 3 million to one": 100}


@pytest.mark.parametrize(
    "name", slow_but(["SGD, RMSprop, Adam", "How fast is too fast?"], [*ARRIVALS, *FALLS])
)
def test_what_a_question_says_is_so(name: str) -> None:
    histories = ends(named(name))
    if name in ARRIVALS:
        assert ARRIVALS[name]([history.epochs_to(0.01) for history in histories])
    else:
        assert histories[0].loss[-1] < histories[0].loss[0] / FALLS[name]


@pytest.mark.slow
def test_the_race_agrees_that_adam_and_momentum_tie() -> None:
    result = race(Race(optimizers=(SGD(momentum=0.9), Adam()), dtype="float64"))
    rounding = Task(dtype="float64").training.rounding(Run(dtype="float64").initial().dtype)
    assert all(float(entry.tuned_scores.median()) <= rounding for entry in result.results)


OTHERS = [
    ("How fast is too fast?", {1: SGD(lr=0.032)}, "It is about 11% faster"),
    ("How fast is too fast?", {1: SGD(lr=0.0301)}, "About the same"),
    ("SGD, RMSprop, Adam", {1: Adam(lr=1.1)}, "None of them: they stay"),
    ("Momentum family", {2: SGD(lr=1e-8)}, "Momentum 0.99"),
    ("Raw data: why Adam doesn't mind", {2: Adam(lr=0.3)}, "It stays within 0.01"),
    ("Scale first: who wins then?", {0: SGD(lr=1e-4)}, "After hundreds of epochs"),
    ("One digit more: 3 million to one", {1: SGD(lr=6.14e-7)}, "It falls as far"),
    ("Four minima: who ends where?", {1: SGD(lr=1e-2)}, "In one: the nearest"),
    ("Each tuned alike: who wins now?", {1: SGD(lr=1e-3)}, "Yes, Adam is closer to the minimum"),
    ("Each tuned alike: who wins now?", {3: Adam(lr=1e-3)}, "No, SGD with momentum is closer"),
    (
        "One learning rate for all: who wins?",
        {place: SGD(lr=1e-8) for place in (0, 1, 3, 4, 6, 7)},
        "Adam, at each learning rate",
    ),
]


@pytest.mark.parametrize(
    ("name", "change", "answer"), slow_but(OTHERS[:2] + OTHERS[3:4] + OTHERS[5:6], OTHERS)
)
def test_other_runs_have_other_right_answers(name: str, change: dict[int, Optimizer], answer: str) -> None:
    example = named(name)
    runs = list(example.page.runs)
    for place, optimizer in change.items():
        runs[place] = replace(runs[place], optimizer=optimizer)
    right = example.question.judge([trained(run) for run in runs])
    assert [example.question.answers[place] for place in right] == [answer]


def asked(
    problem: Problem, epochs: int, *rates: float, target: float = 0.01
) -> tuple[str, Sequence[str], set[str]]:
    """The usual question about SGD at these rates, its answers, and the right ones."""
    task = Task(problem=problem, epochs=epochs)
    methods = [Method(optimizer=SGD(lr=lr)) for lr in rates]
    question = usual_question(task, methods, target)
    histories = [trained(Run(problem=problem, epochs=epochs, optimizer=SGD(lr=lr))) for lr in rates]
    return question.text, question.answers, {question.answers[place] for place in question.judge(histories)}


@pytest.mark.parametrize(
    ("problem", "epochs", "rates", "text", "right"),
    [
        (
            Thermometer(),
            900,
            (0.03,),
            "Does SGD come within 0.01 of the minimum loss within 900 epochs?",
            {"Yes"},
        ),
        (Thermometer(), 9, (0.03,), "Does SGD come within 0.01 of the minimum loss within 9 epochs?", {"No"}),
        (
            Thermometer(),
            900,
            (0.03, 0.032, 0.05),
            "Which run comes within 0.01 of the minimum loss first, within 900 epochs?",
            {"SGD · lr 0.032"},
        ),
        (
            Thermometer(),
            900,
            (0.03, 0.03),
            "Which run comes within 0.01 of the minimum loss first, within 900 epochs?",
            {"SGD", "SGD (2)"},
        ),
        (
            Thermometer(),
            1,
            (0.03, 0.04),
            "Which run comes within 0.01 of the minimum loss first, within 1 epoch?",
            {"None of them"},
        ),
        (
            Thermometer(),
            900,
            (0.03, 0.032, 0.05, 0.06, 0.07),
            "How many of the 5 runs come within 0.01 of the minimum loss within 900 epochs?",
            {"Fewer than half"},
        ),
        (LogisticRegression(), 40, (1.0,), "Does SGD halve its loss within 40 epochs?", {"Yes"}),
        (
            LogisticRegression(),
            40,
            (1.0, 0.1),
            "Which run has the lowest final loss, after 40 epochs?",
            {"SGD · lr 1"},
        ),
        (
            LogisticRegression(),
            40,
            (1.0, 0.9, 1e-5, 1e-6),
            "How many of the 4 runs end with less than half of their initial loss within 40 epochs?",
            {"Half of them or more, but not all"},
        ),
    ],
)
def test_any_comparison_has_a_question(
    problem: Problem, epochs: int, rates: Sequence[float], text: str, right: set[str]
) -> None:
    found, answers, said = asked(problem, epochs, *rates)
    assert (found, said) == (text, right)
    assert 2 <= len(answers) <= 4
    assert len(rates) > MAX_LISTED or len(rates) == 1 or len(answers) == len(rates) + 1


def test_a_negative_loss_that_stays_is_not_halved() -> None:
    problem = PROBLEMS["McCormick"]()
    at = tuple(problem.minimizers[0])
    still = train(Run(problem=problem, optimizer=SGD(lr=1e-8), epochs=3, start=at))
    assert still.loss[0] < 0
    assert questions.halving([still]) == []
    away = train(Run(problem=problem, optimizer=SGD(lr=0.05), epochs=200))
    assert questions.halving([away]) == [0]


def test_where_the_target_is_reached_at_the_start_another_question_is_asked() -> None:
    for rates, begins in (
        ((0.01,), "Does SGD halve its gap"),
        ((0.01, 0.02), "Which run has the lowest final"),
    ):
        text, answers, right = asked(Thermometer(), 40, *rates, target=1e6)
        assert text.startswith(begins)
        assert len(right) == 1 < len(answers)
    text, _, right = asked(Thermometer(), 40, 1e-8, 0.01, 0.02, 0.03, target=1e6)
    assert text.startswith("How many of the 4 runs end with less than half of their initial gap")
    assert right == {"Half of them or more, but not all"}


def test_where_rounding_decides_each_that_may_be_best_is_right() -> None:
    task = Task(problem=PROBLEMS["McCormick"](), epochs=463, dtype="float64")
    methods = [Method(optimizer=RMSprop(lr=lr)) for lr in (0.8989, 0.8)] + [Method(optimizer=SGD(lr=10.0))]
    question = usual_question(task, methods, 0.01)
    found = compare([Run(**vars(task), **vars(method)) for method in methods])
    assert question.text.startswith("Which run has the lowest final loss")
    assert question.right(found.histories, found.digits) == [0, 1]
    assert question.right(found.histories[2:], found.digits[2:]) == [1], "none: it diverges"
