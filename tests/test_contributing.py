"""CONTRIBUTING followed to the letter: its examples are added to a copy, whose tests then pass."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.repository import ROOT, copy_repository

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = [dedent(block) for block in re.findall(r"```python\n(.*?) *```", TEXT, re.DOTALL)]
FILES = {block.partition("\n")[0].removeprefix("# "): block for block in BLOCKS}
"""The examples: whole files, by the path in the first line."""
ROWS = re.findall(r"^ *(\| `.*\|)$", TEXT, re.MULTILINE)
REGISTERED = re.findall(r"`(\w+)` at the end of `(\w+)` in `([\w/.]+)`", TEXT)
PAGE = """
from tests.dashboard.page import chart_types, opened, shown


def test_the_page_has_each_example() -> None:
    app = opened("tab=Steps&run=SGD&run=SoftSign&problem=Quartic~steepness-2&epochs=30&steps=first-20")
    assert chart_types(app) == ["vega_lite_chart"]
    link = shown(app).to_query()
    for part in ("problem=Quartic~steepness-2", "run=SoftSign~manual", "first-20"):
        assert part in link
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with the examples."""
    there = copy_repository(tmp_path_factory.mktemp("copy"))
    for name, code in FILES.items():
        assert not (there / name).exists(), f"the example {name} is there already"
        (there / name).write_text(code, encoding="utf-8")
    for name, registry, file in REGISTERED:
        register(there, name, registry, file)
    readme = (there / "README.md").read_text(encoding="utf-8")
    for row, header in zip(ROWS, ("| Optimizer |", "| Problem |"), strict=True):
        before, table = readme[: readme.index(header)], readme[readme.index(header) :]
        readme = before + table.replace("\n\n", f"\n{row}\n\n", 1)
    (there / "README.md").write_text(readme, encoding="utf-8")
    (there / "tests/test_examples.py").write_text(PAGE, encoding="utf-8")
    return there


def register(there: Path, name: str, registry: str, file: str) -> None:
    """Import a name from the example that has it, and put it at the end of a tuple."""
    (source,) = [
        path for path, code in FILES.items() if re.search(rf"^(class )?{name}\b", code, re.MULTILINE)
    ]
    lines = (there / file).read_text(encoding="utf-8").splitlines()
    (assigned,) = [
        node
        for node in ast.parse("\n".join(lines)).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and registry in ast.unparse(node).split(" = ")[0]
    ]
    end = next(
        node for node in ast.walk(assigned.value) if isinstance(node, ast.Tuple) and len(node.elts) > 1
    )
    assert end.end_lineno is not None
    assert end.end_col_offset is not None
    line = lines[end.end_lineno - 1]
    lines[end.end_lineno - 1] = f"{line[: end.end_col_offset - 1]}, {name}{line[end.end_col_offset - 1 :]}"
    lines.insert(1, f"from {source.removesuffix('.py').replace('/', '.')} import {name}")
    (there / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_there_is_an_example_of_each_kind() -> None:
    folders = {str(Path(name).parent) for name in FILES}
    assert folders >= {"trainers/optimizers", "trainers/problems", "trainers/charts", "dashboard/tabs"}
    assert [registry for _, registry, _ in REGISTERED] == ["OPTIMIZERS", "PROBLEMS", "TABS"]


OF_ITS_KIND = ("test_structure.py", "test_examples.py", "trainers/optimizers", "trainers/problems")


@pytest.mark.slow
@pytest.mark.parametrize("where", [OF_ITS_KIND, ("",)])
def test_the_tests_of_its_kind_pass_with_each_example(where: tuple[str, ...], copy: Path) -> None:
    files = [f"tests/{name}" for name in where]
    which = ["-k", "structure or SoftSign or Quartic or examples", "-m", "not slow and not browser"]
    subprocess.run([sys.executable, "-m", "pytest", *which, *files], cwd=copy, check=True)
