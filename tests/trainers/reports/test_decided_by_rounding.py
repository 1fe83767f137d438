"""What a summary says of runs that rounding decides, held against their curves and those of their twins."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.trainers.reports.test_summary_truth import NUMBER, Truth, number
from trainers import Comparison, Run, compare, train
from trainers.optimizers import SGD, Adam, NAdam, Optimizer, RMSprop
from trainers.problems import MLP, PROBLEMS, LogisticRegression, Problem
from trainers.reports.runs_table import cells
from trainers.words import format_percent

NAMES = ("Ackley", "McCormick", "Rastrigin", "SixHumpCamel", "StyblinskiTang", "Booth")
KINDS: tuple[type[Optimizer], ...] = (SGD, Adam, NAdam, RMSprop, RMSprop)
GOAL = rf"within {NUMBER} of the minimum loss"
AFTER = r"(?:After [\d,]+ epochs? )?"
BEGIN = r"The initial point is .*? of the minimum loss(?:; .*? left again)?\. "
BEST = (
    rf"{AFTER}[Rr]ounding decides which (?:run|of (?P<some>.+?)) has the "
    rf"(?P<what>lowest final loss|smallest gap), (?P<low>{NUMBER})(?: to (?P<high>{NUMBER}))?[.;]"
)
ENDS = (
    rf"{AFTER}(?P<who>.+?) (?:has|have) (?:the (?:lowest|smallest|same)|a) (?:final loss|gap)(?:,| of) "
    rf"(?P<low>0 \(rounding\)|{NUMBER})(?: to (?P<high>{NUMBER}|divergence))?(?: \(.+?\))?[.;]"
)
FIRST = (
    rf"Rounding decides which (?:run|of (?P<some>.+?)) came {GOAL} first, after (?P<low>[\d,]+)"
    r"(?: to (?P<high>[\d,]+))? epochs?(?P<never> or never)?[,.;]"
)
CAME = (
    rf"(?P<who>.+?) came {GOAL}(?: first,)? after (?P<low>[\d,]+)(?: to (?P<high>[\d,]+))? epochs?"
    r"(?P<never> or never)?(?: \(.+?\))?[,.;]"
)
DECIDED = r".*Rounding decides the final loss of (?P<who>.+?)\.(?: |$)"
OTHERWISE = r".*With another order of the same sums (?P<who>.+?) might end lowest\.(?: |$)"
GROWN = r".*?(?:^|\. )(?P<who>[^.]+?) ended with a larger loss than at the start"


def drawn(seed: int) -> tuple[Comparison, Truth]:
    """A random comparison of runs that oscillate, or leave unstable points."""
    rng = random.Random(seed)
    problem: Problem = PROBLEMS[rng.choice(NAMES)]() if rng.random() < 0.8 else LogisticRegression(samples=9)
    task = Run(
        problem=problem,
        epochs=rng.choice([40, 150, 300]),
        dtype=rng.choice(["float32", "float64"]),
        seed=rng.randrange(50),
    )
    rates = [float(f"{10 ** rng.uniform(-2, 0.2):.3g}") for _ in range(rng.randint(1, 5))]
    made = [rng.choice(KINDS)(lr=lr) for lr in rates]
    target = rng.choice([0.01, 1.0, 10.0])
    found = compare([replace(task, optimizer=each) for each in dict.fromkeys(made)], target=target)
    return found, Truth(found.histories, target)


def ranges(found: Comparison) -> dict[int, tuple[float, float]]:
    """The ends of final losses of the finished runs and their twins."""
    ends = {}
    for place, (history, digits) in enumerate(zip(found.histories, found.digits, strict=True)):
        assert digits is not None
        each = [float(history.loss[-1]), *map(float, digits.losses[-1])]
        each = [math.inf if math.isnan(end) else end for end in each]
        if history.finished:
            ends[place] = min(each), max(each)
    return ends


def arrivals(found: Comparison, target: float) -> dict[int, tuple[float, float]]:
    """The least and the most epochs until a run or one of its twins was within the target."""
    ends = {}
    for place, (history, digits) in enumerate(zip(found.histories, found.digits, strict=True)):
        assert digits is not None
        minimum = float(history.run.training.minimum or 0)
        curves = [history.loss.double().tolist(), *digits.losses.double().T.tolist()]
        each = [next((k for k, x in enumerate(c) if x - minimum <= target), math.inf) for c in curves]
        if min(each) < math.inf:
            ends[place] = min(each), max(each)
    return ends


def possible(ends: dict[int, tuple[float, float]]) -> list[int]:
    """Those that no other is sure to be below."""
    return [place for place, (low, _) in ends.items() if all(low <= high for _, high in ends.values())]


def widened(found: Comparison) -> dict[int, tuple[float, float]]:
    """Those of runs that rounding decides widened by themselves, as docs/method.md has it."""
    ends = ranges(found)
    for place, (low, high) in ends.items():
        digits, least = found.digits[place], float(found.histories[place].run.training.minimum or 0)
        assert digits is not None
        a, b = low - least, high - least
        if digits.loss == 0:
            ends[place] = (least + a * a / b, least + b * b / a) if a > 0 else (low - b + a, high + b - a)
    return ends


def reads(text: str, value: float) -> bool:
    """Whether a text is this number to two digits, 0 if it is below."""
    return (text == "0" and value <= 0) or abs(number(text) - value) <= 0.05 * abs(value) + 1e-300


def check_best(found: Comparison, it: Truth, said: re.Match[str]) -> None:
    """Rounding decides which of several is lowest."""
    named = it.places(said["some"]) if said["some"] else list(range(len(it.names)))
    assert named == sorted({*possible(ranges(found)), *it.lowest()})
    ends = [ranges(found)[place] for place in named]
    low, high = min(low for low, _ in ends), min(high for _, high in ends)
    minimum = float(it.problem.minimum or 0) if said["what"] == "smallest gap" else 0.0
    assert reads(said["low"], low - minimum)
    assert said["high"] is None or reads(said["high"], high - minimum)


def check_ends(found: Comparison, it: Truth, said: re.Match[str]) -> None:
    """These are the lowest."""
    assert it.places(said["who"]) == sorted({*possible(ranges(found)), *it.lowest()})


def check_first(found: Comparison, it: Truth, said: re.Match[str]) -> None:
    """Rounding decides which of several was first."""
    named = it.places(said["some"]) if said["some"] else list(range(len(it.names)))
    ends = arrivals(found, it.target)
    assert set(named) >= set(possible(ends))
    assert number(said["low"]) == min(ends[place][0] for place in named)
    high = min(ends[place][1] for place in named)
    assert bool(said["never"]) == (high == math.inf)
    assert high == math.inf or number(said["high"] or said["low"]) == high


def check_came(found: Comparison, it: Truth, said: re.Match[str]) -> None:
    """These were first."""
    named, ends = it.places(said["who"]), arrivals(found, it.target)
    assert set(named) >= set(possible(ends))
    if len(named) == 1:
        low, high = ends[named[0]]
        assert number(said["low"]) == low
        assert bool(said["never"]) == (high == math.inf)
        assert high == math.inf or number(said["high"] or said["low"]) == high


def check_others(found: Comparison, it: Truth, text: str) -> None:
    """Who might end lowest otherwise, and who has grown, it and its twins."""
    sure = {*possible(ranges(found)), *it.lowest()} if ranges(found) else set()
    others = sorted({*possible(widened(found))} - sure)
    said = re.match(OTHERWISE, text)
    who = said["who"] if said else None
    if len(others) > 3:
        assert who == f"{len(others)} of {len(it.names)} runs"
    else:
        assert it.places(who) == others
    for place, (low, _) in ranges(found).items():
        if low < float(found.histories[place].loss[0]):
            grown = re.match(GROWN, text)
            assert not grown or place not in it.places(grown["who"])


QUICK = (0, 1, 2, 30, 36, 69, 98)
"""Comparisons in which each of the sentences is met."""


@pytest.mark.parametrize("seeds", [QUICK, pytest.param(range(400), marks=pytest.mark.slow)], ids=len)
def test_none_is_said_to_be_best_by_what_rounding_decides(seeds: Sequence[int]) -> None:
    checks = {BEST: check_best, FIRST: check_first, CAME: check_came, ENDS: check_ends}
    met = []
    for seed in seeds:
        found, it = drawn(seed)
        text = re.sub(f"^{BEGIN}", "", found.sentence())
        try:
            for pattern, check in checks.items():
                if said := re.match(pattern, text):
                    check(found, it, said)
                    met.append(check)
                    break
            zero = [k for k, each in enumerate(found.digits) if each is not None and each.loss == 0]
            decided = re.match(DECIDED, text)
            assert bool(decided) == bool(zero)
            named = decided["who"] if decided else None
            all_of_them = named in ("both runs", "all runs")
            assert (list(range(len(it.names))) if all_of_them else it.places(named)) == zero
            check_others(found, it, text)
        except (AssertionError, KeyError, ValueError) as error:
            raise AssertionError(f"comparison {seed}: {text}") from error
    assert len(set(met)) == len(checks)


@pytest.mark.slow
def test_other_runners_mostly_end_within_the_widened_ranges() -> None:
    """Of four numbers drawn alike, the last lies outside the range of the others half the time."""
    ends, beyond, far = 0, 0, 0
    for seed in range(60):
        found, _ = drawn(seed)
        for place, (low, high) in ranges(found).items():
            digits, history = found.digits[place], found.histories[place]
            if digits is None or digits.loss > 0:
                continue
            for runner in ("autograd", "torch.optim"):
                other = train(replace(history.run, runner=runner))
                widest = widened(found)[place]
                ends += other.finished
                beyond += other.finished and not low <= float(other.loss[-1]) <= high
                far += other.finished and not widest[0] <= float(other.loss[-1]) <= widest[1]
    assert ends > 30
    assert beyond > 0.3 * ends
    assert far < 0.2 * ends


def spirals(*rates: float) -> Comparison:
    task = Run(problem=MLP(source="spirals", noise=0.05, depth=2), epochs=500)
    return compare([replace(task, optimizer=SGD(lr=lr)) for lr in rates])


def test_nothing_is_said_of_growth_and_accuracy_that_rounding_decides() -> None:
    """By hand the first run ends above its initial loss and at 72%, by autograd far below it and at 100%."""
    found = spirals(2, 1)
    unstable, calm = found.histories
    assert found.digits[0] is not None
    assert found.digits[0].low < float(unstable.loss[0]) < float(unstable.loss[-1])
    assert "larger loss" not in found.sentence()
    assert "accuracy" not in found.sentence()
    first, second = cells(found.histories, ["a", "b"], 0.01, found.digits)["accuracy"]
    assert first.endswith("%, decided by rounding")
    assert second == format_percent(float(calm.accuracy[-1]))
    assert "highest accuracy" in spirals(1, 0.5).sentence()
