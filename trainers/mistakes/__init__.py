"""Mistakes in training loops: each a program that really runs, beside the correct one."""

from trainers.mistakes.base import Mistake, Result
from trainers.mistakes.catalog import MISTAKES

__all__ = ["MISTAKES", "Mistake", "Result"]
