"""The command script: a run as a program."""

from pathlib import Path
from typing import Any

import click

from trainers.scripts import program
from trainers.terminal import shared
from trainers.terminal.output import write_file
from trainers.terminal.request import one_run
from trainers.terminal.sections import SectionedOption
from trainers.terminal.text import say


def script(**given: Any) -> int:
    """Print the program of the run that the link and the options ask for, or write it to a file."""
    run, _ = one_run(given)
    found = program(run)
    if given["output"] is None:
        click.echo(found.text, nl=False)
        for name in found.files():
            say(f"The program reads {name}: --output writes both.")
        return 0
    place = Path(given["output"])
    write_file(place, found.text.encode())
    for name, content in found.files().items():
        write_file(place.parent / name, content.encode())
    return 0


OUTPUT = "Write the program to a file, and the data that it reads beside it."
SCRIPT = shared.command(
    "script",
    script,
    [
        shared.link_argument(),
        *shared.method_options(),
        *shared.task_options(),
        SectionedOption(["--output"], "Output", metavar="FILE", help=OUTPUT),
        shared.damaged_option(),
    ],
    [
        "--optimizer Adam --lr 0.1",
        "--problem MLP --source digits --output train.py",
        '"run=SGD~manual~lr-0.01" | python',
    ],
)
