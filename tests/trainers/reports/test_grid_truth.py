"""Every cell and sentence of a grid, held against its runs trained alone, by the definitions in the docs."""

import math
import random
import re

import pandas as pd
import pytest
import torch

from tests.trainers.reports.test_summary_truth import PROBLEMS
from trainers import History, Run, Sweep, SweepResult, sweep, train
from trainers.digits import trusted_digits
from trainers.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from trainers.reports.grid import best_cells, cells, sentence
from trainers.settings import real_settings
from trainers.sweeps.axis import default_axis
from trainers.words import format_number

FAMILIES: tuple[Optimizer, ...] = (SGD(), Adam(), AdamW(), RMSprop(), RMSprop(momentum=0.5), Adagrad())
FAILED = ("diverged", "failed, not diverged")
BEST = r"Best of (?P<all>\d+) runs: (?P<where>.+) \(final (?P<what>\w+) (?P<value>\S+)\); (?P<rest>.+)\."
TIES = r"(?P<ties>\d+) of (?P<all>\d+) runs (?P<how>.+?); (?P<rest>.+)\."


def drawn(number: int) -> SweepResult:
    """A random grid."""
    rng = random.Random(number)
    problem, optimizer = rng.choice(PROBLEMS), rng.choice(FAMILIES)
    held_out = problem.num_samples and rng.random() < 0.3
    run = Run(
        problem=problem,
        optimizer=optimizer,
        epochs=rng.choice([1, 2, 5, 12]),
        batch_size=rng.choice([0, 0, 5]) if problem.num_samples else 0,
        validation_split=0.3 if held_out else 0.0,
        dtype="float64" if isinstance(optimizer, RMSprop) else rng.choice(["float32", "float64"]),
        seed=rng.randrange(1, 2**31),
    )
    settings = real_settings(optimizer)
    names = rng.sample(list(settings), 2)
    count = rng.randint(2, 4)
    return sweep(Sweep(run, {name: default_axis(settings[name], count) for name in names}))


def above(history: History) -> float:
    """The final gap, or loss where the minimum is unknown; NaN if the run failed."""
    problem = history.run.training
    values = history.loss.double() if problem.minimum is None else history.loss.double() - problem.minimum
    if not history.loss.isfinite().all() or values[-1] > 10 * abs(values[0]):
        return math.nan
    least = -math.inf if problem.minimum is None else problem.rounding(history.loss.dtype)
    return max(float(values[-1]), least)


def near(found: float, expected: float, result: SweepResult) -> bool:
    loose = 1e-3 if result.sweep.run.dtype == "float32" else 1e-7
    return found == pytest.approx(expected, rel=loose, abs=3 * result.sweep.rounding + 1e-300, nan_ok=True)


def on_trusted_digits(found: float, history: History) -> bool:
    """Whether a cell is that of the run on all digits that rounding does not decide."""
    digits, expected = trusted_digits(history), above(history)
    if digits is None or math.isnan(expected):
        return False
    return digits.gap == 0 or found == pytest.approx(expected, rel=10.0**-digits.gap)


def check(number: int) -> None:
    result = drawn(number)
    table = cells(result)
    for row, cell in table.iterrows():
        history = train(result.run(int(row)))
        expected = above(history)
        value = cell["value"]
        assert near(value, expected, result) or on_trusted_digits(value, history), (number, row)
        assert (cell["label"] == "diverged") == (history.status == "diverged"), (number, row)
        assert (cell["label"] in FAILED) == math.isnan(expected), (number, row)
        if not math.isnan(expected):
            assert cell["label"] == format_number(cell["value"], 4)
    said(result, table)


def said(result: SweepResult, table: pd.DataFrame) -> None:
    """Hold the sentence, and the list of the best runs, against the cells."""
    text, values = sentence(result), table["value"]
    run, total = result.sweep.run, len(table)
    failed, diverged = int(values.isna().sum()), int((table["label"] == "diverged").sum())
    if failed == total:
        some = f"All {total} runs failed, {diverged or 'none'} of them diverged."
        assert text == (f"All {total} runs diverged." if diverged == total else some)
        return
    rest = "none failed" if not failed else f"{failed} diverged"
    if failed > diverged:
        rest = f"{failed} failed, {diverged or 'none'} of them diverged"
    best = values.min()
    off = result.sweep.rounding + 8 * torch.finfo(getattr(torch, run.dtype)).eps * abs(best)
    what = "loss" if run.training.minimum is None else "gap"
    exact = what == "gap" and best <= result.sweep.rounding
    ties = table[values <= (result.sweep.rounding if exact else best + off)]
    if len(ties) > 1:
        match = re.fullmatch(TIES, text)
        assert match, text
        how = "reach the minimum to within rounding error"
        tie = f"tie for best, with a final {what} of {format_number(best)}"
        assert match["how"] == (how if exact else tie)
        assert int(match["ties"]) == len(ties)
    else:
        match = re.fullmatch(BEST, text)
        assert match, text
        place = ties.iloc[0]
        x, y = result.settings
        where = f"{x} {format_number(place['x_at'], 4)} and {y} {format_number(place['y_at'], 4)}"
        assert (match["where"], match["what"]) == (where, what)
        assert match["value"] == format_number(best)
    assert (int(match["all"]), match["rest"]) == (total, rest)
    listed = best_cells(result)
    order = [values[row] if not math.isnan(values[row]) else math.inf for _, row in listed]
    assert order == sorted(order)
    assert len(order) == total


@pytest.mark.parametrize("count", [20, pytest.param(2000, marks=pytest.mark.slow)])
def test_every_cell_and_sentence_of_random_grids_is_true(count: int) -> None:
    for number in range(0 if count == 20 else 20, count):
        check(number)
