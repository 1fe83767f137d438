"""Every mistake shows its symptom: the losses, the exact error, what is left in params.grad."""

import itertools
import math
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from trainers import Run, train
from trainers.mistakes import MISTAKES, Mistake
from trainers.mistakes.base import execute
from trainers.optimizers import SGD

BY_NAME = {mistake.name: mistake for mistake in MISTAKES}
NO_GRAPH = "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn"
NO_NUMBER = "TypeError: unsupported operand type(s) for *: 'float' and 'NoneType'"
LOSSES = {
    "The input is not used": [187.386],
    "The arguments of the derivative are swapped": [80.364, 160.318, 366.511, 898.492, 2271.239],
    "The gradient is not cleared": [80.364, 37.575, 39.871, 82.154, 76.846],
    "The learning rate of other data": [1763.885, 5802484.5],
    "One update too many": [80.364, 37.575, 30.871],
    "Cleared before there is a gradient": [],
}
ERRORS = {
    "requires_grad is missing": NO_GRAPH,
    "backward() is missing": NO_NUMBER,
    "Cleared before there is a gradient": "AttributeError: 'NoneType' object has no attribute 'zero_'",
    "The update makes a new tensor, under no_grad": NO_GRAPH,
    "The update makes a new tensor, without no_grad": NO_NUMBER,
    "The update in place, without no_grad": (
        "RuntimeError: a leaf Variable that requires grad is being used in an in-place operation."
    ),
    "The parameters are not in a list": (
        "TypeError: params argument given to the optimizer should be an iterable of Tensors or dicts, "
        "but got torch.FloatTensor"
    ),
    "Plotting parameters that require grad": (
        "RuntimeError: Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
    ),
    "Binary cross-entropy of logits": "RuntimeError: all elements of input should be between 0 and 1",
}
CALLS = {"eval() is missing": 20}
"""Losses of calls after the training."""
SAME = ("Plotting parameters that require grad", "Losses kept with their graphs")
"""Mistakes that leave the losses as they are."""
FLAT = {
    "optimizer.step() is missing": [-77.614, -10.64],
    "loss.backward() is missing, with an optimizer": None,
    "zero_grad() between backward() and step()": None,
    "The optimizer has the parameters of another cell": [-7761.4, -1064.0],
}


def test_there_are_enough() -> None:
    assert len(MISTAKES) == len(BY_NAME) >= 16


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_correct_program_runs_and_the_wrong_one_differs(mistake: Mistake) -> None:
    with warnings.catch_warnings(record=True) as none:
        warnings.simplefilter("always")
        expected = mistake.expected()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = mistake.executed()
    assert not none
    assert bool(caught) == bool(mistake.warning)
    assert all(str(each.message).startswith(mistake.warning) for each in caught)
    assert expected.error == ""
    assert len(expected.losses) == mistake.run.epochs + CALLS.get(mistake.name, 0)
    assert math.isfinite(expected.losses[-1])
    assert found.error == ERRORS.get(mistake.name, "")
    assert (found.losses == expected.losses) == (mistake.name in SAME)
    wrong = mistake.code.splitlines()[mistake.place :][: len(mistake.wrong)]
    assert [line.strip() for line in wrong] == [line.strip() for line in mistake.wrong]
    assert mistake.why.endswith(".")
    assert mistake.notice.endswith(".")


@pytest.mark.parametrize("name", LOSSES)
def test_the_losses_are_those_of_the_lesson(name: str) -> None:
    losses = BY_NAME[name].executed().losses
    assert losses[: len(LOSSES[name])] == pytest.approx(LOSSES[name], rel=1e-4)


@pytest.mark.parametrize("name", FLAT)
def test_a_flat_curve_has_four_causes_that_the_gradient_tells_apart(name: str) -> None:
    found = BY_NAME[name].executed()
    assert set(found.losses) == {found.losses[0]}
    assert found.losses[0] == pytest.approx(80.36434)
    grad = found.names["params"].grad
    assert (None if grad is None else grad.tolist()) == (FLAT[name] and pytest.approx(FLAT[name], rel=1e-4))


def test_a_gradient_that_is_not_cleared_is_momentum_1() -> None:
    mistake = BY_NAME["The gradient is not cleared"]
    momentum = train(Run(optimizer=SGD(lr=0.01, momentum=1.0), epochs=100, dtype="float64"))
    torch.set_default_dtype(torch.float64)
    losses = mistake.executed().losses
    torch.set_default_dtype(torch.float32)
    assert losses == pytest.approx(momentum.loss[:-1].tolist(), rel=1e-6)


def test_swapped_arguments_climb_at_any_rate_a_large_rate_does_not() -> None:
    swapped = BY_NAME["The arguments of the derivative are swapped"]
    climbing = execute(swapped.code.replace("0.01 * grad", "1e-05 * grad")).losses
    assert climbing[:2] == pytest.approx([80.364, 80.426], abs=1e-3)
    assert all(later > earlier for earlier, later in itertools.pairwise(climbing))
    too_fast = BY_NAME["The learning rate of other data"]
    falling = execute(too_fast.code.replace("0.01 * grad", "1e-05 * grad")).losses
    assert falling[-1] < falling[0]


def test_what_stops_at_the_variance_of_the_target() -> None:
    variance = 77.1363636
    for name in ("The input is not used", "Targets in a column, predictions in a row"):
        assert BY_NAME[name].executed().losses[-1] == pytest.approx(variance, rel=1e-4)


def test_the_last_few() -> None:
    assert len(BY_NAME["One update too many"].executed().losses) == 101
    shared = BY_NAME["Two runs share their initial tensor"].executed()
    assert shared.losses[0] == pytest.approx(22.08, abs=0.01)
    assert sum(bool(mistake.warning) for mistake in MISTAKES) == 2
    stale = BY_NAME["A stale prediction in the derivative"].executed().losses
    assert min(stale) < 80
    assert stale[-1] > 10_000
    twice = BY_NAME["Softmax twice"]
    assert twice.executed().losses[-1] > max(math.log(1 + math.exp(-1)), twice.expected().losses[-1])
    kept = BY_NAME["Losses kept with their graphs"].executed().names["kept"]
    assert len(kept) == 100
    assert all(isinstance(loss, torch.Tensor) and loss.grad_fn is not None for loss in kept)


def test_many_at_a_time_leave_the_process_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    before = (sys.stdout, list(warnings.filters), warnings.showwarning, torch.get_default_dtype())
    alone = {mistake.name: mistake.executed().losses for mistake in MISTAKES[:12]}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda mistake: mistake.executed().losses, MISTAKES[:12]))
    assert [str(losses) for losses in together] == [str(losses) for losses in alone.values()]
    assert (sys.stdout, list(warnings.filters), warnings.showwarning, torch.get_default_dtype()) == before
    assert capsys.readouterr().out == ""


def test_evaluation_without_eval_is_random() -> None:
    mistake = BY_NAME["eval() is missing"]
    found, expected = mistake.executed().losses, mistake.expected().losses
    assert len(found) == len(expected) == 100
    assert found[:80] == expected[:80]
    assert len(set(expected[80:])) == 1
    assert len(set(found[80:])) == 20
    assert mistake.executed().losses == found


def test_swapped_arguments_climb_at_any_rate() -> None:
    """A learning rate that is too large never does so at 1e-5."""
    mistake = BY_NAME["The arguments of the derivative are swapped"]
    losses = mistake.probed().losses
    assert losses[:2] == pytest.approx([80.364, 80.426], abs=1e-3)
    assert list(losses) == sorted(losses)
    correct = execute(mistake.correct.replace("0.01 * grad", "1e-5 * grad")).losses
    assert list(correct) == sorted(correct, reverse=True)


KEPT = """
import os, sys
from trainers.mistakes import MISTAKES
from trainers.mistakes.base import execute

mistake = next(each for each in MISTAKES if each.name == "Losses kept with their graphs")
code = mistake.code.replace("range(100)", "range(20000)")
if sys.argv[1] == "item":
    code = code.replace("kept.append(loss)", "kept.append(loss.item())")
execute(mistake.correct.replace("range(100)", "range(500)"))
memory = lambda: int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
before = memory()
found = execute(code)
print((memory() - before) / 20000)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_kept_graphs_take_memory() -> None:
    """The figures of the page: about 4 kB for a loss, about 40 bytes for its number."""
    loss, item = (
        float(subprocess.run([sys.executable, "-c", KEPT, what], capture_output=True, check=True).stdout)
        for what in ("loss", "item")
    )
    assert 2000 < loss < 8000
    assert item < loss / 20
