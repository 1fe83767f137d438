"""The problems. A new one is one class, and its name in the tuple."""

from trainers.datasets.csv.dataset import CsvDataset
from trainers.problems.base import Problem
from trainers.problems.formula import Formula
from trainers.problems.linear_classifiers import LogisticRegression, SoftmaxRegression
from trainers.problems.mlp import MLP
from trainers.problems.module import Module
from trainers.problems.regression import LinearRegression, Polynomial
from trainers.problems.surfaces import SURFACES, Quadratic, Rosenbrock, Saddle
from trainers.problems.thermometer import Thermometer

WITH_DATA = (Thermometer, LinearRegression, Polynomial, LogisticRegression, SoftmaxRegression, MLP)
PROBLEMS: dict[str, type[Problem]] = {kind.__name__: kind for kind in (*WITH_DATA, *SURFACES, Formula)}

__all__ = [
    "MLP",
    "PROBLEMS",
    "SURFACES",
    "CsvDataset",
    "Formula",
    "LinearRegression",
    "LogisticRegression",
    "Module",
    "Polynomial",
    "Problem",
    "Quadratic",
    "Rosenbrock",
    "Saddle",
    "SoftmaxRegression",
    "Thermometer",
]
