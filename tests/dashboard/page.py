"""The page without a browser."""

import math
import re
from functools import cache
from urllib.parse import parse_qs

import pytest
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest, local_script_runner

from dashboard import work
from dashboard.state import Page
from dashboard.tabs import rate
from tests.repository import ROOT
from trainers.reports import path_surface

local_script_runner.ScriptCache = cache(local_script_runner.ScriptCache)  # compiled once, as by a server
work.PROGRESS_DELAY_S = rate.LIVE_DELAY_S = math.inf  # nothing is drawn because a machine is slow


def ended(runner: local_script_runner.LocalScriptRunner, timeout: float) -> None:
    """Waits for the end of a script without looking for it a thousand times a second."""
    runner._script_thread.join(timeout)
    if runner._script_thread.is_alive():
        runner.request_stop()
        runner.join()
        raise RuntimeError(f"the script ran for more than {timeout} s")


local_script_runner.require_widgets_deltas = ended


@cache
def components() -> BidiComponentManager:
    """Those that are installed, looked for once, as by a server."""
    manager = BidiComponentManager()
    manager.discover_and_register_components(start_file_watching=False)
    return manager


def opened(query: str = "") -> AppTest:
    """The page as a link opens it."""
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=300)
    app._bidi_component_manager = components()
    for key, values in parse_qs(query, keep_blank_values=True).items():
        app.query_params[key] = values
    app.run()
    assert not app.exception
    return app


def coarse_maps(patch: pytest.MonkeyPatch) -> None:
    """Let maps of the loss be computed in little time."""
    patch.setattr(path_surface, "MAX_COST", 1e6)
    patch.setattr(path_surface, "MAX_RESOLUTION", path_surface.MIN_RESOLUTION)


def with_a_short_race(query: str) -> str:
    """A link whose race is short."""
    short, count = re.subn(r"trials-\d+~seeds-\d+~epochs-\d+", "trials-4~seeds-2~epochs-20", query)
    assert count == 1
    return short


def skip(app: AppTest) -> AppTest:
    """The page behind its question."""
    return app.button(key="answer.skip").click().run()


POPOVERS = ("runs.take", "race.take", "grid.take", "teaching")


def unfolded(app: AppTest) -> AppTest:
    """The page with its popovers opened."""
    for key in POPOVERS:
        app.session_state[key] = True
    return app.run()


def shown(app: AppTest) -> Page:
    assert not app.exception
    return app.session_state["session_page"].page


def sentence(app: AppTest) -> str:
    return next(m.value for m in app.main.markdown if m.value.startswith("**")).strip("*")


def warnings(app: AppTest) -> list[str]:
    """The warnings as they are read: without the backslashes of Markdown."""
    return [re.sub(r"\\(.)", r"\1", warning.value) for warning in app.warning]


def chart_types(app: AppTest) -> list[str]:
    """The types of all pictures."""
    own = [part for part in app.get("bidi_component") if part.proto.component_name.endswith("rate")]
    return [element.type for element in [*app.get("vega_lite_chart"), *own]]
