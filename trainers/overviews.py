"""Results in a few sentences and a table, for terminals and notebooks."""

from dataclasses import dataclass

import pandas as pd

from trainers.comparison import Comparison
from trainers.races.result import RaceResult
from trainers.reports import race, race_ranking, race_warnings, runs_table, sweep_table
from trainers.sweeps.result import SweepResult

MAX_ROWS = 10
"""Max. runs of a sweep that are listed."""


@dataclass(frozen=True, eq=False)
class Overview:
    """A result in words: sentences, a table of text, and notes on how to read it."""

    sentences: tuple[str, ...]
    table: pd.DataFrame
    notes: tuple[str, ...] = ()


def comparison_overview(result: Comparison) -> Overview:
    """Return the summary and the table of the page."""
    ended = sum(history.status != "stopped" for history in result.histories)
    stopped = f"Stopped after {ended} of {len(result.runs)} runs." if result.stopped else ""
    sentences = tuple(filter(None, (stopped, result.sentence())))
    table = runs_table.cells(result.histories, result.names, result.target, result.digits)
    notes = (runs_table.digits_caption(result.digits),)
    return Overview(sentences, table, tuple(filter(None, notes)))


def race_overview(result: RaceResult) -> Overview:
    """Return the summary, the warnings and the ranking of the tab Race."""
    names = race.optimizer_names(result.race)[: len(result.results)]
    stopped = "Stopped before all optimizers had finished." if result.stopped else ""
    sentences = (stopped, race.sentence(result, names), *race_warnings.warnings(result, names))
    caption = race_ranking.caption(result, names)
    return Overview(
        tuple(filter(None, sentences)),
        race_ranking.ranking_table(result, names),
        (caption,) if caption else (),
    )


def sweep_overview(result: SweepResult, most: int = MAX_ROWS) -> Overview:
    """Return the summary and the `most` runs that ended lowest."""
    hidden = result.sweep.size - most
    notes = (f"The {most:,} of {result.sweep.size:,} runs that ended lowest.",) if hidden > 0 else ()
    return Overview((sweep_table.summary(result),), sweep_table.best_runs(result, most), notes)
