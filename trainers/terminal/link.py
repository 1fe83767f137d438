"""What a command is asked to train: a link, and options that override it."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from trainers.datasets.csv.table import CsvTable
from trainers.links import MAX_LINK_LENGTH, OLD_NAMES, Link, Reading, read_about
from trainers.problems import PROBLEMS, Thermometer
from trainers.races.settings import RaceSettings
from trainers.run import Method, Task, read_methods, read_task
from trainers.settings import Setting, SettingError, settings_of
from trainers.terminal.program import DAMAGED
from trainers.terminal.text import say
from trainers.words import among, join_words, quoted, safe_text

TARGET: Setting = settings_of(RaceSettings)["target"]
OWN_NAMES = {"problem", "run", "csv", "start", "target", "race", *settings_of(Task)}
"""What a link may say about runs; all else is about the page."""


@dataclass(frozen=True)
class Request:
    """Task, methods, target gap and settings of the race that a link names."""

    task: Task
    methods: tuple[Method, ...] | None
    """None if no run is named; empty if none is left of those that are."""
    target: float
    race: RaceSettings
    races_runs: bool
    """Whether the link's race is one of its runs, not of the default optimizers."""


OF_EVERY_PAGE = ("tab", "view", "at", "ask", "v")
FIELD = ("optimizers-", "entrants-")
"""How the part of a race begins that says which optimizers race, now and in older links."""


def read_link(
    text: str | None, runs: Sequence[str], tables: Mapping[str, CsvTable], allow_damaged: bool
) -> Request:
    """Return what a link and further runs ask for. Notes go to standard error; a damaged link ends it."""
    link = Link(_whole(text))
    if text is not None and not OWN_NAMES & link.texts.keys():
        raise click.UsageError(f"LINK must have a part such as problem= or run=, got {_quoted(text)}.")
    _check_file(link, tables)
    problem = link.texts.get("problem", [Thermometer.__name__])[0].partition("~")[0]
    if among(problem, [*PROBLEMS, *OLD_NAMES]) is None:  # or else another one would be trained
        link.damage.append("problem")
    task = read_task(link, tables)
    readings = [*read_methods(link), *(read_about(run, Method) for run in runs)]
    methods = tuple(_undamaged(link, readings)) if readings else None
    target, (race, races_runs) = _target(link), _race(link)
    damage = link.damage_sentence()
    for note in (*filter(None, [damage]), *link.notes, *_unused(link)):
        say(note)
    if damage and not allow_damaged:
        say("Error: Nothing was trained. With --allow-damaged the rest of the link is.")
        raise click.exceptions.Exit(DAMAGED)
    return Request(task, methods, target, race, races_runs)


def _whole(text: str | None) -> str:
    """Return the text of a link; raises `UsageError` if it is too long."""
    if text == "-":
        text = sys.stdin.buffer.read(10 * MAX_LINK_LENGTH).decode(errors="replace")
    text = text or ""
    if len(text) > MAX_LINK_LENGTH:
        raise click.UsageError(f"LINK must have at most {MAX_LINK_LENGTH} characters, got {len(text)}.")
    return text


def _check_file(link: Link, tables: Mapping[str, CsvTable]) -> None:
    """Raise `UsageError` if the link is about a file that was not given."""
    name, _, rest = link.texts.get("csv", [""])[0].partition("~")
    digest = rest.partition("~")[0]
    if name and digest not in tables:
        raise click.UsageError(
            f"The link needs the file {safe_text(name)} with digest {safe_text(digest)}: give it with --csv."
        )


def _quoted(text: str) -> str:
    return "none on standard input" if text == "-" else quoted(text)


def _undamaged(link: Link, readings: Sequence[Reading]) -> list[Method]:
    """Return the methods that can be read, with a note on each that can't."""
    methods = []
    for number, reading in enumerate(readings, start=1):
        if reading.damaged:
            link.damage.append(f"run {number}")
            reasons = " ".join(f"{note.partition(': using')[0].removesuffix('.')}." for note in reading.notes)
            link.notes.append(f"Run {number} is left out: {reasons}")
        else:
            methods.append(link.accept(reading, f"run {number}", f"Run {number}: "))
    return methods


def _target(link: Link) -> float:
    text = link.take("target")
    try:
        return float(TARGET.default if text is None else TARGET.validate("target", TARGET.read(text)))
    except ValueError as error:
        reason = str(error) if isinstance(error, SettingError) else f"target must be {error}"
        link.notes.append(f"{reason}: using {TARGET.default}.")
        return float(TARGET.default)


def _race(link: Link) -> tuple[RaceSettings, bool]:
    """Take the race out of a link, and whether it is one of the link's runs."""
    parts = link.texts.get("race", [""])[0].split("~")
    told = [part.partition("-")[2] for part in parts if part.startswith(FIELD)]
    older = link.take("optimizers")  # of older links, as `entrants`, which is read as this
    if len(told) or older:
        link.texts["race"] = ["~".join(part for part in parts if not part.startswith(FIELD))]
    settings: Any = link.compact("race", RaceSettings, {})
    return settings, "runs" in (*told, older)


def _unused(link: Link) -> list[str]:
    """Return a note on the parts of a link that are about the page; not on those that every page's has."""
    names = [quoted(name) for name in link.texts if name not in OF_EVERY_PAGE]
    return [f"No part of a run, so ignored: {join_words(names)}."] if names else []
