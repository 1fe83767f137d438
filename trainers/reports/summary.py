"""Summary of a comparison in sentences."""

import math
from collections.abc import Iterable, Sequence

import torch

from trainers.digits import Digits
from trainers.history import Cause, History
from trainers.reports.conditioning import instability
from trainers.reports.leaders import arrivals, earliest, loss_range, lowest, might_be_lowest, same_loss
from trainers.reports.names import names
from trainers.reports.three_ways import describe_difference
from trainers.reports.weight_decay import weight_decay_sentence
from trainers.words import (
    format_beside,
    format_epochs,
    format_number,
    format_percent,
    format_target,
    join_words,
)

END_PHRASES: dict[Cause, str] = {"overflow": "diverged", "not a number": "became not a number"}
"""What a run did whose loss is not finite, by its cause."""


ROUNDING_ALONE, DECIDED = "set apart by rounding alone", "decided by rounding"
LOSS_DIGITS, GAP_DIGITS = 4, 2
"""Most digits of a loss and of a gap in a sentence."""
MAX_NAMED = 3
"""Maximum number of runs that are named of those that did not reach the target, or left it."""


def sentence(histories: Sequence[History], target: float, digits: Sequence[Digits | None] = ()) -> str:
    """Summarize the comparison; `target` is the gap that counts as reaching the target.

    With the trusted `digits` of the runs none is said to be better than another by what rounding decides.
    """
    if not histories:
        return "No runs yet. Add one in the sidebar, or choose an example there."
    labels = names([history.run for history in histories])
    named, digits = list(zip(labels, histories, strict=True)), digits or [None] * len(histories)
    parts = [
        _agreement(histories) or _winner(named, target, digits),
        _below_rounding(named, target),
        weight_decay_sentence(named, target),
        _decided(labels, digits),
        _otherwise(named, digits),
        _growth(named, digits),
        *(_divergence(named, cause) for cause in END_PHRASES),
        *(_failure(name, history) for name, history in named),
        "" if any(each is not None and each.loss == 0 for each in digits) else _accuracy(named),
        _overfitting(named),
    ]
    return " ".join(part for part in parts if part)


def _agreement(histories: Sequence[History]) -> str:
    """Return the sentence for one optimizer with several runners that give one curve, else ""."""
    finished = all(history.finished for history in histories)
    optimizers = {history.run.optimizer for history in histories}
    runners = {history.run.runner for history in histories}
    if not finished or len(optimizers) > 1 or len(runners) < 2:
        return ""
    losses = [history.loss.double() for history in histories]
    if not all(torch.allclose(loss, losses[0], rtol=1e-3, atol=0) for loss in losses):
        return ""
    ends = sorted({f"{loss[-1]:.6g}" for loss in losses})
    difference = describe_difference(histories)
    return (
        f"{len(runners)} ways, one curve: after {format_epochs(histories[0].run.epochs)} each has loss "
        f"{' or '.join(ends)}, and their parameters were {difference}."
    )


def _winner(named: Sequence[tuple[str, History]], target: float, digits: Sequence[Digits | None]) -> str:
    """Return the runs that reached the target first, or ended lowest."""
    finished = [(name, history) for name, history in named if history.finished]
    if not finished:
        return ""
    if finished[0][1].run.training.minimum is None:
        return _lowest_loss(named, digits)
    epochs = {k: e for k, (_, h) in enumerate(named) if (e := h.epochs_to(target)) is not None}
    if not epochs:
        return _closest(named, target, digits)
    least = min(epochs.values())
    if least == 0:
        return _from_the_start(named, target, digits)
    best = earliest([h for _, h in named], target, digits)
    ranges = arrivals([h for _, h in named], target, digits)
    first = _first_by_rounding(named, target, {k: ranges[k] for k in best})
    first = first or _first(named, target, {k: epochs[k] for k in best})
    later = {k: e for k, e in epochs.items() if k not in best}
    second = [k for k, e in later.items() if e == min(later.values())]
    if len(second) == 1:
        first += f", {named[second[0]][0]} after {later[second[0]]:,}"
    left = [name for k, (name, h) in enumerate(named) if k in epochs and h.finished and h.gap[-1] > target]
    missing = [name for k, (name, _) in enumerate(named) if k not in epochs and k not in best]
    clauses = [f"{_who(left, named)} left again"] if left else []
    clauses += [f"{_who(missing, named)} never came so close"] if missing else []
    return "; ".join([first, ", ".join(clauses)] if clauses else [first]) + "."


def _from_the_start(
    named: Sequence[tuple[str, History]], target: float, digits: Sequence[Digits | None]
) -> str:
    """Return that the runs begin at the target, and who left it again."""
    left = [name for name, h in named if h.finished and h.gap[-1] > target]
    away = [f"{_who(left, named)} left again"] if left else []
    begin = "; ".join([f"The initial point is within {format_target(target)} of the minimum loss", *away])
    return f"{begin}. {_smallest_gap(named, target, digits)}."


def _first_by_rounding(
    named: Sequence[tuple[str, History]], target: float, ranges: dict[int, tuple[float, float]]
) -> str:
    """Return the runs that may have reached the target first; "" if rounding does not decide when."""
    if all(low == high for low, high in ranges.values()):
        return ""
    low, high = (min(ends) for ends in zip(*ranges.values(), strict=True))
    after = f"after {low:,.0f} to {format_epochs(int(high))}" if high < math.inf else ""
    after = after or f"after {format_epochs(int(low))} or never"
    after = f"after {format_epochs(int(low))}" if low == high else after
    names = [named[k][0] for k in ranges]
    if len(names) > 1:
        return f"{_which(names, named)} came {_goal(target)} first, {after}"
    order = " first," if len(named) > 1 else ""
    return f"{names[0]} came {_goal(target)}{order} {after} ({DECIDED})"


def _first(named: Sequence[tuple[str, History]], target: float, epochs: dict[int, int]) -> str:
    """Return the runs that reached the target first, and after how many epochs."""
    least, most = min(epochs.values()), max(epochs.values())
    after = f"after {format_epochs(most)}" if least == most else f"after {least:,} to {format_epochs(most)}"
    apart = "" if least == most else f" ({ROUNDING_ALONE})"
    if len(epochs) == len(named) > 1:
        return f"{_how_many(len(named), len(named))} came {_goal(target)} {after}{apart}"
    order = " first," if len(named) > 1 else ""
    return f"{join_words([named[k][0] for k in epochs])} came {_goal(target)}{order} {after}{apart}"


def _lowest_loss(named: Sequence[tuple[str, History]], digits: Sequence[Digits | None]) -> str:
    """Return the runs with the lowest final loss."""
    places = lowest([h for _, h in named], digits)
    names, known = [named[k][0] for k in places], [each for k in places if (each := digits[k]) is not None]
    decided, shown = any(each.loss == 0 for each in known), _shown(LOSS_DIGITS, [each.loss for each in known])
    loss, apart = _interval(_final_losses(named, places, digits, decided), shown, decided=decided)
    if len(named) == 1:
        return f"After {format_epochs(named[0][1].run.epochs)} the loss is {loss}{apart}."
    if DECIDED in apart and len(names) > 1:
        return f"{_which(names, named)} has the lowest final loss, {loss}."
    if len(names) == len(named):
        return f"{_how_many(len(names), len(named))} have the same final loss, {loss}{apart}."
    who = f"{join_words(names)} {_has(names)} the lowest final loss, {loss}{apart}"
    return "; ".join([who, *_near(named, places, loss, shown)]) + "."


def _which(some: Sequence[str], named: Sequence[tuple[str, History]]) -> str:
    """Return that rounding decides which of these runs is best."""
    return f"Rounding decides which {'run' if len(some) == len(named) else f'of {join_words(some)}'}"


def _final_losses(
    named: Sequence[tuple[str, History]],
    places: Sequence[int],
    digits: Sequence[Digits | None],
    decided: bool,
) -> list[float]:
    """Return the final losses of the lowest runs; if rounding decides, the ends of what is the lowest."""
    if not decided:
        return [float(named[place][1].loss[-1]) for place in places]
    ranges = [loss_range(named[place][1], digits[place]) for place in places]
    return [min(ends) for ends in zip(*ranges, strict=True)]


def _shown(most: int, trusted: Sequence[int]) -> int:
    """Return how many digits are shown: as many as can be trusted, two at least."""
    return max(min([most, *trusted]), 2)


def _near(named: Sequence[tuple[str, History]], lowest: Sequence[int], loss: str, digits: int) -> list[str]:
    """Return by how much those runs are above the lowest final loss that read the same."""
    others = [(k, float(named[k][1].loss[-1])) for k in range(len(named)) if k not in lowest]
    near = [(named[k][0], number) for k, number in others if format_number(number, digits) == loss]
    if not near:
        return []
    least = max(float(named[k][1].loss[-1]) for k in lowest)
    above = format_number(max(number for _, number in near) - least)
    who = _who([name for name, _ in near], named)
    return [f"{who} {'is only' if len(near) == 1 else 'are at most'} {above} above"]


def _interval(
    numbers: Sequence[float], digits: int, target: float = math.nan, decided: bool = False
) -> tuple[str, str]:
    """Return numbers that rounding alone sets apart as text, and a remark if they do not read alike."""
    low, high = (format_beside(number, target, digits) for number in (min(numbers), max(numbers)))
    high = high if math.isfinite(max(numbers)) else "divergence"
    return (low, "") if low == high else (f"{low} to {high}", f" ({DECIDED if decided else ROUNDING_ALONE})")


def _who(some: Sequence[str], named: Sequence[tuple[str, History]]) -> str:
    """Return some of the runs by their names, or their number where they are many."""
    if len(named) == 1:
        return "it"
    return join_words(some) if len(some) <= MAX_NAMED else f"{len(some)} of {len(named)} runs"


def _goal(target: float) -> str:
    return f"within {format_target(target)} of the minimum loss"


def _closest(named: Sequence[tuple[str, History]], target: float, digits: Sequence[Digits | None]) -> str:
    """Return the runs with the smallest final gap, where none reached the target."""
    who = "it did not come" if len(named) == 1 else "no run came"
    return f"{_smallest_gap(named, target, digits)}; {who} {_goal(target)}."


def _smallest_gap(
    named: Sequence[tuple[str, History]], target: float, digits: Sequence[Digits | None]
) -> str:
    """Return which runs end with the smallest gap."""
    places = lowest([h for _, h in named], digits)
    names, (_, first) = [named[k][0] for k in places], named[0]
    decided = any(each.gap == 0 for k in places if (each := digits[k]) is not None)
    losses = torch.tensor(_final_losses(named, places, digits, decided), dtype=torch.float64)
    gaps = first.run.training.gap(losses).clamp(min=0).tolist()
    exact = max(gaps) <= first.run.training.rounding(first.loss.dtype)
    gap, apart = ("0 (rounding)", "") if exact else _interval(gaps, GAP_DIGITS, target, decided)
    end = f"After {format_epochs(named[0][1].run.epochs)}"
    if len(named) == 1:
        return f"{end} {names[0]} has a gap of {gap}{apart}"
    if DECIDED in apart and len(names) > 1:
        which = _which(names, named)
        return f"{end} {which[0].lower()}{which[1:]} has the smallest gap, {gap}"
    if len(names) == len(named):
        every = _how_many(len(names), len(named))
        return f"{end} {every[0].lower()}{every[1:]} have the same gap, {gap}{apart}"
    return f"{end} {join_words(names)} {_has(names)} the smallest gap, {gap}{apart}"


def _decided(names: Sequence[str], digits: Sequence[Digits | None]) -> str:
    """Return of which runs rounding decides the final loss."""
    decided = [name for each, name in zip(digits, names, strict=True) if each is not None and each.loss == 0]
    if len(decided) == len(names) > 1:
        return f"Rounding decides the final loss of {'both' if len(names) == 2 else 'all'} runs."
    return f"Rounding decides the final loss of {join_words(decided)}." if decided else ""


def _otherwise(named: Sequence[tuple[str, History]], digits: Sequence[Digits | None]) -> str:
    """Return which runs might end lowest if rounding were other than in them and their twins."""
    histories = [history for _, history in named]
    others = sorted({*might_be_lowest(histories, digits)} - {*lowest(histories, digits)})
    if not others:
        return ""
    return (
        f"With another order of the same sums {_who([named[k][0] for k in others], named)} might end lowest."
    )


def _below_rounding(named: Sequence[tuple[str, History]], target: float) -> str:
    """Return that rounding decides whether a target is reached that is smaller than the rounding error."""
    history = named[0][1]
    floor = history.run.training.rounding(history.loss.dtype)
    if history.run.training.minimum is None or target >= floor or not any(h.finished for _, h in named):
        return ""
    error = f"In {history.run.dtype} a gap up to {format_number(floor)} is rounding error"
    return f"{error}: it decides which run comes within {format_target(target)}."


def _growth(named: Sequence[tuple[str, History]], digits: Sequence[Digits | None]) -> str:
    """Return the finished runs whose final loss is above the initial one, and why, if no run diverged."""
    pairs = zip(named, digits, strict=True)
    grown = [name for (name, h), each in pairs if h.finished and _has_grown(h, loss_range(h, each)[0])]
    if not grown:
        return ""
    gone = any(h.cause for _, h in named)  # the reason is theirs then
    why = instability(dict(named)[grown[0]].run) if len(grown) == 1 and not gone else ""
    return f"{join_words(grown)} ended with a larger loss than at the start{f': {why}' if why else ''}."


def _has_grown(history: History, lowest: float) -> bool:
    """Return whether even the lowest final loss, of a run and its twins, is above the initial one."""
    first = float(history.loss[0])
    return lowest > first and not same_loss(history, lowest, first)


def _divergence(named: Sequence[tuple[str, History]], cause: Cause) -> str:
    """Return the runs that diverged from this cause, and after how many epochs."""
    diverged = [(float(h.diverged_at or 0), name) for name, h in named if h.cause == cause]
    if not diverged:
        return ""
    first, epochs = _lowest(diverged)
    after = f"after {format_epochs(int(epochs))}"
    why = instability(dict(named)[first[0]].run) if cause == "overflow" and len(first) == 1 else ""
    if len(diverged) == 1:
        return f"{join_words(first)} {END_PHRASES[cause]} {after}{f': {why}' if why else ''}."
    who = _how_many(len(diverged), len(named))
    together = len({epoch for epoch, _ in diverged}) == 1
    order = "each" if together else f"{join_words(first)} first,"
    return f"{who} {END_PHRASES[cause]}, {order} {after}.{f' Its {why}.' if why else ''}"


def _failure(name: str, history: History) -> str:
    """Return what ended a run by an exception, "" for others."""
    if history.status != "failed":
        return ""
    after = format_epochs(history.num_recorded - 1)
    return f"{name} failed after {after}, as pytorch-optimizer says: {history.error.removesuffix('.')}."


def _accuracy(named: Sequence[tuple[str, History]]) -> str:
    """Return the runs with the highest final accuracy, on the validation set if there is one."""
    finished = [(name, h) for name, h in named if h.finished and h.accuracy is not None]
    if not finished:
        return ""
    column = "accuracy" if finished[0][1].validation_accuracy is None else "validation_accuracy"
    best, accuracy = _lowest((-float(h.column(column)[-1]), name) for name, h in finished)
    metric, value = column.replace("_", " "), format_percent(-accuracy)
    if len(named) == 1:
        return f"The {metric} is {value}."
    return f"{join_words(best)} {_has(best)} the highest {metric}, {value}."


def _overfitting(named: Sequence[tuple[str, History]]) -> str:
    """Return the runs that overfit, and from which epoch on."""
    overfit = [(float(k), name) for name, h in named if (k := h.overfitting_from) is not None]
    if not overfit:
        return ""
    earliest, epoch = _lowest(overfit)
    since = f"from epoch {epoch:,.0f} on: validation loss rises while training loss does not."
    if len(overfit) == 1:
        return f"{'The run' if len(named) == 1 else join_words(earliest)} overfits {since}"
    which = "each" if len(earliest) == len(overfit) else f"{join_words(earliest)} earliest,"
    return f"{_how_many(len(overfit), len(named))} overfit, {which} {since}"


def _how_many(some: int, total: int) -> str:
    """Return several of the runs as text."""
    every = "Both runs" if total == 2 else f"All {total} runs"
    return every if some == total else f"{some} of {total} runs"


def _lowest(pairs: Iterable[tuple[float, str]]) -> tuple[list[str], float]:
    """Return the names that share the smallest number, and that number."""
    pairs = list(pairs)
    lowest = min(number for number, _ in pairs)
    return [name for number, name in pairs if number == lowest], lowest


def _has(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"
