"""Data sets as tables."""

from data.tables import thermometer

__all__ = ["thermometer"]
