"""The command race: optimizers tuned with the same budget."""

from dataclasses import fields
from functools import partial
from typing import Any

from trainers.objective import Objective
from trainers.optimizers import Optimizer
from trainers.overviews import race_overview
from trainers.races.settings import RaceSettings
from trainers.races.spec import DEFAULT_OPTIMIZERS, Race, eligible_optimizers
from trainers.races.tuning import race as train_race
from trainers.reports.race import optimizer_names
from trainers.reports.race_ranking import ranking_frame
from trainers.settings import settings_of
from trainers.terminal import shared
from trainers.terminal.link import Request
from trainers.terminal.options import setting_options
from trainers.terminal.output import Output
from trainers.terminal.program import INTERRUPTED
from trainers.terminal.progress import progress
from trainers.terminal.request import read_request, several_runs, with_options
from trainers.terminal.text import say
from trainers.words import format_epochs

ROWS = ("optimizers", "trials")


def race(**given: Any) -> int:
    """Run the race that the link and the options ask for."""
    request = read_request(given | {"epochs": None})  # these are the race's
    output = Output.of(given)
    if request.task.start is not None:
        say("The initial point is not used in a race: each seed has its own.")
    spec = race_of(request, with_options(request.race, given, settings_of(RaceSettings)), bool(given["runs"]))
    text = f"Training {'about ' * spec.compares}{spec.size:,} runs of {format_epochs(spec.epochs)}"
    with progress(text, given["quiet"]) as on_progress:
        result = train_race(spec, on_progress)
    rows = given["rows"] or ROWS[output.format != "table"]
    names = optimizer_names(spec)[: len(result.results)]
    frame = result.frame(names) if rows == "trials" else ranking_frame(result, names)
    output.write(partial(race_overview, result), frame)
    return INTERRUPTED if result.stopped else 0


def race_of(request: Request, settings: RaceSettings, given_runs: bool) -> Race:
    """Return the race of the runs' optimizers if the link or options name them, else of the default ones."""
    field: tuple[Optimizer, ...] = DEFAULT_OPTIMIZERS
    if given_runs or request.races_runs:
        field = tuple(run.optimizer for run in several_runs(request))
    optimizers = eligible_optimizers(field, settings)
    if len(optimizers) < len(field):
        say(f"{len(field)} runs, {len(optimizers)} optimizers: those that differ in what is tuned are one.")
    shared_settings = {f.name: getattr(request.task, f.name) for f in fields(Objective)}
    values = {name: getattr(settings, name) for name in settings_of(RaceSettings)}
    return Race(optimizers=optimizers, **shared_settings, **values)


RACE = shared.command(
    "race",
    race,
    [
        shared.link_argument(),
        shared.runs_option(f" By default {', '.join(optimizer_names(Race()))}."),
        *setting_options([RaceSettings], "Race"),
        *shared.task_options(Objective),
        *shared.output_options(*ROWS),
    ],
    [
        "--trials 36 --seeds 11 --epochs 500",
        "--problem Rosenbrock --run SGD --run SGD~momentum-0.9 --run Adam --metric best --dtype float64",
        "--run Adam --run RMSprop --tune all --format csv --output trials.csv",
    ],
)
