"""Options that several commands share, and how a command is made of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from trainers.optimizers import OPTIMIZERS
from trainers.problems import PROBLEMS
from trainers.run import Method, Task
from trainers.settings import Settings, settings_of
from trainers.terminal.link import TARGET
from trainers.terminal.options import setting_option, setting_options
from trainers.terminal.output import FORMATS
from trainers.terminal.program import PROGRAM, SUMMARIES
from trainers.terminal.sections import SectionedCommand, SectionedOption
from trainers.words import among, safe_text


def command(
    name: str, callback: Callable[..., int], options: Sequence[click.Parameter], examples: Sequence[str]
) -> SectionedCommand:
    """Return a command with its help. `examples` are arguments."""
    lines = "\n".join(f"  {PROGRAM} {name} {example}".rstrip() for example in examples)
    return SectionedCommand(
        name,
        callback=callback,
        params=list(options),
        help=SUMMARIES[name],
        epilog=f"\b\nExamples:\n{lines}",
        context_settings={"help_option_names": ["-h", "--help"]},
    )


class Name(click.ParamType[str]):
    """One of some names, in upper or lower case."""

    name = "name"

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = among(value, self.names)
        bounds = f"must be one of {', '.join(self.names)}"
        return found or self.fail(f"{bounds}, got {safe_text(value)}", param, ctx)


def link_argument() -> click.Parameter:
    return click.Argument(["link"], required=False, help="A link to the page, or its query; - reads it.")


def runs_option(default: str = "") -> SectionedOption:
    help = f"A run as in a link, such as SGD~lr-0.01 or Adam~autograd~lr-0.1. Repeatable.{default}"
    return SectionedOption(["--run", "runs"], "Runs", multiple=True, metavar="RUN", help=help)


def method_options() -> list[SectionedOption]:
    """Return the options for optimizer and runner."""
    default = type(Method().optimizer).__name__
    optimizer = _name_option("--optimizer", "Optimizer", OPTIMIZERS, f"The optimizer; default {default}.")
    runner = setting_option("runner", {"": settings_of(Method)["runner"]}, "Optimizer")
    schedule = "Learning rate schedule as in a link, such as CosineAnnealingLR~warmup-20."
    clipping = "Gradient clipping as in a link, such as ClipNorm~max_norm-1."
    held = [
        SectionedOption(["--lr-schedule"], "Optimizer", metavar="SCHEDULE", help=schedule),
        SectionedOption(["--clipping"], "Optimizer", metavar="CLIPPING", help=clipping),
    ]
    return [optimizer, runner, *held, *hyperparameter_options()]


def hyperparameter_options() -> list[SectionedOption]:
    return setting_options(list(OPTIMIZERS.values()), "Optimizer")


def task_options(kind: type[Settings] = Task) -> list[SectionedOption]:
    """Return the options for problem, data and training; `kind` has the settings of the latter."""
    default = type(Task().problem).__name__
    start = "Initial point, such as 1,-0.5; by default that of the seed."
    problem = _name_option("--problem", "Problem", PROBLEMS, f"The problem; default {default}.")
    return [
        problem,
        *setting_options(list(PROBLEMS.values()), "Problem"),
        *_csv_options(),
        *setting_options([kind], "Training"),
        *([SectionedOption(["--start"], "Training", metavar="NUMBERS", help=start)] if kind is Task else []),
    ]


def _name_option(name: str, section: str, names: Any, help: str) -> SectionedOption:
    return SectionedOption([name], section, type=Name(names), help=f"{help} {', '.join(names)}.")


def _csv_options() -> list[SectionedOption]:
    file = click.Path(exists=True, dir_okay=False)
    target = "Column of the target; by default the last."
    features = "Column of a feature; by default all other numeric ones. Repeatable."
    return [
        SectionedOption(
            ["--csv"], "Problem", type=file, help="Your own data, for the models that can be fitted to it."
        ),
        SectionedOption(["--csv-target"], "Problem", metavar="COLUMN", help=target),
        SectionedOption(
            ["--csv-feature", "csv_features"], "Problem", metavar="COLUMN", multiple=True, help=features
        ),
    ]


def target_option() -> SectionedOption:
    """Return the option for the target gap."""
    return setting_option("target", {"": TARGET}, "Training")


def output_options(*rows: str) -> list[SectionedOption]:
    """Return the options for results; a row can be one of `rows`: the first in a table, else the last."""
    several = f"What a row is: by default one of {' or '.join(rows)}, the latter if it is no table."
    rows_option = SectionedOption(["--rows"], "Output", type=click.Choice(rows), help=several)
    quiet = SectionedOption(["--quiet"], "Output", is_flag=True, help="No progress.")
    return [*place_options(), *([rows_option] if rows else []), quiet, damaged_option()]


def place_options() -> list[SectionedOption]:
    """Return the options for the format of a result and its file."""
    formats = "Format of the results; by default that of the name of FILE, else a table."
    return [
        SectionedOption(["--format"], "Output", type=click.Choice(FORMATS), help=formats),
        SectionedOption(["--output"], "Output", metavar="FILE", help="Write the results to a file."),
    ]


def damaged_option() -> SectionedOption:
    help = "Use what is left of a damaged link, in place of exit code 3."
    return SectionedOption(["--allow-damaged"], "Output", is_flag=True, help=help)


def diverged_option() -> SectionedOption:
    help = "End with exit code 4 if a run diverged."
    return SectionedOption(["--fail-on-diverged"], "Output", is_flag=True, help=help)
