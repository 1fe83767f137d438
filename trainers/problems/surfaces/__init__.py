"""Test functions of two variables: bowls, valleys, plateaus, saddles and local minima."""

from trainers.problems.surfaces.base import Surface
from trainers.problems.surfaces.bowls import Booth, Matyas, Quadratic
from trainers.problems.surfaces.many_local_minima import Ackley, Easom, Rastrigin
from trainers.problems.surfaces.multimodal import (
    Himmelblau,
    Saddle,
    SixHumpCamel,
    StyblinskiTang,
    ThreeHumpCamel,
)
from trainers.problems.surfaces.valleys import Beale, GoldsteinPrice, McCormick, Rosenbrock

SURFACES = (
    Quadratic,
    Saddle,
    Rosenbrock,
    Beale,
    Booth,
    Matyas,
    Himmelblau,
    Rastrigin,
    Ackley,
    StyblinskiTang,
    ThreeHumpCamel,
    SixHumpCamel,
    GoldsteinPrice,
    McCormick,
    Easom,
)

__all__ = [
    "SURFACES",
    "Ackley",
    "Beale",
    "Booth",
    "Easom",
    "GoldsteinPrice",
    "Himmelblau",
    "Matyas",
    "McCormick",
    "Quadratic",
    "Rastrigin",
    "Rosenbrock",
    "Saddle",
    "SixHumpCamel",
    "StyblinskiTang",
    "Surface",
    "ThreeHumpCamel",
]
