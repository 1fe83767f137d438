"""A test function of two variables that is typed as a formula."""

from trainers.problems.formula.problem import Formula

__all__ = ["Formula"]
