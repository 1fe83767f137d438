"""The problems. A new one is one class, and its name in the tuple."""

from trainers.problems.base import Problem
from trainers.problems.surfaces import SURFACES, Quadratic, Rosenbrock, Saddle
from trainers.problems.thermometer import Thermometer

PROBLEMS: dict[str, type[Problem]] = {kind.__name__: kind for kind in (Thermometer, *SURFACES)}

__all__ = ["PROBLEMS", "SURFACES", "Problem", "Quadratic", "Rosenbrock", "Saddle", "Thermometer"]
