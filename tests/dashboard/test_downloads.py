"""What the files hold that a page offers."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import streamlit

from tests.dashboard.page import opened
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
        opened(link)
        return {name: make() for name, make in offered.items()}

    monkeypatch.setattr(streamlit, "download_button", button)
    return files


def rows(text: str) -> tuple[list[str], list[list[str]]]:
    header, *others = csv.reader(io.StringIO(text))
    return header, others


def test_curves_settings_and_the_chart(files: Callable[[str], dict[str, str]]) -> None:
    made = files("epochs=20&run=SGD~lr-0.02&run=Adam")
    assert made.keys() == {"curves.csv", "settings.json", "loss.svg"}
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
