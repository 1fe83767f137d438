"""The command compare: several runs on one task."""

from typing import Any

from trainers.terminal import shared
from trainers.terminal.request import read_request, several_runs
from trainers.terminal.training import ROWS, train_and_write


def compare(**given: Any) -> int:
    """Train the runs of the link and those given."""
    request = read_request(given)
    return train_and_write(several_runs(request), request.target, given)


COMPARE = shared.command(
    "compare",
    compare,
    [
        shared.link_argument(),
        shared.runs_option(),
        *shared.hyperparameter_options(),
        *shared.task_options(),
        shared.target_option(),
        *shared.output_options(*ROWS),
        shared.diverged_option(),
    ],
    [
        "--run SGD~lr-0.02 --run SGD~lr-0.02~momentum-0.9 --run Adam~lr-1 --epochs 300",
        "--run SGD~manual --run SGD~autograd --run SGD~torch.optim --lr 0.01",
        '"problem=Himmelblau&run=SGD~lr-0.01&run=Adam~lr-0.1" --format json',
        "- < link.txt",
    ],
)
