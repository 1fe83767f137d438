"""The notebook docs/tour.ipynb runs, shows what its text says, and is stored without outputs."""

import ast
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.repository import ROOT
from tests.test_readme import is_told, told

NOTEBOOK = nbformat.read(ROOT / "docs" / "tour.ipynb", as_version=4)
SHOWN = 5
"""How many cells show a result of the library."""


def test_it_is_stored_without_outputs() -> None:
    """They hold times and images, which would change each time: the diff says what was changed by hand."""
    nbformat.validate(NOTEBOOK)
    cells = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code"]
    assert len(cells) > SHOWN
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


def test_its_code_runs_and_gives_what_its_comments_say(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    bundles, checked = [], 0
    for cell in NOTEBOOK.cells:
        if cell.cell_type != "code":
            continue
        *statements, last = ast.parse(cell.source).body
        exec(ast.unparse(ast.Module(statements, [])), names)
        assert isinstance(last, ast.Expr), "each cell shows something"
        value = eval(ast.unparse(last), names)
        texts = told(cell.source.splitlines()[last.end_lineno - 1].partition("  # ")[2])
        assert all(is_told(value, text) for text in texts), f"{cell.source}\nis {value}"
        checked += len(texts)
        bundles += [value._repr_mimebundle_()] if hasattr(value, "_repr_mimebundle_") else []
    assert checked == 4
    assert len(bundles) == SHOWN
    assert all("<img " in bundle["text/html"] and "<table" in bundle["text/html"] for bundle in bundles)
    assert "torch" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # those of Jupyter
def test_it_is_executed_by_jupyter() -> None:
    notebook = NotebookClient(
        NOTEBOOK.copy(), timeout=300, resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    shown = [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    assert sum("<img src=" in html for html in shown) == SHOWN
    assert all(output.output_type != "error" for output in outputs)
