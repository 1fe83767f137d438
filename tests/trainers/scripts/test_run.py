"""Programs of runs: they are run as they are shown, and give the numbers of `train`."""

import contextlib
import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.matrix import by_kind, few, optimizers, quick, slow_but
from trainers import Run, train
from trainers.optimizers import OPTIMIZERS, SGD, Adam, Optimizer
from trainers.problems import (
    MLP,
    PROBLEMS,
    LinearRegression,
    Polynomial,
    Problem,
    SoftmaxRegression,
    Thermometer,
)
from trainers.run import runners
from trainers.runners import RUNNERS
from trainers.scripts import Program, program, run_code

trained = cache(train)
WIDTH, LENGTH = 60, 70
NUMBERS = re.compile(r"[\s\d.,e\[\]+-]+")
"""Lines of data."""
EPOCHS = 8


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs run in a folder of their own."""
    monkeypatch.chdir(tmp_path)


def executed(made: Program) -> dict[str, Any]:
    """The names of a program after it has run, and what it printed as `printed`."""
    for name, content in made.files().items():
        Path(name).write_text(content, encoding="utf-8")
    names: dict[str, Any] = {}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(made.text, "program.py", "exec"), names)
    torch.set_default_dtype(torch.float32)
    return names | {"printed": out.getvalue()}


def assert_same(run: Run) -> None:
    """The program of a run ends where `train` does."""
    made, history = executed(program(run)), trained(run)
    params, loss = made[run_code(run).loop.evaluated].detach(), made["loss"].detach()
    assert params.dtype == loss.dtype == getattr(torch, run.dtype)
    torch.testing.assert_close(params, history.params[-1], rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(loss, history.loss[-1], rtol=1e-6, atol=1e-12)
    assert made["printed"].startswith(f"{loss.item()} ")


@pytest.mark.parametrize("some", by_kind(few(), optimizers()))
def test_each_optimizer(some: list[Optimizer]) -> None:
    for optimizer, runner in ((each, runner) for each in some for runner in runners(type(each))):
        assert_same(Run(optimizer=optimizer, runner=runner, epochs=EPOCHS, dtype="float64"))


SOME = [
    (name, (each := runners(SGD, kind()))[place % len(each)])
    for place, (name, kind) in enumerate(PROBLEMS.items())
]
"""Each problem with one runner, in turn."""


@pytest.mark.parametrize(
    ("name", "runner"),
    slow_but(SOME, [(name, r) for name, kind in PROBLEMS.items() for r in runners(SGD, kind())]),
)
def test_each_problem(name: str, runner: str) -> None:
    run = Run(problem=PROBLEMS[name](), optimizer=Adam(lr=0.01), runner=runner, epochs=3, dtype="float64")
    assert_same(run)
    if run.problem.num_samples:
        assert_same(replace(run, batch_size=7, shuffle_seed=3, validation_split=0.2, seed=2))


SETTINGS = [
    Thermometer(scaling="raw"),
    Thermometer(scaling="standardized"),
    LinearRegression(samples=8, features=2),
    Polynomial(samples=20, degree=3),
    Polynomial(source="thermometer"),
    MLP(samples=20, depth=2, activation="relu"),
    MLP(source="digits", width=3),
    SoftmaxRegression(source="spirals", samples=30),
]


@pytest.mark.parametrize("problem", SETTINGS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_kind_of_data(problem: Problem, dtype: str) -> None:
    run = Run(problem=problem, optimizer=SGD(lr=1e-5), epochs=4, dtype="float64", validation_split=0.25)
    for runner in RUNNERS:
        assert_same(replace(run, runner=runner))
    made = executed(program(replace(run, dtype=dtype)))
    assert made["params"].dtype == getattr(torch, dtype)


def test_it_can_be_read() -> None:
    kinds = list(OPTIMIZERS.values())
    for number, problem in enumerate((*(kind() for kind in PROBLEMS.values()), *SETTINGS)):
        some = quick() if problem == Thermometer() else [kind() for kind in kinds[number % 9 :: 9]]
        for optimizer in some:
            for runner in runners(type(optimizer), problem):
                text = program(Run(problem=problem, optimizer=optimizer, runner=runner, epochs=9)).text
                lines = text.splitlines()
                assert max(map(len, lines)) <= WIDTH, max(lines, key=len)
                assert sum(bool(line) and not NUMBERS.fullmatch(line) for line in lines) <= LENGTH, text
                for word in ("ones", "yield", "used", "matched", "self"):
                    assert word not in text.replace("ones_like", ""), text


def test_what_is_not_used_is_not_there() -> None:
    text = program(Run(optimizer=SGD(lr=0.01), epochs=5)).text
    assert "    params = params - 0.01 * grad\n" in text
    assert "velocity" not in text
    text = program(Run(optimizer=SGD(lr=0.01), runner="torch.optim", epochs=5)).text
    assert "optimizer = torch.optim.SGD([params], lr=0.01)\n" in text


@pytest.mark.slow
def test_the_published_run_in_a_fresh_process() -> None:
    run = Run(optimizer=SGD(lr=0.01, momentum=0.9), epochs=500)
    for number, runner in enumerate(RUNNERS):
        Path(f"{number}.py").write_text(program(replace(run, runner=runner)).text, encoding="utf-8")
    each = f"import runpy; [runpy.run_path(f'{{k}}.py') for k in range({len(RUNNERS)})]"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-W", "error", "-c", each]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    for line in done.stdout.splitlines():
        loss, w, b = (float(part.strip("[],")) for part in line.split())
        assert loss == pytest.approx(2.927646, abs=1e-5)
        assert (w, b) == pytest.approx((5.36762, -17.30423), abs=1e-4)
    assert len(done.stdout.splitlines()) == len(RUNNERS)


@pytest.mark.parametrize("optimizer", [Adam(beta1=0.0), Adam(beta2=0.0), Adam(beta1=0.0, beta2=0.0)], ids=str)
def test_betas_of_0_are_numbers_that_torch_takes(optimizer: Adam) -> None:
    exec(program(Run(optimizer=optimizer, runner="torch.optim", epochs=2)).text, {"print": lambda *_: None})
