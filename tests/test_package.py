"""The package: what `pip install .` puts into an environment, and what it needs there."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.build import build_wheel

from tests.repository import ROOT, copy_repository

TRAIN = """
from trainers import Run, train
from trainers.problems import SoftmaxRegression, Thermometer
assert train(Run(epochs=3)).loss[0] > 80
history = train(Run(problem=SoftmaxRegression(), epochs=1))
assert history.params.shape[1] == 650
html = history._repr_mimebundle_()["text/html"]
assert "<table" in html and "<img" not in html
compile(Run(epochs=3).to_script(), "program", "exec")
"""
ALONE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("streamlit", "altair", "click", "rich", "nbformat"):
            raise ImportError(name, name=name)

sys.meta_path.insert(0, Blocked())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built from a copy of what is in the repository."""
    source, built = copy_repository(tmp_path_factory.mktemp("source")), tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(source)
        return built / build_wheel(str(built))


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments], check=True)


def test_it_holds_the_library_alone(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"trainers"}
    files = {path.name for path in (ROOT / "data").iterdir()}
    assert files == {name.rpartition("/")[2] for name in names if name.startswith("trainers/datasets/files/")}


@pytest.mark.slow
def test_it_trains_wherever_it_is_installed_without_streamlit_and_altair(wheel: Path, tmp_path: Path) -> None:
    pip("install", str(wheel), "--no-deps", "--target", str(tmp_path / "there"))
    found = f"import sys; sys.path.insert(0, {str(tmp_path / 'there')!r})\n"
    where = "import trainers; assert 'there' in trainers.__file__\n"
    subprocess.run([sys.executable, "-c", ALONE + found + where + TRAIN], cwd=tmp_path, check=True)
