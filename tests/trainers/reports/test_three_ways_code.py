"""Rows of the loop in three implementations: what is new, what is gone, and why."""

from trainers import Run
from trainers.clipping import ClipNorm
from trainers.optimizers import LBFGS, SGD, Adam
from trainers.problems import Rosenbrock
from trainers.reports.three_ways_code import Row, programs, rows
from trainers.runners import RUNNERS
from trainers.schedules import CosineAnnealingLR
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
    assert list(found) == ["start", *(name for name in ROWS if name != "clip")]
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


def test_a_schedule_and_clipping_have_rows_of_their_own() -> None:
    run = Run(optimizer=SGD(lr=0.01), schedule=CosineAnnealingLR(), clipping=ClipNorm(), epochs=50)
    found = rows_of(run)
    assert list(found) == ["start", "schedule", *ROWS]
    by_hand, _, in_torch = texts(found["schedule"])
    assert by_hand[-1] == "rate = 0.01 * factor"
    assert in_torch == ["scheduler.step()"]
    assert texts(found["clip"])[2] == ["torch.nn.utils.clip_grad_norm_([params], 1)"]


def test_an_optimizer_with_a_closure_shows_it() -> None:
    found = rows_of(Run(optimizer=LBFGS(), runner="torch.optim", epochs=5))
    assert texts(found["clear"]) == [["def closure():", "    optimizer.zero_grad()"]]
    assert texts(found["step"]) == [["loss = optimizer.step(closure)"]]
