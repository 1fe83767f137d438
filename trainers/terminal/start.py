"""The group of commands, and how it ends: messages and exit codes. Imports torch for a command alone."""

import io
import os
import sys
from collections.abc import Sequence

import click

from trainers.terminal.program import INTERRUPTED, PROGRAM, SUMMARIES
from trainers.terminal.sections import SectionedCommand
from trainers.terminal.text import say

HELP = """Train PyTorch optimizers and compare them honestly, as on the page of the Optimizer Lab.

LINK is a link to the page, or the part of it behind the question mark; "-" reads it from standard input.
Options override what the link says. Results go to standard output, all else to standard error.

\b
Exit codes:
  0    done
  1    failed: a file can't be written, or a package is missing
  2    wrong usage, or a value out of its bounds
  3    the link is damaged (see --allow-damaged)
  4    a run diverged, and --fail-on-diverged was given
  130  stopped with Ctrl-C; what was done until then is printed

Colors are left out where NO_COLOR is set.
"""
EPILOG = f"""\b
Examples:
  {PROGRAM} run --problem Rosenbrock --optimizer Adam --lr 0.1
  {PROGRAM} compare --run SGD~lr-0.02 --run Adam~lr-1 --epochs 300
  {PROGRAM} list optimizers
"""


class Commands(click.Group):
    """A group whose commands are imported when one of them is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> SectionedCommand | None:
        if cmd_name not in SUMMARIES:
            return None
        from trainers.terminal.commands import COMMANDS

        return COMMANDS[cmd_name]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


commands = Commands(help=HELP, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Errors are sentences on standard error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an encoding may lack the minus sign
    try:
        code = commands.main(arguments, PROGRAM, standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except click.ClickException as error:
        text = io.StringIO()
        error.show(text)
        say(text.getvalue().rstrip())
        return error.exit_code
    except ImportError as error:
        say(f"Error: The package {error.name} is missing: pip install {error.name}.")
        return 1
    except click.Abort:
        say("Stopped.")
        return INTERRUPTED
    except SystemExit:  # of click, which has silenced the streams: whoever read the output has enough
        return 0
    except BrokenPipeError:  # the same, at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
