"""The rules of the house: who imports whom, and documents that say what the registries say."""

import ast
import re
from pathlib import Path

import pytest

from trainers.knobs import knobs
from trainers.optimizers import OPTIMIZERS, Rule
from trainers.presets import PRESETS
from trainers.problems import PROBLEMS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ALLOWED = {
    "data": {"data", "pandas", "numpy"},
    "trainers": {"trainers", "data", "pandas", "torch", "numpy", "contourpy", "cachetools"},
    "charts": {"charts", "pandas", "altair", "vl_convert", "numpy", "PIL"},
}
STANDARD = {"__future__", *__import__("sys").stdlib_module_names}


@pytest.mark.parametrize("folder", ALLOWED)
def test_imports_point_one_way(folder: str) -> None:
    for file in (ROOT / folder).rglob("*.py"):
        assert imported(file) - STANDARD <= ALLOWED[folder], file


def test_only_the_page_imports_streamlit() -> None:
    users = {file.name for file in ROOT.glob("*.py")} | {"streamlit_app.py"}
    files = [file for folder in ALLOWED for file in (ROOT / folder).rglob("*.py")]
    assert users == {"streamlit_app.py"}
    assert not [file for file in files if "streamlit" in imported(file)]
    assert "streamlit" in imported(ROOT / "streamlit_app.py")


def test_nothing_unsafe_reaches_the_page() -> None:
    source = (ROOT / "streamlit_app.py").read_text(encoding="utf-8")
    assert "unsafe_allow" not in source
    for file in [*ROOT.glob("*.py"), *(f for folder in ALLOWED for f in (ROOT / folder).rglob("*.py"))]:
        assert not {"pickle", "marshal", "shelve"} & imported(file)


def test_functions_stay_short() -> None:
    for file in [*ROOT.glob("*.py"), *(f for folder in ALLOWED for f in (ROOT / folder).rglob("*.py"))]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                assert not body or node.end_lineno - body[0].lineno < 40, f"{file.name}: {node.name}"


def test_everything_public_is_documented() -> None:
    for kind in (*OPTIMIZERS.values(), *PROBLEMS.values()):
        assert "Source:" in (kind.__doc__ or "")
        assert kind.summary.endswith(".")


def test_the_readme_lists_the_optimizers() -> None:
    rows = table("| Optimizer |")
    expected = [
        [name, kind.summary, ", ".join(knobs(kind)), "all three" if issubclass(kind, Rule) else "torch.optim"]
        for name, kind in OPTIMIZERS.items()
    ]
    assert rows == expected


def test_the_readme_lists_the_problems() -> None:
    assert table("| Problem |") == [
        [name, kind.summary, ", ".join(knobs(kind)), str(kind().size)] for name, kind in PROBLEMS.items()
    ]


def test_the_readme_lists_the_stories() -> None:
    for preset in PRESETS:
        assert f"**{preset.name}**" in README


def test_versions_are_pinned() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]
    assert all(re.fullmatch(r"[\w-]+(==|>=)[\w.]+", line) for line in needed)
    assert {"torch==2.13.0", "streamlit==1.67.0", "altair==6.3.0"} <= set(needed)


def imported(file: Path) -> set[str]:
    """The top-level names of all modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add((node.module or "").split(".")[0])
    return found


def table(header: str) -> list[list[str]]:
    """The cells of the README's table whose header begins so."""
    lines = README[README.index(header) :].splitlines()
    rows = lines[2 : lines.index("")]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]
