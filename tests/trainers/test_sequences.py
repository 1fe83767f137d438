"""What is done first changes nothing for what comes after: caches, torch's settings, the caller's modes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from itertools import islice

import pytest
import torch

from tests.matrix import slow_but
from trainers import Axis, Race, Run, Sweep, race, sweep, train
from trainers.caches import MAX_CACHE_BYTES, cache_by_size
from trainers.datasets.csv.table import read_table
from trainers.datasets.dataset import Dataset
from trainers.history import History
from trainers.optimizers import SGD, Adam
from trainers.problems import (
    MLP,
    PROBLEMS,
    CsvDataset,
    LinearRegression,
    Problem,
    SoftmaxRegression,
    Thermometer,
)
from trainers.problems.least_squares import SOLUTIONS
from trainers.problems.supervised import Supervised
from trainers.reports import fit as fit_report
from trainers.reports import fit_confusion, path_surface
from trainers.reports.conditioning import conditioning
from trainers.reports.path_plane import fit_plane, window
from trainers.runners import RUNNERS
from trainers.sweeps.cost import estimate
from trainers.sweeps.training import trajectories

OWN = CsvDataset.of(
    read_table(b"a;b;c\n" + b"".join(b"%d;%d;%d\n" % (k, k * k % 7, k % 5) for k in range(20))), 2, (0, 1)
)
PROBLEMS_WITH_DATA: tuple[Problem, ...] = (
    *(kind() for kind in PROBLEMS.values() if issubclass(kind, Supervised) and kind is not SoftmaxRegression),
    SoftmaxRegression(source="spirals", samples=40),
    Thermometer("standardized"),
    LinearRegression(source="csv", csv=OWN),
    MLP(source="csv", csv=OWN),
)


def forget() -> None:
    """Empty all caches of the library, as in a process that has just begun."""
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "trainers"]
    for found in [found for module in modules for found in vars(module).values()]:
        if callable(getattr(found, "cache_clear", None)):
            found.cache_clear()
    SOLUTIONS.clear()


def swept(run: Run) -> object:
    return sweep(Sweep(replace(run, runner="manual"), {"lr": Axis(1e-4, 1e-3, 2)}))


def raced(run: Run) -> object:
    shared = {name: getattr(run, name) for name in ("problem", "batch_size", "validation_split", "dtype")}
    return race(Race(**shared, optimizers=(SGD(), Adam()), trials=2, seeds=1, epochs=2))


def estimated(run: Run) -> object:
    return estimate(Sweep(run))


def curved(run: Run) -> object:
    return trajectories(Sweep(run)).losses


def drawn(run: Run) -> object:
    """A path, and the fit."""
    histories, problem = [train(run)], run.training
    seen = fit_plane(problem, histories)
    path_surface.loss_surface(problem, seen, window(seen, problem, histories, "all"))
    if isinstance(problem, Supervised):
        return fit_report.points(run), fit_confusion.confusion(histories[0]) if problem.class_names else None
    return None


def inferred(run: Run) -> object:
    """Whatever a caller may ask in inference mode."""
    with torch.inference_mode():
        ends = [part.minimum for part in (run.training, run.validation) if part is not None]
        conditioning(run.training)
        return ends, run.training.loss(run.initial()), swept(run), train(run)


FIRST: tuple[Callable[[Run], object], ...] = (swept, raced, estimated, curved, drawn, inferred)


EVERY = [(problem, first) for problem in PROBLEMS_WITH_DATA for first in FIRST]
SOME = [
    (problem, first)
    for place, problem in enumerate(PROBLEMS_WITH_DATA)
    for first in (FIRST[place % len(FIRST)], FIRST[(place + 3) % len(FIRST)])
]
"""Each problem after two others, of which one takes either half of its runs."""


@pytest.mark.parametrize(
    ("problem", "first"), slow_but(SOME, EVERY), ids=lambda given: getattr(given, "__name__", repr(given))
)
def test_whoever_comes_first_spoils_nothing(problem: Problem, first: Callable[[Run], object]) -> None:
    for run in islice(runs(problem), FIRST.index(first) % 2, None, 2):
        expected = untouched(run)
        forget()
        first(run)
        assert trained(run) == expected


@cache
def untouched(run: Run) -> list[list[float]]:
    """What a run gives in a process that has done nothing before."""
    forget()
    return trained(run)


def trained(run: Run) -> list[list[float]]:
    return [told(train(replace(run, runner=runner))) for runner in RUNNERS]


def runs(problem: Problem) -> Iterator[Run]:
    """With and without batches, and a validation set, in both precisions; each pair of these once, two before
    every other first.
    """
    for batch, validation, dtype in (
        (0, 0.0, "float32"),
        (7, 0.0, "float64"),
        (0, 0.3, "float64"),
        (7, 0.3, "float32"),
    ):
        yield Run(problem=problem, batch_size=batch, validation_split=validation, dtype=dtype, epochs=1)


def told(history: History) -> list[float]:
    return [*history.params.flatten().tolist(), *history.loss.tolist(), *history.gradient.flatten().tolist()]


ACTIONS = (train, *(action for action in FIRST if action is not inferred))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
@pytest.mark.parametrize("mode", [nullcontext, torch.no_grad, torch.inference_mode])
def test_torch_is_left_as_it_was(
    action: Callable[[Run], object], mode: Callable[[], AbstractContextManager[None]]
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with mode():
            state = settings()
            action(Run(epochs=3))
            assert settings() == state
            forget()
            with pytest.raises(RuntimeError, match="stop"):
                train(Run(epochs=3, validation_split=0.3), on_epoch=halt)
            assert settings() == state
    finally:
        torch.set_num_threads(before)


def settings() -> tuple[int, bool, bool]:
    return torch.get_num_threads(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()


def halt(epoch: int, loss: torch.Tensor) -> None:
    assert torch.get_num_threads() == 1
    raise RuntimeError("stop")


def test_what_is_kept_is_bounded_by_its_bytes() -> None:
    made: list[int] = []
    forget()

    @cache_by_size
    def sample(count: int) -> Dataset:
        made.append(count)
        numbers = torch.zeros(count, 10, dtype=torch.float64)
        return Dataset(numbers, numbers[:, 0], tuple("abcdefghij"), "k")

    room = MAX_CACHE_BYTES / sample(1).bytes
    third, all_of_it = int(room / 3.1), int(room * 1.1)
    for count in (third, third + 1, third + 2, third, third + 1, third + 2):
        sample(count)
    assert made[1:] == [third, third + 1, third + 2], "three fit"
    sample(third + 3)
    sample(third)
    assert made[4:] == [third + 3, third], "the one that was asked for longest ago is gone"
    sample(all_of_it)
    sample(all_of_it)
    assert made[6:] == [all_of_it] * 2, "what is larger than the room is not kept"
    sample(third)
    assert len(made) == 8


@pytest.mark.parametrize("problem", [Thermometer(), LinearRegression(samples=20)], ids=repr)
def test_what_a_sweep_computes_with_serves_parameters_that_want_a_gradient(problem: Supervised) -> None:
    """It keeps a form of the data made in inference mode; who comes later gets another."""
    swept(Run(problem=problem, epochs=2))
    params = problem.start(3)[:, None].repeat(1, 4).float()
    loss, gradient = problem.loss_and_gradient(params.clone().requires_grad_())
    torch.testing.assert_close(loss.detach(), problem.loss(params))
    torch.testing.assert_close(gradient.detach(), problem.gradient(params))
