"""Every sentence on a comparison, held against its histories by the definitions in docs/method.md."""

import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from trainers import History, Run, train
from trainers.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from trainers.problems import (
    MLP,
    LinearRegression,
    LogisticRegression,
    Problem,
    Quadratic,
    Rosenbrock,
    Saddle,
    Thermometer,
)
from trainers.problems.surfaces import Himmelblau
from trainers.reports.names import names
from trainers.reports.summary import sentence

PROBLEMS: tuple[Problem, ...] = (
    *(Thermometer(scaling) for scaling in ("raw", "x0.1", "standardized")),
    LinearRegression(samples=20, features=3),
    Quadratic(),
    Rosenbrock(),
    Himmelblau(),
    Saddle(),
    LogisticRegression(samples=30),
    MLP(samples=30, width=6, noise=0.4),
)
NUMBER = r"(?:−?[\d.,]*\d(?:e[+−]?\d+)?|inf)"
SHARED = r"(?: \(set apart by rounding alone\))?"
GOAL = f"within (?P<target>{NUMBER}) of the minimum loss"
EVERY = r"(?:Both|both|[Aa]ll \d+) runs"
EPOCHS = r"(?P<epochs>[\d,]+) epochs?"
HAS = "(?:has|have)"
APART = rf"(?:never more than (?P<apart>{NUMBER}) apart|equal to the last digit at every epoch)"
KIND = rf"(?:has a gap of|{HAS} the (?P<kind>smallest|same) gap,)"
SENTENCES = {
    "curve": rf"(?P<runs>\d+) ways, one curve: after {EPOCHS} each has loss (?P<loss>.+), "
    rf"and their parameters were {APART}\.",
    "begin": rf"The initial point is {GOAL}(?:; (?P<left>.+?) left again)?\.",
    "first": rf"(?P<who>.+?) came {GOAL}(?P<order> first,)? after (?P<least>[\d,]+)(?: to (?P<most>[\d,]+))? "
    rf"epochs?{SHARED}(?:, (?P<second>[^,;]+?) after (?P<then>[\d,]+))?"
    r"(?:; (?P<left>[^;]+?) left again)?(?:[;,] (?P<missing>[^;]+?) never came so close)?\.",
    "gap": rf"After {EPOCHS} (?P<who>.+?) {KIND} "
    rf"(?P<gap>0 \(rounding\)|{NUMBER})(?: to (?P<most>{NUMBER}))?{SHARED}"
    rf"(?:; (?P<none>it did not come|no run came) {GOAL})?\.",
    "loss": rf"After {EPOCHS} the loss is (?P<loss>{NUMBER})\.",
    "lowest": rf"(?P<who>.+?) {HAS} the (?P<kind>lowest|same) final loss, (?P<loss>{NUMBER})"
    rf"(?: to (?P<most>{NUMBER}))?{SHARED}"
    rf"(?:; (?P<near>.+?) (?:is only|are at most) (?P<above>{NUMBER}) above)?\.",
    "rounding": rf"In float(?:32|64) a gap up to (?P<floor>{NUMBER}) is rounding error: it decides which "
    rf"run comes within {NUMBER}\.",
    "aims": rf"With (?:weight decay|an L2 penalty of) (?P<decay>{NUMBER}) (?P<who>.+?) aims? at another point"
    rf"(?:, where the gap is (?P<gap>{NUMBER}))?\.",
    "shrinks": rf"Weight decay (?P<decay>{NUMBER}) shrinks (?:its parameters|the parameters of (?P<who>.+?)) "
    r"at each step and can keep them from the minimum\.",
    "grown": r"(?P<who>.+?) ended with a larger loss than at the start(?:: (?P<why>lr .+?))?\.",
    "gone": rf"(?P<who>(?!With).+?) (?P<how>diverged|became not a number)(?:, (?P<order>each|.+? first,))? "
    rf"after {EPOCHS}(?:: (?P<why>lr .+?))?\.(?: Its (?P<its>lr .+?)\.)?",
    "accuracy": rf"(?:The (?P<one>(?:validation )?accuracy) is|(?P<who>.+?) {HAS} the highest "
    r"(?P<metric>(?:validation )?accuracy),) (?P<share>[\d.e-]+)%\.",
    "overfits": r"(?P<who>.+?) overfits?(?:, (?P<order>each|.+? earliest,))? from epoch (?P<epoch>[\d,]+) "
    r"on: validation loss rises while training loss does not\.",
}
"""The sentences there are."""


def drawn(number: int) -> tuple[list[Run], float]:
    """A random comparison and its target."""
    rng = random.Random(number)
    problem = rng.choice(PROBLEMS)
    epochs = rng.choice([1, 3, 20, 45, 120])
    task = Run(
        problem=problem,
        epochs=epochs,
        dtype=rng.choice(["float32", "float64"]),
        seed=rng.choice([0, 0, 1, 2]),
        batch_size=rng.choice([0, 0, 0, 8]) if problem.num_samples else 0,
        validation_split=rng.choice([0, 0, 0.4]) if problem.num_samples else 0.0,
    )
    if problem.minimizers and rng.random() < 0.1:
        task = replace(task, start=problem.minimizers[0])
    runs = [replace(task, optimizer=_optimizer(rng)) for _ in range(rng.choice([1, 1, 2, 3, 4, 6]))]
    if rng.random() < 0.3:
        runs.append(runs[0])
    if rng.random() < 0.3:
        others = [runner for runner in runs[0].runners if runner != runs[0].runner]
        kept = runs if rng.random() < 0.5 else runs[:1]
        runs = [*kept, *(replace(runs[0], runner=each) for each in others)]
    return runs, rng.choice([0.01, 0.01, float(f"{10 ** rng.uniform(-12, 4):.2g}")])


def _optimizer(rng: random.Random) -> Optimizer:
    lr, decay = float(f"{10 ** rng.uniform(-5, 0.5):.2g}"), rng.choice([0, 0, 0, 1e-3, 0.1, 1.0])
    kind = rng.choice([SGD, SGD, Adam, RMSprop, Adagrad, AdamW])
    more = {"momentum": 0.9} if kind is SGD and rng.random() < 0.3 else {}
    return kind(lr=lr, weight_decay=decay, **more)


def number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-").removesuffix(" (rounding)"))


def reads(text: str, value: float, digits: int) -> bool:
    """Whether a number with so many digits, or more, is that of the text."""
    return abs(number(text) - value) <= 0.501 * 10.0 ** (1 - digits) * max(abs(number(text)), abs(value))


class Truth:
    """What is so of a comparison."""

    def __init__(self, histories: Sequence[History], target: float) -> None:
        self.histories, self.target = histories, target
        self.names = names([history.run for history in histories])
        self.problem = histories[0].run.training
        self.known = self.problem.minimum is not None
        self.floor = self.problem.rounding(histories[0].loss.dtype) if self.known else 0.0
        self.loss = [history.loss.double().numpy() for history in histories]
        self.gap = [loss - (self.problem.minimum if self.known else math.nan) for loss in self.loss]
        self.finished = [history.status == "finished" for history in histories]
        self.arrival = [next((k for k, x in enumerate(gap) if x <= target), None) for gap in self.gap]

    def places(self, text: str | None) -> list[int]:
        """The runs that a text names; a number of them is read as none."""
        if not text:
            return []
        if re.fullmatch(EVERY, text) or text in ("it", "The run", "It"):
            return list(range(len(self.names)))
        return [self.names.index(name) for part in text.split(", ") for name in part.split(" and ")]

    def are(self, text: str | None, expected: Sequence[int]) -> bool:
        """Whether a text names these runs, or says how many they are."""
        if text and (counted := re.fullmatch(r"(\d+) of (\d+) runs", text)):
            return (int(counted[1]), int(counted[2])) == (len(expected), len(self.names))
        return self.places(text) == list(expected)

    def near(self, a: float, b: float) -> bool:
        eps = torch.finfo(self.histories[0].loss.dtype).eps
        return a == b or abs(a - b) <= self.floor + 8 * eps * min(abs(a), abs(b))

    def twins(self, k: int, j: int) -> bool:
        return self.histories[k].run.optimizer == self.histories[j].run.optimizer

    def leaders(self, of: dict[int, float], near: Callable[[float, float], bool]) -> list[int]:
        """The runs of the smallest number, with what counts as equal, their twins, and those between."""
        best = [k for k in of if near(of[k], min(of.values()))]
        highest = max(of[k] for k in of if any(self.twins(k, j) for j in best))
        return [k for k in of if of[k] <= highest]

    def lowest(self) -> list[int]:
        ends = {k: float(self.loss[k][-1]) for k, ended in enumerate(self.finished) if ended}
        return self.leaders(ends, self.near)

    def left(self) -> list[int]:
        return [
            k
            for k, reached in enumerate(self.arrival)
            if reached is not None and self.finished[k] and self.gap[k][-1] > self.target
        ]


def check_curve(it: Truth, said: dict[str, str | None]) -> bool:
    params = np.stack([history.params.double().numpy() for history in it.histories])
    apart = (params.max(0) - params.min(0)).max()
    same = all(np.allclose(loss, it.loss[0], rtol=1e-3, atol=0) for loss in it.loss)
    told = apart == 0 if said["apart"] is None else apart <= number(said["apart"]) <= 1.1 * apart
    losses = str(said["loss"]).split(" or ")
    ends = all(any(reads(text, loss[-1], 6) for text in losses) for loss in it.loss)
    ways = {history.run.runner for history in it.histories}
    return told and same and ends and all(it.finished) and int(str(said["runs"])) == len(ways)


def check_begin(it: Truth, said: dict[str, str | None]) -> bool:
    return it.arrival[0] == 0 and it.are(said["left"], it.left())


def check_first(it: Truth, said: dict[str, str | None]) -> bool:
    reached = {k: float(epoch) for k, epoch in enumerate(it.arrival) if epoch is not None}
    first = it.leaders(reached, lambda a, b: a == b)
    least, most = (f(reached[k] for k in first) for f in (min, max))
    later = {k: epoch for k, epoch in reached.items() if k not in first}
    second = [k for k in later if later[k] == min(later.values())]
    assert it.are(said["who"], first)
    assert (number(str(said["least"])), number(str(said["most"] or said["least"]))) == (least, most)
    assert least > 0
    assert bool(said["order"]) == (len(first) < len(it.names))
    assert it.places(said["second"]) == (second if len(second) == 1 else [])
    assert said["then"] is None or number(said["then"]) == later[second[0]]
    missing = [k for k, epoch in enumerate(it.arrival) if epoch is None]
    return it.are(said["left"], it.left()) and it.are(said["missing"], missing)


def check_gap(it: Truth, said: dict[str, str | None]) -> bool:
    lowest, text = it.lowest(), str(said["gap"])
    gaps = [float(it.gap[k][-1]) for k in lowest]
    assert it.are(said["who"], lowest)
    assert bool(said["kind"]) == (len(it.names) > 1)
    assert (said["kind"] == "same") == (len(lowest) == len(it.names) > 1)
    if text == "0 (rounding)":
        assert max(gaps) <= it.floor
    else:
        assert reads(text, min(gaps), 2)
        assert reads(said["most"] or text, max(gaps), 2)
        assert (number(text) > it.target) == (min(gaps) > it.target)
    return (said["none"] is not None) == all(epoch is None for epoch in it.arrival)


def check_loss(it: Truth, said: dict[str, str | None]) -> bool:
    return len(it.names) == 1 and not it.known and reads(str(said["loss"]), it.loss[0][-1], 4)


def check_lowest(it: Truth, said: dict[str, str | None]) -> bool:
    lowest, text = it.lowest(), str(said["loss"])
    losses = [float(it.loss[k][-1]) for k in lowest]
    assert not it.known
    assert it.are(said["who"], lowest)
    assert (said["kind"] == "same") == (len(lowest) == len(it.names))
    assert reads(text, min(losses), 4)
    assert reads(said["most"] or text, max(losses), 4)
    near = [k for k in range(len(it.names)) if k not in lowest and it.finished[k]]
    near = [k for k in near if f"{it.loss[k][-1]:.4g}" == f"{max(losses):.4g}"] if not said["most"] else []
    assert it.are(said["near"], near)
    return not near or reads(str(said["above"]), max(it.loss[k][-1] for k in near) - max(losses), 2)


def check_rounding(it: Truth, said: dict[str, str | None]) -> bool:
    return it.known and it.target < it.floor and reads(str(said["floor"]), it.floor, 2)


def check_aims(it: Truth, said: dict[str, str | None]) -> bool:
    decay, hessian = number(str(said["decay"])), it.problem.hessian
    for k in it.places(said["who"]):
        optimizer = it.histories[k].run.optimizer
        assert not isinstance(optimizer, AdamW)
        assert optimizer.weight_decay == decay > 0
        assert it.gap[k][-1] > it.target
        assert it.finished[k]
    if said["gap"] is None:
        return hessian is None
    return reads(said["gap"], own_gap(it, decay), 3) and number(said["gap"]) > it.target


def check_shrinks(it: Truth, said: dict[str, str | None]) -> bool:
    places = it.places(said["who"] or "it")
    decoupled = (isinstance(it.histories[k].run.optimizer, AdamW) for k in places)
    return all(decoupled) and all(it.gap[k][-1] > it.target for k in places)


def check_grown(it: Truth, said: dict[str, str | None]) -> bool:
    pairs = [(k, loss[-1], loss[0]) for k, loss in enumerate(it.loss) if it.finished[k]]
    grown = [k for k, last, first in pairs if last > first and not it.near(last, first)]
    return it.are(said["who"], grown) and exceeds(said["why"])


def exceeds(why: str | None) -> bool:
    """Whether a rate is by the factor that is told above the limit that is told."""
    if why is None:
        return True
    told = re.match(rf"lr (.+) is ({NUMBER}) times the stability limit, ({NUMBER})", why)
    assert told is not None
    lr, factor, limit = float(told[1].replace("−", "-")), number(told[2]), number(told[3])
    return lr > limit and factor > 1 and factor == pytest.approx(lr / limit, rel=6e-3)


def check_gone(it: Truth, said: dict[str, str | None]) -> bool:
    cause = "overflow" if said["how"] == "diverged" else "not a number"
    gone = {k: h.diverged_at for k, h in enumerate(it.histories) if h.diverged_at is not None}
    gone = {k: epoch for k, epoch in gone.items() if it.histories[k].cause == cause}
    for k, epoch in gone.items():
        assert np.isfinite(it.loss[k][:epoch]).all()
        assert not np.isfinite(it.loss[k][epoch])
    first = [k for k, epoch in gone.items() if epoch == min(gone.values())]
    named = first if said["order"] and said["order"] != "each" else list(gone)
    who = str(said["order"]).removesuffix(" first,") if named is first and said["order"] else said["who"]
    assert said["order"] != "each" or len(first) == len(gone)
    assert it.are(said["who"], list(gone))
    assert number(str(said["epochs"])) == min(gone.values())
    return it.are(who, named) and exceeds(said["why"] or said["its"])


def check_accuracy(it: Truth, said: dict[str, str | None]) -> bool:
    validation = it.histories[0].validation_accuracy is not None
    assert str(said["one"] or said["metric"]) == ("validation accuracy" if validation else "accuracy")
    ends = {
        k: float((h.validation_accuracy if validation else h.accuracy)[-1])
        for k, h in enumerate(it.histories)
        if it.finished[k]
    }
    best = [k for k in ends if ends[k] == max(ends.values())]
    share = float(str(said["share"]))
    assert said["one"] is not None or it.are(said["who"], best)
    return abs(share - 100 * max(ends.values())) <= 0.0501


def check_overfits(it: Truth, said: dict[str, str | None]) -> bool:
    since = {k: epoch for k in range(len(it.names)) if (epoch := overfitting(it, k)) is not None}
    first = [k for k in since if since[k] == min(since.values())]
    order = said["order"]
    assert order != "each" or len(first) == len(since)
    assert order in (None, "each") or it.are(order.removesuffix(" earliest,"), first)
    return it.are(said["who"], list(since)) and number(str(said["epoch"])) == min(since.values())


def overfitting(it: Truth, k: int) -> int | None:
    values = it.histories[k].validation_loss
    if values is None or not it.finished[k]:
        return None
    losses = values.double().numpy()
    count, best = max(math.ceil(len(losses) / 10), 10), int(losses.argmin())
    if len(losses) < 2 * count or not np.isfinite(losses).all() or not best:
        return None
    medians = [lower_median(losses[i : i + count]) for i in range(len(losses) - count + 1)]
    last, rise = losses[-count:], medians[-1] - min(medians)
    rises = rise > 0.05 * min(medians) and rise > last.max() - last.min()
    return best if rises and it.loss[k][-1] <= it.loss[k][best] else None


def lower_median(values: "np.ndarray") -> float:
    return float(np.sort(values)[(len(values) - 1) // 2])


def aims_elsewhere(it: Truth, k: int) -> bool:
    """Whether a run ends above the target whose optimum with weight decay is known to be there, too."""
    optimizer, at = it.histories[k].run.optimizer, it.problem.minimizers
    decay = 0.0 if isinstance(optimizer, AdamW) else optimizer.weight_decay
    if (
        not decay
        or not it.finished[k]
        or not it.gap[k][-1] > it.target
        or it.problem.hessian is None
        or not at
    ):
        return False
    return any(at[0]) and own_gap(it, decay) > it.target


def own_gap(it: Truth, decay: float) -> float:
    """The gap where a quadratic loss with an L2 penalty is smallest."""
    best, hessian = torch.tensor(it.problem.minimizers[0], dtype=torch.float64), it.problem.hessian
    own = torch.linalg.solve(hessian + decay * torch.eye(len(best)), hessian @ best)
    return float(it.problem.loss(own)) - it.problem.minimum


def must_be_said(it: Truth) -> set[str]:
    """The sentences that a comparison can't do without."""
    found = set()
    if any(h.status == "diverged" for h in it.histories):
        found.add("gone")
    pairs = [(loss[-1], loss[0]) for k, loss in enumerate(it.loss) if it.finished[k]]
    if any(last > first and not it.near(last, first) for last, first in pairs):
        found.add("grown")
    if it.histories[0].accuracy is not None and any(it.finished):
        found.add("accuracy")
    if it.known and it.target < it.floor and any(it.finished):
        found.add("rounding")
    if any(it.known and aims_elsewhere(it, k) for k in range(len(it.names))):
        found.add("aims")
    if any(overfitting(it, k) is not None for k in range(len(it.names))):
        found.add("overfits")
    return found


def kinds_of(text: str, it: Truth) -> list[str]:
    """The kinds of the sentences of a text, in order, each of them true."""
    found = []
    while text:
        matches = {
            kind: match
            for kind, pattern in SENTENCES.items()
            if (match := re.match(rf"{pattern}(?: (?=[A-Z\d])|$)", text)) is not None
        }
        kind = min(matches, key=lambda kind: matches[kind].end(), default="")
        assert kind, f"no sentence of those that there are: {text}"
        assert globals()[f"check_{kind}"](it, matches[kind].groupdict()), matches[kind][0]
        found.append(kind)
        text = text[matches[kind].end() :]
    return found


@pytest.mark.parametrize("count", [20, pytest.param(2000, marks=pytest.mark.slow)])
def test_every_sentence_on_random_comparisons_is_true(count: int) -> None:
    met = set()
    for place in range(count):
        runs, target = drawn(place)
        histories = [train(run) for run in runs]
        text, it = sentence(histories, target), Truth(histories, target)
        try:
            found = kinds_of(text, it)
            assert must_be_said(it) <= set(found)
            assert not any(it.finished) or {"curve", "begin", "first", "gap", "loss", "lowest"} & set(found)
            assert len(set(found)) == len(found) or found.count("aims") + found.count("shrinks") > 1
        except (AssertionError, ValueError) as error:
            raise AssertionError(f"comparison {place}, target {target}: {text}") from error
        met |= set(found)
    assert count < 2000 or met == SENTENCES.keys()
