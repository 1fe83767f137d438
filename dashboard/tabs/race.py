"""The tab Race: each optimizer tuned with the same budget, then compared."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import streamlit as st

from dashboard.context import Actions, Context, Tab, TabSettings
from dashboard.widgets import control, download, legend, picked, runs_table
from dashboard.work import confirmed, drawn, raced, run_with_progress
from trainers import charts
from trainers.charts import Style
from trainers.objective import Objective
from trainers.optimizers import Optimizer
from trainers.races.result import RaceResult
from trainers.races.spec import DEFAULT_OPTIMIZERS, Race, RaceSettings, eligible_optimizers
from trainers.reports import race as report
from trainers.reports import race_curves, race_ranking
from trainers.reports.loss import Y_TITLES
from trainers.reports.race_scores import failure, failure_label, metric_label
from trainers.run import Task
from trainers.settings import choice, settings_of


@dataclass(frozen=True, kw_only=True)
class RaceTabSettings(RaceSettings, TabSettings):
    """The rules of the race, and who races."""

    optimizers: str = choice(
        "usual",
        ("usual", "runs"),
        help="SGD, with momentum 0.9, with Nesterov's, Adam, RMSprop and Adagrad; or the optimizers of your "
        "runs, where runs that differ in tuned settings alone are one.",
        label="Optimizers",
    )

    def race(self, task: Task, optimizers: Sequence[Optimizer]) -> Race | None:
        """The race on this task, of the usual optimizers or of these; none if nobody can race."""
        field = eligible_optimizers(DEFAULT_OPTIMIZERS if self.optimizers == "usual" else optimizers, self)
        if not field or (self.metric == "epochs" and task.training.minimum is None):
            return None
        shared = {f.name: getattr(task, f.name) for f in fields(Objective)}
        return Race(
            optimizers=field, **shared, **{name: getattr(self, name) for name in settings_of(RaceSettings)}
        )


def draw(context: Context) -> None:
    settings, headline = context.settings, context.headline
    spec = settings.race(context.task, [run.optimizer for run in context.runs])
    _controls(context, settings)
    if settings.optimizers == "runs" and not context.runs:
        headline.say("No runs to race: add one, or let the usual six race.")
    elif spec is None:
        headline.say("Nobody can race: a racer needs a rule by hand, and epochs to a gap a known minimum.")
    elif confirmed(headline, spec, spec.parts, f"{spec.size:,} runs of {spec.epochs:,} epochs"):
        result = run_with_progress(raced, spec, headline, f"Training {spec.size:,} runs")
        _show(context, result)


def _controls(context: Context, settings: RaceTabSettings) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        control(
            "optimizers",
            settings_of(settings)["optimizers"],
            settings.optimizers,
            "race.optimizers",
            width=150,
        )
        for name, setting in settings_of(RaceSettings).items():
            if name != "target" or settings.metric == "epochs":
                control(name, setting, getattr(settings, name), f"race.{name}", width=130)
    st.caption(
        f"Each optimizer tries {settings.trials} settings; each such trial is trained from "
        f"{settings.seeds} random starts, and the median counts. Then the best trial of each "
        f"runs from {settings.seeds} fresh starts, which no trial has seen."
        + (" The chosen start plays no part." if context.task.start is not None else "")
    )


def _show(context: Context, result: RaceResult) -> None:
    race, names = result.race, report.entrant_names(result.race)
    style = charts.Style.nested(names, context.dark)
    context.headline.say(report.verdict(result, names))
    for warning in report.warnings(result, names):
        st.warning(warning)
    legend(style.colours, names)
    st.vega_lite_chart(
        drawn(sensitivity_chart, result, style),
        key="race.chart",
        on_select=partial(add_trial, context.actions, race),
        selection_mode="trial",
        alt=f"Line chart: {metric_label(race)} against the learning rate.",
    )
    footnote = "" if race.metric == "epochs" else f", that is, {failure(race)}"
    st.caption(
        f"Each point is one trial. Cross: {failure_label(race)}{footnote}. "
        f"{report.margins(result, names)} Click a point to add it to your runs, which have the "
        "sidebar's epochs and start."
    )
    _tuned_and_budget(result, style)
    _ranking(result, style)
    with st.container(horizontal=True):
        download("Trials (CSV)", partial(trials_csv, race), "trials.csv")
        download("Race (SVG)", partial(race_svg, race), "race.svg")


def add_trial(actions: Actions, race: Race) -> None:
    """Add the trial that was clicked in the chart."""
    for entry, trial in picked("race.chart", "trial", "entry", "trial"):
        if entry in range(len(race.optimizers)) and trial in range(race.trials):
            actions.add(race.optimizer_at(int(entry), int(trial)))


def _tuned_and_budget(result: RaceResult, style: Style) -> None:
    """The tuned optimizers over the epochs, and what fewer trials would have given."""
    race, (left, right) = result.race, st.columns(2)
    left.markdown("**Tuned**: each at its best trial, from fresh starts")
    left.vega_lite_chart(
        drawn(tuned_chart, result, style),
        alt="Line chart: the gap of each tuned optimizer over the epochs.",
    )
    starts = f"Median and 10–90 % of {race.seeds} starts that no trial has seen."
    left.caption(starts + race_curves.unseen(race_curves.tuned_curves(result, style.names)["mid"]))
    right.markdown("**Budget**: what to expect from fewer trials")
    right.vega_lite_chart(
        drawn(budget_chart, result, style),
        alt=f"Line chart: expected {metric_label(race)} against the number of trials.",
    )
    epochs = race.metric == "epochs"
    fallen, worst = ("missed", "all epochs") if epochs else ("failed", "what it began with")
    right.caption(
        "Had only so many of the trials been made: the expected result of the best of them. One that "
        f"{fallen} counts as {worst}." + race_curves.unseen(race_curves.budgets(result, style.names)["y"])
    )


def _ranking(result: RaceResult, style: Style) -> None:
    """The tables."""
    order = [style.colours[place] for place in result.ranking]
    runs_table(race_ranking.standings(result, style.names), order, "The standings")
    st.caption(
        "Of trials that are equal but for rounding the middle one is the best. Who beats whom is "
        "counted over the fresh starts; a tie is half a win."
    )
    if len(style.names) > 1:
        with st.expander("Who beat whom"):
            table = race_ranking.duels(result, style.names)
            runs_table(table, order, "In what share of starts who beat whom")


def sensitivity_chart(result: RaceResult, style: Style) -> Any:
    """The result of each trial against its learning rate."""
    race, names = result.race, style.names
    trials, edges = race_curves.sensitivity(result, names), race_curves.edges(result, names)
    labels = metric_label(race), failure_label(race)
    return charts.sensitivity_chart(trials, edges, style, *labels, race.tune == "lr")


def tuned_chart(result: RaceResult, style: Style) -> Any:
    """The tuned optimizers over the epochs."""
    title = Y_TITLES["loss" if result.race.training.minimum is None else "gap"]
    return charts.band_chart(race_curves.tuned_curves(result, style.names), style, "epochs", title)


def budget_chart(result: RaceResult, style: Style) -> Any:
    """The expected best result against the number of trials."""
    table = race_curves.budgets(result, style.names)
    return charts.budget_chart(table, style, f"expected {metric_label(result.race)}")


def trials_csv(race: Race) -> str:
    """All trials, a row each."""
    return raced(race).frame(report.entrant_names(race)).to_csv(index=False)


def race_svg(race: Race) -> str:
    """The chart of the trials as a file."""
    return charts.svg(sensitivity_chart(raced(race), charts.Style.nested(report.entrant_names(race))))


RACE = Tab("Race", draw, RaceTabSettings, about_runs=False)
