"""What a race does not say by itself: flaws of its settings, limits of stability, unequal chances."""

import math
from collections.abc import Sequence

from trainers.races.result import OptimizerResult, RaceResult
from trainers.races.settings import RaceSettings
from trainers.races.spec import Race
from trainers.reports.race_curves import known_limits, stability_limits
from trainers.settings import Real, settings_of
from trainers.words import format_number, format_target, join_words

BELOW = 100
"""How many times smaller than a limit of stability the learning rates begin that are offered."""
MOST_FAILED = 0.5
"""Fraction of an optimizer's trials that may fail, where none of another does, before it is said."""


def warnings(result: RaceResult, names: Sequence[str]) -> list[str]:
    """Return a sentence per flaw: optimizers whose trials all failed, best trials at the edge, and so on."""
    named = list(zip(names, result.results, strict=True))
    sentences = _failures(result.race, named)
    sentences += _unstable(result, names)
    for end in ("low", "high"):
        at_edge = [
            f"{name} ({format_number(entry.best_lr, 3)})" for name, entry in named if entry.at_edge == end
        ]
        if at_edge:
            rate = "rates" if len(at_edge) > 1 else "rate"
            verb = "are" if len(at_edge) > 1 else "is"
            sentences.append(
                f"The best learning {rate} of {join_words(at_edge)} {verb} at the {end} end of the search "
                "range: a wider range may contain a better one."
            )
    return [*sentences, *_decayed(result.race)]


def _failures(race: Race, named: Sequence[tuple[str, OptimizerResult]]) -> list[str]:
    """Return sentences on the optimizers of which no trial succeeded: with any seed, or with most of them."""
    missed = [(name, entry) for name, entry in named if not entry.succeeded]
    never = [name for name, entry in missed if _never(entry)]
    seldom = [name for name, entry in missed if not _never(entry)]
    reached = f"reached the target gap of {format_target(race.target)}"
    seeds = "on most of its seeds" if race.seeds > 1 else "with the seed of the tuning"
    sentences = []
    if never and race.metric == "epochs":
        sentences.append(f"No trial of {join_words(never)} {reached}.")
    elif never:
        sentences.append(f"All trials of {join_words(never)} failed.")
    if seldom:
        did = reached if race.metric == "epochs" else "succeeded"
        sentences.append(f"No trial of {join_words(seldom)} {did} {seeds}: the middle one is compared.")
    return sentences


def _never(entry: OptimizerResult) -> bool:
    """Return whether each trial failed with each seed."""
    return all(bool(scores.isinf().all()) for scores in (entry.trial_scores, *entry.new_scores.values()))


def _unstable(result: RaceResult, names: Sequence[str]) -> list[str]:
    """Return a sentence per optimizer whose stability limit lies below the range of learning rates."""
    low = result.race.lr_min
    return [
        f"The stability limit of {name}, {format_number(limit)}, lies below the search range, which begins "
        f"at {format_number(low)}: lower the min. learning rate."
        for name, limit in known_limits(result, names)
        if limit <= low
    ]


def lower_rate(result: RaceResult, names: Sequence[str]) -> float | None:
    """Return a min. learning rate `BELOW` times smaller than each limit below the range; None without any."""
    limits = [limit for _, limit in known_limits(result, names) if limit <= result.race.lr_min]
    if not limits:
        return None
    bounds = settings_of(RaceSettings)["lr_min"]
    assert isinstance(bounds, Real)
    return max(10.0 ** math.floor(math.log10(min(limits) / BELOW)), float(bounds.low))


def unequal_chances(result: RaceResult, names: Sequence[str]) -> str:
    """Return a sentence if most trials of some optimizers failed, and none of others; else ""."""
    race, named = result.race, list(zip(names, result.results, strict=True))
    failed = {name: int(entry.scores.isinf().sum()) for name, entry in named}
    most = [name for name, count in failed.items() if MOST_FAILED * race.trials < count < race.trials]
    none = [name for name, count in failed.items() if not count]
    if not most or not none:
        return ""
    what = "did not reach the target" if race.metric == "epochs" else "failed"
    ranges = [f"{name} {_succeeded(race, entry)}" for name, entry in named if name in most]
    return (
        f"Equal budgets, but not equal chances: most trials of {join_words(most)} {what}, none of "
        f"{join_words(none)}. Learning rates that succeeded: {'; '.join(ranges)}."
    )


def _succeeded(race: Race, entry: OptimizerResult) -> str:
    """Return the range of the learning rates of the trials that did not fail."""
    rates = entry.trials.settings["lr"][:: race.seeds][entry.scores.isfinite()]
    low, high = format_number(float(rates.min())), format_number(float(rates.max()))
    return low if low == high else f"{low} to {high}"


def _decayed(race: Race) -> list[str]:
    """Return a sentence on weight decay, with which an optimizer aims at another point than the minimum."""
    if not any(getattr(each, "weight_decay", 0.0) for each in race.optimizers):
        return []
    return [
        "Weight decay draws an optimizer towards 0, away from the minimum; the scores are of the loss alone."
    ]


def stability_margins(result: RaceResult, names: Sequence[str]) -> str:
    """Return the best learning rates as percentages of the stability limits; "" without limits."""
    limits = stability_limits(result, names)
    percentages = []
    for name, limit in zip(limits["run"], limits["x"], strict=True):
        entry = result.results[list(names).index(name)]
        unique = int((entry.scores == entry.scores.min()).sum()) == 1
        if unique and entry.succeeded:
            percentages.append(f"{name} {format_number(100 * entry.best_lr / limit)}%")
    if not len(limits):
        return ""
    dotted = "Dotted: theoretical stability limit of the optimizer of that color."
    if not percentages:
        return dotted
    alone = ", where one trial alone is best" if len(percentages) < len(limits) else ""
    return f"{dotted} Best learning rate as a percentage of its limit{alone}: {', '.join(percentages)}."
