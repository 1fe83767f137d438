"""Summary of a race in sentences."""

import math
from collections.abc import Sequence

from torch import Tensor

from trainers.optimizers import Optimizer
from trainers.races.result import RaceResult, median
from trainers.races.spec import Race, RaceSettings
from trainers.reports.names import short
from trainers.reports.race_curves import stability_limits
from trainers.reports.race_scores import failure_condition, format_score, loss_or_gap
from trainers.run import in_words
from trainers.words import format_epochs, format_number, format_target, join_words


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
    race, medians = result.race, [median(entry.tuned_scores) for entry in result.results]
    if not medians:
        return "No optimizer finished."
    best = min(medians)
    seeds = f"median over {race.seeds} new seeds" if race.seeds > 1 else "one new seed"
    alone = len(medians) == 1
    if best.isinf() and race.metric == "epochs":
        who = f"After tuning, {names[0]} did not reach" if alone else "No tuned optimizer reached"
        return f"{who} the target gap of {format_target(race.target)} ({seeds})."
    if best.isinf():
        who = f"After tuning, {names[0]}" if alone else "Every tuned optimizer"
        return f"{who} failed ({seeds}): {failure_condition(race)}."
    first = [names[place] for place in result.ranking if medians[place] == best]
    behind = [place for place in result.ranking if best < medians[place] < math.inf][:1]
    following = [f". {names[place]} {_runner_up_phrase(race, best, medians[place])}" for place in behind]
    trials = f"{race.trials} trials{'' if alone else ' each'}"
    phrase = _only_phrase(race, best) if alone else _winner_phrase(race, best, len(first) > 1)
    winner = f"After tuning, {join_words(first)} {phrase}"
    return f"{winner}{''.join(following)} ({trials}, {seeds})."


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
    default = [float(median(entry.default_scores)) for entry in result.results]
    tuned = [float(median(entry.tuned_scores)) for entry in result.results]
    best = min(default, default=math.inf)
    first = [place for place, score in enumerate(default) if score == best]
    if len(default) < 2 or best == math.inf or any(tuned[place] == min(tuned) for place in first):
        return ""
    winners, rank = join_words([names[place] for place in first]), "rank" if len(first) > 1 else "ranks"
    return f"With the default learning rates, {winners} {rank} first."


def warnings(result: RaceResult, names: Sequence[str]) -> list[str]:
    """Return a sentence per flaw: optimizers whose trials all failed, best trials at the edge."""
    named = list(zip(names, result.results, strict=True))
    sentences = _failures(result.race, [name for name, entry in named if entry.failed])
    for end in ("low", "high"):
        at_edge = [
            f"{name} ({format_number(entry.best_lr, 3)})"
            for name, entry in named
            if entry.at_edge == end and not entry.failed
        ]
        if at_edge:
            rate = "rates" if len(at_edge) > 1 else "rate"
            verb = "are" if len(at_edge) > 1 else "is"
            sentences.append(
                f"The best learning {rate} of {join_words(at_edge)} {verb} at the {end} end of the search "
                "range: a wider range may contain a better one."
            )
    return sentences


def _failures(race: Race, names: Sequence[str]) -> list[str]:
    """Return a sentence on the optimizers of which every trial failed, if any."""
    if not names:
        return []
    if race.metric == "epochs":
        return [f"No trial of {join_words(names)} reached the target gap of {format_target(race.target)}."]
    return [f"All trials of {join_words(names)} failed."]


def stability_margins(result: RaceResult, names: Sequence[str]) -> str:
    """Return the best learning rates as percentages of the stability limits; "" without limits."""
    limits = stability_limits(result, names)
    percentages = []
    for name, limit in zip(limits["run"], limits["x"], strict=True):
        entry = result.results[list(names).index(name)]
        unique = int((entry.scores == entry.scores.min()).sum()) == 1
        if unique and not entry.failed:
            percentages.append(f"{name} {entry.best_lr / limit:.0%}")
    if not len(limits):
        return ""
    dotted = "Dotted: theoretical stability limit of the optimizer of that color."
    if not percentages:
        return dotted
    return f"{dotted} Best learning rate as a percentage of its limit: {', '.join(percentages)}."
