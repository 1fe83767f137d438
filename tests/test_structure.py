"""The rules of the house: who imports whom, and documents that say what the registries say."""

import ast
import re
import sys
from pathlib import Path

from dashboard.examples import PRESETS
from trainers.optimizers import OPTIMIZERS, Rule
from trainers.problems import PROBLEMS
from trainers.settings import knobs

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
STANDARD = {"__future__", *sys.stdlib_module_names}
LIBRARY = {"trainers", "pandas", "torch", "numpy", "contourpy", "cachetools"}
CHARTS = {"trainers", "pandas", "altair", "vl_convert", "numpy", "PIL"}
FILES = [ROOT / "streamlit_app.py", *(ROOT / "trainers").rglob("*.py")]


def test_others_are_imported_where_they_are_needed() -> None:
    for file in (ROOT / "trainers").rglob("*.py"):
        drawn = "charts" in file.relative_to(ROOT).parts
        assert packages(file) - STANDARD <= (CHARTS if drawn else LIBRARY), file
        assert not drawn or all(name.startswith("trainers.charts") for name in ours(file)), file
        assert drawn or not any(name.startswith("trainers.charts") for name in ours(file)), file


def test_nothing_unsafe_reaches_the_page() -> None:
    for file in FILES:
        assert "unsafe_allow" not in file.read_text(encoding="utf-8")
        assert not {"pickle", "marshal", "shelve"} & packages(file)


def test_functions_stay_short() -> None:
    for file in FILES:
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
    """The names of all modules that a file imports, or imports from."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module or "")
    return found


def packages(file: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(file)}


def ours(file: Path) -> set[str]:
    return {name for name in imported(file) if name.split(".")[0] == "trainers"}


def table(header: str) -> list[list[str]]:
    """The cells of the README's table whose header begins so."""
    lines = README[README.index(header) :].splitlines()
    rows = lines[2 : lines.index("")]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]
