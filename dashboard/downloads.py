"""What can be taken away from the page: the curves and the settings."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch

from dashboard.state import Page
from trainers.history import History
from trainers.run import Run
from trainers.settings import Settings, knobs

MOST_PARAMETERS = 100


def curves_csv(histories: Sequence[History], names: Sequence[str]) -> str:
    """All curves, unthinned, with all digits: the columns of `History.frame`, one row an epoch and run.

    Parameters are left out where there are very many.
    """
    frames = [
        history.frame(parameters=history.run.problem.size <= MOST_PARAMETERS).assign(run=name)
        for history, name in zip(histories, names, strict=True)
    ]
    return pd.concat(frames).to_csv(index=False) if frames else ""


def settings_json(page: Page, link: str) -> str:
    """The settings of all runs, the link that opens them, and the version of torch."""
    runs = [_run(run) for run in page.runs]
    return json.dumps({"link": link, "torch": torch.__version__, "runs": runs}, indent=2)


def _run(run: Run) -> dict[str, Any]:
    own = getattr(run.problem, "own", None)
    named = {"problem": _named(run.problem), "optimizer": _named(run.optimizer), "start": run.start}
    return named | ({"own": own.write()} if own else {}) | _knobs(run)


def _named(settings: Settings) -> dict[str, Any]:
    return {"name": type(settings).__name__} | _knobs(settings)


def _knobs(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in knobs(settings)}
