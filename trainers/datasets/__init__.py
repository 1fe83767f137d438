"""Datasets as tables."""

from trainers.datasets.bundled import digits, thermometer
from trainers.datasets.synthetic import circles, moons, spirals, xor

__all__ = ["circles", "digits", "moons", "spirals", "thermometer", "xor"]
