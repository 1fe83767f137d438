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


class TogetherInABrowser(LoadScopeScheduling):
    """Tests in a browser go to one worker, so that they share a server and a Chromium.

    Those that need a server alone go to another.
    """

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith("tests/browser/"):
            return nodeid
        return "server" if nodeid.startswith(SERVER_ALONE) else "browser"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return TogetherInABrowser(config, log)


def thorough(config: pytest.Config) -> bool:
    """Whether what is slow is tested, too."""
    return "not slow" not in config.option.markexpr


@pytest.fixture(autouse=True, scope="module")
def schemas(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every chart is checked against its schema where charts are tested, and in `make test-all` anywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schemapi, "DEBUG_MODE", hasattr(request.module, "charts") or thorough(request.config))
        yield
