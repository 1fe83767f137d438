"""Summary of a race in sentences."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from trainers.optimizers import Optimizer
from trainers.races.redraw import MARGIN, REDRAWN, Evidence, median
from trainers.races.result import RaceResult
from trainers.races.settings import RaceSettings
from trainers.races.spec import Race
from trainers.reports.names import short
from trainers.reports.race_scores import failure_condition, format_score, loss_or_gap
from trainers.run import in_words
from trainers.words import format_epochs, format_target, join_words, whole_percent


def optimizer_names(race: Race) -> list[str]:
    """Return a short name for each optimizer of a race, without its tuned hyperparameters."""
    return short([_words(optimizer, race) for optimizer in race.optimizers])


def _words(optimizer: Optimizer, settings: RaceSettings) -> list[str]:
    """Return the class name and the settings that are neither default nor tuned."""
    tuned = settings.space(optimizer)
    changed = {name: value for name, value in optimizer.non_default().items() if name not in tuned}
    return [type(optimizer).__name__, *in_words(changed)]


def sentence(result: RaceResult, names: Sequence[str]) -> str:
    """Summarize the race: the best tuned optimizers, the next one, and who leads at the default lr."""
    return " ".join(part for part in (_tuned(result, names), _default(result, names)) if part)


def _tuned(result: RaceResult, names: Sequence[str]) -> str:
    race, medians = result.race, result.medians
    if not len(medians):
        return "No optimizer finished."
    alone = len(medians) == 1
    if not result.leaders and race.metric == "epochs":
        who = f"After tuning, {names[0]} did not reach" if alone else "No tuned optimizer reached"
        return f"{who} the target gap of {format_target(race.target)} ({_seeds(result)}).{_undecided(result)}"
    if not result.leaders:
        who = f"After tuning, {names[0]}" if alone else "Every tuned optimizer"
        return f"{who} failed ({_seeds(result)}): {failure_condition(race)}.{_undecided(result)}"
    protocol = f"({race.trials} trials{'' if alone else ' each'}, {_seeds(result)})."
    if alone:
        return f"After tuning, {names[0]} {_only_phrase(race, medians[0])} {protocol}"
    if result.evidence is None:
        return f"{_lowest(result, names)} {protocol} {_not_compared(race)}"
    told = _winner(result, names, result.evidence) or _leading_group(result, names, result.evidence)
    return f"{told} {protocol}{_undecided(result)}"


def _seeds(result: RaceResult) -> str:
    return f"median over {result.seeds} new seeds" if result.seeds > 1 else "one new seed"


def _undecided(result: RaceResult) -> str:
    """Return that a race until decided was not, after its last round."""
    if result.decided or len(result.race.looks) == 1 or result.seeds < result.race.looks[-1]:
        return ""
    return f" First place is not decided with {result.seeds} seeds, the most that are tried."


def _not_compared(race: Race) -> str:
    """Return why nothing is said of which optimizer is better."""
    if race.compares:
        return "The race was stopped before the optimizers were compared."
    seeds = f"{race.seeds} seeds are" if race.seeds > 1 else "one seed is"
    return f"{seeds.capitalize()} too few to say that one is better."


def _lowest(result: RaceResult, names: Sequence[str]) -> str:
    """Return who has the lowest median, and who the next one, which need not mean anything."""
    race, medians, leaders = result.race, result.medians, result.leaders
    phrase = _winner_phrase(race, medians.min(), len(leaders) > 1)
    return (
        f"After tuning, {join_words([names[place] for place in leaders])} {phrase}{_next(result, names, 1)}"
    )


def _winner(result: RaceResult, names: Sequence[str], evidence: Evidence) -> str:
    """Return who beats all others; "" if none does."""
    place = result.ranking[0]
    others = [other for other in result.ranking if other != place]
    if not evidence.beats[place][others].all():
        return ""
    share = float(evidence.confidence[place][others].min())
    often = "all" if share == 1 else f"at least {math.floor(100 * share)}% of"
    whom = "the other" if len(others) == 1 else "all others"
    phrase = _first_phrase(result, place)
    how = f"it beats {whom} in {often} {REDRAWN:,} re-drawn races"
    return f"After tuning, {names[place]} {phrase}: {how}{_next(result, names, 1)}"


def _first_phrase(result: RaceResult, place: int) -> str:
    """Return the predicate of the one that is first."""
    if place in result.leaders:
        return _winner_phrase(result.race, result.medians[place], several=False)
    return (
        f"has {_value(result.race, result.medians[place])}"  # another, beaten with fewer seeds, is lower now
    )


def _next(result: RaceResult, names: Sequence[str], count: int) -> str:
    """Return a sentence, without its period, on who is ranked after so many; "" if they failed."""
    medians, groups = result.medians, result.evidence.groups if result.evidence else []
    ahead = set(result.ranking[:count]) | (
        set(result.leaders) if result.ranking[0] in result.leaders else set()
    )
    behind = [place for place in result.ranking if place not in ahead]
    if not behind or medians[behind[0]].isinf():
        return ""
    tied_with = next((group for group in groups if behind[0] in group), behind[:1])
    second = [place for place in behind if place in tied_with]
    if len(second) > 1:
        who = "The others" if second == behind else join_words([names[place] for place in second])
        return f". {who} can't be told apart"
    return f". {names[behind[0]]} {_runner_up_phrase(result.race, medians.min(), medians[behind[0]])}"


def _leading_group(result: RaceResult, names: Sequence[str], evidence: Evidence) -> str:
    """Return which optimizers none beats, how near they are to each other, and whom each of them beats."""
    race, group = result.race, [place for place in result.ranking if place in evidence.groups[0]]
    best = result.medians[group[0]]
    everyone = len(group) == len(result.results)
    named = join_words([names[place] for place in group])
    who = f"After tuning, {'all' if everyone and len(group) > 2 else named}"
    beaten = [place for place in result.ranking if evidence.beats[group, place].all()]
    rest = len(beaten) == len(result.results) - len(group) > 1
    told = ""
    if beaten:
        others = join_words([names[place] for place in beaten])
        whom = f"the other {len(beaten)} optimizers" if rest else others
        told = f"; {'it' if len(group) == 1 else 'each'} beats {whom}"
    if len(group) == 1:
        phrase = _first_phrase(result, group[0])
        return f"{who} {phrase}, but can't be told apart from all others{told}"
    if sorted(result.leaders) == sorted(group):
        return f"{who} {_winner_phrase(race, best, several=True)}{told}"
    if evidence.alike[group][:, group].all():
        return f"{who} are within {MARGIN:.0%} of each other, the best with {_value(race, best)}{told}"
    first = max(group, key=evidence.first.tolist().__getitem__)
    often = whole_percent(float(evidence.first[first]))
    share = f"{names[first]} has the lowest median in {often} of {REDRAWN:,} re-drawn races"
    if everyone:
        return f"After tuning, no optimizer beats another: {share}"
    return f"{who} can't be told apart: {share}{told}"


def _only_phrase(race: Race, score: Tensor) -> str:
    """Return the predicate of an optimizer that raced alone."""
    if race.metric == "epochs":
        return f"reaches the target gap of {format_target(race.target)} after {format_epochs(int(score))}"
    if _is_minimum(race, score):
        return _winner_phrase(race, score, several=False)
    return f"has {_value(race, score)}"


def _is_minimum(race: Race, score: Tensor) -> bool:
    """Return whether a loss is the minimum to within rounding error."""
    return race.training.minimum is not None and float(score) <= race.rounding


def _value(race: Race, score: Tensor) -> str:
    """Return a score with its name."""
    if race.metric == "epochs":
        return format_epochs(int(score))
    return f"a {race.metric} {loss_or_gap(race.training)} of {format_score(race, score)}"


def _winner_phrase(race: Race, best: Tensor, several: bool) -> str:
    """Return the predicate of the best optimizers."""
    reach, have = ("reach", "have") if several else ("reaches", "has")
    if race.metric == "epochs":
        target = format_target(race.target)
        return f"{reach} the target gap of {target} first, after {format_epochs(int(best))}"
    if _is_minimum(race, best):
        return f"{reach} the minimum to within rounding error"
    lowest = "lowest" if race.training.minimum is None else "smallest"
    return f"{have} the {lowest} {race.metric} {loss_or_gap(race.training)}, {format_score(race, best)}"


def _runner_up_phrase(race: Race, best: Tensor, second: Tensor) -> str:
    """Return the predicate of the next optimizer."""
    if format_score(race, second) == format_score(race, best):
        return "follows closely"
    return f"is next, with {_value(race, second)}"


def _default(result: RaceResult, names: Sequence[str]) -> str:
    """Return who ranks first with the default learning rates, if no tuned winner does."""
    if len(result.results) < 2 or not result.leaders:
        return ""
    default = torch.stack([median(entry.default_scores) for entry in result.results])
    first = result.race.tied(default, default.min()).nonzero().flatten().tolist()
    if default.min().isinf() or set(first) & set(result.leaders):
        return ""
    winners, have = join_words([names[place] for place in first]), "have" if len(first) > 1 else "has"
    return f"With the default learning rates, {winners} {have} the best median."
