"""A problem that whoever runs the server offers: in the list, in links, on each tab, and its errors."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.own_problem import VARIABLE, ProblemError, offer_problem, read_place
from dashboard.tabs import TABS
from tests.dashboard.page import coarse_maps, opened, sentence, shown
from tests.matrix import slow_but
from tests.repository import ROOT
from trainers import Run
from trainers.problems import PROBLEMS

PLACE = f"{ROOT / 'docs' / 'my_model.py'}:problem"
TASK = "problem=module:small_cnn&epochs=2&batch_size=512&validation_split=0.2"
RUNS = "run=SGD~torch.optim~lr-0.1&run=Adam~manual~lr-0.01&run=Muon~torch.optim~lr-0.02"


@pytest.fixture(scope="module", autouse=True)
def name() -> Iterator[str]:
    name = offer_problem(PLACE)
    yield name
    del PROBLEMS[name]


QUICK = ("Compare", "Three ways", "Learning rate", "Path")
"""Tabs with a picture or a text of their own for such a problem."""


@pytest.mark.parametrize("tab", slow_but(QUICK, [tab.name for tab in TABS]))
def test_it_is_on_every_tab(tab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    coarse_maps(monkeypatch)
    app = opened(f"{TASK}&{RUNS}&tab={tab.replace(' ', '+')}")
    assert not app.exception
    assert not app.warning
    page = shown(app)
    assert page.tab == tab
    assert [method.runner for method in page.methods] == ["torch.optim", "autograd", "torch.optim"]
    assert page.to_query().startswith("begin=1&problem=module:small_cnn&epochs=2")
    assert sentence(app)


def test_it_is_chosen_in_the_list() -> None:
    app = opened("epochs=5&run=SGD~manual~lr-0.01")
    chosen = next(box for box in app.selectbox if box.key == "problem")
    assert chosen.options[-1] == "module:small_cnn"
    chosen.set_value("module:small_cnn").run()
    assert not app.exception
    assert [method.runner for method in shown(app).methods] == ["autograd"]
    assert "A module with 410 parameters, offered by this server." in [each.value for each in app.caption]


def test_a_link_to_it_opens_the_same_run_here(name: str) -> None:
    run = Run(problem=PROBLEMS[name](), runner="torch.optim", epochs=3)
    assert Run.from_query(run.to_query()) == (run, [])


def test_a_link_to_one_that_is_not_here_says_so() -> None:
    app = opened("problem=module:other&epochs=5&run=SGD~manual~lr-0.01")
    told = [warning.value.replace("\\", "") for warning in app.warning]
    assert told[1] == "“module?other” is unknown: using Thermometer."


def test_where_it_is_said() -> None:
    place = "a.py:b"
    assert read_place(["--problem", place, "--server.port=80"], {}) == (place, ["--server.port=80"])
    assert read_place([f"--problem={place}"], {VARIABLE: "c.py:d"}) == (place, [])
    assert read_place(["--server.port=80"], {VARIABLE: place}) == (place, ["--server.port=80"])
    assert read_place([], {}) == ("", [])


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("problem = 1", "problem", "problem in .*my.py must be a trainers.problems.Module, it is a int"),
        ("", "problem", "problem in .*my.py must be a trainers.problems.Module, it is nothing"),
        (
            "import nothing_of_this_name",
            "problem",
            "my.py can't be run: ModuleNotFoundError",
        ),
        ("1 +", "problem", "my.py can't be run: SyntaxError"),
        ("", "a b", "--problem must be FILE.py:NAME"),
    ],
)
def test_what_is_wrong_is_told(text: str, place: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "my.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ProblemError, match=told):
        offer_problem(f"{file}:{place}")


def test_it_is_told_before_the_server_starts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dashboard", "--problem", f"{tmp_path / 'none.py'}:problem"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.startswith("--problem must be FILE.py:NAME, a file and a name in it; got")
    assert "Traceback" not in done.stderr
