"""The command script: a run, a comparison or a race as a program, or as a notebook."""

from pathlib import Path
from typing import Any

import click

from trainers.exports import Program
from trainers.races.settings import RaceSettings
from trainers.scripts import program
from trainers.settings import settings_of
from trainers.terminal import shared
from trainers.terminal.commands.race import race_of
from trainers.terminal.output import write_file
from trainers.terminal.request import asked_runs, read_request, with_options
from trainers.terminal.sections import SectionedOption
from trainers.terminal.text import say


def script(**given: Any) -> int:
    """Print the program of what the link and the options ask for, or write it to a file."""
    found = _program(given)
    if given["output"] is None:
        click.echo(found.text, nl=False)
        for name in found.files():
            say(f"The program reads {name}: --output writes both.")
        return 0
    place = Path(given["output"])
    for name, content in found.files().items():
        _check_free(place.parent / name, content)
    text = found.notebook() if place.suffix == ".ipynb" else found.text
    write_file(place, text.encode())
    for name, content in found.files().items():
        write_file(place.parent / name, content.encode())
    return 0


def _check_free(place: Path, content: str) -> None:
    """Raise `UsageError` if a file with other content stands where the data are to be written."""
    if place.exists() and place.read_bytes() != content.encode():
        raise click.UsageError(
            f"The program reads {place}, but a file of that name is there: write elsewhere."
        )


def _program(given: dict[str, Any]) -> Program:
    """Return the program of one run, of several, or of the race. Raises `UsageError` if there is none."""
    request = read_request(given | {"epochs": None} if given["race"] else given)
    try:
        if given["race"]:
            settings = with_options(request.race, given, settings_of(RaceSettings))
            return program(race_of(request, settings, given_runs=False))
        runs = asked_runs(request, given)
        return program(runs[0] if len(runs) == 1 else runs)
    except NotImplementedError as reason:
        raise click.UsageError(f"{reason}.") from None


OUTPUT = "Write it to a file, and the data that it reads beside it; FILE.ipynb becomes a notebook."
RACE = "The race of the link, in place of its runs."
SCRIPT = shared.command(
    "script",
    script,
    [
        shared.link_argument(),
        *shared.method_options(),
        *shared.task_options(),
        SectionedOption(["--race"], "Output", is_flag=True, help=RACE),
        SectionedOption(["--output"], "Output", metavar="FILE", help=OUTPUT),
        shared.damaged_option(),
    ],
    [
        "--optimizer Adam --lr 0.1",
        "--problem MLP --source digits --output train.py",
        '"run=SGD~lr-0.01&run=Adam~lr-1" --output comparison.ipynb',
        '"problem=Rosenbrock&race=trials-12" --race --output race.py',
        '"run=SGD~manual~lr-0.01" | python',
    ],
)
