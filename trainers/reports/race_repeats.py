"""Repeated races in words and as a table for the chart."""

from collections.abc import Sequence

import pandas as pd

from trainers.races.repeats import Repeats
from trainers.reports.race_scores import format_score, metric_label
from trainers.words import join_words


def sentence(repeats: Repeats, names: Sequence[str]) -> str:
    """Say how often each optimizer has the lowest median, and what the races claim."""
    count = len(repeats.medians)
    if not count:
        return "No race finished."
    times = repeats.lowest.sum(0).tolist()
    order = sorted((place for place in range(len(names)) if times[place]), key=lambda place: -times[place])
    ties = ", ties counted for each" if sum(times) > count else ""
    races = f"{count} races, each with other seeds"
    if not order:
        return f"All optimizers fail in {races}. {_claims(repeats, names)}"
    who = [f"{names[place]} in {times[place]}" for place in order]
    return f"The lowest median in {races}: {join_words(who)}{ties}. {_claims(repeats, names)}"


def _claims(repeats: Repeats, names: Sequence[str]) -> str:
    """Return whom the races say to be better, and whether they agree."""
    count, number = len(repeats.medians), len(names)
    if not repeats.race.compares:
        return "None says which optimizer is better: there are too few seeds, or optimizers."
    first = repeats.first.sum(0).tolist()
    winners = [f"{names[place]} in {times}" for place, times in enumerate(first) if times]
    all_others = f"All others are beaten by {join_words(winners)}." if winners else "None beats all others."
    pairs, told = count * number * (number - 1) // 2, int(repeats.beats.sum())
    agree = "no two races contradict each other"
    if repeats.contradicted:
        agree = f"pairs of races that contradict each other: {repeats.contradicted}"
    return f"{all_others} {told:,} of {pairs:,} comparisons tell two optimizers apart; {agree}."


def chart_table(repeats: Repeats, names: Sequence[str]) -> pd.DataFrame:
    """Return one row per race and optimizer: race (from 1), run, kind, median (text).

    The kind is "first" if it beats all others, "lowest" if its median is the lowest, else "other".
    """
    first, lowest = repeats.first.tolist(), repeats.lowest.tolist()
    rows = [
        {
            "race": number + 1,
            "run": name,
            "kind": "first" if first[number][place] else "lowest" if lowest[number][place] else "other",
            "median": format_score(repeats.race, median),
        }
        for number, medians in enumerate(repeats.medians.tolist())
        for place, (name, median) in enumerate(zip(names, medians, strict=True))
    ]
    return pd.DataFrame(rows, columns=["race", "run", "kind", "median"])


def median_label(repeats: Repeats) -> str:
    """Return what the medians of the chart are of."""
    return f"median {metric_label(repeats.race)}"


CAPTION = (
    "Each column is a race with seeds of its own, the first that of the table. Large: the lowest median, or "
    "with a ring, beats all others."
)
