"""What became of a run, judged by its losses. The rule is explained in docs/method.md."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

TARGET = 0.01
"""Gap at or below which a run has converged, unless another is given."""
STAY = 0.02
"""Fraction of the epochs, the last ones, during which the gap must stay at or below the target."""
WINDOW = 0.25
"""Fraction of the epochs, the last ones, by which a run is judged that has not converged."""
FLAT = 1e-3
"""Relative change over the window up to which a loss is flat."""
LEVEL = 0.9
"""Fraction of the median of the window before, above which the median of the window is at the same level."""
OVERFITTING_RISE = 0.05
"""Relative rise of the validation loss above its smallest running median that counts as overfitting."""
OVERFITTING_WINDOW, OVERFITTING_EPOCHS = 0.1, 10
"""Fraction of the epochs, and their least number, over which medians of the validation loss are taken."""
SMALL_GRADIENT = 1e-3
"""Norm of the gradient relative to the initial one, at or below which a run has converged whose minimum loss
is unknown."""

Outcome = Literal["converged", "falling", "oscillating", "stalled", "rising", "diverged", "stopped", "failed"]


@dataclass(frozen=True)
class Ending:
    """How a finished run ended."""

    outcome: Outcome
    level: float
    """Median of the loss or gap over the window."""
    epochs_left: float | None = None
    """Epochs until the target at the rate of the window, of a run that still falls; None if unknown."""


def ending(
    values: Tensor, target: float | None, gradient: float | None = None, turns: bool = False
) -> Ending:
    """Judge the gaps `(epochs + 1,)`, float64, of a finished run; losses where the minimum is unknown.

    `target` is None where it is unknown. `gradient` is the norm of the last gradient relative to the first,
    None if that is 0; `turns` whether the last two gradients point in opposite directions.
    """
    window = values[-max(math.ceil(WINDOW * len(values)), 2) :]
    before = values[-2 * len(window) : -len(window)]
    level = float(window.median())
    if _has_converged(values, target, gradient):
        return Ending("converged", level)
    steps = window.diff()
    rise, fall = float(steps.clamp(min=0).sum()), float(-steps.clamp(max=0).sum())
    size = max(float(window.abs().max()), 1e-300)
    if rise + fall <= FLAT * size:
        return Ending("oscillating" if turns else "stalled", level)
    if fall < 0.1 * rise:
        return Ending("rising", level)
    same_level = not len(before) or level >= LEVEL * float(before.median())
    if rise >= 0.5 * fall and (same_level or fall - rise <= FLAT * size):
        return Ending("oscillating", level)
    return Ending("falling", level, _epochs_left(window, target))


def _has_converged(values: Tensor, target: float | None, gradient: float | None) -> bool:
    """Return whether the gap stays at the target to the end, or the gradient has vanished."""
    if target is None:
        return gradient is not None and gradient <= SMALL_GRADIENT
    return bool((values[-last_epochs(len(values)) :] <= target).all())


def last_epochs(rows: int) -> int:
    """Return how many of the last rows must be at the target."""
    return max(math.ceil(STAY * rows), 1)


def _epochs_left(window: Tensor, target: float | None) -> float | None:
    """Return the epochs until the target if the gap goes on falling by the same factor."""
    first, last = float(window[0]), float(window[-1])
    if target is None or target <= 0 or last <= target or last >= first:
        return None
    rate = math.log(first / last) / (len(window) - 1)
    return math.log(last / target) / rate


def rises_again(values: Tensor) -> bool:
    """Return whether validation losses `(epochs + 1,)` end above what they were, by more than their noise.

    The median of the last tenth of the epochs, at least ten, is above the smallest running median of as many:
    by 5%, and by more than the largest of these last values is above the smallest.
    """
    values = values.double()
    count = max(math.ceil(OVERFITTING_WINDOW * len(values)), OVERFITTING_EPOCHS)
    if len(values) < 2 * count:
        return False
    last, medians = values[-count:], values.unfold(0, count, 1).median(1).values
    smallest = float(medians.min())
    rise = float(last.median()) - smallest
    return rise > OVERFITTING_RISE * abs(smallest) and rise > float(last.max() - last.min())


def relative_gradient(gradient: Tensor) -> float | None:
    """Return the norm of the last of gradients `(rows, n)` relative to that of the first."""
    first, last = (torch.linalg.vector_norm(gradient[row].double()) for row in (0, -1))
    return float(last / first) if first > 0 else None


def opposite(gradient: Tensor) -> bool:
    """Return whether the last two of gradients `(rows, n)` point in opposite directions."""
    return len(gradient) > 1 and float(gradient[-1].double() @ gradient[-2].double()) < 0
