"""Bad input gets a sentence that names value and bound, and its exit code; never a traceback."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.repository import ROOT
from tests.trainers.terminal.conftest import Command
from trainers.links import MAX_LINK_LENGTH
from trainers.optimizers import OPTIMIZERS
from trainers.problems import PROBLEMS
from trainers.races.settings import RaceSettings
from trainers.run import Task
from trainers.settings import Choice, Real, Setting, settings_of
from trainers.terminal.commands import COMMANDS
from trainers.terminal.options import flag
from trainers.words import format_value

HOMES = str(ROOT / "tests" / "golden" / "homes.csv")
WRONG = {
    "run Rosenbrock": "LINK must have a part such as problem= or run=, got “Rosenbrock”.",
    "run -": "LINK must have a part such as problem= or run=, got none on standard input.",
    "run --optimizer Adagard": f"must be one of {', '.join(OPTIMIZERS)}, got Adagard",
    "run --optimizer Adam --momentum 0.5": "Adam has no setting --momentum: it has --lr, --beta1,",
    "run --problem Beale --noise 1": "Beale has no setting --noise: it has none.",
    "run --nesterov": "nesterov needs momentum above 0",
    "run --start 1": "start must be 2 numbers from -1000000 to 1000000, got 1",
    "run --start 1,x": "start must be a number from -1000000 to 1000000, got x",
    "run --target 0": "target must be a number from 1e-12 to 1000000, got 0",
    "run --source csv": "--source csv needs a file: give it with --csv.",
    "run --csv-target price": "--csv-target and --csv-feature need --csv.",
    f"run --csv {HOMES} --csv-target cost": "The file has no column “cost”: it has “size”",
    f"run --csv {HOMES} --problem Quadratic": "These columns can be fitted by",
    "run problem=LinearRegression~source-csv&csv=homes.csv~abc~1~0": "needs the file homes.csv",
    "run --output nowhere/x.csv": "--output must be in an existing folder, got nowhere.",
    "run --format xml": "'xml' is not one of 'table', 'csv', 'json', 'parquet'.",
    "run --learning-rate 1": "No such option '--learning-rate'.",
    "compare": "No run to train: give a link with runs, or --run",
    "compare --run Adam --momentum 0.5": "Adam has no setting --momentum",
    "sweep": "--axis is missing, such as --axis lr=1e-4:10:100:log.",
    "sweep --axis rate": "--axis must be one of lr, momentum, dampening, weight_decay, got “rate”.",
    "sweep --axis lr=1": "--axis must be NAME=LOW:HIGH[:COUNT][:log|:linear], got “lr?1”.",
    "sweep --axis lr=1:1000": "lr of --axis must be a number from 1e-08 to 100, got 1000",
    "sweep --axis lr=1:0.1": "axis must go from low to high, got 1 to 0.1",
    "sweep --axis lr=0.1:1:1": "axis must be a whole number from 2 to 1000000, got 1",
    "sweep --axis lr --axis lr=0.1:1": "--axis must name each hyperparameter once.",
    "sweep --axis lr=0.1:1:1000000 --axis momentum": "sweep must have at most 1,000,000 runs, got 32,000,000",
    "race --metric epochs --problem MLP": "metric epochs needs a problem with a known minimum",
    "race --lr-min 1 --lr-max 0.1": "lr_max must be above lr_min, 1, got 0.1",
    "list surfaces": "'surfaces' is not one of 'optimizers', 'problems', 'runners', 'settings'.",
    "run --lr-schedule Step": "--lr-schedule must be one of Constant, LinearLR, StepLR,",
    "run --clipping ClipNorm~max_norm-0": "--clipping: max_norm must be a number from",
    "train": "No such command 'train'.",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_usage_is_named(arguments: str, command: Command) -> None:
    ended = command(*arguments.split(" "))
    assert (ended.code, ended.out) == (2, "")
    assert WRONG[arguments] in ended.err
    assert "Traceback" not in ended.err


def out_of_bounds() -> Iterator[tuple[str, str, Setting]]:
    """Arguments that lead to each setting, its name, and the setting."""
    classes = {f"run --optimizer {name}": kind for name, kind in OPTIMIZERS.items()}
    classes |= {f"run --problem {name}": kind for name, kind in PROBLEMS.items()}
    for arguments, kind in (classes | {"run": Task, "race": RaceSettings}).items():
        for name, setting in settings_of(kind).items():
            if isinstance(setting, Real | Choice):
                yield arguments, name, setting


@pytest.mark.parametrize(("arguments", "name", "setting"), list(out_of_bounds()))
def test_a_value_out_of_bounds_is_named_with_them(
    arguments: str, name: str, setting: Setting, command: Command
) -> None:
    value = format_value(10 * setting.high + 1) if isinstance(setting, Real) else "nonsense"
    ended = command(*arguments.split(" "), f"{flag(name)}={value}")
    assert ended.code == 2
    bound = format_value(setting.high) if isinstance(setting, Real) else ", ".join(setting.options)  # type: ignore[attr-defined]
    assert f"{name} must be" in ended.err
    assert f"{bound}, got {value}" in ended.err


@pytest.mark.parametrize(
    "text", ["run=SGX~lr-0.1", "run=SGD~lr-0..1", "problem=Beal&run=SGD", "run=SGD&start=1~q"]
)
def test_a_damaged_link_has_its_exit_code(text: str, command: Command) -> None:
    ended = command("run", text)
    assert (ended.code, ended.out) == (3, "")
    assert "Error: Nothing was trained. With --allow-damaged the rest of the link is." in ended.err
    assert command("compare", text + "&run=SGD", "--epochs", "2", "--allow-damaged").code == 0


def test_what_a_link_says_wrongly_is_noted(command: Command) -> None:
    link = "run=SGD~lr-1e9&run=Adam&epochs=0&tab=Loss&y=gap&race=optimizers-runs~trials-1"
    assert command("compare", link).code == 3
    ended = command("compare", link, "--allow-damaged")
    assert ended.code == 0
    assert ended.err.splitlines()[:5] == [
        "This link is damaged: run 1, the setting epochs and the setting race are not those that were sent.",
        "epochs must be a whole number from 1 to 100000, got 0: using 1.",
        "Run 1: lr must be a number from 1e-08 to 100, got 1000000000: using 100.",
        "trials must be a whole number from 2 to 1000, got 1: using 2.",
        "No part of a run, so ignored: “y”.",
    ]


def test_a_link_may_be_too_long(command: Command) -> None:
    ended = command("run", "-", stdin="run=SGD&" + MAX_LINK_LENGTH * "a")
    assert ended.code == 2
    assert f"LINK must have at most {MAX_LINK_LENGTH} characters, got {MAX_LINK_LENGTH + 8}." in ended.err


def test_what_is_typed_can_not_control_the_terminal(command: Command) -> None:
    for arguments in (
        ["\x1b[31mrun"],
        ["run", "--\x1b[31m"],
        ["run", "\x1b[31m"],
        ["run", "--format", "\x1b[2J"],
    ):
        ended = command(*arguments)
        assert ended.code == 2
        assert "\x1b" not in ended.err
    assert command("run", "-", stdin=b"problem=Beale&epochs=2&\xff\x1b[31m=1").code == 0


OPTIONS = sorted({name for each in COMMANDS.values() for option in each.params for name in option.opts})
TEXTS = st.text(max_size=12).map(lambda text: text.replace("\0", "")) | st.sampled_from(
    [
        "",
        "-",
        "--",
        "1",
        "-1",
        "nan",
        "inf",
        "1e999",
        "lr=1:2:3",
        "SGD~lr-0.1",
        "run=SGD",
        "Adam",
        HOMES,
        "json",
    ]
)
QUICK = ["--epochs", "2", "--quiet"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["run", "compare", "script", "sweep", "race", "list"]),
    parts=st.lists(
        st.tuples(st.sampled_from(OPTIONS), TEXTS).map(list) | TEXTS.map(lambda text: [text]), max_size=3
    ),
)
def test_no_input_ends_in_a_traceback(name: str, parts: list[list[str]], command: Command) -> None:
    arguments = [argument for part in parts for argument in part if "--output" not in part]
    small = {"race": [*QUICK, "--trials", "2", "--seeds", "1"], "list": [], "script": []}.get(name, QUICK)
    assert command(name, *small, *arguments).code in (0, 2, 3, 4)
