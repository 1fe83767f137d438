"""Draws mutants and runs the tests that call the function of each: first those that take least.

The tests run in a copy of the repository, once to see which functions each calls, then with each mutant in
turn until one fails. Those in a browser are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from tests.mutants.mutations import Mutant, mutants
from tests.repository import ROOT, copy_repository

SOURCES = ("streamlit_app.py", "trainers/**/*.py", "dashboard/**/*.py")
WHICH = "not slow and not browser"
PATIENCE = 120  # seconds, and five times as long as the tests take


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    asked.add_argument("--count", type=int, default=100, help="how many mutants (default: %(default)s)")
    asked.add_argument("--seed", type=int, default=0, help="which ones (default: %(default)s)")
    asked.add_argument("--only", default="", help="of files and changes that contain this")
    asked.add_argument("--tests", default="", help="a folder where what each test calls is kept")
    options = asked.parse_args()
    files = sorted({path.relative_to(ROOT).as_posix() for glob in SOURCES for path in ROOT.glob(glob)})
    all_of_them = [m for file in files for m in mutants(file, (ROOT / file).read_text(encoding="utf-8"))]
    able = [mutant for mutant in all_of_them if options.only in str(mutant)]
    drawn = random.Random(options.seed).sample(able, min(options.count, len(able)))
    print(f"{len(drawn)} of {len(able):,} mutants of {len(files)} files", flush=True)
    with TemporaryDirectory() as name:
        there = Path(name) / "copy"
        copy_repository(there)
        notes = Path(options.tests or name) / "notes"
        tests = noted(there, notes)
        survivors = [mutant for mutant in sorted(drawn, key=str) if not killed(mutant, there, tests)]
    print(f"\n{len(survivors)} of {len(drawn)} survived:", *survivors, sep="\n")


def noted(there: Path, notes: Path) -> dict[str, Any]:
    """What each test that passes calls, and how long it takes."""
    if not notes.exists():
        notes.mkdir(parents=True)
        print("Which functions does each test call?", flush=True)
        pytest(there, ["-n", "2"], {"MUTANTS_NOTES": str(notes)})
    found = [json.loads(file.read_text(encoding="utf-8")) for file in notes.glob("*.json")]
    passed = {name: note for part in found for name, note in part.items() if note["passed"]}
    if not any(note["called"] for note in passed.values()):
        sys.exit(f"No test passed: see `pytest -m '{WHICH}'`.")
    return passed


def killed(mutant: Mutant, there: Path, tests: dict[str, Any]) -> bool:
    """Whether a test fails with this mutant."""
    chosen = relevant(mutant, tests)
    (there / "chosen.json").write_text(json.dumps(chosen), encoding="utf-8")
    file = there / mutant.file
    before, began = file.read_bytes(), perf_counter()
    patience = PATIENCE + 5 * sum(tests[name]["seconds"] for name in chosen)
    try:
        file.write_bytes(mutant.put_into(before))
        arguments = ["-x", *dict.fromkeys(name.partition("::")[0] for name in chosen)]
        code = pytest(there, arguments, {"MUTANTS_CHOSEN": "chosen.json"}, patience) if chosen else 0
    finally:
        file.write_bytes(before)
    verdict = {0: "SURVIVED", 1: "killed", None: "killed, by the clock"}.get(code, "killed, at once")
    print(f"{verdict} ({perf_counter() - began:.0f} s, {len(chosen)} tests) {mutant}", flush=True)
    return code != 0


def relevant(mutant: Mutant, tests: dict[str, Any]) -> list[str]:
    """The tests that call its function, then those that call anything of its file; or all. Quick files first.

    What was kept by a cache is called by the first test alone, so the others of the file come after.
    """
    called = f"{mutant.file}:{mutant.function}"
    nearest = [name for name, note in tests.items() if called in note["called"] and mutant.function > 1]
    near = [
        name for name, note in tests.items() if any(c.startswith(f"{mutant.file}:") for c in note["called"])
    ]
    return [*in_order(nearest, tests), *in_order(set(near or tests) - set(nearest), tests)]


def in_order(names: Any, tests: dict[str, Any]) -> list[str]:
    """Tests by file, those files first whose tests take the least time each."""
    files = defaultdict(list)
    for name in tests:
        if name in names:
            files[name.partition("::")[0]].append(name)
    means = {
        file: sum(tests[name]["seconds"] for name in those) / len(those) for file, those in files.items()
    }
    return [name for file in sorted(files, key=means.__getitem__) for name in files[file]]


def pytest(
    there: Path, arguments: list[str], environment: dict[str, str], patience: float | None = None
) -> Any:
    """How pytest ends in the copy; None if it does not end in time."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.mutants.plugin", "-p", "no:cacheprovider"]
    command += ["-m", WHICH, *arguments]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | environment
    try:
        ended = subprocess.run(command, cwd=there, env=environment, capture_output=True, timeout=patience)
    except subprocess.TimeoutExpired:
        return None
    return ended.returncode


if __name__ == "__main__":
    main()
