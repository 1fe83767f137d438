"""The tab Learning rate: one slider that moves the learning rate of all optimizers, or one of one run."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import streamlit as st

from dashboard.components import rate_slider
from dashboard.components.rate.payload import packed
from dashboard.context import MAX_RUNS, Actions, Context, Tab, TabSettings
from dashboard.tabs import rate_picture as picture
from dashboard.tabs.grid import REALS
from dashboard.widgets import Placeholder, scripts, select
from dashboard.work import Histories, compute_cached, is_confirmed, run_with_progress, value_runs_cached
from trainers.charts import Look, Style
from trainers.reports import rate as report
from trainers.reports.names import names
from trainers.reports.remarks import left_out
from trainers.run import Method, Task
from trainers.settings import choice, integer, real
from trainers.sweeps.spec import Sweep
from trainers.words import format_epochs, is_number

HEIGHT, HEIGHT_ALONE = 400, 270
"""Height of the picture in pixels, within the page and alone."""
SHADES = (0.5, 0.0, 1.0)
"""Shades of optimizers that share a hue, where there are more of them than hues."""
LIVE_DELAY_S = 0.5
"""Time before the runs that are trained so far are drawn."""
MAX_VALUE = 1e6


@dataclass(frozen=True, kw_only=True)
class RateSettings(TabSettings):
    """The hyperparameter, of which run, and the value at which the slider stands."""

    run: int = integer(
        0, 0, MAX_RUNS, help="All optimizers at one learning rate, or one run.", label="Optimizers"
    )
    x: str = choice("lr", REALS, help="Hyperparameter that the slider moves.", label="Hyperparameter")
    value: float = real(1e-2, 0, MAX_VALUE, help="Value at which the slider stands.", label="Value")

    def adapted(self, task: Task, methods: Sequence[Method]) -> Self:
        """Return the settings with an existing run, and a hyperparameter that it has, at its value."""
        run = min(self.run, len(methods))
        names = report.sweepable(methods[run - 1].optimizer) if run else ["lr"]
        if self.x in names or not names:
            return replace(self, run=run)
        optimizer = methods[max(run - 1, 0)].optimizer if methods else None
        return replace(self, run=run, x=names[0], value=getattr(optimizer, names[0], type(self)().value))

    def methods(self, given: Sequence[Method]) -> tuple[list[Method], list[int]]:
        """Return the methods that the slider moves, and their places among the given ones."""
        if self.run:
            return [given[self.run - 1]], [self.run - 1]
        found = report.distinct(given)
        return list(found), list(found.values())

    def varied(self, task: Task, given: Sequence[Method]) -> list[Sweep]:
        """Return the sweeps over the hyperparameter; none if no optimizer has it."""
        methods, places = self.methods(given)
        if not methods or self.x not in report.sweepable(methods[0].optimizer):
            return []
        over = report.value_range([given[place] for place in places], self.x)
        return report.sweeps(task, methods, self.x, over)

    def kept(self, task: Task, given: Sequence[Method]) -> list[Method]:
        """Return the methods with the value at which the slider stands."""
        return [sweep.method(self.place(sweep)) for sweep in self.varied(task, given)]

    def place(self, sweep: Sweep) -> int:
        """Return the place of the slider among the values."""
        return report.nearest(sweep.settings[self.x].tolist(), self.value)


def draw(context: Context) -> None:
    settings, headline = context.settings, context.headline
    given = [run.method for run in context.runs]
    methods, places = settings.methods(given)
    sweeps = settings.varied(context.task, given)
    size = f"{sum(sweep.size for sweep in sweeps):,} runs of {format_epochs(context.task.epochs)}"
    if not sweeps:
        headline.say(_obstacle(context))
    elif is_confirmed(headline, sweeps, sweeps, size, memory=max(map(report.memory, sweeps))):
        alone = [type(method.optimizer).__name__ for method in methods]
        _show(context, sweeps, alone if settings.run else names(methods), places)
    if not context.alone:
        _controls(context, settings, len(sweeps))


def _obstacle(context: Context) -> str:
    if not context.runs:
        return "Add a run to move its learning rate."
    return "No slider: it needs an optimizer with a hand-written update rule and a numeric hyperparameter."


def _show(context: Context, sweeps: Sequence[Sweep], names: Sequence[str], places: Sequence[int]) -> None:
    """Train the runs of all values, and draw them with the slider; those trained first meanwhile."""
    settings, histories, place = context.settings, context.histories, Placeholder(st.container())
    hues = [context.looks[place].hue for place in places]
    looks = [Look(hue, SHADES[hues[:number].count(hue) % len(SHADES)]) for number, hue in enumerate(hues)]
    style = Style.of(names, looks, context.dark)
    runs: list[report.ValueRuns] = []
    began = time.monotonic()
    for number, (name, sweep) in enumerate(zip(names, sweeps, strict=True)):
        if runs and time.monotonic() - began > LIVE_DELAY_S:
            with place.temporary():
                some = _content(context, histories, sweeps[:number], style.first(number))
                begin = settings.place(sweep)
                told = f"{number} of {len(names)} optimizers."
                rate_slider()(data=_bytes(some, begin, str(number), told, live=True, fill=context.alone))
        action = partial(value_runs_cached, histories)
        runs.append(run_with_progress(action, sweep, context.headline, f"Training {name}"))
    values = sweeps[0].axes[settings.x].values()
    known = context.task.training.minimum is not None
    summary = report.sentence(names, runs, values, settings.x, known)
    context.headline.say(summary)
    content = _content(context, histories, sweeps, style)
    with place.final():
        rate_slider()(
            data=_bytes(
                content, *_beginning(content.digest, settings.place(sweeps[0])), summary, fill=context.alone
            ),
            key="rate.slider",
            on_released_change=partial(_released, context.actions, settings, sweeps[0]),
        )
    left = "" if settings.run else left_out(context.runs)
    st.caption(f"{report.caption(sweeps[0], settings.x)}{left}")


def _content(
    context: Context, histories: Histories, sweeps: Sequence[Sweep], style: Style
) -> picture.Content:
    height = HEIGHT_ALONE if context.alone else HEIGHT
    arguments = (histories, tuple(sweeps), style, context.view.target, height)
    content: picture.Content = compute_cached(picture.cached_content, *arguments)
    return content


def _bytes(
    content: picture.Content, begin: int, version: str, summary: str, live: bool = False, fill: bool = False
) -> bytes:
    """Return the bytes of the picture, with the place at which the slider begins.

    A `live` one, drawn while others train, sends nothing; one that shall `fill` it is as high as the window.
    """
    more = {"begin": begin, "id": f"{content.digest} {version}", "alt": summary, "live": live, "fill": fill}
    return packed(content.header | more, content.arrays)


def _beginning(digest: str, place: int) -> tuple[int, str]:
    """Return the place at which the slider begins, and a version that is new whenever it shall move there.

    Both stay the same while the slider is where it was let go, so that the picture is not sent again.
    """
    state = st.session_state
    script, (known, at, drawn) = scripts(), state.get("rate.shown", ("", -1, -1))
    if (digest, place) != (known, at) or drawn != script - 1:
        state["rate.begin"] = place, f"{script}"
    state["rate.shown"] = digest, place, script
    begin: tuple[int, str] = state["rate.begin"]
    return begin


def _released(actions: Actions, settings: RateSettings, sweep: Sweep) -> None:
    """Take over the value at which the slider was let go."""
    value = released_value(st.session_state.get("rate.slider"))
    if value is not None:
        settings = replace(settings, value=value)
        digest, _, drawn = st.session_state["rate.shown"]
        st.session_state["rate.shown"] = digest, settings.place(sweep), drawn
        actions.change(settings)


def released_value(state: Any) -> float | None:
    """Return the value that the browser sent, None if it is none that a slider has."""
    value: Any = state.get("released") if isinstance(state, Mapping) else None
    return float(value) if is_number(value) and 0 <= value <= MAX_VALUE else None


def _controls(context: Context, settings: RateSettings, kept: int) -> None:
    """Draw the choice of run and hyperparameter, and the button that keeps the runs."""
    run, actions = context.runs[settings.run - 1] if settings.run else None, context.actions
    with st.container(horizontal=True, vertical_alignment="bottom"):
        numbers = range(len(context.runs) + 1)
        named = dict(zip(numbers, ("all at one rate", *context.names), strict=True))
        own: dict[str, Any] = {"on_change": actions.start_varying}
        select(
            "Optimizers", numbers, settings.run, "rate.run", format_func=named.__getitem__, width=260, **own
        )
        able = report.sweepable(run.optimizer) if run else []
        if settings.x in able:
            select("Hyperparameter", able, settings.x, "rate.x", width=180, **own)
        if kept:
            few = "this run" if kept == 1 else f"these {kept} runs"
            hint = f"Adds {few}, at the place of the slider, to the comparison."
            st.button(f"Keep {few}", on_click=actions.keep_varied, icon=":material/add:", help=hint)


RATE = Tab("Learning rate", "rate", draw, RateSettings, about_runs=False)
