"""The optimizers of pytorch-optimizer: which of them run, and that those that do not say why.

`python -m tests.trainers.optimizers.test_external` writes docs/external.md anew.
"""

import pickle
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from inspect import signature
from typing import Any
from unittest.mock import patch

import pytest
import torch

from tests.repository import ROOT
from tests.trainers.optimizers.package import needs_package, package
from tests.trainers.scripts.test_run import executed
from trainers import Run, compare, more, train
from trainers.accumulation import accumulate
from trainers.exports import program
from trainers.history import History
from trainers.optimizers import GROUPS, OPTIMIZERS, SGD, by_group
from trainers.optimizers.external import PACKAGE, External, classes, offer_more
from trainers.problems import MLP, Problem, Thermometer
from trainers.problems.surfaces import Rosenbrock
from trainers.reports.runs_table import cells
from trainers.run import Method
from trainers.schedules import CosineAnnealingLR
from trainers.settings import Real, settings_of
from trainers.steps import record_steps

pytestmark = needs_package
DOCUMENT = ROOT / "docs" / "external.md"
PROBLEMS_MET: dict[str, Problem] = {
    "thermometer": Thermometer(),
    "Rosenbrock": Rosenbrock(),
    "small MLP": MLP(samples=60, width=8),
}
SOME = ("SOAP", "Prodigy", "Lamb", "ScheduleFreeRAdam")
HEAD = f"""# Optimizers of pytorch-optimizer

Where `pip install -r requirements-more.txt` was run, the page offers the optimizers of
[pytorch-optimizer](https://github.com/kozistr/pytorch_optimizer) {more.VERSION} that are not here already,
with the runner `torch.optim` alone. Settings are the numbers and flags of their signatures; others keep
their defaults. In a terminal they are understood in links and as `--run`. The environment variable
`{more.SWITCH}=0` leaves them out.

What 50 epochs with the defaults do to the loss, in float32. A loss that is higher, or no number, says little:
most defaults are made for large networks.

`python -m tests.trainers.optimizers.test_external` makes this table.
"""


def run_of(kind: type[External], problem: Problem) -> Run:
    return Run(problem=problem, optimizer=kind(), runner="torch.optim", epochs=50)


def told(history: History) -> str:
    """What became of the loss, in a cell."""
    if history.status == "failed":
        return f"failed: {history.error}"
    if history.status == "diverged":
        return "NaN" if history.cause == "not a number" else "overflow"
    first, last = history.loss[0], history.loss[-1]
    return "lower" if last < first else "higher" if last > first else "the same"


def document() -> str:
    """The whole of docs/external.md."""
    lines = [HEAD, f"| Optimizer | {' | '.join(PROBLEMS_MET)} |", "|---" * (1 + len(PROBLEMS_MET)) + "|"]
    for name, kind in classes().items():
        found = [told(train(run_of(kind, problem))) for problem in PROBLEMS_MET.values()]
        lines.append(f"| `{name}` | {' | '.join(found)} |")
    lines += ["", "Not offered:", ""]
    lines += [f"- `{name}` {reason}." for name, reason in more.NOT_OFFERED.items()]
    return "\n".join(lines) + "\n"


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The optimizers as the page has them."""
    before = dict(OPTIMIZERS)
    monkeypatch.setenv(more.SWITCH, "1")
    offer_more()
    yield
    OPTIMIZERS.clear()
    OPTIMIZERS.update(before)


def test_the_names_are_those_of_the_package() -> None:
    kinds = map(package().load_optimizer, package().get_supported_optimizers())
    here = {name.lower() for name in OPTIMIZERS}
    assert [name for name in (kind.__name__ for kind in kinds) if name.lower() not in here] == [*more.NAMES]
    assert set(more.NOT_OFFERED) <= set(more.NAMES)
    assert [*classes()] == [name for name in more.NAMES if name not in more.NOT_OFFERED]
    pinned = (ROOT / "requirements-more.txt").read_text(encoding="utf-8")
    assert f"pytorch-optimizer=={more.VERSION}\n" in pinned


def test_all_are_classes_of_settings_with_the_package_s_defaults() -> None:
    for name, kind in classes().items():
        optimizer, usual = kind(), signature(kind.kind).parameters
        assert optimizer.arguments().keys() <= {"lr"}
        assert kind.summary.endswith(".")
        assert "Source:" in (kind.__doc__ or "")
        assert more.VERSION in (kind.__doc__ or "")
        assert kind.group in GROUPS
        for key, setting in settings_of(kind).items():
            assert setting.help
            assert setting.validate(key, setting.default) == setting.default
            parts = [part for some in kind.several.values() for part in some]
            assert key in parts or usual[key].default == setting.default, name


def test_what_is_changed_reaches_the_package() -> None:
    made = classes()["SOAP"](lr=0.1, beta2=0.5, precondition_frequency=3).torch(torch.zeros(2, 2))
    group = made.param_groups[0]
    assert (group["lr"], group["betas"], group["precondition_frequency"]) == (0.1, (0.95, 0.5), 3)


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("problem", PROBLEMS_MET.values(), ids=[*PROBLEMS_MET])
def test_some_run(name: str, problem: Problem) -> None:
    run = run_of(classes()[name], problem)
    history = train(run)
    assert told(history) == "lower"
    assert train(replace(run, epochs=9)).loss.tolist() == history.loss[:10].tolist()


@pytest.mark.slow
def test_the_table_says_what_all_do() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()


@pytest.mark.slow
def test_soap_and_prodigy_come_close_to_the_minimum() -> None:
    for name, lr, group in (("SOAP", 0.5, "second-order"), ("Prodigy", 1.0, "adaptive")):
        kind = classes()[name]
        assert kind.group == group
        assert kind.year in (2023, 2024)
        assert "arXiv" in (kind.__doc__ or "")
        many = {"runner": "torch.optim", "epochs": 2000, "dtype": "float64"}
        assert train(Run(optimizer=kind(lr=lr), **many)).gap[-1] < 0.1
        network = train(Run(problem=MLP(samples=60, width=8), optimizer=kind(), runner="torch.optim"))
        assert network.loss[-1] < 0.5 * network.loss[0]


def test_what_counts_is_what_its_mode_for_evaluation_has() -> None:
    """That of the package after eval(), beside the same course."""
    run = replace(run_of(classes()["ScheduleFreeRAdam"], Thermometer()), dtype="float64", epochs=30)
    history, params = train(run), run.initial().requires_grad_()
    twin = package().ScheduleFreeRAdam([params])
    for epoch in range(31):
        twin.eval()
        torch.testing.assert_close(history.params[epoch], params.detach(), rtol=1e-9, atol=1e-12)
        assert float(history.loss[epoch]) == pytest.approx(float(run.problem.loss(params.detach())))
        twin.train()
        params.grad = None
        run.problem.loss(params).backward()
        twin.step()


FAILING = replace(run_of(classes()["FAdam"], PROBLEMS_MET["small MLP"]), dtype="float64")
"""It views matrices in a way that those of a transposed network have not."""


def test_an_exception_is_a_result_in_words() -> None:
    other = replace(FAILING, optimizer=SGD(lr=0.01))
    for batch_size in (0, 20):
        runs = [replace(run, batch_size=batch_size) for run in (FAILING, other)]
        found = compare(runs)
        failed, fine = found.histories
        assert (failed.status, fine.status) == ("failed", "finished")
        assert failed.loss[0].isfinite()
        assert failed.num_recorded == 1
        assert failed.cause is None
        assert failed.error == "expected dtype float for end but got dtype double"
        assert f"failed after 0 epochs, as pytorch-optimizer says: {failed.error}" in found.sentence()
        rows = cells(found.histories, ["a", "b"], 0.01)
        assert rows["status"][0] == f"failed after 0 epochs: {failed.error}"
        assert found.results()["outcome"].tolist()[0] == "failed"
    assert not len(record_steps(FAILING, range(3)))
    assert len(accumulate(FAILING).loss) == 1


def test_so_is_a_setting_that_the_package_refuses() -> None:
    kind = classes()["Lamb"]
    for optimizer in (kind(beta1=1.0), kind(lr=0.1, beta2=1.0)):
        history = train(Run(optimizer=optimizer, runner="torch.optim", epochs=5))
        assert history.status == "failed"
        assert "beta" in history.error


def test_an_error_of_our_own_is_none() -> None:
    class Wrong(SGD):
        def torch(self, *params: torch.Tensor) -> Any:
            made = super().torch(*params)
            made.step = lambda: 1 / 0
            return made

    with pytest.raises(ZeroDivisionError):
        train(Run(optimizer=Wrong(), runner="torch.optim", epochs=5))


OF_LR = [{"lr": 0.01}, {"lr": 0.1}]


@pytest.mark.parametrize(
    ("name", "settings", "problem"),
    [
        ("SOAP", OF_LR, Thermometer()),
        ("Gravity", OF_LR, Thermometer()),
        ("AliG", [{"momentum": 0.5}, {"momentum": 0.1}], Rosenbrock()),
        ("AdamP", OF_LR, MLP(samples=20, width=3)),
    ],
    ids=str,
)
def test_a_program_imports_the_package(name: str, settings: list[dict[str, float]], problem: Problem) -> None:
    """SOAP of a network rotates by eigenvectors of equal eigenvalues, which rounding decides."""
    kind = classes()[name]
    many = {"runner": "torch.optim", "epochs": 12, "dtype": "float64", "problem": problem}
    runs = [Run(optimizer=kind(**each), **many) for each in settings]
    schedule = replace(runs[0], schedule=CosineAnnealingLR() if "lr" in settings[0] else None)
    for spec in (runs[0], schedule, runs):
        text = program(spec).text
        assert "import pytorch_optimizer  # pip install pytorch-optimizer\n" in text
        printed = executed(program(spec))["printed"]
        each = spec if isinstance(spec, list) else [spec]
        for line, run in zip(printed.splitlines(), each, strict=True):
            loss = line.rpartition(": ")[2].split(" ")[0]
            assert float(loss) == pytest.approx(float(train(run).loss[-1]), rel=1e-6)


@pytest.mark.parametrize("name", ["AdaMuon", "SPlus"])
def test_some_have_no_program(name: str) -> None:
    with pytest.raises(NotImplementedError, match=f"{name} can't be written as a program"):
        program(run_of(classes()[name], PROBLEMS_MET["small MLP"]))


@pytest.mark.usefixtures("offered")
def test_they_are_offered_once_and_have_links() -> None:
    assert {*classes()} < {*OPTIMIZERS}
    assert by_group()["SOAP"] == "SOAP · second-order, 2024"
    assert by_group()["Lamb"] == "Lamb · pytorch-optimizer"
    offer_more()
    for kind in classes().values():
        turned = {
            key: max(setting.low, setting.default / 2)
            for key, setting in settings_of(kind).items()
            if type(setting) is Real
        }
        method = Method(optimizer=kind(**turned), runner="torch.optim")
        run, notes = Run.from_query(method.to_query())
        assert not notes
        assert run.optimizer == method.optimizer
        assert pickle.loads(pickle.dumps(run)) == run


def test_a_link_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def notes(name: str) -> str:
        return " ".join(Run.from_query(f"run={name}~lr-0.01")[1])

    assert "SOAP needs pytorch-optimizer: pip install -r requirements-more.txt." in notes("soap")
    assert "LOMO of pytorch-optimizer takes a whole model" in notes("LOMO")
    assert "is unknown" in notes("Nothing")
    monkeypatch.setenv(more.SWITCH, "1")
    assert "offer_more" in notes("SOAP")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("run --run soap~torch.optim", True),
        ("compare epochs=50&run=Prodigy~lr-1&run=SGD", True),
        ("run --problem Rosenbrock --optimizer Adam", False),
        ("list optimizers", False),
    ],
)
def test_a_command_that_names_none_does_not_wait_for_the_package(text: str, named: bool) -> None:
    assert more.named_in(text) is named


def test_the_package_is_imported_only_when_it_is_asked_for() -> None:
    """Our modules are imported anew, beside those that this process has."""
    with patch.dict(sys.modules):
        for name in [name for name in sys.modules if name.split(".")[0] in ("trainers", PACKAGE)]:
            del sys.modules[name]
        import_module("trainers.optimizers.external")
        import_module("trainers.run")
        assert "trainers.run" in sys.modules
        assert PACKAGE not in sys.modules


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
