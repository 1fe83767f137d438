"""The command run: one run."""

from typing import Any

from trainers.terminal import shared
from trainers.terminal.request import one_run
from trainers.terminal.training import ROWS, train_and_write


def run(**given: Any) -> int:
    """Train the run that the link and the options ask for."""
    asked, request = one_run(given)
    return train_and_write([asked], request.target, given)


RUN = shared.command(
    "run",
    run,
    [
        shared.link_argument(),
        *shared.method_options(),
        *shared.task_options(),
        shared.target_option(),
        *shared.output_options(*ROWS),
        shared.diverged_option(),
    ],
    [
        "",
        "--problem Rosenbrock --optimizer Adam --lr 0.1 --start=-1,1 --dtype float64",
        '"problem=Beale&epochs=500&run=Adam~lr-0.1" --format csv --output curve.csv',
        "--csv homes.csv --csv-target price --optimizer Adam --lr 1",
    ],
)
