"""What the files hold that a page offers."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any
from zipfile import ZipFile

import pytest
import streamlit

from dashboard.state import Page
from tests.dashboard.page import opened, unfolded
from trainers import Run, program
from trainers.optimizers import SGD
from trainers.settings import settings_of


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """The files of the page of a link, by their names."""
    offered = dict[str, Callable[[], str]]()

    def button(label: str, make: Callable[[], str], file: str, **_: Any) -> None:
        offered[file] = make

    def files(link: str) -> dict[str, str]:
        offered.clear()
        unfolded(opened(link))
        return {name: make() for name, make in offered.items()}

    monkeypatch.setattr(streamlit, "download_button", button)
    return files


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """The texts that the page of a link copies, by the key of the button."""
    found = dict[str, str]()

    def button(data: dict[str, str], key: str) -> None:
        found[key] = data["text"]

    def texts(link: str) -> dict[str, str]:
        found.clear()
        unfolded(opened(link))
        return dict(found)

    monkeypatch.setattr("dashboard.take_along.copier", lambda: button)
    return texts


def shown_runs(link: str) -> tuple[Run, ...]:
    return Page.from_query(link)[0].runs


def rows(text: str) -> tuple[list[str], list[list[str]]]:
    header, *others = csv.reader(io.StringIO(text))
    return header, others


def test_curves_settings_and_the_chart(files: Callable[[str], dict[str, str]]) -> None:
    made = files("epochs=20&run=SGD~lr-0.02&run=Adam")
    assert made.keys() == {"curves.csv", "settings.json", "loss.svg", "runs.py", "runs.ipynb"}
    header, lines = rows(made["curves.csv"])
    assert header == ["run", "epoch", "loss", "gap", "gradient_norm", "w", "b", "gradient_w", "gradient_b"]
    assert [line[:2] for line in lines] == [[run, str(k)] for run in ("SGD", "Adam") for k in range(21)]
    assert json.loads(made["settings.json"])["runs"][0]["optimizer"]["lr"] == 0.02
    assert made["loss.svg"].startswith("<svg")


def test_every_run_of_a_grid(files: Callable[[str], dict[str, str]]) -> None:
    made = files("epochs=20&run=SGD&tab=Grid+search&grid_search=count-4")
    header, lines = rows(made["grid.csv"])
    assert header[:2] == ["lr", "momentum"]
    assert header[2:] == ["seed", "final_loss", "best_loss", "gap", "status", "diverged_at"]
    bounds = settings_of(SGD)["lr"].search
    assert len(lines) == len({tuple(line[:2]) for line in lines}) == 16
    assert {float(line[0]) for line in lines} >= set(bounds)


def test_every_trial_of_a_race(files: Callable[[str], dict[str, str]]) -> None:
    made = files("epochs=20&run=SGD&tab=Race&race=trials-4~seeds-3~epochs-20")
    header, lines = rows(made["trials.csv"])
    assert header[:4] == ["run", "trial", "lr", "seed"]
    assert len(lines) == 6 * 4 * 3
    assert [line[1] for line in lines[:12]] == [str(k // 3) for k in range(12)]
    assert made["race.svg"].startswith("<svg")


def test_the_runs_can_be_taken_along(files: Callable[[str], dict[str, Any]]) -> None:
    made = files("epochs=20&run=SGD~lr-0.02&run=Adam")
    assert made["runs.py"] == program(shown_runs("epochs=20&run=SGD~lr-0.02&run=Adam"), ["SGD", "Adam"]).text
    introduction = json.loads(made["runs.ipynb"])["cells"][0]["source"]
    assert "run=SGD~manual~lr-0.02" in "".join(introduction)


def test_data_come_along_in_one_file(files: Callable[[str], dict[str, Any]]) -> None:
    made = files("problem=SoftmaxRegression&epochs=2&run=SGD")
    folder = ZipFile(io.BytesIO(made["runs.zip"]))
    assert folder.namelist() == ["runs.py", "runs.ipynb", "data.csv"]
    run = shown_runs("problem=SoftmaxRegression&epochs=2&run=SGD")[0]
    assert folder.read("runs.py").decode() == run.to_script()
    assert len(folder.read("data.csv").splitlines()) == 1 + run.problem.num_samples


@pytest.mark.parametrize("tab", ["race", "grid"])
def test_races_and_grids_can_be_taken_along(tab: str, files: Callable[[str], dict[str, Any]]) -> None:
    link = {
        "race": "epochs=20&run=SGD&tab=Race&race=trials-4~seeds-3~epochs-20",
        "grid": "epochs=20&run=SGD&tab=Grid+search&grid_search=count-4",
    }[tab]
    made = files(link)
    compile(made[f"{tab}.py"], "program", "exec")
    assert json.loads(made[f"{tab}.ipynb"])["nbformat"] == 4


def test_what_is_copied_is_what_the_page_says(copied: Callable[[str], dict[str, str]]) -> None:
    link = "epochs=20&run=SGD~lr-0.02&run=Adam&tab=Race&race=trials-4~seeds-3~epochs-20"
    texts = copied(link)
    address, verdict, header, *rows = filter(None, texts["runs.result"].splitlines())
    assert address.endswith(Page.from_query(link)[0].to_query())
    assert verdict.startswith("After 20 epochs SGD has the smallest gap")
    assert header.split()[:3] == ["run", "lr", "status"]
    assert [row.split()[0] for row in rows] == ["SGD", "Adam"]
    assert all(row.find("0.0") == header.find("lr") for row in rows)
    assert "After tuning" in texts["race.result"]
    assert texts["race.program"].startswith("import math\n\nimport torch\n")


def test_a_page_without_runs_has_nothing_to_take_along(
    copied: Callable[[str], dict[str, str]], files: Callable[[str], dict[str, str]]
) -> None:
    assert copied("run=none") == {}
    assert files("run=none").keys() == {"settings.json"}


def test_why_there_is_no_program_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> None:
        raise NotImplementedError("*This* can't be written as a program")

    monkeypatch.setattr("dashboard.take_along.program", none)
    captions = [caption.value for caption in unfolded(opened("epochs=3&run=SGD")).main.caption]
    assert r"No program: \*This\* can\'t be written as a program." in captions
