"""A race in words and in tables of text."""

import math
from collections.abc import Sequence

from torch import Tensor

from trainers.optimizers import Optimizer
from trainers.races.result import RaceResult, median
from trainers.races.spec import Race, RaceSettings
from trainers.reports.names import short
from trainers.reports.race_curves import edges
from trainers.reports.race_ranking import rate
from trainers.reports.race_scores import failure, format_score
from trainers.run import in_words
from trainers.words import figure, listed


def entrant_names(race: Race) -> list[str]:
    """A short name for each optimizer of a race, without what is tuned."""
    return short([_words(rule, race) for rule in race.optimizers])


def _words(optimizer: Optimizer, racing: RaceSettings) -> list[str]:
    """An optimizer in words: its name, and what differs from the defaults and is not tuned."""
    tuned = racing.space(optimizer)
    changed = {name: value for name, value in optimizer.non_default().items() if name not in tuned}
    return [type(optimizer).__name__, *in_words(changed)]


def verdict(result: RaceResult, names: Sequence[str]) -> str:
    """What the race shows, in words."""
    return " ".join(part for part in (_winner(result, names), _untuned(result, names)) if part)


def _winner(result: RaceResult, names: Sequence[str]) -> str:
    race, medians = result.race, [median(entry.tuned_scores) for entry in result.results]
    if not medians:
        return "No optimizer finished."
    best = min(medians)
    starts = f"the median of {race.seeds} fresh starts" if race.seeds > 1 else "one fresh start"
    if best.isinf() and race.metric == "epochs":
        return f"In {starts} no optimizer came within {figure(race.target, 6)} of the smallest loss."
    if best.isinf():
        return f"In {starts} every optimizer failed: {failure(race)}."
    first = listed([names[place] for place in result.ranking if medians[place] == best])
    behind = [place for place in result.ranking if best < medians[place] < math.inf][:1]
    follow = [f"; {names[place]} follows {_behind(race, best, medians[place])}" for place in behind]
    tuned = "Each tuned" if len(result.results) > 1 else "Tuned"
    return f"{tuned} with {race.trials} trials, {first} {_feat(race, best)}{''.join(follow)}, in {starts}."


def _behind(race: Race, best: Tensor, second: Tensor) -> str:
    """By how much the second is behind."""
    score = format_score(race, second)
    return "closely" if score == format_score(race, best) else f"with {score}"


def _feat(race: Race, best: Tensor) -> str:
    """What the winner did."""
    score = format_score(race, best)
    if race.metric == "epochs":
        return f"came within {figure(race.target, 6)} of the smallest loss first, after {score} epochs"
    if race.training.minimum is None:
        return f"had the smallest {race.metric} loss, {score}"
    if float(best) <= race.rounding:
        return "found the smallest loss, as near as rounding allows"
    return f"came closest to the smallest loss, with a {race.metric} gap of {score}"


def _untuned(result: RaceResult, names: Sequence[str]) -> str:
    """Who would have won at torch's rates, if that is somebody else."""
    medians = [float(median(entry.default_scores)) for entry in result.results]
    tuned = [float(median(entry.tuned_scores)) for entry in result.results]
    least = min(medians, default=math.inf)
    default = [place for place, number in enumerate(medians) if number == least]
    if len(medians) < 2 or least == math.inf or any(tuned[place] == min(tuned) for place in default):
        return ""
    return f"At torch's default rates {listed([names[place] for place in default])} would have been first."


def warnings(result: RaceResult, names: Sequence[str]) -> list[str]:
    """What to mend before believing it."""
    named = list(zip(names, result.results, strict=True))
    found = _hopeless(result.race, [name for name, entry in named if entry.failed])
    for end in ("low", "high"):
        there = [f"{n} ({figure(rate(e), 3)})" for n, e in named if e.at_edge == end and not e.failed]
        if there:
            found.append(
                f"At the {end} end of the range of learning rates lies the best one of {listed(there)}: a "
                "wider range may hold a better one."
            )
    return found


def _hopeless(race: Race, names: Sequence[str]) -> list[str]:
    """Who has not one trial that is of use."""
    if not names:
        return []
    if race.metric == "epochs":
        return [f"No trial of {listed(names)} came within {figure(race.target, 6)} of the smallest loss."]
    return [f"All trials of {listed(names)} failed."]


def margins(result: RaceResult, names: Sequence[str]) -> str:
    """How far tuned rates stay below their stability limits."""
    known = edges(result, names)
    words = []
    for name, edge in zip(known["run"], known["x"], strict=True):
        entry = result.results[list(names).index(name)]
        alone = int((entry.scores == entry.scores.min()).sum()) == 1
        if alone and not entry.failed:
            words.append(f"the best rate of {name} is {rate(entry) / edge:.0%} of that")
    if not len(known):
        return ""
    return "; ".join(["Dotted: the stability limit, computed", *([listed(words)] if words else [])]) + "."
