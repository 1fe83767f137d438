"""Axes of a sweep: the values of one setting."""

import math
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import torch
from torch import Tensor

from trainers.settings import Real, SettingError
from trainers.words import format_value, is_number, safe_text

MAX_ABS = 1e300
MAX_RUNS = 1_000_000
"""The most runs of a sweep, and values of an axis."""
SIGNIFICANT_DIGITS = 4
"""Significant digits of trial settings, so that they can be written down."""
LOG_AXIS_START = 1e-12
"""Lower end of a log axis for a setting whose lower bound is 0."""


@dataclass(frozen=True)
class Axis:
    """`count` values of one setting from `low` to `high`, evenly spaced on a linear or log scale."""

    low: float
    high: float
    count: int = 32
    log: bool = False
    digits: int | None = None
    """Significant digits to which values are rounded; None for no rounding."""

    def __post_init__(self) -> None:
        if not all(is_number(x) and abs(x) <= MAX_ABS for x in (self.low, self.high)):
            raise SettingError(
                "axis",
                f"must have numbers as low and high, got {safe_text(self.low)} to {safe_text(self.high)}",
            )
        if not self.low < self.high:
            raise SettingError(
                "axis", f"must go from low to high, got {format_value(self.low)} to {format_value(self.high)}"
            )
        if self.log is True and self.low <= 0:
            raise SettingError("axis", f"must have low above 0 on a log scale, got {format_value(self.low)}")
        if not isinstance(self.log, bool):
            raise SettingError("axis", f"must have log True or False, got {safe_text(self.log)}")
        if not is_whole(self.count) or not 2 <= self.count <= MAX_RUNS:
            raise SettingError("axis", f"must have 2 to {MAX_RUNS:,} values, got {safe_text(self.count)}")
        if self.digits is not None and (not is_whole(self.digits) or self.digits < 1):
            raise SettingError("axis", f"must be rounded to at least 1 digit, got {safe_text(self.digits)}")
        for name, value in (("low", float(self.low)), ("high", float(self.high)), ("count", int(self.count))):
            object.__setattr__(self, name, value)

    def interpolate(self, fractions: Tensor) -> Tensor:
        """Numbers at fractions of the way from low (0) to high (1), not rounded."""
        if not self.log:
            return self.low + (self.high - self.low) * fractions
        low, high = math.log(self.low), math.log(self.high)
        return torch.exp(low + (high - low) * fractions)

    def at(self, fractions: Tensor) -> Tensor:
        """Values at fractions, 0 to 1, of the way from low to high."""
        values = self.interpolate(fractions)
        values = values if self.digits is None else round_to_digits(values, self.digits)
        return values.clamp(self.low, self.high)

    def values(self) -> Tensor:
        """All values, `(count,)`, float64."""
        return self.at(torch.linspace(0, 1, int(self.count), dtype=torch.float64))


def round_to_digits(values: Tensor, digits: int) -> Tensor:
    """Round to significant digits, but never coarser than to whole numbers."""
    size = values.abs().where(values != 0, 1.0).log10().floor()
    scale = 10.0 ** (digits - 1 - size).clamp(min=0)
    return (values * scale).round() / scale


def is_whole(value: Any) -> bool:
    return is_number(value) and (isinstance(value, Integral) or float(value).is_integer())


def default_axis(setting: Real, count: int) -> Axis:
    """The axis of a setting's search space, or of its values between 0 and 1 if it has none."""
    log = setting.scale == "log"
    lowest = max(setting.low, LOG_AXIS_START) if log else setting.low
    low, high = setting.search or (lowest, min(setting.high, 1.0))
    return Axis(low, high, count, log, SIGNIFICANT_DIGITS)
