"""The problems. A new one is one class, and its name in the tuple."""

from trainers.problems.base import Problem
from trainers.problems.thermometer import Thermometer

PROBLEMS: dict[str, type[Problem]] = {kind.__name__: kind for kind in (Thermometer,)}

__all__ = ["PROBLEMS", "Problem", "Thermometer"]
