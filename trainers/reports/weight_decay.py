"""Where runs with weight decay go: they minimize another loss than the one that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trainers.history import History
from trainers.outcomes import last_epochs
from trainers.run import Run
from trainers.words import format_beside, format_number, format_value, join_words

STRONG = 0.05
"""Weight decay times the largest parameter at the minimum, from which a decoupled one is named."""


@dataclass(frozen=True)
class Pull:
    """What the weight decay of a run does."""

    text: str
    """Its size in words."""
    coupled: bool
    """Whether it is a part of the gradient, as an L2 penalty is, so that it moves the optimum."""
    gap: float | None = None
    """Gap at the optimum of loss and penalty, None if that is not known."""


def pull(run: Run) -> Pull | None:
    """Return what the weight decay of a run does, None without one, or where the minimum is at 0."""
    at = run.training.minimizers
    if any(not any(point) for point in at):
        return None
    decay, penalty = float(getattr(run.optimizer, "weight_decay", 0.0)), run.optimizer.l2_penalty
    if penalty:
        text = "weight decay" if penalty == decay else "an L2 penalty of"
        found = penalized_optimum(run)
        gap = None if found is None else float(run.training.gap(run.training.loss(found)))
        return Pull(f"{text} {format_number(penalty, 6)}", True, gap)
    largest = min((max(map(abs, point)) for point in at), default=torch.inf)
    return Pull(f"weight decay {format_value(decay)}", False) if decay * largest > STRONG else None


def penalized_optimum(run: Run) -> Tensor | None:
    """Return the minimizer `(n,)`, float64, of the loss plus `l2_penalty / 2` times the squared norm.

    There the gradient and the penalty's add up to 0. None unless the Hessian is constant, or if the gradient
    is clipped there.
    """
    hessian, penalty = run.training.hessian, run.optimizer.l2_penalty
    if hessian is None:
        return None
    at_0 = run.training.gradient(torch.zeros(len(hessian), dtype=torch.float64))
    found: Tensor = torch.linalg.solve(hessian + penalty * torch.eye(len(hessian)), -at_0)
    gradient = -penalty * found
    clipped = run.clipping is not None and not torch.allclose(run.clipping.clip(gradient), gradient)
    return None if clipped else found


def elsewhere(history: History, target: float) -> Pull | None:
    """Return what keeps a run above the target: its weight decay. None if it is not that, or not known."""
    run = history.run
    if run.training.minimum is None or not history.finished or not history.gap[-1] > target:
        return None
    found = pull(run)
    return None if found is None or (found.gap is not None and found.gap <= target) else found


def at_its_optimum(history: History, target: float) -> bool:
    """Return whether loss plus penalty stay within the target of their own minimum at the end of a run."""
    run, found = history.run, penalized_optimum(history.run)
    if found is None:
        return False
    rows = history.epochs >= len(history.loss) - last_epochs(len(history.loss))
    points = torch.cat([found[:, None], history.params[rows].double().T], dim=1)
    losses = run.training.loss(points) + run.optimizer.l2_penalty / 2 * points.square().sum(0)
    return bool((losses[1:] - losses[0] <= target).all())


def weight_decay_sentence(named: Sequence[tuple[str, History]], target: float) -> str:
    """Return what runs above the target aim at that have weight decay; "" for none."""
    found = [(name, why) for name, history in named if (why := elsewhere(history, target)) is not None]
    alone = len(named) == 1
    return " ".join(
        _sentence(why, ["it"] if alone else [name for name, other in found if other == why], target)
        for why in dict.fromkeys(why for _, why in found)
    )


def _sentence(why: Pull, names: Sequence[str], target: float) -> str:
    who, one = join_words(names), len(names) == 1
    if not why.coupled:
        whose = "its parameters" if who == "it" else f"the parameters of {who}"
        text = f"{why.text[0].upper()}{why.text[1:]} shrinks {whose} at each step"
        return f"{text} and can keep them from the minimum."
    text = f"With {why.text} {who} {'aims' if one else 'aim'} at another point"
    return f"{text}." if why.gap is None else f"{text}, where the gap is {format_beside(why.gap, target, 3)}."
