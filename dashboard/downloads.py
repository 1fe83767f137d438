"""Downloads: curves, settings and the loss chart."""

import json
from collections.abc import Sequence
from typing import Any

import torch

from dashboard.state import Page
from dashboard.tabs.loss import loss_chart
from dashboard.work import Histories, train_cached
from trainers import charts
from trainers.charts import Look, Style
from trainers.comparison import Comparison
from trainers.reports.names import names
from trainers.run import Run, most_rows
from trainers.settings import Settings, settings_of


def curves_csv(page: Page, room: int) -> str:
    """Return the curves of a page's runs as CSV; runs come from the cache or are trained again."""
    histories = tuple(train_cached(run, most_rows(run, room)) for run in page.runs)
    return Comparison(page.runs, histories).frame().to_csv(index=False) if histories else ""


def loss_svg(page: Page, room: int, looks: Sequence[Look]) -> str:
    """Return the loss chart as SVG, in light mode."""
    histories = tuple(train_cached(run, most_rows(run, room)) for run in page.runs)
    labels = names(page.methods)
    style = Style.of(labels, looks)
    return charts.svg(loss_chart(Histories(page.runs, room, histories), labels, style, page.task, page.view))


def settings_json(page: Page, link: str) -> str:
    """Return the settings of all runs, the link, and the version of torch as JSON."""
    runs = [_run(run) for run in page.runs]
    return json.dumps({"link": link, "torch": torch.__version__, "runs": runs}, indent=2)


def _run(run: Run) -> dict[str, Any]:
    csv = getattr(run.problem, "csv", None)
    named = {"problem": _named(run.problem), "optimizer": _named(run.optimizer), "start": run.start}
    return named | ({"csv": csv.write()} if csv else {}) | _settings(run)


def _named(settings: Settings) -> dict[str, Any]:
    return {"name": type(settings).__name__} | _settings(settings)


def _settings(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings_of(settings)}
