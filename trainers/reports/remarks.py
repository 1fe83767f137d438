"""What a learner should know of a run before it is trained."""

from trainers.optimizers import LBFGS, Muon, Rprop
from trainers.run import Method, Task


def remarks(task: Task, method: Method) -> list[str]:
    """Return sentences on settings that do not do here what one may expect."""
    optimizer, found = method.optimizer, []
    if isinstance(optimizer, Muon) and not any(len(shape) > 1 for shape in task.problem.shapes):
        found.append("This problem has no matrices: all of it is trained by AdamW.")
    if isinstance(optimizer, Rprop) and method.schedule is not None:
        found.append("Rprop uses lr for its first step only: a schedule changes nothing.")
    if isinstance(optimizer, LBFGS | Rprop) and task.steps_per_epoch > 1:
        name = type(optimizer).__name__
        found.append(f"{name} is made for full batches: each mini-batch has another gradient.")
    return found
