"""Problems of one's own: their programs are true, or there are none."""

import math
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from trainers import Run, program, train
from trainers.comparison import compare
from trainers.optimizers import SGD
from trainers.problems.base import Problem
from trainers.settings import SettingError, real

SCALE = 0.5


def helper(x: Tensor) -> Tensor:
    return x**2


@dataclass(frozen=True)
class Own(Problem):
    """A bowl."""

    names: ClassVar[tuple[str, ...]] = ("x", "y")

    def start(self, seed: int = 0) -> Tensor:
        return torch.tensor([1.5, -1.0], dtype=torch.float64)

    def loss(self, params: Tensor) -> Tensor:
        return (params**2).sum(0)

    def gradient(self, params: Tensor) -> Tensor:
        return 2 * params


@dataclass(frozen=True)
class Shifted(Own):
    """A bowl with a setting, a constant and a function of math."""

    shift: float = real(-0.5, -1, 1, help="Shift.")

    def loss(self, params: Tensor) -> Tensor:
        return ((params - self.shift) ** 2).sum(0) * SCALE * math.pi + self.shift**2

    def gradient(self, params: Tensor) -> Tensor:
        return 2 * (params - self.shift) * SCALE * math.pi


@dataclass(frozen=True)
class WithHelper(Own):
    """It calls a function of its module."""

    def loss(self, params: Tensor) -> Tensor:
        return helper(params).sum(0)


@dataclass(frozen=True)
class WithLoop(Own):
    """It has a loop."""

    def loss(self, params: Tensor) -> Tensor:
        total = 0 * params[0]
        for each in params:
            total = total + each**2
        return total


class WithTensor(Own):
    """It has a tensor."""

    weights = torch.ones(2, dtype=torch.float64)

    def loss(self, params: Tensor) -> Tensor:
        return (self.weights * params**2).sum(0)


@pytest.mark.parametrize("problem", [Own(), Shifted()], ids=str)
def test_what_is_understood_is_true(problem: Problem, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(problem=problem, optimizer=SGD(lr=0.05), epochs=7, start=(1.0, -2.0))
    exec(run.to_script(), {})
    assert float(capsys.readouterr().out.split()[0]) == pytest.approx(float(train(run).loss[-1]), rel=1e-5)


@pytest.mark.parametrize("problem", [WithHelper(), WithLoop(), WithTensor()], ids=lambda p: type(p).__name__)
def test_what_is_not_has_no_program(problem: Problem) -> None:
    with pytest.raises(NotImplementedError, match="can't be written as a program"):
        Run(problem=problem).to_script()


def test_a_class_without_source_has_none() -> None:
    names = {"Own": Own}
    exec("class Typed(Own):\n    def loss(self, params):\n        return (params**2).sum(0)", names)
    with pytest.raises(NotImplementedError, match="Typed can't be written as a program"):
        Run(problem=names["Typed"]()).to_script()


def test_comparisons_have_programs() -> None:
    runs = [Run(epochs=3), Run(epochs=3, optimizer=SGD(lr=0.01))]
    assert compare(runs).to_script() == program(runs, compare(runs).names).text
    with pytest.raises(SettingError, match="must be runs such as"):
        program("abc")
