"""Formats of results, and where they go."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.repository import ROOT
from tests.trainers.terminal.conftest import Command
from trainers.clipping import ClipNorm
from trainers.comparison import compare
from trainers.datasets.csv.table import read_table
from trainers.optimizers import OPTIMIZERS, SGD, Adam
from trainers.problems import PROBLEMS, CsvDataset, LinearRegression, Thermometer
from trainers.races.settings import RaceSettings
from trainers.races.spec import Race
from trainers.run import Run, Task
from trainers.runners import RUNNERS
from trainers.schedules import CosineAnnealingLR
from trainers.scripts import program
from trainers.settings import settings_of
from trainers.terminal.commands import COMMANDS as CLICK_COMMANDS
from trainers.terminal.output import as_json
from trainers.terminal.program import SUMMARIES
from trainers.training import train

HOMES = ROOT / "tests" / "golden" / "homes.csv"
DIVERGED = ("run", "--lr", "30", "--epochs", "40", "--quiet")
COMMANDS: dict[str, list[str]] = {
    "run": [*DIVERGED],
    "compare": ["compare", "run=SGD&run=Adam&epochs=5"],
    "sweep": ["sweep", "--axis", "lr=0.01:100:5", "--epochs", "40"],
    "race": ["race", "--run", "SGD", "--run", "Adam", "--trials", "3", "--epochs", "20"],
    "ranking": [
        "race",
        "--run",
        "SGD",
        "--run",
        "Adam",
        "--trials",
        "3",
        "--epochs",
        "20",
        "--rows",
        "optimizers",
    ],
    "list": ["list"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_all_formats_have_the_same_rows(name: str, command: Command, tmp_path: Path) -> None:
    frames = []
    for suffix, read in (("csv", pd.read_csv), ("json", pd.read_json), ("parquet", pd.read_parquet)):
        file = tmp_path / f"rows.{suffix}"
        assert command(*COMMANDS[name], "--output", str(file)).out == ""
        frames.append(read(file))
    for frame in frames[1:]:
        assert list(frame) == list(frames[0])
        assert len(frame) == len(frames[0]) > 1
        for column in frame:
            assert [_plain(value) for value in frame[column]] == [
                _plain(value) for value in frames[0][column]
            ]


def _plain(value: Any) -> Any:
    """Files differ in what is missing or infinite, and in the types of numbers."""
    if pd.isna(value) or value in (float("inf"), float("-inf")):
        return None
    try:
        return pytest.approx(float(value), rel=1e-12)
    except (TypeError, ValueError):
        return value


@pytest.mark.parametrize("name", SUMMARIES)
def test_no_two_settings_share_an_option(name: str) -> None:
    names = [option for parameter in CLICK_COMMANDS[name].params for option in parameter.opts]
    assert len(names) == len(set(names))


def test_everything_there_is_is_listed(command: Command) -> None:
    rows = json.loads(command("list", "--format", "json").out)
    listed = {(row["name"], row["setting"]) for row in rows}
    kinds = OPTIMIZERS | PROBLEMS | {"Training": Task, "Race": RaceSettings}
    assert listed >= {(name, setting) for name, kind in kinds.items() for setting in settings_of(kind)}
    assert listed >= {(name, None) for name in (*OPTIMIZERS, *PROBLEMS, *RUNNERS)}
    (lr,) = [row for row in rows if (row["name"], row["setting"]) == ("Adam", "lr")]
    assert (lr["low"], lr["high"], lr["default"], lr["scale"]) == (1e-8, 100, "0.001", "log")
    shown = command("list", "problems").out
    assert all(f" {name} " in shown for name in PROBLEMS)


def test_the_rows_of_a_run_are_those_of_its_frame(command: Command) -> None:
    rows = json.loads(
        command("run", "--optimizer", "Adam", "--lr", "0.1", "--epochs", "20", "--format", "json").out
    )
    assert rows == train(Run(optimizer=Adam(lr=0.1), epochs=20)).frame().assign(run="Adam").to_dict("records")


def test_json_has_null_for_what_is_no_number(command: Command) -> None:
    text = command(*DIVERGED, "--format", "json").out
    rows = json.loads(text, parse_constant=pytest.fail)
    assert rows[-1]["loss"] is None
    frame = pd.DataFrame({"a": [float("inf"), float("nan"), 1.5], "b": [pd.NA, 1, None]})
    assert as_json(frame) == '[\n{"a": null, "b": null},\n{"a": null, "b": 1},\n{"a": 1.5, "b": null}\n]\n'


def test_a_row_for_each_run_has_the_results(command: Command) -> None:
    link = "run=SGD~lr-0.02&run=Adam~lr-1&epochs=100"
    rows = json.loads(command("compare", link, "--rows", "runs", "--format", "json").out)
    result = compare([Run.from_query(f"run={run}&epochs=100")[0] for run in ("SGD~lr-0.02", "Adam~lr-1")])
    assert [row["final_loss"] for row in rows] == [float(history.loss[-1]) for history in result.histories]
    assert [row["epochs_to_0.01"] for row in rows] == [None, 71]
    lines = command("compare", link, "--rows", "epochs", "--epochs", "3").out.splitlines()
    told = [line.split()[0] for line in lines if line.startswith((" SGD", " Adam"))]
    assert told == 4 * ["SGD"] + 4 * ["Adam"]


def test_parquet_is_not_written_to_a_terminal(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        ended = command("run", "--format", "parquet", "--epochs", "2")
    assert ended.code == 2
    assert "Parquet is not for a terminal: use --output FILE or a pipe." in ended.err


def test_parquet_goes_into_a_pipe(capfdbinary: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainers.terminal.start import main

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    assert main(["run", "--format", "parquet", "--epochs", "2", "--quiet"]) == 0
    content = sys.stdout.buffer
    assert isinstance(content, io.BytesIO)
    assert len(pd.read_parquet(io.BytesIO(content.getvalue()))) == 3


def test_a_file_that_can_not_be_written_is_named(command: Command, tmp_path: Path) -> None:
    ended = command("run", "--epochs", "2", "--quiet", "--format", "csv", "--output", str(tmp_path))
    assert (ended.code, ended.out) == (1, "")
    assert f"Error: {tmp_path} can't be written: Is a directory." in ended.err


def test_a_program_is_written_with_the_data_that_it_reads(command: Command, tmp_path: Path) -> None:
    link = "problem=SoftmaxRegression~source-digits&run=SGD"
    expected = program(Run.from_query(link)[0])
    shown = command("script", link)
    assert shown.out == expected.text
    (data,) = expected.files()
    assert shown.err == f"The program reads {data}: --output writes both.\n"
    assert command("script", link, "--output", str(tmp_path / "train.py")).code == 0
    assert (tmp_path / "train.py").read_text(encoding="utf-8") == expected.text
    assert (tmp_path / data).read_text(encoding="utf-8") == expected.files()[data]


def test_comparisons_and_races_are_written_as_programs_too(command: Command, tmp_path: Path) -> None:
    link = "problem=Rosenbrock&epochs=5&run=SGD~lr-0.001&run=Adam~lr-0.1"
    runs = [
        Run.from_query(f"problem=Rosenbrock&epochs=5&run={run}")[0] for run in ("SGD~lr-0.001", "Adam~lr-0.1")
    ]
    assert command("script", link).out == program(runs).text
    race = command("script", f"{link}&race=optimizers-runs~trials-4", "--race").out
    assert (
        race
        == program(Race(problem=runs[0].problem, optimizers=tuple(r.optimizer for r in runs), trials=4)).text
    )
    assert command("script", link, "--output", str(tmp_path / "both.ipynb")).code == 0
    cells = json.loads((tmp_path / "both.ipynb").read_text(encoding="utf-8"))["cells"]
    assert "Adam" in "".join(cells[0]["source"])


def test_own_data_are_trained_on(command: Command) -> None:
    columns = ("--csv-target", "price", "--csv-feature", "size", "--problem", "LinearRegression")
    ended = command("run", "--csv", str(HOMES), *columns, "--epochs", "5", "--format", "json")
    table = read_table(HOMES.read_bytes(), HOMES.name)
    names = list(table.frame.columns)
    csv = CsvDataset.of(table, names.index("price"), [names.index("size")])
    run = Run(problem=LinearRegression(source="csv", csv=csv), epochs=5)
    losses = [row["loss"] for row in json.loads(ended.out)]
    assert losses == train(run).loss.double().tolist()
    linked = command("run", run.to_query(), "--csv", str(HOMES), "--format", "json")
    assert [row["loss"] for row in json.loads(linked.out)] == losses


def test_options_stand_in_the_place_of_a_link(command: Command) -> None:
    link = "problem=Thermometer~scaling-raw&epochs=9&run=SGD~lr-0.5&start=2~1"
    given = ("--scaling", "x0.1", "--lr", "0.01", "--runner", "autograd", "--format", "json")
    rows = json.loads(command("run", link, *given).out)
    asked = Run.from_query(link)[0]
    run = replace(asked, problem=Thermometer(), optimizer=SGD(lr=0.01), runner="autograd")
    assert [row["loss"] for row in rows] == train(run).loss.double().tolist()
    other = json.loads(command("run", link, "--problem", "Beale", "--lr", "0.001", "--format", "json").out)
    assert [other[0]["x"], other[0]["y"]] == PROBLEMS["Beale"]().start().tolist()


def test_a_race_of_a_link_is_the_one_of_its_page(command: Command) -> None:
    link = (
        "epochs=2000&run=SGD~lr-0.1&run=Adam&run=Adam~lr-0.5&race=optimizers-runs~trials-2~seeds-1~epochs-5"
    )
    ended = command("race", link, "--format", "json")
    rows = json.loads(ended.out)
    assert {row["run"] for row in rows} == {"SGD", "Adam"}
    assert len(rows) == 2 * 2
    assert "3 runs, 2 optimizers" in ended.err


def test_a_program_overwrites_no_file_of_other_data(command: Command, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("mine")
    ended = command("script", "problem=SoftmaxRegression&run=SGD", "--output", str(tmp_path / "train.py"))
    assert ended.code == 2
    assert f"The program reads {tmp_path / 'data.csv'}, but a file of that name is there" in ended.err
    assert (tmp_path / "data.csv").read_text() == "mine"
    assert not (tmp_path / "train.py").exists()


@pytest.mark.parametrize(
    "race",
    ["race=optimizers-runs~trials-3", "race=Racing~entrants-runs~trials-3", "optimizers=runs&race=trials-3"],
)
def test_older_links_race_what_the_page_does(command: Command, race: str) -> None:
    text = command("script", f"epochs=5&run=SGD~lr-0.001&run=Adam~lr-0.1&{race}", "--race").out
    assert text == program(Race(optimizers=(SGD(lr=0.001), Adam(lr=0.1)), trials=3)).text


def test_schedule_and_clipping_come_from_a_link_or_from_options(command: Command) -> None:
    run = Run(
        optimizer=Adam(lr=0.3),
        schedule=CosineAnnealingLR(warmup=20),
        clipping=ClipNorm(max_norm=5),
        epochs=60,
    )
    given = (
        "--optimizer Adam --lr 0.3 --lr-schedule CosineAnnealingLR~warmup-20 --clipping ClipNorm~max_norm-5"
    )
    wanted = float(train(run).loss[-1])
    for arguments in (["run", run.to_query()], ["run", *given.split(" "), "--epochs", "60"]):
        ended = command(*arguments, "--format", "csv")
        assert ended.code == 0
        last = pd.read_csv(io.StringIO(ended.out)).iloc[-1]
        assert last["loss"] == pytest.approx(wanted, rel=1e-6)
