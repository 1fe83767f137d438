"""A CSV file of the user's as the data of a problem: `--csv`, `--csv-target`, `--csv-feature`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from trainers.datasets.csv.dataset import CsvDataset
from trainers.datasets.csv.table import CsvTable, TableError, numeric, read_table
from trainers.problems import PROBLEMS
from trainers.problems.compatible_models import models
from trainers.problems.supervised import CSV, Supervised
from trainers.run import NO_TABLES, Task
from trainers.terminal.text import say
from trainers.words import join_words, quoted, safe_text


@dataclass(frozen=True)
class OwnData:
    """The table of a CSV file, if one was given, and the columns asked for, by name."""

    table: CsvTable | None
    target: str | None
    features: tuple[str, ...]

    @property
    def tables(self) -> Mapping[str, CsvTable]:
        """The table by its digest, for links."""
        return NO_TABLES if self.table is None else {self.table.digest: self.table}

    def use(self, task: Task, problem: str | None) -> Task:
        """Return the task on this table, whose columns a link may have chosen; `problem` names its model."""
        if self.table is None:
            return task
        chosen = isinstance(task.problem, Supervised) and task.problem.csv is not None
        if chosen and problem is None and self.target is None and not self.features:
            return task
        columns = _columns(self.table, self.target, self.features)
        able = models(columns, PROBLEMS)
        name = problem or next(iter(able), "")
        if name not in able:
            fitting = f"can be fitted by {', '.join(able)}" if able else "can be fitted by no model"
            raise click.UsageError(f"These columns {fitting}" + (f", not by {problem}." if problem else "."))
        kind: Any = PROBLEMS[name]
        target, *features = (
            safe_text(str(self.table.frame.columns[k])) for k in (columns.target, *columns.features)
        )
        say(f"{name}: {target} from {join_words(features)}.")
        return replace(task, problem=kind(source=CSV, csv=columns), start=None)


def read_own_data(given: Mapping[str, Any]) -> OwnData:
    """Return the file of `--csv`, with what was noticed in it on standard error."""
    path, target, features = given["csv"], given["csv_target"], tuple(given["csv_features"])
    if path is None and (target is not None or features):
        raise click.UsageError("--csv-target and --csv-feature need --csv.")
    if path is None:
        return OwnData(None, None, ())
    try:
        table = read_table(Path(path).read_bytes(), Path(path).name)
    except TableError as error:
        raise click.UsageError(f"--csv {quoted(Path(path).name)}: {error}") from None
    for reason, count in table.dropped:
        say(f"{count:,} of {table.rows:,} rows dropped: {reason}.")
    for note in table.notes:
        say(note)
    return OwnData(table, target, features)


def _columns(table: CsvTable, target: str | None, features: Sequence[str]) -> CsvDataset:
    """Return the columns of these names; by default the last as target, other numeric ones as features."""
    names = list(map(str, table.frame.columns))
    place = len(names) - 1 if target is None else _place(names, target)
    others = [column for column in numeric(table) if column != place]
    return CsvDataset.of(table, place, [_place(names, name) for name in features] or others)


def _place(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise click.UsageError(
            f"The file has no column {quoted(name)}: it has {', '.join(map(quoted, names))}."
        )
    return list(names).index(name)
