"""Training of the commands run and compare."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from trainers.comparison import Comparison, compare
from trainers.overviews import Overview, comparison_overview
from trainers.run import Run
from trainers.terminal.output import Output
from trainers.terminal.program import DIVERGED, INTERRUPTED
from trainers.terminal.progress import progress
from trainers.words import format_epochs, format_number, format_value

ROWS = ("runs", "epochs")


def train_and_write(runs: Sequence[Run], target: float, given: Mapping[str, Any]) -> int:
    """Train runs, write the comparison, and return the exit code."""
    output = Output.of(given)
    what = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    with progress(f"Training {what} of {format_epochs(runs[0].epochs)}", given["quiet"]) as on_progress:
        result = compare(runs, target, on_progress)
    rows = given["rows"] or ROWS[output.format != "table"]
    if rows == "runs":
        output.write(partial(comparison_overview, result), result.results())
    else:
        output.write(partial(_each_epoch, result), result.frame())
    if result.stopped:
        return INTERRUPTED
    diverged = any(history.status == "diverged" for history in result.histories)
    return DIVERGED if diverged and given["fail_on_diverged"] else 0


def _each_epoch(result: Comparison) -> Overview:
    """Return the table of all epochs as text."""
    frame = result.frame()
    table = pd.DataFrame({name: [_text(value) for value in frame[name]] for name in frame})
    return Overview((result.sentence(),), table)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "–" if value != value else format_number(value, 6)
    return format_value(value)
