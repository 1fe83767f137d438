"""Runs that end lowest, without those that rounding alone sets apart."""

from collections.abc import Hashable, Mapping, Sequence

import torch

from trainers.history import History
from trainers.run import Method
from trainers.ties import tied


def lowest(histories: Sequence[History]) -> list[int]:
    """Return the places of the finished runs that have the lowest final loss, to within rounding.

    Their twins are among them, and what lies between.
    """
    finished = {place: history for place, history in enumerate(histories) if history.finished}
    if not finished:
        return []
    losses = {place: float(history.loss[-1]) for place, history in finished.items()}
    least = min(losses, key=losses.__getitem__)
    near = [place for place in losses if same_loss(histories[least], losses[place], losses[least])]
    return with_twins(losses, near, histories)


def with_twins(
    numbers: Mapping[int, float], places: Sequence[int], histories: Sequence[History]
) -> list[int]:
    """Return these places, those of their twins, and of all whose number lies between."""
    kinds = {kind(histories[place].run) for place in places}
    highest = max(number for place, number in numbers.items() if kind(histories[place].run) in kinds)
    return [place for place, number in numbers.items() if number <= highest]


def kind(method: Method) -> Hashable:
    """Return what twins have in common: they differ in how the update is computed, and so by rounding."""
    return method.optimizer, method.schedule, method.clipping


def same_loss(history: History, ours: float, theirs: float) -> bool:
    """Return whether two losses of this run's problem differ by rounding alone."""
    dtype = history.loss.dtype
    first, second = torch.tensor([ours, theirs], dtype=torch.float64)
    return bool(tied(first, second, history.run.training.rounding(dtype), dtype))
