"""Architecture: imports, sizes and names of modules, and documents that agree with the registries."""

import ast
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from dashboard.examples import EXAMPLES
from tests.repository import ROOT
from trainers.optimizers import OPTIMIZERS, Optimizer
from trainers.problems import PROBLEMS
from trainers.run import runners
from trainers.runners import RUNNERS
from trainers.schedules import SCHEDULES
from trainers.settings import settings_of

README = (ROOT / "README.md").read_text(encoding="utf-8")
STANDARD = {"__future__", *sys.stdlib_module_names}
LIBRARY = {"trainers", "pandas", "torch", "numpy", "contourpy", "cachetools", "nbformat"}
TERMINAL = LIBRARY | {"click", "rich"}
CHARTS = {"trainers", "pandas", "altair", "vl_convert", "numpy", "PIL", "coloraide"}
FOLDERS = (ROOT / "trainers", ROOT / "dashboard")
FILES = [ROOT / "streamlit_app.py", *(file for folder in FOLDERS for file in folder.rglob("*.py"))]
MAX_STATEMENTS, MAX_LINES = 40, 40
IN_TRAINERS = (
    "display", "words", "more", "exports", "modes", "caches", "settings", "links", "datasets", "problems",
    "splits", "schedules", "clipping", "ties",
    "objective", "optimizers", "runners", "run", "outcomes", "history", "training", "steps", "accumulation",
    "sweeps", "digits", "races", "scripts", "graphs", "mistakes", "reports", "comparison", "overviews",
    "charts", "notebook", "terminal", "__main__",
)  # fmt: skip
IN_DASHBOARD = (
    "own_problem", "__main__", "components", "training_queue", "looks", "ask", "context", "widgets",
    "take_along", "tables", "work", "maps", "tabs", "state", "controls", "example_questions",
    "examples", "session", "downloads",
)  # fmt: skip
FLOORS = [f"trainers.{name}" for name in IN_TRAINERS]
FLOORS += ["trainers", "dashboard", *(f"dashboard.{name}" for name in IN_DASHBOARD), "streamlit_app"]
"""The layers from the lowest up: each imports from lower ones only."""


def test_every_room_imports_from_lower_ones_alone() -> None:
    for file in FILES:
        here = floor(module(file))
        for name in ours(file):
            lower = floor(name) < here or (floor(name) == here and room(name) == room(module(file)))
            assert lower, f"{module(file)} imports {name}"


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = {module(file): ours(file) for file in FILES}
    while ends := {name for name, needed in graph.items() if not needed & graph.keys()}:
        graph = {name: needed for name, needed in graph.items() if name not in ends}
    assert not graph


def test_others_are_imported_where_they_are_needed() -> None:
    for file in (ROOT / "trainers").rglob("*.py"):
        here = room(module(file))
        allowed = {"trainers.charts": CHARTS, "trainers.terminal": TERMINAL, "trainers.__main__": TERMINAL}
        allowed |= {"trainers.optimizers": LIBRARY | {"pytorch_optimizer"}}
        assert packages(file) - STANDARD <= allowed.get(here, LIBRARY), file
        assert here != "trainers.charts" or all(room(name) == here for name in ours(file)), file


def test_few_import_by_name_which_no_test_follows() -> None:
    by_name = [module(file) for file in FILES if "import_module" in file.read_text(encoding="utf-8")]
    assert sorted(by_name) == ["trainers", "trainers.display", "trainers.exports"]


def test_nothing_unsafe_reaches_the_page() -> None:
    for file in FILES:
        assert "unsafe_allow" not in file.read_text(encoding="utf-8")
        assert not {"pickle", "marshal", "shelve"} & packages(file)


def test_bodies_stay_short() -> None:
    """Those of functions, and what a module does when it is imported."""
    for file in FILES:
        tree = parsed(file)
        executed = [n for n in tree.body if not isinstance(n, ast.FunctionDef | ast.ClassDef)]
        assert statements(executed) <= MAX_STATEMENTS, file
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                assert statements(body) <= MAX_STATEMENTS, f"{file}: {node.name}"
                assert not body or body[-1].end_lineno - body[0].lineno < MAX_LINES, f"{file}: {node.name}"


def test_statements_are_counted_wherever_they_stand() -> None:
    body = ast.parse(
        """
'About it.'
import a
with b:
    from c import d
    if e:
        f = 1
    else:
        g()
def h():
    'About it.'
    for i in j:
        return 1
"""
    ).body
    assert [statements([node]) for node in body] == [0, 0, 4, 2]


def test_everything_public_is_documented() -> None:
    for kind in (*OPTIMIZERS.values(), *PROBLEMS.values()):
        assert "Source:" in (kind.__doc__ or "")
        assert kind.summary.endswith(".")


def test_the_readme_lists_the_optimizers() -> None:
    rows = table("| Optimizer |")
    expected = [
        [name, kind.summary, ", ".join(settings_of(kind)), trained_by(kind)]
        for name, kind in OPTIMIZERS.items()
    ]
    assert rows == expected


def trained_by(kind: type[Optimizer]) -> str:
    able = runners(kind)
    return "all three" if len(able) == len(RUNNERS) else ", ".join(able)


def test_the_readme_lists_the_schedules() -> None:
    assert table("| Schedule |") == [
        [name, kind.summary, ", ".join(key for key in settings_of(kind) if not key.startswith("warmup"))]
        for name, kind in SCHEDULES.items()
    ]


def test_the_readme_lists_the_problems() -> None:
    assert table("| Problem |") == [
        [name, kind.summary, ", ".join(settings_of(kind)), str(kind().num_params)]
        for name, kind in PROBLEMS.items()
    ]


def test_the_readme_lists_the_examples() -> None:
    for preset in EXAMPLES:
        assert f"**{preset.name}**" in README


def test_versions_are_pinned() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]
    assert all(re.fullmatch(r"[\w-]+(==|>=)[\w.]+", line) for line in needed)
    assert {"torch==2.13.0", "streamlit==1.67.0", "altair==6.3.0"} <= set(needed)


def statements(body: Iterable[ast.AST]) -> int:
    """How many there are, those within others too; imports, definitions and docstrings are none."""
    found = 0
    for node in body:
        documents = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        defines = isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)
        found += isinstance(node, ast.stmt) and not documents and not defines
        found += statements(ast.iter_child_nodes(node))
    return found


def module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room(name: str) -> str:
    """The package or the file just below `trainers` or `dashboard` that a module is in."""
    return ".".join(name.split(".")[:2])


def floor(name: str) -> int:
    return FLOORS.index(room(name))


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imported(file: Path) -> set[str]:
    """The names of all modules that a file imports, or imports from, but for its types alone."""
    tree = parsed(file)
    typing = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    left_out = {id(inner) for node in typing for inner in ast.walk(node)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in left_out:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and id(node) not in left_out:
            assert node.level == 0, "imports are absolute"
            found |= {submodule(node.module or "", alias.name) for alias in node.names}
    return found


def submodule(package: str, name: str) -> str:
    """What `from package import name` imports: a module of that name if there is one."""
    place = ROOT.joinpath(*package.split("."), name)
    return f"{package}.{name}" if place.is_dir() or place.with_suffix(".py").exists() else package


def packages(file: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(file)}


def ours(file: Path) -> set[str]:
    return {name for name in imported(file) if name.split(".")[0] in ("trainers", "dashboard")}


def table(header: str) -> list[list[str]]:
    """The cells of the README's table whose header begins so."""
    lines = README[README.index(header) :].splitlines()
    rows = lines[2 : lines.index("")]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]
