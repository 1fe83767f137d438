"""Programs and notebooks give the page's numbers, in a fresh process."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch

from tests.matrix import by_kind, optimizers, quick
from tests.trainers.scripts import child
from tests.trainers.scripts.cases import COMPARISONS, RACES, SWEEPS, comparison
from tests.trainers.scripts.fresh import cells_of, run_notebooks, run_programs
from trainers import Axis, History, Race, Run, Sweep, program, race, sweep, train
from trainers.datasets.csv.table import read_table
from trainers.exports import Program
from trainers.optimizers import SGD, Optimizer
from trainers.problems import CsvDataset, LinearRegression, LogisticRegression, SoftmaxRegression
from trainers.races.redraw import median
from trainers.reports.grid import final_values
from trainers.run import MAX_COORDINATES, runners
from trainers.scripts import run_code
from trainers.steps import record_steps

RELATIVE = {"float32": 1e-4, "float64": 1e-6}
ROUNDING = {"float32": 1e-7, "float64": 1e-15}
trained = cache(train)
LINE = re.compile(r"(?P<name>.*): (?:diverged after (?P<epochs>\d+) epochs|(?P<loss>\S+) (?P<params>\S.*))")
RANKED = re.compile(r"(.*): (\{.*\}), tuned (\S+), default lr (\S+), (\d+) failed")
SOME = [pytest.param(True, id="some"), pytest.param(False, id="all", marks=pytest.mark.slow)]
DECIDED = [4, 12, 16]
"""Random comparisons whose numbers more than rounding decides."""


@cache
def decided(run: Run) -> bool:
    """Whether more than rounding decides the numbers: a start one rounding step away gives the same."""
    history, step = trained(run), ROUNDING[run.dtype]
    near = tuple(x + step * max(abs(x), 1) for x in run.start_values())
    other = train(replace(run, start=near))
    if history.diverged_at != other.diverged_at:
        return False
    return not history.finished or close(history.params[-1], other.params[-1], RELATIVE[run.dtype] / 10)


def close(some: Any, others: Any, relative: float) -> bool:
    """Whether numbers are, relative to the largest."""
    scale = float(torch.as_tensor(others).double().abs().amax())
    some, others = (torch.as_tensor(each).double() for each in (some, others))
    return torch.allclose(some, others, rtol=relative, atol=relative * scale * 1e-3)


def assert_line(line: str, run: Run, history: History) -> None:
    """A line of a program says what became of a run."""
    found = LINE.fullmatch(line)
    assert found, line
    assert (found["epochs"] is None) == history.finished
    if not history.finished:
        assert int(found["epochs"]) == history.diverged_at
        return
    params = history.params[-1].double()
    expected = params if len(params) <= MAX_COORDINATES else params.norm()
    relative = RELATIVE[run.dtype]
    assert close(json.loads(found["params"]), expected, relative)
    assert float(found["loss"]) == pytest.approx(float(history.loss[-1]), rel=relative, abs=1e-12)


def specs(few: bool) -> list[Any]:
    """Comparisons, single runs, races and sweeps."""
    comparisons = [comparison(seed) for seed in (DECIDED if few else range(COMPARISONS))]
    runs = [
        Run(optimizer=optimizer, runner=runner, epochs=12, dtype="float64")
        for optimizer in (quick()[::9] if few else optimizers())
        for runner in runners(type(optimizer))
    ]
    return [*comparisons, *runs, *(RACES[:1] if few else RACES), *(SWEEPS[:1] if few else SWEEPS)]


@pytest.mark.parametrize("few", SOME)
def test_programs_print_the_numbers_of_the_page(few: bool, tmp_path: Path) -> None:
    each = specs(few)
    for printed, spec in zip(run_programs(list(map(program, each)), tmp_path), each, strict=True):
        if isinstance(spec, Race):
            assert_ranking(printed.splitlines(), spec)
        elif isinstance(spec, Sweep):
            assert_best(printed.splitlines(), spec)
        elif isinstance(spec, Run):
            assert_line(f"run: {printed.strip()}", spec, trained(spec))
        else:
            assert_lines(printed.splitlines(), spec)
    undecided = [seed for seed in DECIDED for run in comparison(seed) if not decided(run)]
    assert not undecided


def assert_lines(lines: Sequence[str], runs: Sequence[Run]) -> None:
    for line, run in zip(lines, runs, strict=True):
        if decided(run):
            assert_line(line, run, trained(run))


def assert_ranking(lines: Sequence[str], spec: Race) -> None:
    for line, row in zip(lines, ranked(spec), strict=True):
        found = RANKED.fullmatch(line)
        assert found, line
        name, best, tuned, default, failed = found.groups()
        assert (name.removesuffix(" (2)"), json.loads(best.replace("'", '"'))) == row[:2]
        assert (float(tuned), float(default)) == pytest.approx(row[2:4], rel=1e-6, abs=1e-12)
        assert int(failed) == row[4]


def assert_best(lines: Sequence[str], spec: Sweep) -> None:
    result = sweep(spec)
    values = final_values(result).nan_to_num(math.inf)
    first, *best = lines
    failed, diverged = int(values.isinf().sum()), int((result.diverged_at >= 0).sum())
    assert first == f"{spec.size} runs, {failed} failed, {diverged} diverged"
    assert len(best) == min(5, spec.size)
    for line, row in zip(best, values.argsort(stable=True).tolist(), strict=False):
        settings, _, score = line.rpartition(": ")
        expected = {name: column[row].item() for name, column in spec.settings.items()}
        # Torch makes the first quasi-random point in the default precision, which is the program's.
        assert json.loads(settings.replace("'", '"')) == pytest.approx(expected, rel=1e-7)
        assert float(score) == pytest.approx(float(values[row]), rel=1e-6)


def ranked(spec: Race) -> list[tuple[Any, ...]]:
    """What the page's ranking says: name, hyperparameters of the best trial, scores, how many failed."""
    result = race(spec)
    rows = []
    for place in result.ranking:
        entry = result.results[place]
        space = spec.space(entry.optimizer)
        best = {name: getattr(entry.best_optimizer, name) for name in space}
        scores = float(median(entry.tuned_scores)), float(median(entry.default_scores))
        rows.append((spec.name_of(entry.optimizer), best, *scores, int(entry.scores.isinf().sum())))
    return rows


@pytest.mark.parametrize("few", SOME)
def test_notebooks_show_the_table_and_the_chart(
    few: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = [spec for spec in specs(few) if not isinstance(spec, Run)]
    made = list(map(program, each))
    for some in made:
        nbformat.validate(nbformat.reads(some.notebook("https://example.org/?x"), as_version=4))
    monkeypatch.chdir(tmp_path)
    shown = [run_here(some) for some in made] if few else run_notebooks(made, tmp_path)
    for spec, (table, *charts) in zip(each, shown, strict=True):
        rows = json.loads(table)
        heat_map = isinstance(spec, Sweep) and len(spec.axes) == 2 and spec.num_points is None
        assert len(charts) == (heat_map if isinstance(spec, Sweep) else 1)
        for chart in charts:
            assert all(json.loads(chart)["datasets"].values())
        if isinstance(spec, Race):
            tuned = [math.inf if row["tuned"] is None else row["tuned"] for row in rows]
            assert tuned == pytest.approx([result[2] for result in ranked(spec)], rel=1e-6)
        elif isinstance(spec, Sweep):
            best = final_values(sweep(spec)).nan_to_num(math.inf).min()
            assert rows[0]["score"] == pytest.approx(float(best), rel=1e-6)
        else:
            assert_table(rows, spec)


def run_here(made: Program) -> list[str]:
    """What a notebook shows, run in this process: that is faster."""
    names: dict[str, Any] = {}
    for name, content in made.files().items():
        Path(name).write_text(content, encoding="utf-8")
    try:
        return [shown for cell in cells_of(made) if (shown := child.run(cell, names))]
    finally:
        torch.set_default_dtype(torch.float32)


def assert_table(rows: Sequence[dict[str, Any]], runs: Sequence[Run]) -> None:
    """The table of a notebook has the page's numbers."""
    for row, run in zip(rows, runs, strict=True):
        if not decided(run):
            continue
        history = trained(run)
        assert row["status"].startswith("finished" if history.finished else "diverged")
        relative = RELATIVE[run.dtype]
        assert row["best loss"] == pytest.approx(history.best, rel=relative, abs=1e-12)
        if history.finished:
            assert row["final loss"] == pytest.approx(float(history.loss[-1]), rel=relative, abs=1e-12)


STEPPED = [(optimizer, runner) for optimizer in quick(by_hand=True) for runner in runners(type(optimizer))]


@pytest.mark.parametrize("cases", by_kind(STEPPED[::4], STEPPED))
def test_single_steps_from_the_same_state(cases: list[tuple[Optimizer, str]]) -> None:
    for optimizer, runner in cases:
        steps_alike(optimizer, runner)


def steps_alike(optimizer: Optimizer, runner: str) -> None:
    """Where rounding decides in the end, too: in float32."""
    run = Run(optimizer=replace(optimizer, lr=0.01), runner=runner, epochs=30)
    code = run_code(run)
    head, body = "\n".join([*code.head, *code.gradient]), "\n".join(code.loop.body())
    names: dict[str, Any] = {}
    exec(head, names)
    states = dict(run.optimizer.update_code().names)
    for step in record_steps(run, range(0, 30, 6)):
        exec("\n".join([*code.start, *code.loop.setup]), names)
        params = names["params"]
        with torch.no_grad():
            params.copy_(step.params)
        if step.update and runner == "torch.optim":
            kept = {name: part.clone() for name, part in step.state.items()}
            names["optimizer"].state[params] |= kept | {"step": torch.tensor(float(step.update))}
        elif step.update:
            exec(body, names)  # what is other than 0 from the second update on
            names |= {"t": step.update} | {
                states[key]: part for key, part in step.state.items() if key in states
            }
            names["params"] = step.params.clone().requires_grad_(runner == "autograd")
        exec(body, names)
        assert close(names["params"].detach(), step.new_params, 1e-6)


def test_a_line_breaks_where_it_can() -> None:
    specs: list[Any] = [comparison(seed) for seed in range(20)]
    for made in map(program, [*specs, *RACES, *SWEEPS]):
        for line in made.text.splitlines():
            assert len(line) <= 60 or '"' in line, line


@pytest.mark.parametrize(
    "name", ['"""', "a\nimport os", "\\", "'; 1/0 #", "’ \u2028 \ud800 {name}", "<b>*x*</b>"]
)
def test_a_name_is_never_code(name: str) -> None:
    made = program([Run(epochs=1)] * 2, [name, name])
    names: dict[str, Any] = {}
    exec(compile(made.text.split("\nfor name, ")[0], "program", "exec"), names)
    assert list(names["results"]) == [name, f"{name} (2)"]


def test_names_and_links_are_escaped_in_markdown() -> None:
    made = program([Run(epochs=1)], ["<b>*x*</b>\n# y"])
    notebook = json.loads(made.notebook("http://x/?a=<script>&b=)>\n# c d"))
    first = "".join(notebook["cells"][0]["source"])
    assert "- \\<b\\>\\*x\\*\\<\\/b\\> \\# y\n" in first
    assert "(<http://x/?a=%3Cscript%3E&b=%29%3E%0A%23%20c%20d>)" in first


HEADER = b'"a""\\n, x","__import__(\'os\')",y\n'


@pytest.mark.parametrize("rows", [8, 99])
def test_columns_of_a_table_are_never_code(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With few rows the data stand in the program, with many in its file."""
    content = HEADER + b"".join(b"%d,%d,%d\n" % (k, k * k % 7, k % 5) for k in range(rows))
    table = read_table(content, "'\"; import os.csv")
    csv = CsvDataset.of(table, target=2, features=(0, 1))
    run = Run(problem=LinearRegression(source="csv", csv=csv), epochs=2, dtype="float64")
    made = program([run])
    assert bool(made.files()) == (rows == 99)
    assert not any('"' in content or "_" in content for content in made.files().values())
    assert "__import__" not in made.text + made.notebook(run.to_query())
    monkeypatch.chdir(tmp_path)
    assert json.loads(run_here(made)[0])[0]["final loss"] == pytest.approx(float(train(run).loss[-1]))


def test_it_is_said_why_there_is_no_program() -> None:
    with pytest.raises(ValueError, match="runs must be at least one, got none"):
        program([])
    with pytest.raises(ValueError, match="runs must share their task, but differ in epochs"):
        program([Run(epochs=1), Run(epochs=2)])
    with pytest.raises(NotImplementedError, match="int can't be written as a program"):
        program(3)


def test_each_says_what_it_is_written_as() -> None:
    run = Run(epochs=3)
    assert run.to_script() == program(run).text
    assert run.to_notebook("http://localhost") == program(run).notebook("http://localhost")
    for spec in (RACES[0], SWEEPS[0]):
        assert spec.to_script() == program(spec).text
        assert isinstance(program(spec), Program)


def test_seeds_with_splits_of_their_own_are_no_program() -> None:
    told = "Seeds whose validation splits differ can't be written as one program"
    run = Run(problem=LogisticRegression(samples=20), validation_split=0.2, epochs=2)
    with pytest.raises(NotImplementedError, match=told):
        program(Sweep(run, {"lr": Axis(0.1, 1, 2)}, seeds=2))
    with pytest.raises(NotImplementedError, match=told):
        program(Race(problem=run.problem, validation_split=0.2, optimizers=(SGD(),)))
    program(Sweep(run, {"lr": Axis(0.1, 1, 2)}))


def test_too_many_runs_at_once_are_no_program() -> None:
    many = {"lr": Axis(1e-4, 1, 40), "momentum": Axis(0, 0.99, 40)}
    run = Run(problem=SoftmaxRegression(), epochs=2)
    with pytest.raises(NotImplementedError, match="1,600 runs on 1,797 samples need too much memory in one"):
        program(Sweep(run, many))
    with pytest.raises(NotImplementedError, match="2,200 runs on 1,797 samples need too much memory in one"):
        program(Race(problem=run.problem, trials=200))
    assert program(Sweep(Run(epochs=2), many)).text
