"""How many digits of a run's results rounding does not decide.

Two twins are trained beside the run: see `trainers.sweeps.twins`. The digits on which all three agree, less
one, can be trusted: at least so many. See docs/method.md, Digits.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from trainers.history import History
from trainers.settings import SettingError
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import OnProgress, trajectories
from trainers.ties import tied

MOST = {torch.float32: 7, torch.float64: 15}
"""Digits of numbers that are equal but for rounding."""


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


def trusted_digits(history: History, on_progress: OnProgress | None = None) -> Digits | None:
    """Train the twins of a run. None if that can't be: it did not finish, or there is no update by hand.

    `on_progress(fraction)` is called after each epoch; None is returned when it returns True.
    """
    run = history.run
    if history.status in ("stopped", "failed"):
        return None
    try:
        sweep = Sweep(run)
    except SettingError:
        return None
    stopped = False

    def report(fraction: float) -> bool:
        nonlocal stopped
        stopped = bool(on_progress(fraction)) if on_progress is not None else False
        return stopped

    found = trajectories(sweep, (run.epochs,), on_progress=report, twins=True)
    if stopped:
        return None
    return measured(history, found.losses, found.params[0])


def measured(history: History, losses: Tensor, params: Tensor) -> Digits:
    """Return the digits, given the curves `(epochs + 1, 3)` and final parameters `(n, 3)` of the twins."""
    training, ours = history.run.training, history.loss[:, None]
    rounding = training.rounding(losses.dtype)
    each = agreement(ours, losses, rounding)
    gap = agreement(training.gap_or_loss(ours[-1:]), training.gap_or_loss(losses[-1:]), rounding)
    best = agreement(_best(ours), _best(losses), rounding)
    final = int(each[-1])
    ends = torch.cat([losses[-1], ours[-1]])
    return Digits(
        loss=final,
        gap=int(gap[0]),
        best=int(best[0]),
        params=tuple(agreement(history.params[-1][:, None], params, 0.0).tolist()),
        low=float(ends.nan_to_num(math.inf).min()),
        high=float(ends.nan_to_num(math.inf).max()),
        since=int((each == 0).nonzero()[0]) if final == 0 else None,
        losses=losses,
    )


def _best(losses: Tensor) -> Tensor:
    """Return the lowest losses `(1, runs)` of curves `(epochs, runs)`."""
    return losses.where(losses.isfinite(), math.inf).amin(0, keepdim=True)


def agreement(ours: Tensor, theirs: Tensor, floor: float) -> Tensor:
    """Return the trusted digits `(rows,)`, int64, of `ours` `(rows, 1)`, by values `(rows, runs)` of twins.

    Values that are not finite agree with each other. `floor` is the rounding error of a difference.
    """
    dtype, most = ours.dtype, MOST[ours.dtype]
    size = torch.maximum(ours.abs(), theirs.abs()).double()
    digits = -torch.log10((ours.double() - theirs.double()).abs() / size)
    gone = ~ours.isfinite() & ~theirs.isfinite()
    same = tied(ours, theirs, floor, dtype) | gone
    digits = digits.nan_to_num(0.0, most, 0.0).clamp(max=most).where(~same, most)
    return (digits.amin(1).floor() - 1).clamp(min=0).long()
