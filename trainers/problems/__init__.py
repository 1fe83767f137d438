"""The problems. A new one is one class, and its name in the tuple."""

from trainers.problems import surfaces
from trainers.problems.base import Problem
from trainers.problems.surfaces import Quadratic, Rosenbrock, Saddle
from trainers.problems.thermometer import Thermometer

SURFACES = (
    Quadratic,
    Saddle,
    Rosenbrock,
    surfaces.Beale,
    surfaces.Booth,
    surfaces.Matyas,
    surfaces.Himmelblau,
    surfaces.Rastrigin,
    surfaces.Ackley,
    surfaces.StyblinskiTang,
    surfaces.ThreeHumpCamel,
    surfaces.SixHumpCamel,
    surfaces.GoldsteinPrice,
    surfaces.McCormick,
    surfaces.Easom,
)
PROBLEMS: dict[str, type[Problem]] = {kind.__name__: kind for kind in (Thermometer, *SURFACES)}

__all__ = ["PROBLEMS", "SURFACES", "Problem", "Quadratic", "Rosenbrock", "Saddle", "Thermometer"]
