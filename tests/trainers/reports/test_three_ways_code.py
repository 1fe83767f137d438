"""Rows of the loop in three implementations: what is new, what is gone, and why."""

from trainers import Run
from trainers.optimizers import SGD, Adam
from trainers.problems import Rosenbrock
from trainers.reports.three_ways_code import Row, programs, rows
from trainers.runners import RUNNERS
from trainers.scripts.loop import ROWS


def rows_of(run: Run) -> dict[str, Row]:
    return {row.name: row for row in rows(list(programs(run).values()))}


def texts(row: Row, **marked: bool) -> list[list[str]]:
    """The lines of each cell; only those that are marked so."""
    return [
        [line.text for line in cell if all(getattr(line, name) is value for name, value in marked.items())]
        for cell in row.cells
    ]


def test_the_lesson_in_five_rows() -> None:
    found = rows_of(Run(optimizer=SGD(lr=0.01)))
    assert list(found) == ["start", *ROWS]
    assert list(programs(Run())) == list(RUNNERS)
    assert texts(found["clear"]) == [
        [],
        ["if params.grad is not None:", "    params.grad.zero_()"],
        ["optimizer.zero_grad()"],
    ]
    assert texts(found["predict"]) == [["t_p = model(t_un, *params)"]] * 3
    assert texts(found["step"]) == [
        ["params = params - 0.01 * grad"],
        ["with torch.no_grad():", "    params -= 0.01 * params.grad"],
        ["optimizer.step()"],
    ]


def test_what_is_new_and_what_vanishes() -> None:
    found = rows_of(Run(optimizer=SGD(lr=0.01, momentum=0.9)))
    assert texts(found["start"], gone=True)[1] == ["velocity = torch.zeros_like(params)"]
    assert texts(found["start"], new=True)[0] == []
    assert texts(found["measure"], new=True) == texts(found["measure"], gone=True) == [[], [], []]
    assert texts(found["differentiate"], new=True) == [[], ["loss.backward()"], []]
    assert texts(found["differentiate"], gone=True) == [["grad = grad_fn(t_un, t_c, t_p)"], [], []]
    assert texts(found["step"], gone=True)[2] == []


def test_a_function_has_nothing_to_predict() -> None:
    found = rows_of(Run(problem=Rosenbrock(), optimizer=Adam()))
    assert "predict" not in found
    assert texts(found["measure"]) == [["loss = f(params)"]] * 3
    assert all(row.why.endswith(".") for row in found.values())
