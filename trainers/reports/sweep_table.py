"""The runs of a sweep that ended lowest, as a table of text and in a sentence."""

import math

import pandas as pd

from trainers.reports.grid import final_values, sentence
from trainers.reports.race_scores import NOT_DIVERGED, loss_or_gap
from trainers.sweeps.result import SweepResult
from trainers.words import format_number, format_value


def summary(result: SweepResult) -> str:
    """Summarize the sweep: the best runs, and how many failed."""
    if result.stopped:
        return f"Stopped before all {result.sweep.size:,} runs had ended."
    return sentence(result)


def best_runs(result: SweepResult, most: int) -> pd.DataFrame:
    """Return at most `most` runs as text, those that ended lowest first."""
    values, run = final_values(result), result.sweep.run
    rows = values.nan_to_num(math.inf).argsort(stable=True)[:most].tolist()
    frame, what = result.frame().iloc[rows], loss_or_gap(run.training)
    floor = result.sweep.rounding if what == "gap" else -math.inf
    table = {name: [format_number(value, 4) for value in frame[name]] for name in result.settings}
    if result.sweep.seeds > 1:
        table["seed"] = [str(seed) for seed in frame["seed"]]
    table[f"final {what}"] = [_final(value, floor) for value in values[rows].tolist()]
    table["status"] = [
        NOT_DIVERGED if status == "finished" and math.isnan(value) else status
        for value, status in zip(values[rows].tolist(), frame["status"], strict=True)
    ]
    for target in result.epochs_to if what == "gap" else ():
        epochs = frame[f"epochs_to_{format_value(target)}"]
        table[f"epochs to target ({format_value(target)})"] = [
            "not reached" if pd.isna(count) else f"{count:,}" for count in epochs
        ]
    return pd.DataFrame(table)


def along(result: SweepResult, name: str) -> pd.DataFrame:
    """Return all runs of a sweep over one axis: run (the name), x, y (NaN if failed), label (y as text)."""
    values, what = final_values(result), loss_or_gap(result.sweep.run.training)
    floor = result.sweep.rounding if what == "gap" else -math.inf
    (x,) = result.settings.values()
    labels = ["failed" if math.isnan(value) else _final(value, floor) for value in values.tolist()]
    return pd.DataFrame({"run": name, "x": x.numpy(), "y": values.numpy(), "label": labels})


def _final(value: float, floor: float) -> str:
    if math.isnan(value):
        return "–"
    return "0 (rounding)" if value <= floor else format_number(value, 4)
