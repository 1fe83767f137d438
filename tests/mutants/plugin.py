"""A plugin of pytest for `make mutants`: notes which functions tests call, or runs chosen tests in order."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ROOT = f"{Path(__file__).parents[2]}{os.sep}"


class Notes:
    """What each test called of the project, whether it passed, and how long it took."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.called = folder, set[Any]()
        self.tests: dict[str, dict[str, Any]] = {}

    def call(self, frame: FrameType, event: str, arg: object) -> None:
        self.called.add(frame.f_code)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.called.clear()
        threading.settrace(self.call)
        sys.settrace(self.call)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            ours = [code for code in self.called if code.co_filename.startswith(ROOT)]
            where = {f"{code.co_filename.removeprefix(ROOT)}:{code.co_firstlineno}" for code in ours}
            self.tests.setdefault(item.nodeid, {})["called"] = sorted(where)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[pytest.TestReport]:
        report = yield
        note = self.tests.setdefault(item.nodeid, {"passed": True, "seconds": 0.0})
        note["passed"] &= report.passed
        note["seconds"] += report.duration
        return report

    def pytest_sessionfinish(self) -> None:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        (self.folder / f"{worker}.json").write_text(json.dumps(self.tests), encoding="utf-8")


class Chosen:
    """These tests alone, in this order."""

    def __init__(self, ids: list[str]) -> None:
        self.places = {id: place for place, id in enumerate(ids)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self.places]
        items[:] = sorted(chosen, key=lambda item: self.places[item.nodeid])


def pytest_configure(config: pytest.Config) -> None:
    if folder := os.environ.get("MUTANTS_NOTES"):
        config.pluginmanager.register(Notes(Path(folder)))
    if file := os.environ.get("MUTANTS_CHOSEN"):
        config.pluginmanager.register(Chosen(json.loads(Path(file).read_text(encoding="utf-8"))))
