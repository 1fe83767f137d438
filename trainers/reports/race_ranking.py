"""The ranking of a race as tables of text."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from trainers.races.redraw import MARGIN, REDRAWN, median, needed
from trainers.races.result import OptimizerResult, RaceResult
from trainers.races.spec import Race
from trainers.reports.race_curves import HIGH, LOW, quantile, spread_label
from trainers.reports.race_scores import failure_label, format_score, metric_label
from trainers.reports.race_warnings import unequal_chances
from trainers.sweeps.spec import PREFIX
from trainers.words import format_number, join_words, whole_percent


def ranking_table(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """Return one row per optimizer as text, best first."""
    return pd.DataFrame([_row(result, place, names[place]) for place in result.ranking])


def _row(result: RaceResult, place: int, name: str) -> dict[str, str]:
    race, entry = result.race, result.results[place]
    others = len(result.results) - 1
    edge = " (edge of the range)" if entry.at_edge else ""
    row = {
        **({"rank": str(_rank(result, place))} if result.evidence else {}),
        "optimizer": name,
        "best learning rate": "–" if entry.failed else f"{format_number(entry.best_lr, 4)}{edge}",
        **(_other_settings(entry) if race.tune == "all" else {}),
        f"{metric_label(race)}, tuned": format_score(race, median(entry.tuned_scores)),
        **(_spread(race, entry) if result.seeds > 1 else {}),
        "at default lr": format_score(race, median(entry.default_scores)),
        failure_label(race): _failures(race, entry),
    }
    if len(result.results) > 1:
        row["win rate"] = whole_percent((float(result.win_rates()[place].sum()) - 0.5) / others)
    return row


def _rank(result: RaceResult, place: int) -> int:
    """Return the rank of an optimizer: one more than the optimizers in the groups before its own."""
    assert result.evidence is not None
    before = 0
    for group in result.evidence.groups:
        if place in group:
            break
        before += len(group)
    return before + 1


def _spread(race: Race, entry: OptimizerResult) -> dict[str, str]:
    low, high = (format_score(race, quantile(entry.tuned_scores, share)) for share in (LOW, HIGH))
    return {spread_label(len(entry.tuned_scores)): low if low == high else f"{low} to {high}"}


def _failures(race: Race, entry: OptimizerResult) -> str:
    """Return how many trials failed, and how many of those diverged, as text."""
    failed = int(entry.scores.isinf().sum())
    diverged = int((entry.diverged & entry.scores.isinf()).sum())
    text = f"{failed} of {race.trials}"
    if not diverged or race.metric == "epochs":
        return text
    if diverged < failed:
        return f"{text} ({diverged} diverged)"
    return f"{text} ({'all ' if failed > 1 else ''}diverged)"


def _other_settings(entry: OptimizerResult) -> dict[str, str]:
    tuned = {name: value for name, value in entry.best_settings.items() if name != "lr"}
    words = [f"{name.removeprefix(PREFIX)} {format_number(value, 3)}" for name, value in tuned.items()]
    return {"other hyperparameters": ", ".join(words) or "–"}


def ranking_frame(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """Return one row per optimizer as numbers, best first.

    The columns are optimizer, the best trial's settings, the scores tuned, low, high (the ends of the
    spread) and default, infinite if failed, the number of trials that failed, and win_rate.
    """
    return pd.DataFrame([_numbers(result, place, names[place]) for place in result.ranking])


def _numbers(result: RaceResult, place: int, name: str) -> dict[str, Any]:
    entry, others = result.results[place], len(result.results) - 1
    return {
        **({"rank": _rank(result, place)} if result.evidence else {}),
        "optimizer": name,
        **entry.best_settings,
        "tuned": float(median(entry.tuned_scores)),
        "low": float(quantile(entry.tuned_scores, LOW)),
        "high": float(quantile(entry.tuned_scores, HIGH)),
        "default": float(median(entry.default_scores)),
        "failed": int(entry.scores.isinf().sum()),
        "win_rate": (float(result.win_rates()[place].sum()) - 0.5) / others if others else None,
    }


def win_rate_table(result: RaceResult, names: Sequence[str]) -> pd.DataFrame:
    """Return on what fraction of the new seeds the row is better than the column; ties count half.

    And, in brackets, in what fraction of the re-drawn races the row is better on more seeds.
    """
    order, evidence = result.ranking, result.evidence
    table = pd.DataFrame({"optimizer": [names[place] for place in order]})
    rates = result.win_rates()
    for column in order:
        cells = [whole_percent(float(rates[row, column])) for row in order]
        if evidence:
            cells = [
                f"{cell} ({_percent(float(evidence.confidence[row, column]))})"
                for row, cell in zip(order, cells, strict=True)
            ]
        table[names[column]] = [
            "–" if row == column else cell for row, cell in zip(order, cells, strict=True)
        ]
    return table


def caption(result: RaceResult, names: Sequence[str]) -> str:
    """Return sentences on ties, win rates, chances and ranks, where the ranking has them."""
    race = result.race
    tied = [
        not entry.failed and race.tied(entry.scores, entry.scores.min()).sum() > 1 for entry in result.results
    ]
    sentences = ["Of trials that tie for best, the middle one is chosen."] if any(tied) else []
    if len(result.results) > 1:
        sentences.append(
            "Win rate: fraction of new seeds on which an optimizer is better than another, averaged over the "
            "others; ties count half."
        )
    sentences += filter(None, [unequal_chances(result, names)])
    if result.evidence:
        below = "; each optimizer below is beaten by one above" if len(result.evidence.groups) > 1 else ""
        sentences.append(f"Within a rank none beats another{below}.")
    return " ".join(sentences)


def confidence_caption(result: RaceResult) -> str:
    """Return when one optimizer beats another, and what stands in brackets; "" with too few seeds."""
    if not result.evidence:
        return ""
    return (
        "Fraction of the new seeds on which the row is better. In brackets: in what fraction of "
        f"{REDRAWN:,} re-drawn races it is better on more seeds. In each, the seeds of the trials and the "
        "new seeds are drawn anew from those of the race, with replacement, and the best trials chosen anew: "
        "where it is much lower, the lead hangs on which trial was chosen. One optimizer beats another if "
        "the number in brackets is at least "
        f"{_at_least(result.evidence.level)}, and its median more than {MARGIN:.0%} lower.{_looks(result)}"
    )


def _looks(result: RaceResult) -> str:
    """Return what is needed at each look of a race until decided; "" for one look."""
    race = result.race
    if len(race.looks) == 1:
        return ""
    levels = [f"{_at_least(needed(race, seeds))} with {seeds} seeds" for seeds in race.looks]
    return (
        f" It is {join_words(levels)}, so that all looks together err no more often than one. Once an "
        "optimizer has beaten another, that stays, with its fraction."
    )


def _at_least(level: float) -> str:
    """Return the smallest fraction of the re-drawn races that is not below a level."""
    return _percent(math.ceil(round(REDRAWN * level, 6)) / REDRAWN)


def _percent(fraction: float) -> str:
    """Return a fraction of the re-drawn races as text, exactly."""
    return f"{100 * fraction:.3g}%"
