"""The functions of a program, executed with the tensors of its problem."""

from typing import Any

import torch
from torch import Tensor

from trainers.problems import Problem, Thermometer
from trainers.problems.supervised import Supervised
from trainers.scripts.problem import ProblemCode, inputs_of

PROGRAM = "<program>"
"""File name of the executed code."""


def execute(lines: str, names: dict[str, Any]) -> None:
    """Execute lines of a program."""
    exec(compile(lines, PROGRAM, "exec"), names)


def defined(code: ProblemCode, problem: Problem, params: Tensor) -> dict[str, Any]:
    """Return what a program has defined before its loop: data, functions, and `params`.

    The data are those of `problem`, which may be a mini-batch of the program's, in the dtype of `params`:
    the program itself would read a file, or set a default dtype for the whole process.
    """
    names: dict[str, Any] = {"torch": torch, "params": params}
    data = code.data
    if isinstance(problem, Supervised):
        data = ()
        names |= dict(zip((code.x, code.y), _samples(problem, params.dtype), strict=True))
    imports = [line for line in code.imports if line != "import csv"]
    execute("\n".join([*imports, *data, *code.loss, "", *code.gradient]), names)
    return names


def _samples(problem: Supervised, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return inputs and targets as the program has them."""
    inputs, target = inputs_of(problem).to(dtype), problem.data.target
    if isinstance(problem, Thermometer):
        inputs = inputs[:, 0]
    return inputs, target if len(problem.class_names) > 2 else target.to(dtype)
