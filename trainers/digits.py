"""How many digits of a run's results rounding does not decide.

Two twins are trained beside the run: see `trainers.sweeps.twins`. The digits on which all three agree, less
one, can be trusted: at least so many. See docs/method.md, Digits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from trainers.history import History
from trainers.problems import Problem
from trainers.run import Run
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import OnProgress, Trajectories, trajectories
from trainers.ties import tied

MOST = {torch.float32: 7, torch.float64: 15}
"""Digits of numbers that are equal but for rounding."""
AT_MINIMUM = 100
"""Within so many rounding errors of it a run and its twins, which are moved at every update, are there."""


TrainTwins = Callable[[Run], Trajectories | None]


@dataclass(frozen=True, eq=False)
class Digits:
    """Digits of a run that can be trusted, at least: 0 where rounding decides."""

    loss: int
    """Of the final loss."""
    gap: int
    """Of the final gap; of the final loss where the minimum is unknown."""
    best: int
    """Of the best loss."""
    params: tuple[int, ...]
    """Of each final parameter."""
    low: float
    high: float
    """The lowest and the highest final loss of the run and its twins."""
    since: int | None
    """First epoch whose loss has no trusted digit, if the final one has none."""
    losses: Tensor = field(repr=False)
    """`(epochs + 1, 3)`: loss curves of the run, trained as a column, and of its twins."""


def train_twins(run: Run, on_progress: OnProgress | None = None) -> Trajectories | None:
    """Train a run as a column beside its twins, whatever its runner. None if that can't be, without an update
    by hand.

    `on_progress(fraction)` is called after each epoch; None is returned when it returns True.
    """
    if not run.optimizer.by_hand():
        return None
    stopped = False

    def report(fraction: float) -> bool:
        nonlocal stopped
        stopped = bool(on_progress(fraction)) if on_progress is not None else False
        return stopped

    found = trajectories(Sweep(run), (run.epochs,), on_progress=report, twins=True)
    return None if stopped else found


def trusted_digits(history: History, train: TrainTwins = train_twins) -> Digits | None:
    """Return the digits of a run by its twins. None without them, or if the run did not finish.

    `train` trains the twins: `train_twins`, or what keeps its results. It is given the run with the first of
    its runners, as twins do not depend on it.
    """
    if history.status in ("stopped", "failed"):
        return None
    twins = train(replace(history.run, runner=history.run.runners[0]))
    if twins is None:
        return None
    losses, params = twins.losses, twins.params[0]
    training, ours, dtype = history.run.training, history.loss[:, None], losses.dtype
    final = int(loss_digits(training, ours[-1:], losses[-1:]))
    best = loss_digits(training, _best(ours), _best(losses))
    above = training.gap_or_loss(ours[-1:]), training.gap_or_loss(losses[-1:])
    gap = agreement(*above, dtype, training.rounding(dtype))
    ends = torch.cat([losses[-1], ours[-1]]).nan_to_num(math.inf)
    return Digits(
        loss=final,
        gap=max(int(gap), int(_at_minimum(training, ours[-1:], losses[-1:]))),
        best=int(best),
        params=tuple(agreement(history.params[-1][:, None], params, dtype).tolist()),
        low=float(ends.min()),
        high=float(ends.max()),
        since=int((loss_digits(training, ours, losses) == 0).nonzero()[0]) if final == 0 else None,
        losses=losses,
    )


def loss_digits(training: Problem, ours: Tensor, theirs: Tensor) -> Tensor:
    """Return the trusted digits of losses: see `agreement`. There is one at least at the minimum."""
    digits = agreement(ours, theirs, ours.dtype, training.rounding(ours.dtype))
    return torch.maximum(digits, _at_minimum(training, ours, theirs).long())


def _at_minimum(training: Problem, ours: Tensor, theirs: Tensor) -> Tensor:
    """Return whether run and twins are within `AT_MINIMUM` rounding errors of the minimum, bool `(rows,)`."""
    if training.minimum is None:
        return torch.zeros(len(ours), dtype=torch.bool)
    gaps = training.gap(torch.cat([ours, theirs], 1))
    return (gaps <= AT_MINIMUM * training.rounding(ours.dtype)).all(1)


def _best(losses: Tensor) -> Tensor:
    """Return the lowest losses `(1, runs)` of curves `(epochs, runs)`."""
    return losses.where(losses.isfinite(), math.inf).amin(0, keepdim=True)


def agreement(ours: Tensor, theirs: Tensor, dtype: torch.dtype, floor: float = 0.0) -> Tensor:
    """Return the trusted digits `(rows,)`, int64, of `ours` `(rows, 1)`, by values `(rows, runs)` of twins.

    Values that are not finite agree with each other. All were computed in `dtype`; `floor` is the rounding
    error of a difference: values above it have no digits beyond it.
    """
    most, size = MOST[dtype], torch.maximum(ours.abs(), theirs.abs()).double()
    digits = -torch.log10((ours.double() - theirs.double()).abs() / size)
    gone = ~ours.isfinite() & ~theirs.isfinite()
    same = tied(ours, theirs, floor, dtype) | gone
    digits = digits.nan_to_num(0.0, most, 0.0).clamp(max=most).where(~same, most)
    above = (size / floor).where(size > floor, math.inf).log10()
    return torch.minimum(digits.floor() - 1, above.floor()).amin(1).clamp(min=0).long()
