"""The command sweep: many values of hyperparameters."""

from functools import partial
from typing import Any

import click

from trainers.optimizers import Optimizer
from trainers.overviews import MAX_ROWS, sweep_overview
from trainers.settings import Integer, Real, real_settings
from trainers.sweeps.axis import MAX_RUNS, Axis, default_axis
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import sweep as train_sweep
from trainers.terminal import shared
from trainers.terminal.options import setting_option
from trainers.terminal.output import Output
from trainers.terminal.program import INTERRUPTED
from trainers.terminal.progress import progress
from trainers.terminal.request import one_run, parse
from trainers.terminal.sections import SectionedOption
from trainers.words import format_epochs, quoted

COUNT = 32
SETTINGS = {
    "seeds": Integer(1, "Number of seeds at each point: seed, seed + 1, ...", 1, MAX_RUNS),
    "points": Integer(0, "Number of quasi-random points in place of a grid; 0 for a grid.", 0, MAX_RUNS),
    "limit": Integer(MAX_ROWS, "Number of runs in a table; other formats have all.", 1, MAX_RUNS),
}
AXIS = "A hyperparameter and its values, NAME=LOW:HIGH[:COUNT][:log|:linear], or NAME alone. Repeatable."


def sweep(**given: Any) -> int:
    """Train the sweep that the link and the options ask for."""
    run, request = one_run(given)
    numbers = {
        name: setting.default if given[name] is None else parse(name, setting, given[name])
        for name, setting in SETTINGS.items()
    }
    axes = dict(read_axis(text, run.optimizer) for text in given["axes"])
    if len(axes) < len(given["axes"]):
        raise click.UsageError("--axis must name each hyperparameter once.")
    if not axes:
        raise click.UsageError("--axis is missing, such as --axis lr=1e-4:10:100:log.")
    spec = Sweep(run, axes, numbers["seeds"], numbers["points"] or None, (request.target,))
    output = Output.of(given)
    text = f"Training {spec.size:,} runs of {format_epochs(run.epochs)}"
    with progress(text, given["quiet"]) as on_progress:
        result = train_sweep(spec, on_progress)
    output.write(partial(sweep_overview, result, numbers["limit"]), result.frame())
    return INTERRUPTED if result.stopped else 0


def read_axis(text: str, optimizer: Optimizer) -> tuple[str, Axis]:
    """Parse an axis such as `lr=1e-4:10:100:log`. Without a scale it has that of its setting."""
    name, given, values = text.partition("=")
    able = real_settings(optimizer)
    if name not in able:
        raise click.UsageError(f"--axis must be one of {', '.join(able)}, got {quoted(name)}.")
    if not given:
        return name, default_axis(able[name], COUNT)
    parts = values.split(":")
    log = parts.pop() == "log" if parts[-1] in ("log", "linear") else able[name].scale == "log"
    if len(parts) not in (2, 3):
        raise click.UsageError(f"--axis must be NAME=LOW:HIGH[:COUNT][:log|:linear], got {quoted(text)}.")
    low, high = (_number(f"{name} of --axis", able[name], part) for part in parts[:2])
    count = parse("axis", Integer(COUNT, "", 2, MAX_RUNS), parts[2]) if parts[2:] else COUNT
    return name, Axis(low, high, count, log)


def _number(name: str, setting: Real, text: str) -> float:
    return float(parse(name, setting, text))


SWEEP = shared.command(
    "sweep",
    sweep,
    [
        shared.link_argument(),
        SectionedOption(["--axis", "axes"], "Sweep", multiple=True, metavar="AXIS", help=AXIS),
        *(setting_option(name, {"": setting}, "Sweep") for name, setting in SETTINGS.items()),
        *shared.method_options(),
        *shared.task_options(),
        shared.target_option(),
        *shared.output_options(),
    ],
    [
        "--optimizer Adam --axis lr=1e-4:10:1000:log --seeds 3 --epochs 500 --format csv",
        "--axis lr --axis momentum=0:0.99:20",
        "--optimizer Adam --axis lr --axis beta1 --axis beta2 --points 500 --limit 20",
    ],
)
