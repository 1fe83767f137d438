"""The score of runs as lines of a program: when one failed, and how near to the minimum the others ended."""

import torch

from trainers.run import Task
from trainers.scripts.head import all_losses
from trainers.scripts.problem import ProblemCode

MIDDLE = (
    "def middle(values):",
    '    """Return the median; of two middle values the larger."""',
    "    ordered = values.sort(dim=-1).values",
    "    return ordered[..., values.shape[-1] // 2]",
)


def limit_lines(task: Task, code: ProblemCode, limit: float) -> list[str]:
    """Return the lines that say from when on a run failed: `limit`, and `minimum` and `rounding` if known."""
    minimum = task.training.minimum
    known = [
        f"minimum = {minimum!r}  # known exactly",
        f"rounding = {task.training.rounding(getattr(torch, task.dtype)):.4g}  # of the gap",
    ]
    first = all_losses(code, "starts", task.steps_per_epoch > 1) + ".double()"
    above = f"{first} - minimum" if minimum is not None else first
    lines = known if minimum is not None else []
    if limit == float("inf"):
        return [*lines, "limit = torch.inf"]
    return [*lines, f"above = {above}", "limit = 10 * middle(above).abs()  # of gaps"]


def failing(task: Task, loss: str = "loss") -> list[str]:
    """Return the lines that make `score` of losses: the gap, or the loss; infinite where a run failed."""
    if task.training.minimum is None:
        return [
            f"score = {loss}.double()",
            "failed = diverged | ~(score <= limit)",
            "score = score.masked_fill(failed, torch.inf)",
        ]
    return [
        f"gap = {loss}.double() - minimum",
        "failed = diverged | ~(gap <= limit)",
        "score = gap.clamp(min=rounding)",
        "score = score.masked_fill(failed, torch.inf)",
    ]
