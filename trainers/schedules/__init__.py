"""Learning rate schedules. A new one is one class, and its name in the tuple."""

from trainers.schedules.base import Schedule
from trainers.schedules.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from trainers.schedules.cyclic import CyclicLR, OneCycleLR
from trainers.schedules.decay import (
    Constant,
    ExponentialLR,
    InverseSqrtLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from trainers.schedules.plateau import ReduceLROnPlateau

KINDS: tuple[type[Schedule], ...] = (
    *(Constant, LinearLR, StepLR, MultiStepLR, ExponentialLR, PolynomialLR),
    *(CosineAnnealingLR, CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR, InverseSqrtLR),
    ReduceLROnPlateau,
)
SCHEDULES: dict[str, type[Schedule]] = {kind.__name__: kind for kind in KINDS}

__all__ = [
    "SCHEDULES",
    "Constant",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "InverseSqrtLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "Schedule",
    "StepLR",
]
