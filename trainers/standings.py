"""A race in words and in tables of text."""

import math
from collections.abc import Sequence

import pandas as pd
from torch import Tensor

from trainers.optimizers import Optimizer
from trainers.race_tables import HIGH, LOW, edges, quantile
from trainers.races.result import Entry, RaceResult, median
from trainers.races.spec import Race, Racing
from trainers.reports.race_scores import failure, failure_label, format_score, metric_label
from trainers.run import in_words
from trainers.summary import short
from trainers.words import figure, listed


def entrant_names(race: Race) -> list[str]:
    """A short name for each optimizer of a race, without what is tuned."""
    return short([_words(rule, race) for rule in race.optimizers])


def _words(optimizer: Optimizer, racing: Racing) -> list[str]:
    """An optimizer in words: its name, and what differs from the defaults and is not tuned."""
    tuned = racing.space(optimizer)
    changed = {name: value for name, value in optimizer.changed().items() if name not in tuned}
    return [type(optimizer).__name__, *in_words(changed)]


def standings(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """One row an optimizer, the best first, as text."""
    return pd.DataFrame([_row(result, place, names[place]) for place in result.ranking])


def _row(result: RaceResult, place: int, name: str) -> dict[str, str]:
    race, entry = result.race, result.entries[place]
    low, high = (format_score(race, quantile(entry.tuned, share)) for share in (LOW, HIGH))
    others = len(result.entries) - 1
    missed = int(entry.scores.isinf().sum())
    edge = " (edge of the range)" if entry.at_edge else ""
    row = {
        "run": name,
        "best learning rate": "–" if entry.failed else f"{figure(rate(entry), 4)}{edge}",
        **_other_settings(entry),
        f"{metric_label(race)}, tuned": format_score(race, median(entry.tuned)),
        "10–90 % of starts": low if low == high else f"{low} to {high}",
        "at torch's rate": format_score(race, median(entry.untuned)),
        failure_label(race): f"{missed} of {race.trials}{_diverged(race, entry)}",
    }
    if len(result.entries) > 1:
        row["beat the others in"] = f"{(float(result.wins()[place].sum()) - 0.5) / others:.0%}"
    return row


def _diverged(race: Race, entry: Entry) -> str:
    """How many of the trials that failed diverged, if any."""
    gone = int((entry.diverged & entry.scores.isinf()).sum())
    return f", {gone} diverged" if gone and race.criterion != "epochs" else ""


def _other_settings(entry: Entry) -> dict[str, str]:
    tuned = [name for name in entry.trials.sweep.axes if name != "lr"]
    words = [f"{name} {figure(getattr(entry.winner, name), 3)}" for name in tuned]
    return {"with": ", ".join(words) or "–"} if len(entry.trials.sweep.axes) > 1 or tuned else {}


def duels(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """In what share of the fresh starts the row beat the column, the best first; a tie is half."""
    order = result.ranking
    table = pd.DataFrame({"run": [names[place] for place in order]})
    for column in order:
        shares = [float(result.wins()[row, column]) for row in order]
        table[names[column]] = [
            "–" if row == column else f"{share:.0%}" for row, share in zip(order, shares, strict=True)
        ]
    return table


def rate(entry: Entry) -> float:
    """The learning rate of the best trial."""
    return float(getattr(entry.winner, "lr"))  # noqa: B009


def verdict(result: RaceResult, names: Sequence[str]) -> str:
    """What the race shows, in words."""
    return " ".join(part for part in (_winner(result, names), _untuned(result, names)) if part)


def _winner(result: RaceResult, names: Sequence[str]) -> str:
    race, medians = result.race, [median(entry.tuned) for entry in result.entries]
    if not medians:
        return "No optimizer finished."
    best = min(medians)
    starts = f"the median of {race.starts} fresh starts" if race.starts > 1 else "one fresh start"
    if best.isinf() and race.criterion == "epochs":
        return f"In {starts} no optimizer came within {figure(race.target, 6)} of the smallest loss."
    if best.isinf():
        return f"In {starts} every optimizer failed: {failure(race)}."
    first = listed([names[place] for place in result.ranking if medians[place] == best])
    behind = [place for place in result.ranking if best < medians[place] < math.inf][:1]
    follow = [f"; {names[place]} follows {_behind(race, best, medians[place])}" for place in behind]
    tuned = "Each tuned" if len(result.entries) > 1 else "Tuned"
    return f"{tuned} with {race.trials} trials, {first} {_feat(race, best)}{''.join(follow)}, in {starts}."


def _behind(race: Race, best: Tensor, second: Tensor) -> str:
    """By how much the second is behind."""
    score = format_score(race, second)
    return "closely" if score == format_score(race, best) else f"with {score}"


def _feat(race: Race, best: Tensor) -> str:
    """What the winner did."""
    score = format_score(race, best)
    if race.criterion == "epochs":
        return f"came within {figure(race.target, 6)} of the smallest loss first, after {score} epochs"
    if race.training.minimum is None:
        return f"had the smallest {race.criterion} loss, {score}"
    if float(best) <= race.rounding:
        return "found the smallest loss, as near as rounding allows"
    return f"came closest to the smallest loss, with a {race.criterion} gap of {score}"


def _untuned(result: RaceResult, names: Sequence[str]) -> str:
    """Who would have won at torch's rates, if that is somebody else."""
    medians = [float(median(entry.untuned)) for entry in result.entries]
    tuned = [float(median(entry.tuned)) for entry in result.entries]
    least = min(medians, default=math.inf)
    default = [place for place, number in enumerate(medians) if number == least]
    if len(medians) < 2 or least == math.inf or any(tuned[place] == min(tuned) for place in default):
        return ""
    return f"At torch's default rates {listed([names[place] for place in default])} would have been first."


def warnings(result: RaceResult, names: Sequence[str]) -> list[str]:
    """What to mend before believing it."""
    named = list(zip(names, result.entries, strict=True))
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
    if race.criterion == "epochs":
        return [f"No trial of {listed(names)} came within {figure(race.target, 6)} of the smallest loss."]
    return [f"All trials of {listed(names)} failed."]


def margins(result: RaceResult, names: Sequence[str]) -> str:
    """How far tuned rates stay below their stability limits."""
    known = edges(result, names)
    words = []
    for name, edge in zip(known["run"], known["x"], strict=True):
        entry = result.entries[list(names).index(name)]
        alone = int((entry.scores == entry.scores.min()).sum()) == 1
        if alone and not entry.failed:
            words.append(f"the best rate of {name} is {rate(entry) / edge:.0%} of that")
    if not len(known):
        return ""
    return "; ".join(["Dotted: the stability limit, computed", *([listed(words)] if words else [])]) + "."
