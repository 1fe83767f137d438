"""The tab Race: each optimizer tuned with the same budget, then compared on new seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard.context import Actions, Context, Tab, TabSettings
from dashboard.take_along import take_along
from dashboard.widgets import Placeholder, adder, clicked_points, control, download, swatch_table, swatches
from dashboard.work import (
    chart_spec,
    compute_cached,
    compute_with_progress,
    is_confirmed,
    race_cached,
    run_with_progress,
)
from trainers import charts
from trainers.charts import Style
from trainers.objective import Objective
from trainers.optimizers import Optimizer
from trainers.races import cost
from trainers.races.repeats import Repeats, repeated
from trainers.races.result import RaceResult
from trainers.races.settings import RaceSettings
from trainers.races.spec import DEFAULT_OPTIMIZERS, Race, eligible_optimizers
from trainers.reports import race as report
from trainers.reports import race_curves, race_ranking, race_repeats, race_warnings
from trainers.reports.loss import Y_TITLES
from trainers.reports.plain_text import result_text
from trainers.reports.race_scores import failure_condition, failure_label, metric_label, rounding_caption
from trainers.reports.remarks import left_out
from trainers.run import Task
from trainers.settings import choice, integer, settings_of
from trainers.words import format_epochs, format_number


@dataclass(frozen=True, kw_only=True)
class RaceTabSettings(RaceSettings, TabSettings):
    """Settings of the race, and the optimizers."""

    optimizers: str = choice(
        "usual",
        ("usual", "runs"),
        help="Defaults: SGD, SGD with momentum 0.9, with Nesterov momentum, Adam, RMSprop and Adagrad. "
        "Your runs: their optimizers; runs that differ only in tuned hyperparameters are merged.",
        label="Optimizers",
        captions={"usual": "defaults", "runs": "your runs"},
    )
    repeats: int = integer(
        1,
        1,
        50,
        help="Number of races, each with other seeds, to see how often the winner changes.",
        label="Repeat the race",
        scale="log",
    )

    def race(self, task: Task, optimizers: Sequence[Optimizer]) -> Race | None:
        """Return the race on this task, None if no optimizer is eligible or the metric needs a minimum."""
        field = eligible_optimizers(DEFAULT_OPTIMIZERS if self.optimizers == "usual" else optimizers, self)
        if not field or (self.metric == "epochs" and task.training.minimum is None):
            return None
        shared = {f.name: getattr(task, f.name) for f in fields(Objective)}
        return Race(
            optimizers=field, **shared, **{name: getattr(self, name) for name in settings_of(RaceSettings)}
        )


def draw(context: Context) -> None:
    settings, headline, place = context.settings, context.headline, st.container()
    spec = settings.race(context.task, [run.optimizer for run in context.runs])
    with st.expander("Settings of the race", expanded=spec is None, key=f"race.settings.{spec is None}"):
        _controls(context, settings)
    if settings.optimizers == "runs" and not context.runs:
        headline.say("No runs to race: add one, or choose the default optimizers.")
    elif spec is None:
        headline.say(f"No race: {_obstacle(context.task, settings)}.")
    elif _is_confirmed(headline, spec, settings.repeats):
        result = run_with_progress(race_cached, spec, headline, f"Training {_size(spec)}")
        repeats = _repeated(headline, spec, settings.repeats) if settings.repeats > 1 else None
        with place:
            _show(context, result, repeats)


def _is_confirmed(headline: Placeholder, spec: Race, repeats: int) -> bool:
    what = f"{_size(spec)} of {format_epochs(spec.epochs)}"
    what = f"{repeats} races, each of {what}," if repeats > 1 else what[0].upper() + what[1:]
    return is_confirmed(
        headline,
        (spec, repeats),
        spec.parts,
        what,
        memory=cost.memory(spec),
        seconds=cost.redrawing_seconds(spec),
        times=repeats,
    )


def _size(spec: Race) -> str:
    """Return of how many runs a race consists."""
    return f"{'about ' * spec.compares}{spec.size:,} runs"


def _repeated(headline: Placeholder, spec: Race, count: int) -> Repeats:
    what = f"Training {count} races"
    found: Repeats = compute_with_progress(repeated, spec, count, place=headline, what=what)
    return found


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
            if settings.is_active(name) and (name != "target" or settings.metric == "epochs"):
                control(name, setting, getattr(settings, name), f"race.{name}", width=130)
        repeats = settings_of(settings)["repeats"]
        control("repeats", repeats, settings.repeats, "race.repeats", width=130)


def _protocol(context: Context, result: RaceResult) -> str:
    """Return how the race was run."""
    settings: RaceTabSettings = context.settings
    several = settings.seeds > 1
    score = f"by the median over {settings.seeds} seeds" if several else "with one seed"
    new_seeds = f"{settings.seeds} new seeds" if several else "one new seed"
    unused = " The custom initial point is not used here." if context.task.start is not None else ""
    added = _rounds(result)
    retrained = f" The best trial is then retrained with {new_seeds}." * (result.seeds == settings.seeds)
    return (
        f"Each optimizer gets {settings.trials} trials, scored {score}.{retrained}{added}"
        f"{_schedule(settings)}{unused}{_left_out(context, settings)}"
    )


def _rounds(result: RaceResult) -> str:
    """Return how many seeds a race until decided has added."""
    if len(result.race.looks) == 1:
        return ""
    if result.seeds == result.race.seeds:
        decided = bool(result.leaders) and not result.stopped
        return f" First place was decided with {result.seeds} seeds." * decided
    found = result.decided and bool(result.leaders)
    end = "until first place was decided" if found else "and first place is not decided"
    return (
        f" The trials in question got more seeds, {result.seeds} in the end and as many new ones, {end}. The "
        f"points below are medians over the first {result.race.seeds}."
    )


def _left_out(context: Context, settings: RaceTabSettings) -> str:
    """Return what of the runs has no part in a race of their optimizers."""
    if settings.optimizers == "usual":
        return ""
    told = left_out(context.runs)
    if any(run.schedule is not None or run.clipping is not None for run in context.runs):
        told += " Schedules and gradient clipping of your runs are not used here."
    return told


def _schedule(settings: RaceTabSettings) -> str:
    """Return which schedule all runs follow, "" for none."""
    if settings.schedule == "none":
        return ""
    warmup = f" after {settings.warmup} epochs of warm-up" if settings.warmup else ""
    warmup = warmup if settings.tune == "lr" else ", whose warm-up is tuned"
    return f" All runs follow {settings.schedule}{warmup}."


def _obstacle(task: Task, settings: RaceTabSettings) -> str:
    """Return why there is no race."""
    if settings.metric == "epochs" and task.training.minimum is None:
        return "“epochs to target” needs a problem whose minimum loss is known"
    return "it needs an optimizer with a hand-written update rule and a learning rate"


def _show(context: Context, result: RaceResult, repeats: Repeats | None) -> None:
    """Draw the ranking, the sensitivity to the learning rate, and what is folded at first."""
    race, names = result.race, report.optimizer_names(result.race)
    style = charts.Style.nested(names, context.dark)
    context.headline.say(report.sentence(result, names))
    for warning in race_warnings.warnings(result, names):
        st.warning(warning)
    _lower(context, race_warnings.lower_rate(result, names))
    _ranking(result, style, _protocol(context, result))
    _until_decided(context, result)
    if repeats is not None:
        _repeats(repeats, style, context.dark)
    _sensitivity(context, result, style)
    with st.expander("Tuned curves, tuning budget"):
        _tuned(result, style, context.dark)
        _budget(result, style, context.dark)
    if len(names) > 1:
        with st.expander("Pairwise win rates"):
            table = race_ranking.win_rate_table(result, names)
            swatch_table(
                table, "optimizer", _ranked(result, style), "Win rate of each row against each column"
            )
            st.caption(race_ranking.confidence_caption(result))
    with st.container(horizontal=True):

        def text() -> str:
            ranking = race_ranking.ranking_table(result, names)
            return result_text(context.link, report.sentence(result, names), ranking)

        take_along("Take the race along", text, "race", race, names, context.link)
        download("Trials (CSV)", partial(trials_csv, race), "trials.csv")
        download("Race (SVG)", partial(race_svg, race), "race.svg")


def _ranked(result: RaceResult, style: Style) -> list[str]:
    """Return the swatches in the order of the ranking."""
    marks = swatches(style)
    return [marks[place] for place in result.ranking]


def _ranking(result: RaceResult, style: Style, protocol: str) -> None:
    ranking = race_ranking.ranking_table(result, style.names)
    swatch_table(ranking, "optimizer", _ranked(result, style), "Ranking of the optimizers")
    st.caption(" ".join(filter(None, [protocol, race_ranking.caption(result, style.names)])))


def _until_decided(context: Context, result: RaceResult) -> None:
    """Offer more seeds where first place is not decided."""
    if result.decided or result.race.until_decided:
        return
    until = replace(result.race, until_decided=True)
    times = cost.work(until) / cost.work(result.race)
    st.button(
        f"Add seeds until decided, up to {until.looks[-1]}",
        key="race.until_decided.start",
        icon=":material/add_chart:",
        help="First place is not decided. Adds seeds to the trials still in question: about "
        f"{until.size - result.race.size:,} more runs, up to about {times:.0f} times as long as the race. "
        "Ends when the first optimizer beats every other one, or is within 10% of it.",
        on_click=context.actions.change,
        args=(replace(context.settings, until_decided=True),),
    )


def _lower(context: Context, lr_min: float | None) -> None:
    """Offer a wider range where a stability limit lies below it."""
    if lr_min is not None:
        st.button(
            f"Search from {format_number(lr_min)}",
            key="race.lower",
            icon=":material/arrow_range:",
            on_click=context.actions.change,
            args=(replace(context.settings, lr_min=lr_min),),
        )


def _repeats(found: Repeats, style: Style, dark: bool) -> None:
    """Draw which optimizer has the lowest median, race by race."""
    st.markdown(f"**How often does the winner change?** {race_repeats.sentence(found, style.names)}")
    st.vega_lite_chart(
        chart_spec(drawn_repeats, found, style, dark),
        alt="Dot plot: which optimizer has the lowest median, race by race.",
    )
    st.caption(race_repeats.CAPTION)


def drawn_repeats(found: Repeats, style: Style, dark: bool) -> Any:
    """Return the chart of repeated races."""
    table, label = race_repeats.chart_table(found, style.names), race_repeats.median_label(found)
    return charts.repeats_chart(table, style, label, dark)


def _sensitivity(context: Context, result: RaceResult, style: Style) -> None:
    """Draw each trial against its learning rate."""
    race, names = result.race, style.names
    st.vega_lite_chart(
        chart_spec(sensitivity_chart, result, style),
        key="race.chart",
        on_select=partial(add_trial, context.actions, race),
        selection_mode="trial",
        alt=f"Line chart: {metric_label(race)} against the learning rate.",
    )
    footnote = rounding = ""
    if race.metric != "epochs":
        footnote = f" ({failure_condition(race)})"
        trials = compute_cached(race_curves.sensitivity, result, names)
        rounding = rounding_caption(trials["mid"], race.rounding)
    st.caption(
        f"Each point is one trial. Cross: {failure_label(race)}{footnote}.{rounding} "
        f"{race_warnings.stability_margins(result, names)} Click a point to add it to your runs, which have "
        "the sidebar's epochs and initial point."
    )
    with st.expander("Add a trial to your runs"):
        listed = compute_cached(race_curves.best_trials, result, names)
        trials = {text: race.method_at(entry, trial) for text, entry, trial in listed}
        adder(f"The best {len(trials)} trials", trials, "race.trial", context.actions.add)


def add_trial(actions: Actions, race: Race) -> None:
    """Add the clicked trial to the comparison."""
    for entry, trial in clicked_points("race.chart", "trial", "entry", "trial"):
        if entry in range(len(race.optimizers)) and trial in range(race.trials):
            actions.add(race.method_at(int(entry), int(trial)))


def _tuned(result: RaceResult, style: Style, dark: bool) -> None:
    """Draw the tuned optimizers over the epochs."""
    race = result.race
    st.markdown(f"**Tuned**: best trial of each optimizer, new seed{'s' if result.seeds > 1 else ''}")
    st.vega_lite_chart(
        chart_spec(tuned_chart, result, style, dark),
        alt="Line chart: gap, or loss, of each tuned optimizer over the epochs.",
    )
    curves = compute_cached(race_curves.tuned_curves, result, style.names)
    st.caption(
        race_curves.spread_caption(result.seeds)
        + race_curves.zeros_caption(curves["mid"])
        + rounding_caption(curves["low"], race.rounding)
    )


def _budget(result: RaceResult, style: Style, dark: bool) -> None:
    """Draw the expected best result per budget."""
    race = result.race
    budgets = compute_cached(race_curves.budgets, result, style.names)
    st.markdown("**Tuning budget**: expected best result after n trials")
    st.vega_lite_chart(
        chart_spec(budget_chart, result, style, dark),
        alt=f"Line chart: expected {metric_label(race)} against the number of trials.",
    )
    if race.metric == "epochs":
        failed = f"A trial that did not reach the target counts as {format_epochs(race.epochs)}."
    else:
        rounding = rounding_caption(budgets["y"], race.rounding, "count as")
        failed = f"A failed trial counts as no improvement.{rounding}"
    st.caption(f"{race_curves.budget_caption(result)} {failed}{race_curves.zeros_caption(budgets['y'])}")


def sensitivity_chart(result: RaceResult, style: Style) -> Any:
    """Return the chart of each trial's result against its learning rate."""
    race, names = result.race, style.names
    trials, edges = race_curves.sensitivity(result, names), race_curves.stability_limits(result, names)
    labels = metric_label(race), failure_label(race)
    spread = race_curves.spread_label(race.seeds)
    return charts.sensitivity_chart(trials, edges, style, *labels, race.tune == "lr", spread)


def tuned_chart(result: RaceResult, style: Style, dark: bool) -> Any:
    """Return the chart of the tuned optimizers over the epochs."""
    title = Y_TITLES["loss" if result.race.training.minimum is None else "gap"]
    ends = race_curves.spread_ends(result.seeds)
    return charts.band_chart(
        race_curves.tuned_curves(result, style.names), style, "epochs", title, dark, ends
    )


def budget_chart(result: RaceResult, style: Style, dark: bool) -> Any:
    """Return the chart of the expected best result against the number of trials."""
    table = race_curves.budgets(result, style.names)
    return charts.budget_chart(table, style, f"expected {metric_label(result.race)}", dark)


def trials_csv(race: Race) -> str:
    """Return one row per trial and seed as CSV."""
    return race_cached(race).frame(report.optimizer_names(race)).to_csv(index=False)


def race_svg(race: Race) -> str:
    """Return the chart of the trials as SVG."""
    return charts.svg(sensitivity_chart(race_cached(race), charts.Style.nested(report.optimizer_names(race))))


RACE = Tab("Race", "race", draw, RaceTabSettings, about_runs=False)
