"""One update in numbers: what is shown adds up, and formulas are those of the update."""

import random
import re
from dataclasses import dataclass

import pytest
import torch

from tests.matrix import by_kind, few, quick
from trainers import Run
from trainers.optimizers import SGD, Adam, Optimizer
from trainers.problems import MLP, Rosenbrock
from trainers.reports import inside_step as report
from trainers.reports.latex import formula
from trainers.run import runners
from trainers.settings import real
from trainers.steps import Step, record_steps

EPOCHS = 120
NEW = r"new $\theta$ = $\theta$ − step"


def steps_of(optimizer: Optimizer, count: int) -> list[Step]:
    """Random updates of runs on the thermometer."""
    updates = sorted(random.Random(repr(optimizer)).sample(range(EPOCHS), count))
    runner = runners(type(optimizer))[0]
    return record_steps(Run(optimizer=optimizer, runner=runner, epochs=EPOCHS), updates)


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def unit(text: str) -> float:
    """One unit of the last digit that is shown of six."""
    value = abs(number(text))
    return 0.0 if value == 0 else 10.0 ** (int(f"{value:e}".partition("e")[2]) - 5)


@pytest.mark.parametrize("count", [4, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("optimizers", by_kind(few(by_hand=True), quick(by_hand=True)))
def test_what_is_shown_adds_up(optimizers: list[Optimizer], count: int) -> None:
    for optimizer, step in ((each, step) for each in optimizers for step in steps_of(each, count)):
        rows = report.table(optimizer, step, ("w", "b"))
        assert rows[0] == ["", "w", "b"]
        shown = {title: cells for title, *cells in rows}
        for before, moved, after in zip(
            shown[r"parameters $\theta$"],
            shown["step"],
            shown[r"new $\theta$ = $\theta$ − step"],
            strict=True,
        ):
            most = max(map(unit, (before, moved, after)))
            assert abs(number(before) - number(moved) - number(after)) <= 2 * most


@pytest.mark.parametrize("optimizers", by_kind(few(by_hand=True), quick(by_hand=True)))
def test_the_lines_give_the_step_that_was_taken(optimizers: list[Optimizer]) -> None:
    runs = [Run(optimizer=optimizer, epochs=50, dtype="float64") for optimizer in optimizers]
    pairs = ((run.optimizer, step) for run in runs for step in record_steps(run, (0, 1, 2, 15)))
    for optimizer, step in pairs:
        moved = report.quantities(optimizer, step)[-1].value
        assert (step.params - moved).tolist() == pytest.approx(step.new_params.tolist(), rel=1e-12)
        for text in report.formulas(optimizer, step):
            assert text.count("{") == text.count("}")
            assert text.count(r"\left(") == text.count(r"\right)")


def test_the_first_step_of_the_lesson() -> None:
    (step,) = record_steps(Run(optimizer=SGD(lr=0.01)), [0])
    assert report.table(SGD(lr=0.01), step, ("w", "b")) == [
        ["", "w", "b"],
        [r"parameters $\theta$", "1", "0"],
        ["gradient $g$", "−77.614", "−10.64"],
        ["step", "−0.77614", "−0.1064"],
        ["step / g", "0.01", "0.01"],
        [r"new $\theta$ = $\theta$ − step", "1.77614", "0.1064"],
    ]
    assert report.formulas(SGD(lr=0.01), step) == [
        r"\text{step} \leftarrow 0.01 \cdot g = 0.01 \cdot (-77.614) = -0.77614",
        r"\theta \leftarrow \theta - \text{step} = 1 - (-0.77614) = 1.77614",
    ]
    assert float(step.new_loss) == pytest.approx(37.574917)


def test_of_many_parameters_the_steepest_are_shown_with_norms() -> None:
    problem = MLP(samples=20)
    (step,) = record_steps(Run(problem=problem, optimizer=Adam()), [0])
    head, *rows = report.table(Adam(), step, problem.names)
    assert head[-1] == "norm"
    assert len(head) == report.MAX_PARAMS + 2
    shown = [problem.names.index(name) for name in head[1:-1]]
    assert set(shown) == set(step.gradient.abs().topk(report.MAX_PARAMS).indices.tolist())
    assert number(rows[1][-1]) == pytest.approx(float(step.gradient.norm()), rel=1e-5)


def test_the_arrows_are_equally_long_and_a_third_of_the_window() -> None:
    run = Run(problem=Rosenbrock(), optimizer=Adam(lr=0.1))
    (step,) = record_steps(run, [3])
    table = report.arrows(report.step_plane(run.problem, step), step)
    lengths = ((table["x2"] - table["x"]) ** 2 + (table["y2"] - table["y"]) ** 2) ** 0.5
    assert lengths[0] == pytest.approx(lengths[1])
    for low, high in report.arrow_window(table):
        assert high - low == pytest.approx(3 * lengths[1])


def test_formulas() -> None:
    assert formula("0.9 * velocity + grad") == r"0.9 \cdot \text{velocity} + g"
    assert formula("m / (1 - 0.9**t)") == r"\frac{m}{1 - 0.9^{t}}"
    assert formula("0.1 * (grad - params)") == r"0.1 \cdot \left(g - \theta\right)"
    assert formula("params - (m - v)") == r"\theta - \left(m - v\right)"
    assert formula("grad / (s.sqrt() + 1e-08)") == r"\frac{g}{\sqrt{s} + 10^{-8}}"
    assert formula("torch.maximum(v_max, v)") == r"\max\left(v_{\max}, v\right)"
    assert formula("grad**2", {"grad": "−2"}) == "(-2)^{2}"
    assert formula("m_x * t", {"t": "3"}) == r"\mathrm{m\_x} \cdot 3"
    assert re.fullmatch(r"2\.5 \\cdot 10\^\{-7\}", formula("s", {"s": "2.5e−07"}))


@dataclass(frozen=True)
class InTorchAlone(Optimizer):
    """An optimizer without an update by hand."""

    lr: float = real(0.1, 1e-8, 100, help="Learning rate.")

    def torch(self, params: torch.Tensor) -> torch.optim.Optimizer:
        return torch.optim.Adamax([params], lr=self.lr)


def test_of_an_optimizer_in_torch_alone_the_step_is_shown() -> None:
    run = Run(optimizer=InTorchAlone(), runner="torch.optim", epochs=5)
    (step,) = record_steps(run, [2])
    rows = {title: cells for title, *cells in report.table(run.optimizer, step, ("w", "b"))}
    assert list(rows)[1:] == [
        r"parameters $\theta$",
        "gradient $g$",
        "step",
        "step / g",
        r"new $\theta$ = $\theta$ − step",
    ]
    assert report.formulas(run.optimizer, step) == []


@pytest.mark.parametrize("optimizers", by_kind(few(by_hand=True), quick(by_hand=True)))
def test_what_formulas_put_in_gives_what_they_say(optimizers: list[Optimizer]) -> None:
    runs = [Run(optimizer=optimizer, epochs=50, dtype="float64") for optimizer in optimizers]
    pairs = ((run.optimizer, step) for run in runs for step in record_steps(run, (0, 1, 7, 30)))
    for optimizer, step in pairs:
        names = report.variables(optimizer, step)
        for each in report.quantities(optimizer, step):
            value = eval(each.expression, names)
            torch.testing.assert_close(torch.as_tensor(value), each.value, rtol=1e-12, atol=0)
            names[each.name] = value


def test_the_dampening_of_later_updates_is_put_in() -> None:
    optimizer = SGD(lr=0.01, momentum=0.9, dampening=0.5)
    first, later = record_steps(Run(optimizer=optimizer, epochs=9), (0, 5))
    assert "1 - 0\\right" in report.formulas(optimizer, first)[0]
    assert "1 - 0.5\\right" in report.formulas(optimizer, later)[0]
