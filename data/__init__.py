"""Data sets as tables."""

from data.shapes import circles, moons, spirals, xor
from data.tables import digits, thermometer

__all__ = ["circles", "digits", "moons", "spirals", "thermometer", "xor"]
