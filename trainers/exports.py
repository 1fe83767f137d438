"""Programs and notebooks: the forms in which a run, a comparison, a sweep or a race can be taken along."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from importlib import import_module
from typing import Any
from urllib.parse import quote

DATA_FILE = "data.csv"


@dataclass(frozen=True)
class Program:
    """A self-contained program that needs torch alone, and a notebook that draws its chart, too."""

    text: str
    """The program."""
    title: str
    """What is trained, as plain text."""
    names: tuple[str, ...]
    """The names of what it compares."""
    cells: tuple[tuple[str, str], ...]
    """Cells of the notebook: the heading of each, and its code."""
    data: Callable[[], str] | None = field(default=None, repr=False)
    """Makes the content of `DATA_FILE`, which program and notebook read; None if they read no file."""

    def files(self) -> dict[str, str]:
        """Return the content of the files that it reads, by name."""
        return {} if self.data is None else {DATA_FILE: self.data()}

    def notebook(self, link: str = "") -> str:
        """Return the notebook as JSON; it names the page at `link`, if that is given. Needs nbformat."""
        import nbformat
        from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

        cells = [new_markdown_cell(self._introduction(link))]
        for heading, code in self.cells:
            cells += [new_markdown_cell(f"## {heading}"), new_code_cell(code)]
        for number, cell in enumerate(cells):
            cell["id"] = f"cell-{number}"  # random otherwise
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        made = new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
        text: str = nbformat.writes(made)
        return text

    def _introduction(self, link: str) -> str:
        """Return the first cell, as Markdown."""
        lines = [f"# {plain(self.title)}", "", *(f"- {plain(name)}" for name in self.names), ""]
        if link:
            lines += [f"Made by [Optimizer Lab](<{quote(link, safe=':/?&=~+.,-_%[]')}>).", ""]
        lines += ["It needs `torch`, `pandas` and `altair`."]
        lines += [f"The data are read from `{DATA_FILE}`, in the same folder."] * (self.data is not None)
        return "\n".join(lines)


class Exportable:
    """What can be written as a program and as a notebook. `trainers.scripts` says how."""

    def to_script(self) -> str:
        """Return a program that needs torch alone and prints the results.

        Raises `NotImplementedError` for a problem that can't be written as a program.
        """
        return program(self).text

    def to_notebook(self, link: str = "") -> str:
        """Return a Jupyter notebook, as JSON, that prints the results and draws their chart.

        It names the page at `link`, if that is given. Needs nbformat. Raises as `to_script`.
        """
        return program(self).notebook(link)


@singledispatch
def program(spec: Any, names: Sequence[str] | None = None) -> Program:
    """Return the program of a run, of several runs with the same task, of a sweep or of a race.

    `names` are those of the runs, or of the optimizers of a race, in its output. Data of many numbers are not
    in the program: it reads the files that `Program.files` returns. In float64 it gives the numbers of
    `train`, `sweep` or `race` to rounding.
    """
    import_module("trainers.scripts")  # by name, as it is above what it writes: registers each form
    write = program.dispatch(type(spec))
    if write is program.dispatch(object):
        raise NotImplementedError(f"{type(spec).__name__} can't be written as a program")
    made: Program = write(spec, names)
    return made


def plain(text: str) -> str:
    """Escape any text for Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
