"""Digits that can be trusted: those on which other orders of the same sums agree, too."""

import math
import random
from dataclasses import replace

import pandas as pd
import pytest
import torch

from tests.matrix import slow_but
from trainers import History, Run, Sweep, charts, compare, train
from trainers.charts import Style
from trainers.digits import MOST, Digits, agreement, train_twins, trusted_digits
from trainers.optimizers import LBFGS, SGD, Adagrad, Adam, Optimizer, RMSprop
from trainers.overviews import comparison_overview
from trainers.problems import (
    MLP,
    PROBLEMS,
    Formula,
    LinearRegression,
    LogisticRegression,
    Problem,
    Quadratic,
    SoftmaxRegression,
    Thermometer,
)
from trainers.reports.leaders import earliest, lowest
from trainers.reports.loss import decided_caption, decided_since
from trainers.reports.runs_table import cells, digits_caption
from trainers.reports.summary import sentence
from trainers.sweeps.training import trajectories
from trainers.sweeps.twins import COPIES, LEAST_PERIOD, PERIOD, changes

SURFACES = [
    name
    for name, kind in PROBLEMS.items()
    if kind().num_samples == 0 and kind().num_params == 2 and kind().by_hand
]
OPTIMIZERS: tuple[Optimizer, ...] = (SGD(), SGD(momentum=0.9), Adam(), RMSprop(), Adagrad())


def decided(name: str, lr: float, seed: int = 0, epochs: int = 463) -> Run:
    return Run(problem=PROBLEMS[name](), optimizer=RMSprop(lr=lr), epochs=epochs, dtype="float64", seed=seed)


def digits_of(history: History) -> Digits | None:
    return trusted_digits(history)


BY_ROUNDING = [
    decided("McCormick", 0.8989),
    decided("McCormick", 0.4917),
    decided("SixHumpCamel", 0.2395, seed=2),
    decided("SixHumpCamel", 0.2395, seed=3),
]


@pytest.mark.parametrize("run", BY_ROUNDING, ids=lambda run: f"{run.problem} {run.optimizer.lr} {run.seed}")
def test_rounding_decides_where_rmsprop_oscillates(run: Run) -> None:
    history = train(run)
    digits = digits_of(history)
    assert digits is not None
    assert digits.loss == digits.gap == 0
    assert 150 < (digits.since or 0) < 300
    assert digits.low < digits.high
    (row,) = cells([history], ["RMSprop"], 0.01, [digits]).to_dict("records")
    assert row["final loss"].endswith(", decided by rounding")
    assert decided_since([history], ["RMSprop"], [digits], "loss") == {"RMSprop": digits.since}
    assert decided_since([history], ["RMSprop"], [digits], "accuracy") == {}
    assert "another order of the same sums gives another loss" in digits_caption([digits])


def drawn(number: int) -> Run:
    """A random run, as a page may have it."""
    rng = random.Random(number)
    problem: Problem = rng.choice(
        [
            *(PROBLEMS[name]() for name in rng.sample(SURFACES, 4)),
            Thermometer(rng.choice(["raw", "x0.1", "standardized"])),
            LinearRegression(),
            LogisticRegression(samples=60),
            MLP(samples=60, width=6),
        ]
    )
    optimizer = replace(rng.choice(OPTIMIZERS), lr=round(10 ** rng.uniform(-4, 1), 6))
    return Run(
        problem=problem,
        optimizer=optimizer,
        epochs=rng.choice([10, 50, 200, 600]),
        batch_size=rng.choice([0, 10]) if problem.num_samples >= 20 else 0,
        dtype=rng.choice(["float32", "float64"]),
        seed=rng.randrange(100),
    )


def real_digits(histories: list[History]) -> float:
    """Digits on which final losses agree: the least over all pairs with the first."""
    first, *others = histories
    ours, found = float(first.loss[-1]), float(MOST[first.loss.dtype])
    for other in others:
        theirs = float(other.loss[-1])
        if not math.isfinite(ours) or not math.isfinite(theirs):
            found = min(found, math.inf if math.isfinite(ours) == math.isfinite(theirs) else 0)
        elif ours != theirs and not near(first, ours, theirs):
            found = min(found, -math.log10(abs(ours - theirs) / max(abs(ours), abs(theirs))))
    return found


def near(history: History, ours: float, theirs: float) -> bool:
    floor = history.run.training.rounding(history.loss.dtype)
    return abs(ours - theirs) <= floor + 8 * torch.finfo(history.loss.dtype).eps * min(abs(ours), abs(theirs))


@pytest.mark.parametrize("count", [5, pytest.param(300, marks=pytest.mark.slow)])
def test_other_runners_agree_on_the_digits_that_are_trusted(count: int) -> None:
    """A column of a sweep, autograd and torch.optim: other orders of the same sums."""
    wrong = []
    for number in range(count):
        history = train(drawn(number))
        digits = digits_of(history)
        assert digits is not None
        others = [train(replace(history.run, runner=name)) for name in ("autograd", "torch.optim")]
        if real_digits([history, *others]) < digits.loss:
            wrong.append(number)
    assert len(wrong) <= 0.01 * count


@pytest.mark.parametrize("problem", [PROBLEMS["Rosenbrock"](), LinearRegression(), SoftmaxRegression()])
def test_the_run_beside_its_twins_is_itself(problem: Problem) -> None:
    sweep = Sweep(Run(problem=problem, optimizer=Adam(lr=0.01), epochs=8, batch_size=0), seeds=3)
    found, alone = (trajectories(sweep, twins=twins).losses for twins in (True, False))
    assert found.shape == (9, 3 * COPIES)
    torch.testing.assert_close(found[:, ::COPIES], alone)
    assert (found[1:, 1::COPIES] != found[1:, ::COPIES]).any()


def test_twins_are_changed_by_one_step_and_the_run_is_not() -> None:
    factors = changes(5, torch.float32)
    assert factors.shape == (PERIOD, 5, 1, COPIES)
    assert (factors[..., 0] == 1).all()
    eps = torch.finfo(torch.float32).eps
    assert set(factors[..., 1:].flatten().tolist()) == {1 - eps, 1 + eps}
    assert 0.4 < (factors[..., 1:] > 1).double().mean() < 0.6


def test_changes_of_many_parameters_take_little_memory() -> None:
    assert changes(2**14, torch.float32).shape[0] == PERIOD
    assert changes(2**15, torch.float32).shape[0] == PERIOD // 2
    assert changes(300_000, torch.float64).shape[0] == LEAST_PERIOD


def test_agreement_counts_digits_less_one() -> None:
    ours = [1.0, 1.0, 1.0, 1.0, math.nan, math.nan, 1e-9, 1.2e-8]
    theirs = torch.tensor(
        [
            [1 + 2e-5, 1 - 3e-6],
            [1.0, 1.0],
            [1.05, 1.0],
            [math.nan, 1.0],
            [math.inf, math.nan],
            [1.0, math.nan],
            [3e-9, 2e-9],
            [1.2e-8, 1.2e-8],
        ],
        dtype=torch.float64,
    )
    column = torch.tensor(ours, dtype=torch.float64)[:, None]
    assert agreement(column, theirs, torch.float64, 1e-8).tolist() == [3, 8, 0, 0, 14, 0, 14, 0]
    assert agreement(column, theirs, torch.float64).tolist() == [3, 14, 0, 0, 14, 0, 0, 14]


def test_the_floor_comes_before_the_digits() -> None:
    """At the minimum of Himmelblau a loss of 1e-13 has no digit, but its gap is 0."""
    history = train(Run(problem=PROBLEMS["Himmelblau"](), optimizer=Adam(lr=0.3), epochs=500))
    digits = digits_of(history)
    assert digits is not None
    assert digits.loss > 0
    assert digits.since is None


@pytest.mark.parametrize("optimizer", [SGD(lr=0.01, momentum=0.9), SGD(lr=0.1)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_run_at_the_minimum_is_not_decided_by_rounding(optimizer: SGD, dtype: str) -> None:
    """Twins are moved at every update, and so stay a little farther away."""
    history = train(Run(problem=PROBLEMS["Booth"](), optimizer=optimizer, epochs=1200, dtype=dtype))
    digits = digits_of(history)
    assert digits is not None
    assert min(digits.loss, digits.gap, digits.best) > 0
    assert max(digits.loss, digits.gap, digits.best) <= MOST[history.loss.dtype]
    assert digits.since is None
    (row,) = cells([history], ["SGD"], 0.01, [digits]).to_dict("records")
    assert row["final loss"].startswith(("0 (rounding)", "about "))
    assert "decided" not in row["final gap"]
    assert row["status"] == "converged"


def test_the_digits_of_a_gap_are_those_of_its_dtype() -> None:
    digits = digits_of(train(Run(problem=Thermometer(), optimizer=SGD(lr=0.03), epochs=2000)))
    assert digits is not None
    assert digits.gap <= 6


def test_no_digit_is_printed_beyond() -> None:
    history = train(Run(problem=Thermometer(), optimizer=Adam(lr=0.1), epochs=200))
    digits = digits_of(history)
    assert digits is not None
    assert 2 <= digits.loss <= 5
    (row,) = cells([history], ["Adam"], 0.01, [digits]).to_dict("records")
    assert len(row["final loss"].replace(".", "").strip("0")) <= digits.loss
    for name, each in zip(history.run.problem.names, digits.params, strict=True):
        about, text = row[name].startswith("about "), row[name].removeprefix("about ")
        assert about == (each < 2)
        assert len(text.lstrip("−0.").replace(".", "")) <= max(each, 2)
    assert digits_caption([digits, None]) == "Digits that rounding may change are left out."
    assert digits_caption([None]) == ""


def test_a_run_that_diverges_with_its_twins_agrees_with_them() -> None:
    history = train(Run(optimizer=SGD(lr=1.0), epochs=500))
    assert history.status == "diverged"
    digits = digits_of(history)
    assert digits is not None
    assert digits.loss > 0
    (row,) = cells([history], ["SGD"], 0.01, [digits]).to_dict("records")
    assert row["final loss"] == "–"


def test_without_twins_nothing_is_known() -> None:
    assert (
        digits_of(train(Run(problem=Thermometer(), optimizer=LBFGS(), runner="torch.optim", epochs=3)))
        is None
    )
    run = Run(optimizer=SGD(), epochs=50)
    assert digits_of(train(run, on_epoch=lambda epoch, _: epoch > 5)) is None
    assert train_twins(run, on_progress=lambda share: share > 0.5) is None


def test_a_final_loss_is_not_shown_below_the_best() -> None:
    history = train(Run(problem=Quadratic(), optimizer=Adagrad(lr=1e-8), epochs=200))
    digits = digits_of(history)
    assert digits is not None
    assert digits.loss < digits.best
    (row,) = cells([history], ["Adagrad"], 0.01, [digits]).to_dict("records")
    assert row["best loss"] == row["final loss"]


def test_a_curve_is_dotted_from_where_rounding_decides() -> None:
    curves = pd.DataFrame(
        {"run": ["a"] * 5 + ["b"] * 5, "x": [0, 1, 2, 3, 4] * 2, "y": [5.0, 4, 3, 2, 1] * 2}
    )
    hover = pd.DataFrame({"x": [0], "r0": [5.0], "r1": [5.0]})
    titles = {"x_title": "epochs", "y_title": "loss", "log": False}
    spec = charts.spec(charts.loss_chart(curves, hover, Style.of(["a", "b"]), **titles, since={"b": 2.5}))
    dotted = [layer for layer in spec["layer"] if layer["mark"].get("strokeDash") == [1, 4]]
    assert len(dotted) == 1
    assert dotted[0]["data"]
    plain = charts.spec(charts.loss_chart(curves, hover, Style.of(["a", "b"]), **titles))
    assert len(plain["layer"]) == len(spec["layer"]) - 1
    assert decided_caption({"b": 2.5}) == "Dotted from where rounding decides the loss: b."
    assert decided_caption({}) == ""


def test_no_run_is_said_to_be_better_by_what_rounding_decides() -> None:
    found = compare([replace(BY_ROUNDING[0], optimizer=RMSprop(lr=lr)) for lr in (0.8989, 0.8)])
    assert all(each is not None and each.loss == 0 for each in found.digits)
    assert found.sentence() == (
        "Rounding decides which run has the lowest final loss, 2.2 to 5.5. "
        "Rounding decides the final loss of both runs."
    )
    assert "has the lowest final loss" in sentence(found.histories, found.target)
    told = comparison_overview(found)
    assert told.sentences == (found.sentence(),)
    surer = compare([BY_ROUNDING[0], replace(BY_ROUNDING[0], optimizer=Adam(lr=0.1))])
    assert surer.sentence() == (
        "Adam has the lowest final loss, 1.228. Rounding decides the final loss of RMSprop. "
        "With another order of the same sums RMSprop might end lowest."
    )


def test_gaps_that_rounding_decides_are_ranges() -> None:
    run = Run(problem=PROBLEMS["Rastrigin"](), optimizer=SGD(lr=0.02), epochs=463, dtype="float64")
    pair = compare([run, replace(run, optimizer=SGD(lr=0.021))])
    assert pair.sentence().startswith(
        "After 463 epochs rounding decides which run has the smallest gap, 57 to"
    )
    alone = compare([run]).sentence()
    assert "(decided by rounding); it did not come within 0.01" in alone


@pytest.mark.parametrize("number", slow_but(range(12), range(40)))
def test_the_lowest_are_those_that_rounding_may_make_the_lowest(number: int) -> None:
    rng = random.Random(number)
    runs = [Run(problem=LogisticRegression(samples=9), optimizer=SGD(lr=rng.uniform(0.1, 1)), epochs=2)]
    histories = [train(replace(runs[0], optimizer=SGD(lr=rng.uniform(0.1, 1)))) for _ in range(5)]
    losses = [float(history.loss[-1]) for history in histories]
    ends = [(loss - 0.1 * rng.random() ** 4, loss + 0.1 * rng.random() ** 4) for loss in losses]
    digits = [
        Digits(1, 1, 1, (), low, high, None, history.loss[:, None])
        for (low, high), history in zip(ends, histories, strict=True)
    ]
    possible = [k for k, (low, _) in enumerate(ends) if all(low <= high for _, high in ends)]
    assert lowest(histories, digits) == possible
    assert lowest(histories) == [losses.index(min(losses))]


@pytest.mark.parametrize("number", slow_but(range(12), range(40)))
def test_the_earliest_are_those_that_rounding_may_make_the_first(number: int) -> None:
    rng, target = random.Random(number), 30.0
    run = Run(problem=Thermometer("x0.1"), epochs=60, dtype="float64")
    histories = [train(replace(run, optimizer=SGD(lr=rng.uniform(0.004, 0.02)))) for _ in range(4)]
    factors = torch.tensor([1, rng.uniform(0.9, 1), rng.uniform(1, 1.1)])
    curves = [each.loss[:, None] * factors for each in histories]
    digits = [Digits(1, 1, 1, (), 0.0, 0.0, None, each) for each in curves]

    def needed(k: int) -> list[float]:
        columns = (curves[k] - float(run.training.minimum or 0) <= target).T.tolist()
        return [float(column.index(True)) if True in column else math.inf for column in columns]

    each = [needed(k) for k in range(4)]
    possible = [k for k in range(4) if min(each[k]) < math.inf and min(each[k]) <= min(map(max, each))]
    own = [history.epochs_to(target) for history in histories]
    assert earliest(histories, target, digits) == (possible if any(e is not None for e in own) else [])


def test_problems_whose_gradient_is_autograd_s_have_twins() -> None:
    run = Run(problem=Formula(), optimizer=RMSprop(lr=0.9), runner="autograd", epochs=300, dtype="float64")
    (digits,) = compare([run]).digits
    assert digits is not None
    assert digits.loss == 0
    assert "Rounding decides the final loss of RMSprop." in compare([run]).sentence()


def test_a_comparison_that_is_stopped_trains_no_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Run] = []
    monkeypatch.setattr("trainers.comparison.train_twins", asked.append)
    found = compare([Run(optimizer=SGD(), epochs=500)], on_progress=lambda share: share > 0.1)
    assert found.digits == (None,)
    assert asked == []
    alike = [Run(optimizer=SGD(), epochs=5, runner=name) for name in ("manual", "autograd", "torch.optim")]
    assert compare(alike).digits == (None,) * 3
    assert asked == alike[:1]
