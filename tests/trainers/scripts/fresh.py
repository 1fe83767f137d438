"""Programs and notebooks run as they are offered: in a process of their own, where warnings are errors."""

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from trainers.exports import Program

TORCH_ALONE = ("trainers", "dashboard", "streamlit", "altair", "pandas", "nbformat", "pyarrow")
NOTEBOOKS = ("trainers", "dashboard", "streamlit", "nbformat")
CHILD = Path(__file__).with_name("child.py")


def run_programs(programs: Sequence[Program], folder: Path) -> list[str]:
    """What programs print where torch alone can be imported."""
    for made in programs:
        assert imported(made.text) <= {*sys.stdlib_module_names, "torch"}
    return [printed for printed, _ in _run([[made.text] for made in programs], programs, folder, TORCH_ALONE)]


def run_notebooks(programs: Sequence[Program], folder: Path) -> list[list[str]]:
    """The tables and charts that notebooks show, as JSON."""
    return [shown for _, shown in _run(list(map(cells_of, programs)), programs, folder, NOTEBOOKS)]


def cells_of(made: Program) -> list[str]:
    """The code of a notebook."""
    notebook = json.loads(made.notebook("http://localhost/?epochs=3"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def imported(text: str) -> set[str]:
    """The packages that a program imports."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def _run(
    cells: Sequence[Sequence[str]], programs: Sequence[Program], folder: Path, hidden: Sequence[str]
) -> list[tuple[str, list[str]]]:
    folders = []
    for number, (some, made) in enumerate(zip(cells, programs, strict=True)):
        own = folder / f"{len(hidden)}-{number}"
        own.mkdir()
        (own / "cells.json").write_text(json.dumps(some), encoding="utf-8")
        for name, content in made.files().items():
            (own / name).write_text(content, encoding="utf-8")
        folders.append(str(own))
    command = [sys.executable, "-I", "-W", "error", str(CHILD), json.dumps(hidden), json.dumps(folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [(printed, shown) for printed, shown in json.loads(done.stdout)]
