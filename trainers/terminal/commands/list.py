"""The command list: optimizers, problems and runners, with their settings."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
import pandas as pd

from trainers.optimizers import OPTIMIZERS
from trainers.overviews import Overview
from trainers.problems import PROBLEMS
from trainers.races.settings import RaceSettings
from trainers.run import Task, runners
from trainers.runners import RUNNERS
from trainers.settings import Choice, Real, Setting, Settings, settings_of
from trainers.terminal import shared
from trainers.terminal.options import describe_values
from trainers.terminal.output import Output

CLASSES: Mapping[str, Mapping[str, type[Settings]]] = {
    "optimizers": OPTIMIZERS,
    "problems": PROBLEMS,
    "settings": {"Training": Task, "Race": RaceSettings},
}
LISTS = ("optimizers", "problems", "runners", "settings")
Row = dict[str, Any]


def list_settings(**given: Any) -> int:
    """List what was asked for, else everything."""
    kinds = [given["what"]] if given["what"] else LISTS
    frame = pd.DataFrame([row for kind in kinds for row in _rows(kind)])
    Output.of(given).write(lambda: Overview((), _table(frame)), frame)
    return 0


def _rows(kind: str) -> Iterator[Row]:
    """Yield a row for each class, with what it is, and one for each of its settings."""
    if kind == "runners":
        yield from _runners()
        return
    for name, each in CLASSES[kind].items():
        if each.summary:
            yield _row(kind, name, help=each.summary)
        for setting, about in settings_of(each).items():
            yield _of_setting(kind, name, setting, about)


def _of_setting(kind: str, name: str, setting: str, about: Setting) -> Row:
    values: Row = (
        {"low": about.low, "high": about.high, "scale": about.scale} if isinstance(about, Real) else {}
    )
    values |= {"options": " ".join(about.options)} if isinstance(about, Choice) else {}
    row = _row(kind, name, setting=setting, default=str(about.default), help=about.help, **values)
    return row | {"values": describe_values(about)}


def _runners() -> Iterator[Row]:
    for name in RUNNERS:
        able = [optimizer for optimizer, kind in OPTIMIZERS.items() if name in runners(kind)]
        yield _row("runners", name, help=f"Trains with {', '.join(able)}.")


def _row(kind: str, name: str, **values: Any) -> Row:
    """Return a row whose missing values are None."""
    columns = ("setting", "default", "low", "high", "scale", "options", "help", "values")
    return {"kind": kind, "name": name} | {column: values.get(column) for column in columns}


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as text; a name stands at the first of its rows."""
    repeats = frame.duplicated(["kind", "name"])
    table = frame[["name", "setting", "values", "help"]].fillna("")
    table = table.assign(name=table["name"].mask(repeats, ""))
    return table[[column for column in table if any(table[column])]]


LIST = shared.command(
    "list",
    list_settings,
    [
        click.Argument(["what"], type=click.Choice(LISTS), required=False),
        *shared.place_options(),
    ],
    ["", "optimizers", "problems --format json"],
)
