"""Run by `fresh.py` in a process of its own: runs cells of code, each list of them in its folder.

Arguments: packages that can't be imported, folders with `cells.json`. Prints for each folder what was
printed, and as JSON the tables and charts that cells show.
"""

import ast
import contextlib
import io
import json
import os
import sys
from typing import Any


def run(cell: str, names: dict[str, Any]) -> str | None:
    """Run a cell; what its last line is, as JSON, if it is a table or a chart."""
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    if hasattr(value, "columns"):
        return value.to_json(orient="records", double_precision=15)
    return value.to_json() if hasattr(value, "to_json") else None


if __name__ == "__main__":
    hidden, folders = map(json.loads, sys.argv[1:])
    sys.modules.update(dict.fromkeys(hidden))
    import torch

    torch.set_num_threads(1)
    ended = []
    for folder in folders:
        os.chdir(folder)
        torch.set_default_dtype(torch.float32)
        printed, names = io.StringIO(), {"__name__": "__main__"}
        with contextlib.redirect_stdout(printed), open("cells.json", encoding="utf-8") as file:
            shown = [run(cell, names) for cell in json.load(file)]
        ended.append((printed.getvalue(), [each for each in shown if each]))
    print(json.dumps(ended))
