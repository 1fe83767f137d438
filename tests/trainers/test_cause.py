"""Why a run diverged: what the history tells from its rows, against what every operation of the run says."""

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.matrix import slow_but
from trainers import History, Run, train
from trainers.optimizers import ADOPT, OPTIMIZERS, SGD, Adam, Optimizer, RAdam, RMSprop
from trainers.problems import MLP, PROBLEMS, Problem, Quadratic, Thermometer
from trainers.reports import loss as loss_report
from trainers.reports.names import names
from trainers.reports.runs_table import cells
from trainers.reports.summary import sentence
from trainers.run import runners
from trainers.runners import RUNNERS
from trainers.settings import Flag, Integer, Real, SettingError, settings_of

BOTH = ("float32", "float64")
KINDS = list(OPTIMIZERS.values())
CLASSIFIERS = [PROBLEMS[name](samples=20) for name in ("LogisticRegression", "SoftmaxRegression")]
FEW: list[Problem] = [
    *(Thermometer(), Thermometer("raw"), Quadratic()),
    *(PROBLEMS[name]() for name in ("GoldsteinPrice", "ThreeHumpCamel", "Beale")),
    *(CLASSIFIERS[0], MLP(samples=20, width=3), MLP(samples=20, width=3, activation="relu", depth=2)),
]


class Origin(TorchDispatchMode):
    """Whether the first NaN of a computation came with infinite numbers, or from finite ones alone.

    Infinite numbers that came from a division by zero do not count.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cause: str | None = None
        self.by_zero: bool | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = [] if self.cause else [tensor.clone() for tensor in floats((args, kwargs))]
        result = func(*args, **(kwargs or {}))
        made = any(bool(tensor.isnan().any()) for tensor in floats(result))
        infinite = any(bool(tensor.isinf().any()) for tensor in (*given, *floats(result)))
        if infinite and self.by_zero is None:
            divides = any(name in str(func) for name in ("div", "reciprocal"))
            self.by_zero = divides and any(bool((tensor == 0).any()) for tensor in given)
        if not self.cause and made and "empty" not in str(func):
            assert not any(bool(tensor.isnan().any()) for tensor in given)
            self.cause = "overflow" if infinite and not self.by_zero else "not a number"
        return result


def floats(values: Any) -> list[Tensor]:
    return [x for x in tree_leaves(values) if isinstance(x, Tensor) and x.is_floating_point()]


def origin(history: History) -> str:
    """What made the loss of a run without batches not finite."""
    run = history.run
    if history.loss[history.diverged_at].isinf():
        return "overflow"
    run.training.loss(run.initial())  # makes what is kept
    points = RUNNERS[run.runner](run.training, run.optimizer, run.initial())
    with Origin() as watch:
        for _ in range((history.diverged_at or 0) + 1):
            next(points)
    assert watch.cause is not None
    return watch.cause


def drawn(kind: type[Optimizer], luck: random.Random) -> Optimizer:
    """Settings out of the way: many at the ends of their ranges."""
    settings: dict[str, Any] = {"lr": 10 ** luck.uniform(-4, 2)}
    for name, setting in settings_of(kind).items():
        if isinstance(setting, Integer):
            settings[name] = luck.randint(int(setting.low), int(setting.low) + 9)
        elif isinstance(setting, Flag):
            settings[name] = luck.random() < 0.5
        elif isinstance(setting, Real) and name != "lr" and luck.random() < 0.6:
            high = min(setting.high, 1.0)
            settings[name] = luck.choice(
                [float(setting.low)] * 2 + [float(high), luck.uniform(setting.low, high)]
            )
    try:
        return kind(**settings)
    except SettingError:
        return drawn(kind, luck)


BY_HAND = [kind for kind in KINDS if kind.by_hand()]
SOME = list(zip((SGD, RMSprop, Adam, ADOPT), BOTH * 2, strict=True))


@pytest.mark.parametrize(("kind", "dtype"), slow_but(SOME, product(BY_HAND, BOTH)))
def test_the_cause_is_what_the_operations_say(kind: type[Optimizer], dtype: str) -> None:
    """Of the first runs that diverge; some optimizers hardly ever do."""
    luck, found = random.Random(f"{kind.__name__} {dtype}"), []
    for _ in range(60):
        if len(found) == 3:
            break
        problem = luck.choice(FEW)
        runner = luck.choice(runners(kind))
        run = Run(problem=problem, optimizer=drawn(kind, luck), runner=runner, epochs=30, dtype=dtype)
        run = replace(run, seed=luck.randrange(9))
        run = replace(run, validation_split=0.3 if problem.num_samples and luck.random() < 0.5 else 0.0)
        if not problem.num_samples and luck.random() < 0.7:
            run = replace(run, start=(problem.minimizers or [(0.0, 0.0)])[0])
        history = train(run)
        if history.status != "diverged":
            assert history.cause is None
            continue
        truth = origin(history)
        found.append(truth)
        if truth == "overflow" or history.cause == truth:
            assert history.cause == truth, run
        else:  # a root of a negative number, but long after the run had gone away
            assert growth(history) > 100, run


def growth(history: History) -> float:
    """How many times as large as at the start the last finite loss or gradient is."""
    last = (history.diverged_at or 1) - 1
    sizes = [(abs(history.loss[k].item()), history.gradient[k].abs().max().item()) for k in (0, last)]
    return max(after / max(before, 1.0) for before, after in zip(*sizes, strict=True))


@pytest.mark.parametrize("problem", [Thermometer("raw"), *CLASSIFIERS[:1], FEW[-1]], ids=repr)
def test_what_grows_diverges_with_full_and_mini_batches(problem: Problem) -> None:
    """A pull towards 0 that overshoots it throws parameters away ever further, whatever the data."""
    for history in trained_in_all_ways(problem, SGD(lr=10, weight_decay=10)):
        assert (history.status, history.cause) == ("diverged", "overflow")


@pytest.mark.parametrize("problem", [Thermometer(), *CLASSIFIERS, FEW[-1]], ids=repr)
def test_the_root_of_a_negative_number_is_no_divergence(problem: Problem) -> None:
    """Without memory the mean square is the mean squared, and rounding decides which is larger."""
    for history in trained_in_all_ways(problem, RMSprop(lr=1e-4, alpha=0.0, eps=1.0, centered=True)):
        assert (history.status, history.cause) == ("diverged", "not a number")


def trained_in_all_ways(problem: Problem, optimizer: Optimizer) -> Iterator[History]:
    """Runs with and without mini-batches and a validation split, in both precisions."""
    for batch, split, dtype in product((0, 5), (0.0, 0.3), BOTH):
        data = {"batch_size": batch, "validation_split": split}
        yield train(Run(problem=problem, optimizer=optimizer, dtype=dtype, seed=3, epochs=300, **data))


DIVIDING = [kind for kind in KINDS if kind.by_hand() and "eps" in settings_of(kind)]


@pytest.mark.parametrize("kind", DIVIDING)
def test_zero_by_zero_is_no_divergence(kind: type[Optimizer]) -> None:
    for problem, runner, dtype in product((Quadratic(), PROBLEMS["Ackley"]()), runners(kind), BOTH):
        run = Run(problem=problem, optimizer=kind(eps=0), runner=runner, start=(0.0, 0.0), dtype=dtype)
        history = train(run)
        first = {RAdam: 6, ADOPT: 2}.get(kind, 1)  # these do not divide from the first update on
        assert (history.status, history.diverged_at, history.cause) == ("diverged", first, "not a number")
        assert cells([history], ["a"], 0.01)["status"][0].startswith(f"not a number after {first} epoch")


@pytest.mark.parametrize("kind", KINDS)
def test_a_loss_too_large_at_the_start_is_an_overflow(kind: type[Optimizer]) -> None:
    run = Run(
        problem=PROBLEMS["GoldsteinPrice"](), optimizer=kind(), runner=runners(kind)[0], start=(1e6, 1e6)
    )
    history = train(run)
    assert (history.diverged_at, history.cause) == (0, "overflow")


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("loss", "gradient", "params", "cause"),
    [
        ([80, 9, INF], [78, 20, NAN], [[1, 0], [2, 3], [4, 5]], "overflow"),
        ([80, 9, NAN], [78, 20, NAN], [[1, 0], [2, 3], [NAN, NAN]], "not a number"),
        ([80, 9, NAN], [78, INF, NAN], [[1, 0], [2, 3], [NAN, NAN]], "overflow"),
        ([80, 9, NAN], [78, 20, NAN], [[1, 0], [2, 3], [NAN, -INF]], "overflow"),
        ([80, 9e5, NAN], [78, 20, NAN], [[1, 0], [2, 3], [NAN, NAN]], "overflow"),
        ([80, 9, NAN], [78, -9e5, NAN], [[1, 0], [2, 3], [NAN, NAN]], "overflow"),
        ([80, 9, NAN], [78, 20, NAN], [[1, 0], [2, 3], [9e5, 5]], "overflow"),
        # Parameters may have to be large; and near the smallest loss swinging is no growth.
        ([80, 9, NAN], [78, 20, NAN], [[1, 0], [2, 9e5], [NAN, 9e5]], "not a number"),
        ([1e-9, 0.3, NAN], [1e-9, 0.5, NAN], [[1, 0], [2, 3], [NAN, NAN]], "not a number"),
        # A large loss that was there from the start has not grown, unless its square is infinite.
        ([8e9, 9e9, NAN], [7e9, 8e9, NAN], [[1, 0], [2, 3], [NAN, NAN]], "not a number"),
        ([8e19, 9e9, NAN], [7e19, 8e19, NAN], [[1, 0], [2, 3], [NAN, NAN]], "overflow"),
        # What had grown and come back is not what ended the run.
        ([80, 9e9, 9, NAN], [78, 9e9, 2, NAN], [[1, 0], [9e9, 3], [2, 3], [NAN, NAN]], "not a number"),
    ],
)
def test_what_has_grown(
    loss: list[float], gradient: list[float], params: list[list[float]], cause: str
) -> None:
    made = History(
        run=Run(epochs=len(loss) - 1),
        epochs=torch.arange(len(loss)),
        params=torch.tensor(params),
        loss=torch.tensor(loss),
        gradient=torch.tensor([[slope, 0.0] for slope in gradient]),
        status="diverged",
        diverged_at=len(loss) - 1,
        seconds=0.0,
        batch_loss=torch.tensor(loss[:-1]),
    )
    assert made.cause == cause


def test_the_words_follow_the_cause() -> None:
    run = Run(problem=Thermometer("raw"), epochs=100)
    gone = train(replace(run, optimizer=SGD(lr=1e-2)))
    odd = train(replace(run, optimizer=RMSprop(lr=1e-4, alpha=0.0, eps=1.0, centered=True)))
    after = f"after {odd.diverged_at} epoch{'s' * (odd.diverged_at != 1)}"
    assert cells([gone, odd], ["a", "b"], 0.01)["status"].tolist() == [
        "diverged after 10 epochs",
        f"not a number {after}",
    ]
    assert sentence([odd], 0.01) == f"RMSprop became not a number {after}."
    assert sentence([odd, odd], 0.01) == f"Both runs became not a number, each {after}."
    assert sentence([gone, odd], 0.01).endswith(
        f"by −57.8. {names([gone.run, odd.run])[1]} became not a number {after}."
    )
    fine = train(replace(run, optimizer=Adam(), epochs=3))
    assert sentence([fine, gone, gone], 0.01).endswith("2 of 3 runs diverged, each after 10 epochs.")
    told = loss_report.caption([odd], "loss", log=True)
    assert "a run that became not a number, at the edge" in told
    assert "diverged" not in told
    both = loss_report.caption([odd, gone, fine], "loss", log=True)
    assert "a run that diverged or became not a number, at the edge" in both
    assert "Cross" not in loss_report.caption([fine], "loss", log=True)


def test_a_run_that_ends_well_has_no_cause() -> None:
    assert train(Run(epochs=3)).cause is None
    assert train(Run(epochs=30), lambda epoch, _: epoch == 4).cause is None
