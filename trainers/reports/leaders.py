"""Runs that end lowest, without those that rounding alone sets apart."""

import math
from collections.abc import Hashable, Mapping, Sequence

import torch

from trainers.digits import Digits
from trainers.history import History
from trainers.run import Method
from trainers.ties import tied


def lowest(histories: Sequence[History], digits: Sequence[Digits | None] = ()) -> list[int]:
    """Return the places of the finished runs that have the lowest final loss, to within rounding.

    Those with the same method are among them, and what lies between; with trusted `digits`, too, those whose
    range, from the lowest to the highest of a run and its twins, begins below where that of another ends.
    """
    losses = {place: float(history.loss[-1]) for place, history in enumerate(histories) if history.finished}
    if not losses:
        return []
    least = min(losses, key=losses.__getitem__)
    near = [place for place in losses if same_loss(histories[least], losses[place], losses[least])]
    ranges = {place: loss_range(histories[place], digits[place] if digits else None) for place in losses}
    return sorted({*with_twins(losses, near, histories), *_maybe_least(ranges)})


def loss_range(history: History, digits: Digits | None) -> tuple[float, float]:
    """Return the lowest and the highest final loss of a run and its twins."""
    loss = float(history.loss[-1])
    return (loss, loss) if digits is None else (digits.low, digits.high)


def might_be_lowest(histories: Sequence[History], digits: Sequence[Digits | None]) -> list[int]:
    """Return the places of the finished runs that might have the lowest final loss with other rounding."""
    finished = [place for place, history in enumerate(histories) if history.finished]
    return _maybe_least({place: _reach(histories[place], digits[place]) for place in finished})


def _reach(history: History, digits: Digits | None) -> tuple[float, float]:
    """Return between which losses a run may end: as it and its twins did, or, if rounding decides, beyond.

    Of four numbers drawn alike, the last is outside the range of the others half the time. It is widened by
    itself on both sides, above the minimum by its ratio: see docs/method.md.
    """
    low, high = loss_range(history, digits)
    if digits is None or digits.loss > 0:
        return low, high
    minimum = history.run.training.minimum or 0.0
    if low > minimum:
        ratio = (high - minimum) / (low - minimum)
        return minimum + (low - minimum) / ratio, minimum + (high - minimum) * ratio
    return low - (high - low), high + (high - low)


def earliest(histories: Sequence[History], target: float, digits: Sequence[Digits | None] = ()) -> list[int]:
    """Return the places of the runs that came first within `target` of the minimum loss, to within rounding.

    See `lowest`. None if no run came so close, whatever its twins did.
    """
    epochs = {place: e for place, h in enumerate(histories) if (e := h.epochs_to(target)) is not None}
    if not epochs:
        return []
    first = [place for place in epochs if epochs[place] == min(epochs.values())]
    ranges = arrivals(histories, target, digits)
    return sorted({*with_twins(epochs, first, histories), *_maybe_least(ranges)})


def arrivals(
    histories: Sequence[History], target: float, digits: Sequence[Digits | None] = ()
) -> dict[int, tuple[float, float]]:
    """Return the least and the most epochs until a run or a twin of it came within `target`, by place.

    The most is infinite where one never did; runs of which none did are left out.
    """
    found = {}
    for place, history in enumerate(histories):
        own = history.epochs_to(target)
        each = [math.inf if own is None else float(own)]
        known = digits[place] if digits else None
        if known is not None:
            within = (history.run.training.gap(known.losses) <= target).T
            each += [float(column.int().argmax()) if column.any() else math.inf for column in within]
        if min(each) < math.inf:
            found[place] = min(each), max(each)
    return found


def _maybe_least(ranges: Mapping[int, tuple[float, float]]) -> list[int]:
    """Return the places whose range begins no higher than the lowest end of all."""
    end = min((high for _, high in ranges.values()), default=math.inf)
    return [place for place, (low, _) in ranges.items() if low <= end]


def with_twins(
    numbers: Mapping[int, float], places: Sequence[int], histories: Sequence[History]
) -> list[int]:
    """Return these places, those with the same method, and of all whose number lies between."""
    kinds = {kind(histories[place].run) for place in places}
    highest = max(number for place, number in numbers.items() if kind(histories[place].run) in kinds)
    return [place for place, number in numbers.items() if number <= highest]


def kind(method: Method) -> Hashable:
    """Return what runs with the same method have in common: their updates differ by rounding."""
    return method.optimizer, method.schedule, method.clipping


def same_loss(history: History, ours: float, theirs: float) -> bool:
    """Return whether two losses of this run's problem differ by rounding alone."""
    dtype = history.loss.dtype
    first, second = torch.tensor([ours, theirs], dtype=torch.float64)
    return bool(tied(first, second, history.run.training.rounding(dtype), dtype))
