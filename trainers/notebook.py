"""How results show themselves in a notebook: sentences, a table and, with altair installed, a chart.

The chart is an image within the HTML: it needs no network, no trust in the notebook and no scripts. `chart`
returns the one that shows exact values under the pointer.
"""

from base64 import b64encode
from html import escape
from typing import Any

from trainers.comparison import Comparison
from trainers.history import History
from trainers.objective import Objective
from trainers.overviews import Overview, comparison_overview, race_overview, sweep_overview
from trainers.races.result import RaceResult
from trainers.reports import grid, loss, race, race_curves
from trainers.reports.race_curves import spread_label
from trainers.reports.race_scores import failure_label, loss_or_gap, metric_label
from trainers.reports.sweep_table import along
from trainers.sweeps.result import SweepResult

Result = History | Comparison | SweepResult | RaceResult
OPTIONAL = ("altair", "vl_convert", "PIL", "coloraide")
"""Packages without which there are no charts."""


def mimebundle(result: Result) -> dict[str, str]:
    """Return a result as plain text and as HTML."""
    overview = _overview(result)
    sentences = "\n".join(overview.sentences)
    table = overview.table.to_string(index=False) if len(overview.table) else ""
    plain = "\n\n".join(filter(None, [sentences, table]))
    return {"text/plain": plain, "text/html": _html(overview, _image(result, sentences))}


def chart(result: Result) -> Any | None:
    """Return the Altair chart of a result, None where there is none.

    A sweep has one over one hyperparameter, or over a grid of two with one seed; a race once an optimizer has
    finished.
    """
    if isinstance(result, SweepResult):
        return _sweep_chart(result)
    if isinstance(result, RaceResult):
        return _race_chart(result)
    return _loss_chart(_comparison(result))


def _comparison(result: History | Comparison) -> Comparison:
    return result if isinstance(result, Comparison) else Comparison((result.run,), (result,))


def _overview(result: Result) -> Overview:
    if isinstance(result, SweepResult):
        return sweep_overview(result)
    if isinstance(result, RaceResult):
        return race_overview(result)
    return comparison_overview(_comparison(result))


def _html(overview: Overview, image: str) -> str:
    """Return sentences, image, table and notes as HTML, escaped."""
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in overview.sentences)
    table = overview.table.to_html(index=False, border=0) if len(overview.table) else ""
    notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in overview.notes)
    return f"{sentences}{image}{table}{notes}"


def _image(result: Result, alternative: str) -> str:
    """Return the chart as an HTML image; "" without altair, or where there is no chart."""
    try:
        from trainers import charts

        drawn = chart(result)
        svg = "" if drawn is None else charts.svg(drawn)
    except ImportError as error:
        if error.name not in OPTIONAL:
            raise
        svg = ""
    if not svg:
        return ""
    data = b64encode(svg.encode()).decode()
    legend = _legend(result) if isinstance(result, RaceResult) else ""
    return (
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(alternative)}" '
        f'style="max-width: 100%; height: auto">{legend}'
    )


def _legend(result: RaceResult) -> str:
    """Return the names of the optimizers in their colors, as HTML."""
    style = _race_style(result)
    names = [
        f'<span style="color: {color}">■</span> {escape(name)}'
        for name, color in zip(style.names, style.colors, strict=True)
    ]
    return f"<p>{' &nbsp; '.join(names)}</p>"


def _loss_chart(result: Comparison) -> Any:
    from trainers import charts

    histories, names = result.histories, result.names
    several = len({history.run.runner for history in histories}) > 1
    strokes = [charts.STROKES[h.run.runner] if several else charts.Stroke() for h in histories]
    looks = [charts.Look.at(place, stroke) for place, stroke in enumerate(strokes)]
    return charts.loss_chart(
        loss.curves(histories, names, "loss"),
        loss.hover_table(histories, "loss", "epochs"),
        charts.Style.of(names, looks),
        x_title=loss.X_TITLES["epochs"],
        y_title=loss.Y_TITLES["loss"],
        log=True,
        diverged=loss.diverged_runs(histories, names),
        far=loss.far_runs(histories, names),
        optimum=histories[0].run.training.minimum,
    )


def _sweep_chart(result: SweepResult) -> Any | None:
    from trainers import charts

    spec = result.sweep
    what, logs = _final(spec.run), {name: axis.log for name, axis in spec.axes.items()}
    if len(spec.axes) == 1:
        (name,) = spec.axes
        kind = type(spec.run.optimizer).__name__
        return charts.sweep_chart(along(result, kind), charts.Style.of([kind]), name, what, logs[name])
    if len(spec.axes) != 2 or spec.seeds > 1 or spec.num_points is not None:
        return None
    x, y = spec.axes
    return charts.heat_chart(grid.cells(result), (x, y, what), (logs[x], logs[y]))


def _final(run: Objective) -> str:
    return f"final {loss_or_gap(run.training)}"


def _race_chart(result: RaceResult) -> Any | None:
    from trainers import charts

    if not result.results:
        return None
    style = _race_style(result)
    trials = race_curves.sensitivity(result, style.names)
    limits = race_curves.stability_limits(result, style.names)
    labels = metric_label(result.race), failure_label(result.race)
    return charts.sensitivity_chart(
        trials, limits, style, *labels, result.race.tune == "lr", spread_label(result.race.seeds)
    )


def _race_style(result: RaceResult) -> Any:
    from trainers import charts

    return charts.Style.nested(race.optimizer_names(result.race)[: len(result.results)])
