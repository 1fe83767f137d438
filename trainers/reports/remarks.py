"""What a learner should know of a run before it is trained."""

from collections.abc import Sequence

from trainers.more import VERSION
from trainers.optimizers import LBFGS, Muon, Rprop
from trainers.optimizers.external import External
from trainers.run import Method, Task
from trainers.settings import settings_of
from trainers.words import join_words


def left_out(methods: Sequence[Method]) -> str:
    """Return which optimizers sweeps and races leave out, as torch alone has them; "" for none."""
    kinds = dict.fromkeys(type(method.optimizer) for method in methods)
    names = [kind.__name__ for kind in kinds if not kind.by_hand()]
    return f" No update rule by hand, so left out: {join_words(names)}." if names else ""


def remarks(task: Task, method: Method) -> list[str]:
    """Return sentences on settings that do not do here what one may expect."""
    optimizer, found = method.optimizer, []
    if not any(len(shape) > 1 for shape in task.problem.shapes):
        if isinstance(optimizer, Muon):
            found.append("This problem has no matrices: all of it is trained by AdamW.")
        elif "adamw_lr" in settings_of(optimizer):
            found.append("This problem has no matrices: all of it is trained by AdamW, at adamw_lr.")
    if isinstance(optimizer, Rprop) and method.schedule is not None:
        found.append("Rprop uses lr for its first step only: a schedule changes only that one.")
    if isinstance(optimizer, LBFGS | Rprop) and task.steps_per_epoch > 1:
        name = type(optimizer).__name__
        found.append(f"{name} is made for full batches: each mini-batch has another gradient.")
    if isinstance(optimizer, External):
        found.append(f"Of pytorch-optimizer {VERSION}. Its settings that are no numbers have their defaults.")
    return found
