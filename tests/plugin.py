"""What a process needs that runs tests itself: see conftest.py."""

from collections.abc import Iterator

import pytest
import torch
from altair.utils import schemapi
from hypothesis import settings

import trainers.charts  # noqa: F401  (it switches the check of schemas off)
from tests.conftest import thorough

torch.set_num_threads(1)
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=500)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("thorough" if thorough(config) else "quick")


@pytest.fixture(autouse=True, scope="module")
def schemas(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every chart is checked against its schema where charts are tested, and in `make test-all` anywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schemapi, "DEBUG_MODE", hasattr(request.module, "charts") or thorough(request.config))
        yield
