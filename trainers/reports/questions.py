"""Questions to be answered before a comparison is shown; its histories say which answers are right."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from trainers.digits import Digits
from trainers.history import History, param_differences
from trainers.reports.leaders import earliest, lowest
from trainers.reports.names import names
from trainers.run import Method, Task
from trainers.words import format_epochs, format_target

Judge = Callable[[Sequence[History]], list[int]]
"""Returns the places of the right answers: several where runs tie."""
MAX_LISTED = 3
"""Maximum number of runs that are answers themselves; of more runs their number is asked."""
SHARES = ("None of them", "Fewer than half", "Half of them or more, but not all", "All of them")


@dataclass(frozen=True)
class Question:
    """A question with two to four answers."""

    text: str
    answers: tuple[str, ...]
    judge: Judge
    by_digits: Callable[..., list[int]] | None = None
    """Given histories, and `digits`: which runs may be right answers where rounding decides."""

    def right(self, histories: Sequence[History], digits: Sequence[Digits | None]) -> list[int]:
        """Return the places of the right answers: several where runs tie, or rounding decides."""
        some = self.by_digits(histories, digits=digits) if self.by_digits is not None else []
        return some or self.judge(histories)


def usual_question(task: Task, methods: Sequence[Method], target: float) -> Question:
    """Return a question that fits any comparison of at least one run."""
    known = task.training.minimum is not None
    aims = known and not _begins_at(task, target)
    if len(methods) == 1:
        return _single(task, methods[0], target) if aims else _falling(task, methods[0], known)
    if len(methods) > MAX_LISTED:
        half = f"end with less than half of their initial {'gap' if known else 'loss'}"
        what = f"come {_goal(target)}" if aims else half
        text = f"How many of the {len(methods)} runs {what} within {format_epochs(task.epochs)}?"
        return Question(text, SHARES, share_of(reaching(target) if aims else halving))
    labels = names(methods)
    if aims:
        text = f"Which run comes {_goal(target)} first, within {format_epochs(task.epochs)}?"
        answers = (*labels, "None of them")
        return Question(text, answers, or_none(first_to_reach(target)), partial(earliest, target=target))
    text = f"Which run has the lowest final loss, after {format_epochs(task.epochs)}?"
    return Question(text, (*labels, "None: all diverge"), or_none(lowest), lowest)


def _begins_at(task: Task, target: float) -> bool:
    """Return whether the initial point is within the target."""
    return bool(task.training.gap(task.training.loss(task.initial())) <= target)


def _single(task: Task, method: Method, target: float) -> Question:
    text = f"Does {names([method])[0]} come {_goal(target)} within {format_epochs(task.epochs)}?"
    return Question(text, ("Yes", "No"), or_none(first_to_reach(target)))


def _falling(task: Task, method: Method, known: bool) -> Question:
    what = "gap" if known else "loss"
    text = f"Does {names([method])[0]} halve its {what} within {format_epochs(task.epochs)}?"
    return Question(text, ("Yes", "No"), or_none(halving))


def _goal(target: float) -> str:
    return f"within {format_target(target)} of the minimum loss"


# --- Judges -----------------------------------------------------------------------------------------


def first_to_reach(target: float) -> Judge:
    """Return the judge of the runs that came first within `target` of the minimum loss."""

    return partial(earliest, target=target)


def reaching(target: float) -> Judge:
    """Return the judge of the runs that came within `target` of the minimum loss."""

    def judge(histories: Sequence[History]) -> list[int]:
        return [place for place, h in enumerate(histories) if h.epochs_to(target) is not None]

    return judge


def leaving(target: float) -> Judge:
    """Return the judge of the runs that came within `target` of the minimum loss and ended further away."""

    def judge(histories: Sequence[History]) -> list[int]:
        return [place for place in reaching(target)(histories) if not histories[place].gap[-1] <= target]

    return judge


def halving(histories: Sequence[History]) -> list[int]:
    """Judge which runs end with less than half of their initial gap, or loss."""
    gaps = [h.run.training.gap_or_loss(h.loss) for h in histories]
    return [place for place, gap in enumerate(gaps) if gap[-1] < gap[0] - gap[0].abs() / 2]


def misclassifying(histories: Sequence[History]) -> list[int]:
    """Judge which runs do not classify all training samples correctly."""
    known = [(place, h.accuracy[-1]) for place, h in enumerate(histories) if h.accuracy is not None]
    return [place for place, accuracy in known if not accuracy >= 1]  # NaN where it diverged


def or_none(judge: Judge) -> Judge:
    """Return a judge of one more answer, behind one for each run: none of them."""
    return lambda histories: judge(histories) or [len(histories)]


def share_of(judge: Judge) -> Judge:
    """Return the judge of `SHARES`: how many of the runs another one chooses."""

    def share(histories: Sequence[History]) -> list[int]:
        share = len(judge(histories)) / len(histories)
        return [0 if share == 0 else 1 if share < 0.5 else 2 if share < 1 else 3]

    return share


def among_first(count: int, judge: Judge) -> Judge:
    """Return a judge of the first runs alone."""
    return lambda histories: judge(histories[:count])


def nearest(number: Callable[[Sequence[History]], float | None], *numbers: float) -> Judge:
    """Return the judge of answers that stand for numbers: the nearest by its factor; None is infinite."""

    def judge(histories: Sequence[History]) -> list[int]:
        found = _or_infinite(number(histories))
        return _least([abs(_logarithm(found) - _logarithm(each)) for each in numbers])

    return judge


def distance_of_params(histories: Sequence[History]) -> float:
    """Return the largest difference between parameters of any two runs, at any epoch."""
    return float(param_differences(histories)[1].max())


def distinct_ends(histories: Sequence[History], apart: float = 0.5) -> int:
    """Return at how many places the runs end, with at least this distance between them."""
    places: list[History] = []
    for history in histories:
        if all((history.params[-1] - other.params[-1]).norm() > apart for other in places):
            places.append(history)
    return len(places)


def _least(numbers: Sequence[float]) -> list[int]:
    """Return the places of the smallest number; none if all are infinite."""
    least = min(numbers)
    return [place for place, number in enumerate(numbers) if number == least < math.inf]


def _logarithm(number: float) -> float:
    """Return the logarithm of a number brought within 1e-12 to 1e12."""
    return math.log(min(max(number, 1e-12), 1e12))


def _or_infinite(number: float | None) -> float:
    return math.inf if number is None else number
