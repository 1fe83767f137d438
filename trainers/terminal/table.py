"""An overview as text for a terminal."""

import io
import os
import re
import sys

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from trainers.overviews import Overview
from trainers.terminal.text import printable

WIDEST = 10_000
"""Columns of text that is not for a terminal, so that no line is broken."""
NUMBER = re.compile(r"[−-]?[\d.,]+(e[−-]?\d+)?%?|–")
COLORS = {"converged": "green", "diverged": "red", "became": "red"}
"""Colors of texts that begin so."""


def render(overview: Overview, to_file: bool = False) -> str:
    """Return sentences, table and notes: as wide as the terminal, with colors there alone."""
    console = _console(to_file)
    for sentence in overview.sentences:
        console.print(_text(sentence))
    if len(overview.table):
        console.print(_fitting(overview.table, console))
    for note in overview.notes:
        console.print(_text(note))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _console(to_file: bool) -> Console:
    """Return a console that writes into memory as it would to standard output."""
    terminal = sys.stdout.isatty() and not to_file
    width = None if terminal else WIDEST
    if "COLUMNS" in os.environ and not to_file:
        width = None
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, highlight=False, emoji=False)


def _fitting(frame: pd.DataFrame, console: Console) -> Table:
    """Return the table, turned by 90 degrees where it has one row or is too wide otherwise."""
    upright, turned = _table(frame), _table(_turned(frame))
    widths = [
        Measurement.get(console, console.options.update(max_width=WIDEST), each).maximum
        for each in (upright, turned)
    ]
    return turned if len(frame) == 1 or widths[1] < widths[0] > console.width else upright


def _turned(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a row for each column; the first column has the names of the others."""
    first = frame.columns[0]
    names = list(frame[first])
    rows = [[name, *frame[name]] for name in frame.columns[1:]]
    turned = pd.DataFrame(rows)
    turned.columns = pd.Index([first, *names])
    return turned


def _table(frame: pd.DataFrame) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(frame.columns):
        cells = [str(cell) for cell in frame.iloc[:, place]]
        right = place > 0 and all(NUMBER.fullmatch(cell) for cell in cells)
        table.add_column(_text(str(name)), justify="right" if right else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*(_text(str(cell)) for cell in row))
    return table


def _text(text: str) -> Text:
    """Return text as it stands: no markup in it has an effect."""
    return Text(printable(text), style=COLORS.get(text.partition(" ")[0], ""))
