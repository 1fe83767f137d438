"""Where the gradient comes from: three computations agree, and the chain rule adds up to them."""

import pytest

from tests.matrix import run_on
from trainers.optimizers import SGD
from trainers.problems import MLP, PROBLEMS, LinearRegression, Problem, Thermometer
from trainers.reports import gradient as report
from trainers.run import Run
from trainers.steps import Step, record_steps

LESSON = Run(problem=Thermometer(scaling="x0.1"), optimizer=SGD(lr=0.01), epochs=5)


def first(run: Run) -> Step:
    return record_steps(run, [0])[0]


@pytest.mark.parametrize("kind", PROBLEMS.values(), ids=str)
def test_three_computations_agree(kind: type[Problem]) -> None:
    run = run_on(kind(), optimizer=SGD(lr=1e-5), epochs=3, dtype="float64", seed=2)
    step = first(run)
    found = report.sources(run, step, report.gradient_graph(run, step))
    assert report.agreement(found, step) < 1e-6 * max(1.0, float(step.gradient.abs().max()))
    rows = report.source_table(found, step, run.problem.names, after=True)
    assert len({len(row) for row in rows}) == 1
    assert float(rows[1][1].replace("−", "-").replace(",", "")) == pytest.approx(
        float(rows[2][1].replace("−", "-").replace(",", "")), rel=1e-5, abs=1e-9
    )


def test_before_backward_there_is_none() -> None:
    step = first(LESSON)
    found = report.sources(LESSON, step, report.gradient_graph(LESSON, step))
    assert report.source_table(found, step, ("w", "b"), after=False) == [
        ["", "w", "b"],
        ["by hand", "−77.614", "−10.64"],
        ["autograd: params.grad", "None", "None"],
        ["finite difference", "−77.614", "−10.64"],
    ]


def test_the_chain_rule_adds_up() -> None:
    head, *rows, total = report.chain_table(LESSON, first(LESSON))
    assert head[:3] == ["t_un", "t_p", "t_c"]
    assert len(rows) == 11
    numbers = [[float(cell.replace("−", "-")) for cell in row] for row in rows]
    for t_un, t_p, t_c, by_prediction, by_w, by_b in numbers:
        assert by_prediction == pytest.approx(2 * (t_p - t_c) / 11, rel=2e-3)
        assert by_w == pytest.approx(by_prediction * t_un, rel=2e-3)
        assert by_b == by_prediction
    assert total[-3:] == ["sum", "**−77.614**", "**−10.64**"]
    assert sum(row[4] for row in numbers) == pytest.approx(-77.614, rel=1e-3)


def test_where_it_is_not_written_out() -> None:
    for problem in (MLP(), LinearRegression(features=8), PROBLEMS["Rosenbrock"]()):
        run = Run(problem=problem, optimizer=SGD(lr=1e-5), epochs=2)
        assert report.chain_table(run, first(run)) == []


def test_long_data_end_in_dots() -> None:
    run = Run(problem=LinearRegression(features=2), optimizer=SGD(lr=1e-3), epochs=2)
    table = report.chain_table(run, first(run))
    assert list(table[-2]) == ["…"] * len(table[0])
    assert table[0][:2] == ["x1", "x2"]


def test_the_nodes_in_words() -> None:
    table = report.node_table(report.gradient_graph(LESSON, first(LESSON)))
    assert table["value"].tolist()[:3] == ["params = [1, 0]", "w = 1", "b = 0"]
    assert table["value"].iloc[-1] == "loss = 80.3643"
    assert table["derivative"].tolist()[0] == "[−77.61, −10.64]"
    assert table["value"].iloc[4] == "t_p = [3.57, 5.59, …]"
