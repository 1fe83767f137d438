import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPTIMIZER_LAB_MORE", "0")  # the matrices are of our own optimizers

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


def pytest_configure(config: pytest.Config) -> None:
    """A process that only hands tests out to others needs no torch."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        config.pluginmanager.import_plugin("tests.plugin")


SERVER_ALONE = ("tests/browser/test_memory.py", "tests/browser/test_messages.py")


class Together(LoadScopeScheduling):
    """Tests of a file go to one worker, so that what they share is made once. So do those in a browser, first
    of all, which share a server and a Chromium; in `make test-all` those that need no browser have another.
    """

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith("tests/browser/"):
            return nodeid.partition("::")[0]
        return "server" if thorough(self.config) and nodeid.startswith(SERVER_ALONE) else "browser"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # the browser begins, the shortest files end
    return Together(config, log)


def thorough(config: pytest.Config) -> bool:
    """Whether what is slow is tested, too."""
    return "not slow" not in config.option.markexpr
