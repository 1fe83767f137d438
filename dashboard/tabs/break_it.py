"""The tab Break it: mistakes in training loops, each really run beside the correct loop."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.context import Context, Tab, TabSettings
from dashboard.widgets import control_key, escape_markdown, select
from dashboard.work import compute_cached
from trainers import charts
from trainers.charts import Look, Style
from trainers.mistakes import MISTAKES, Mistake, Result
from trainers.settings import integer

LOOKS = {"correct": Look(5), "wrong": Look(1)}
"""Looks of the two losses."""


@dataclass(frozen=True, kw_only=True)
class BreakItSettings(TabSettings):
    """The mistake. A link does not show which line it is: whoever gets it may think first."""

    mistake: int = integer(1, 1, len(MISTAKES), help="Number of the mistake.")


def draw(context: Context) -> None:
    number = context.settings.mistake
    numbers = range(1, len(MISTAKES) + 1)
    symptoms = {}
    for each in numbers:  # the first visitor of a server waits for all programs
        context.headline.temporary().progress(each / len(MISTAKES), "Running the programs")
        symptoms[each] = f"{each}. {_symptom(each - 1)}"
    select("What one sees", numbers, number, "break_it.mistake", format_func=symptoms.get)
    mistake = MISTAKES[number - 1]
    found = compute_cached(results, number - 1)[0]
    context.headline.say(escape_markdown(_headline(mistake, found)))
    st.vega_lite_chart(
        compute_cached(losses_chart, number - 1, context.dark),
        alt="Line chart: the losses of the loop with a mistake, and those of the correct one.",
    )
    if found.error:
        st.code(found.error, language=None, wrap_lines=True)
    if mistake.warning:
        st.code(f"UserWarning: {mistake.warning}", language=None, wrap_lines=True)
    st.write("Which line is wrong? Think first.")
    if mistake.probe and st.toggle(f"Try it: {mistake.probe[0][1]}", key=f"break_it.probe.{number}"):
        st.vega_lite_chart(
            compute_cached(probe_chart, number - 1, context.dark),
            alt="Line chart: the losses of the loop with the mistake, changed so.",
        )
    shown = st.checkbox("Show the mistake", key=control_key(f"break_it.shown.{number}", _shown(number)))
    st.html(code_lines(mistake, shown))
    if shown:
        st.markdown(f"**{escape_markdown(mistake.name)}.** {escape_markdown(mistake.why)}")
        st.markdown(f"How one notices: {escape_markdown(mistake.notice)}")


def _shown(number: int) -> bool:
    return bool(st.session_state.get(f"break_it.shown.{number}", False))


def _symptom(place: int) -> str:
    """Return what a mistake shows, in a few words that do not tell it."""
    found: Result = compute_cached(results, place)[0]
    if MISTAKES[place].symptom:
        return MISTAKES[place].symptom
    if found.error:
        return found.error.partition(":")[0] + (": " + found.error.partition(": ")[2])[:60]
    if MISTAKES[place].warning:
        return f"A warning: {MISTAKES[place].warning[:50]}"
    first, last = found.losses[0], found.losses[-1]
    if first == last:
        return f"The loss stays at {first:.6g}"
    return f"The loss goes from {first:.5g} to {'infinity' if last != last else format(last, '.5g')}"


def _headline(mistake: Mistake, found: Result) -> str:
    if mistake.symptom:
        return f"{mistake.symptom}."
    kind, count = found.error.partition(":")[0], len(found.losses)
    if kind and count == mistake.run.epochs:
        return f"The loop ends as it should, and then: {kind}."
    if kind:
        return f"It fails {'at once' if count < 2 else f'in epoch {count}'}: {kind}."
    first, last = found.losses[0], found.losses[-1]
    if first == last:
        return f"No error, and the loss stays at {first:.6g}."
    end = "overflows" if last != last else f"ends at {last:.5g}"
    return f"No error. The loss begins at {first:.5g} and {end}."


def results(place: int) -> tuple[Result, Result]:
    """Return what the program with a mistake does, and what the correct one does, without their names."""
    mistake = MISTAKES[place]
    found, expected = mistake.executed(), mistake.expected()
    return Result(found.losses, found.error), Result(expected.losses)


def losses_chart(place: int, dark: bool) -> dict[str, Any]:
    """Return the spec of the losses of both programs."""
    found, expected = compute_cached(results, place)
    return _chart({"correct": expected, "wrong": found}, dark)


def probe_chart(place: int, dark: bool) -> dict[str, Any]:
    """Return the spec of the losses of the program with a mistake and the changes that tell it."""
    return _chart({"wrong": MISTAKES[place].probed()}, dark)


def _chart(programs: Mapping[str, Result], dark: bool) -> dict[str, Any]:
    parts = [
        pd.DataFrame({"run": name, "x": range(len(each.losses)), "y": list(each.losses)})
        for name, each in programs.items()
    ]
    style = Style.of(list(programs), [LOOKS[name] for name in programs], dark)
    return charts.spec(charts.mistake_chart(pd.concat(parts, ignore_index=True), style, dark))


def code_lines(mistake: Mistake, shown: bool) -> str:
    """Return the program with the mistake as HTML, without its data; wrong and right lines if `shown`."""
    lines = mistake.code.splitlines()
    first, last = mistake.place, mistake.place + len(mistake.wrong)
    begin = min(first, next(place for place, line in enumerate(lines) if line.startswith("def ")))
    parts = []
    for place, line in enumerate(lines[begin:], start=begin):
        if shown and place == first:
            parts += [_line(right, "right") for right in mistake.right_lines]
        parts.append(_line(line, "wrong" if shown and first <= place < last else ""))
    return f"<div class='program'>{''.join(parts)}</div>"


def _line(line: str, kind: str) -> str:
    return f"<code class='{kind}'>{html.escape(line) or '&nbsp;'}</code>"


BREAK_IT = Tab("Break it", "break_it", draw, BreakItSettings, about_runs=False)
