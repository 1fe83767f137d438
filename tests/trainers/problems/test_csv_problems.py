"""A table of the user's as a problem: models, links, and what is kept apart."""

import gc
import hashlib
import pickle
from dataclasses import replace

import pandas as pd
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dashboard.state import Page
from trainers import Run, train
from trainers.datasets.csv.table import CsvTable, read_table
from trainers.objective import train_validation_split
from trainers.optimizers import SGD, Adam
from trainers.problems import (
    MLP,
    PROBLEMS,
    CsvDataset,
    LinearRegression,
    LogisticRegression,
    Polynomial,
    SoftmaxRegression,
)
from trainers.problems.compatible_models import models
from trainers.problems.supervised import raw_data, scaled_data
from trainers.reports.conditioning import hessian_summary
from trainers.run import Method, Task
from trainers.settings import SettingError

LINES = ["size,rooms,price,kind", *(f"{x},{x % 3},{2 * x + 1 + x % 3},{'abc'[x % 3]}" for x in range(12))]
TABLE = read_table("\n".join(LINES).encode(), "homes.csv")
PRICE = CsvDataset.of(TABLE, target=2, features=(0, 1))
KIND = CsvDataset.of(TABLE, target=3, features=(0, 1))


def test_a_table_is_fitted_exactly() -> None:
    problem = LinearRegression(source="csv", csv=PRICE, scaling="raw")
    assert problem.minimum == pytest.approx(0, abs=1e-20)
    assert problem.minimizers[0] == pytest.approx((2, 1, 1))
    assert problem.table.columns.tolist() == ["size", "rooms", "price"]
    scaled = LinearRegression(source="csv", csv=PRICE)
    assert scaled.data.inputs[:, :2].mean(0).tolist() == pytest.approx([0, 0], abs=1e-12)
    history = train(Run(problem=scaled, optimizer=SGD(lr=0.3), epochs=300, dtype="float64"))
    assert history.loss[-1] < 1e-10


MIXED = read_table(
    "\n".join(
        ["a,two,b,word,c,three", *(f"{x},{x % 2},{x * x},{'uv'[x % 2]},{9 - x},{x % 3}" for x in range(9))]
    ).encode(),
    "mixed.csv",
)
BACKWARDS = replace(MIXED, digest="b" * 16, frame=MIXED.frame[::-1])


@settings(max_examples=settings.default.max_examples // 4)
@given(st.permutations(range(6)), st.integers(2, 6), st.sampled_from([MIXED, BACKWARDS]))
@example([2, 1, 0, 3, 4, 5], 3, MIXED)
@example([5, 4, 2, 1, 0, 3], 6, MIXED)
def test_columns_in_any_order_train(places: list[int], count: int, table: CsvTable) -> None:
    target, *features = places[:count]
    features = [place for place in features if place != 3] or [0 if target else 1]
    own = CsvDataset.of(table, target, features)
    tables = {table.digest: table}
    for name in models(own, PROBLEMS):
        run = Run(problem=PROBLEMS[name](source="csv", csv=own), epochs=2, validation_split=0.2)
        columns = table.frame.iloc[:, features].to_numpy().tolist()
        assert own.to_dataset(run.problem.is_classifier).inputs.tolist() == columns
        assert train(run).loss.isfinite().all()
        assert Run.from_query(run.to_query(), tables) == (run, [])
    assert models(own, PROBLEMS)


@pytest.mark.parametrize("value", [1e100, -1e100, 1e101, 1e155, -1e308])
def test_numbers_too_large_to_be_squared_are_refused_by_name(value: float) -> None:
    frame = pd.DataFrame({"a": [value, *range(9)], "b": [float(k * k) for k in range(10)]})
    for scaling in ("raw", "standardized"):
        for target, features in ((0, (1,)), (1, (0,))):
            table = replace(
                TABLE, digest=hashlib.sha256(frame.to_csv().encode()).hexdigest()[:16], frame=frame
            )
            query = f"problem=LinearRegression~source-csv~scaling-{scaling}&epochs=2&validation_split=0.2"
            query += f"&csv={table.name}~{table.digest}~{target}~{features[0]}&run=SGD&dtype=float64"
            page, notes = Page.from_query(query, tables={table.digest: table})
            train(page.runs[0])
            assert hessian_summary(page.task)
            if abs(value) > 1e100:
                assert page.task.problem == LinearRegression(scaling=scaling)
                assert "must have numbers from -1e100 to 1e100 in column “a”" in notes[0]
            else:
                assert page.task.problem.csv is not None


def test_classes_have_their_names() -> None:
    problem = SoftmaxRegression(source="csv", csv=KIND)
    assert problem.class_names == ("a", "b", "c")
    assert problem.data.target.tolist() == [0, 1, 2] * 4
    history = train(Run(problem=problem, optimizer=Adam(lr=0.1), epochs=300))
    assert history.accuracy[-1] == 1


def test_the_models_that_suit_come_first_what_is_suggested() -> None:
    assert models(PRICE, PROBLEMS) == ["LinearRegression", "SoftmaxRegression", "MLP"]
    assert models(CsvDataset.of(TABLE, 2, (0,)), PROBLEMS)[:2] == ["LinearRegression", "Polynomial"]
    assert models(KIND, PROBLEMS) == ["SoftmaxRegression", "MLP"]
    two = read_table(b"x,c\n" + b"\n".join(b"%d,%s" % (x, b"yn"[x % 2 : x % 2 + 1]) for x in range(9)))
    assert models(CsvDataset.of(two, 1, (0,)), PROBLEMS) == ["LogisticRegression", "SoftmaxRegression", "MLP"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CsvDataset.of(TABLE, 4, (0,)), "csv must name columns from 0 to 3, got 4"),
        (lambda: CsvDataset.of(TABLE, 2, ()), "csv must have at least 1 feature, each once, got 0"),
        (lambda: CsvDataset.of(TABLE, 2, (2,)), "csv has column 2 both as target and as feature"),
        (
            lambda: CsvDataset.of(TABLE, 2, (3,)),
            "csv has text in column “kind”, which can't be a feature",
        ),
        (lambda: LinearRegression(source="csv"), "source csv needs an uploaded file"),
        (
            lambda: LinearRegression(source="csv", csv=KIND),
            "csv can't be used: it has text in column “kind”",
        ),
        (
            lambda: LogisticRegression(source="csv", csv=KIND),
            "must have 2 classes for logistic regression, got 3",
        ),
        (lambda: Polynomial(source="csv", csv=PRICE), "it must have 1 feature for a polynomial, got 2"),
    ],
)
def test_what_can_not_be_used_is_named(make: object, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make()


def test_a_link_names_the_file_and_finds_it_again() -> None:
    run = Run(problem=MLP(source="csv", csv=KIND), epochs=10)
    text = run.to_query()
    assert f"&csv=homes.csv~{TABLE.digest}~3~0.1" in text
    assert Run.from_query(text, {TABLE.digest: TABLE}) == (run, [])
    without, notes = Run.from_query(text)
    assert without.problem == MLP()
    assert notes[0] == f"csv needs the file homes.csv with digest {TABLE.digest}."
    page = Page(Task(problem=run.problem), (Method(),))
    assert Page.from_query(page.to_query(), tables={TABLE.digest: TABLE}) == (page, [])


BAD = ["", "x", "a~b~c~d", "a~b~1~", f"a~{TABLE.digest}~9~0", f"a~{TABLE.digest}~0~0"]


@pytest.mark.parametrize("text", BAD)
def test_any_text_names_a_file_or_gets_a_note(text: str) -> None:
    run, notes = Run.from_query(f"problem=LinearRegression~source-csv&csv={text}", {TABLE.digest: TABLE})
    assert run.problem == LinearRegression()
    assert notes


def test_different_tables_are_different_problems() -> None:
    other = read_table("\n".join([*LINES[:-1], "99,1,1,a"]).encode(), "homes.csv")
    problem = LinearRegression(source="csv", csv=PRICE)
    changed = replace(problem, csv=CsvDataset.of(other, 2, (0, 1)))
    assert changed != problem
    assert repr(changed) != repr(problem)
    assert changed.minimum > 1


def test_what_is_pickled_holds_no_table() -> None:
    table = read_table(b"x,y\n" + b"\n".join(b"%d,%d" % (x, x * x) for x in range(20_000)), "long.csv")
    run = Run(
        problem=LinearRegression(source="csv", csv=CsvDataset.of(table, 1, (0,))),
        epochs=3,
        validation_split=0.1,
    )
    history = train(run)
    pickled = pickle.dumps(history)
    assert len(pickled) < 10_000
    again = pickle.loads(pickled)
    assert again.run == run
    assert again.run.training.minimum == run.training.minimum


def test_what_was_pickled_finds_a_table_that_was_read_again() -> None:
    content = b"x,y\n" + b"\n".join(b"%d,%d" % (x, x + 1) for x in range(9))
    run = Run(
        problem=LinearRegression(source="csv", csv=CsvDataset.of(read_table(content), 1, (0,))), epochs=3
    )
    pickled = pickle.dumps(train(run))
    for cache in (raw_data, scaled_data, train_validation_split):
        cache.cache_clear()
    del run
    gc.collect()
    table = read_table(content)
    assert CsvDataset.of(table, 1, (0,)).table is table
    assert pickle.loads(pickled).run.problem.csv.table is table


def test_a_file_that_two_have_outlives_one_of_them() -> None:
    content = b"x,y\n" + b"\n".join(b"%d,%d" % (x, x + 2) for x in range(9))

    def visit() -> Run:
        problem = LinearRegression(source="csv", csv=CsvDataset.of(read_table(content), 1, (0,)))
        return Run(problem=problem, epochs=3)

    first, second = visit(), visit()
    pickled = pickle.dumps(train(first))
    assert first.problem.csv.table is second.problem.csv.table
    del second
    gc.collect()
    assert pickle.loads(pickled).run.problem.csv.table is first.problem.csv.table


def test_what_is_kept_of_a_large_table_is_found_again() -> None:
    lines = [
        ",".join(f"f{k}" for k in range(50)),
        *(",".join(str((r * k) % 9) for k in range(50)) for r in range(9000)),
    ]
    own = CsvDataset.of(read_table("\n".join(lines).encode()), 49, tuple(range(1, 49)))
    run = Run(problem=LinearRegression(source="csv", csv=own), epochs=1, validation_split=0.2)
    assert run.training is replace(run, epochs=2).training
    assert run.whole is run.whole


def test_numbers_too_small_to_be_squared_are_scaled_to_numbers() -> None:
    table = read_table(b"x,y\n" + b"\n".join(b"%de-180,%d" % (x, x) for x in range(1, 30)))
    problem = LinearRegression(source="csv", csv=CsvDataset.of(table, 1, (0,)))
    assert problem.data.inputs.isfinite().all()
    assert train(Run(problem=problem, epochs=20)).status == "finished"


def test_a_validation_outlier_says_nothing_of_overfitting() -> None:
    table = read_table(b"x,y\n" + b"\n".join(b"%d,%d" % (x, x % 5) for x in range(30)) + b"\n1e60,3\n")
    problem = Polynomial(source="csv", degree=8, csv=CsvDataset.of(table, 1, (0,)))
    found = [
        history
        for seed in range(12)
        for history in [train(Run(problem=problem, epochs=9, validation_split=0.2, shuffle_seed=seed))]
        if history.finished and not history.validation_loss.isfinite().all()
    ]
    assert found
    assert {history.overfitting_from for history in found} == {None}


def test_a_problem_that_does_not_use_a_table_does_not_hold_it() -> None:
    assert LinearRegression(source="synthetic", csv=PRICE) == LinearRegression()
    assert "csv=" not in Run(problem=LinearRegression(csv=PRICE)).to_query()


def test_classes_that_are_numbers_keep_their_digits() -> None:
    lines = "\n".join(f"{x},{1234567 + x % 2}" for x in range(12))
    own = CsvDataset.of(read_table(f"x,code\n{lines}".encode()), 1, (0,))
    assert SoftmaxRegression(source="csv", csv=own).class_names == ("1234567", "1234568")


def test_a_hundred_thousand_samples_train() -> None:
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(100_000, 20, generator=generator, dtype=torch.float64)
    frame = pd.DataFrame(numbers.numpy(), columns=[f"c{k}" for k in range(20)])
    frame["c19"] = (numbers[:, :19] @ torch.arange(19.0, dtype=torch.float64)).numpy()
    table = CsvTable("big.csv", "c" * 16, frame, "UTF-8", "comma", "point", 100_000, (), ())
    problem = LinearRegression(source="csv", csv=CsvDataset.of(table, 19, range(19)))
    history = train(Run(problem=problem, optimizer=SGD(lr=0.2), epochs=40))
    assert history.loss[-1] < 1e-3 * history.loss[0]
    batched = train(
        Run(problem=problem, optimizer=SGD(lr=0.02), epochs=2, batch_size=1000, validation_split=0.1)
    )
    assert batched.loss[-1] < 0.1 * batched.loss[0]
