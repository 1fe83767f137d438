import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPTIMIZER_LAB_MORE", "0")  # the matrices are of our own optimizers

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from altair.utils import schemapi
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

import trainers.charts  # noqa: F401  (it switches the check of schemas off)

torch.set_num_threads(1)
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=500)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("thorough" if thorough(config) else "quick")


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


@pytest.fixture(autouse=True, scope="module")
def schemas(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every chart is checked against its schema where charts are tested, and in `make test-all` anywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schemapi, "DEBUG_MODE", hasattr(request.module, "charts") or thorough(request.config))
        yield
