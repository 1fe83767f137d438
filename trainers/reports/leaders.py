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

    Those with the same method are among them, those whose range, by their `digits` if these are known, meets
    that of the lowest, and what lies between.
    """
    finished = {place: history for place, history in enumerate(histories) if history.finished}
    if not finished:
        return []
    losses = {place: float(history.loss[-1]) for place, history in finished.items()}
    least = min(losses, key=losses.__getitem__)
    ranges = {place: _range(losses[place], digits[place] if digits else None) for place in losses}
    near = [
        place
        for place in losses
        if same_loss(histories[least], losses[place], losses[least]) or _meet(ranges[place], ranges[least])
    ]
    return with_twins(losses, near, histories)


def _range(loss: float, digits: Digits | None) -> tuple[float, float]:
    """Return the lowest and the highest final loss of a run and its twins."""
    return (loss, loss) if digits is None else (digits.low, digits.high)


def _meet(ours: tuple[float, float], theirs: tuple[float, float]) -> bool:
    return ours[0] <= theirs[1] and theirs[0] <= ours[1]


def earliest(histories: Sequence[History], target: float, digits: Sequence[Digits | None] = ()) -> list[int]:
    """Return the places of the runs that came first within `target` of the minimum loss, to within rounding.

    See `lowest`.
    """
    epochs = {place: e for place, h in enumerate(histories) if (e := h.epochs_to(target)) is not None}
    if not epochs:
        return []
    least = min(epochs, key=epochs.__getitem__)
    ranges = {k: _arrival(histories[k], epochs[k], target, digits[k] if digits else None) for k in epochs}
    return with_twins(epochs, [k for k in epochs if _meet(ranges[k], ranges[least])], histories)


def _arrival(history: History, epochs: int, target: float, digits: Digits | None) -> tuple[float, float]:
    """Return the least and the most epochs that a run and its twins needed; infinite if one never does."""
    if digits is None:
        return epochs, epochs
    within = (history.run.training.gap(digits.losses) <= target).T
    twins = [float(each.int().argmax()) if each.any() else math.inf for each in within]
    return min(epochs, *twins), max(epochs, *twins)


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
