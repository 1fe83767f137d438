"""The slider over the learning rate: server work, bytes, and frames per second while it is dragged."""

from pathlib import Path
from shutil import which
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from dashboard.components.rate.payload import packed
from dashboard.state import Page
from dashboard.tabs import rate_picture
from dashboard.work import Histories
from tests.bench import seconds, table
from tests.browser.conftest import NAMES, chromium, new_context, serve
from tests.methods import methods
from trainers import train
from trainers.charts import Style
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.problems import LogisticRegression, Problem, Thermometer
from trainers.problems.surfaces import Himmelblau, Rosenbrock
from trainers.reports import rate
from trainers.reports.names import names
from trainers.reports.path_plane import fit_plane
from trainers.run import Task

REPEATS, EPOCHS, DRAG_S = 7, 500, 4
FOUR = (SGD(lr=1e-3), SGD(lr=1e-3, momentum=0.9), RMSprop(lr=1e-2), Adam(lr=1e-1))
PROBLEMS: tuple[Problem, ...] = (Thermometer(), Rosenbrock(), Himmelblau(), LogisticRegression())
DRAG = """(slider, seconds) => new Promise(done => {
    const picture = slider.getRootNode().querySelector("canvas.picture");
    const [begun, drawn] = [performance.now(), Number(picture.dataset.draws)];
    const step = now => {
        const way = (2 * (now - begun)) / (1000 * seconds) % 2;
        slider.value = Math.round((way < 1 ? way : 2 - way) * slider.max);
        slider.dispatchEvent(new Event("input"));
        if (now - begun < 1000 * seconds) requestAnimationFrame(step);
        else done((picture.dataset.draws - drawn) / seconds);
    };
    requestAnimationFrame(step);
})"""
"""Moves the slider to and fro, further in each frame; returns how often the picture was drawn a second."""


def rates() -> None:
    """The three figures of each problem."""
    dragged = frames() if any(map(which, NAMES)) else {}
    rows = [["", "values", "server work", "bytes", "drawn per second", "on a CPU 4x slower"]]
    for problem in PROBLEMS:
        name = type(problem).__name__
        spent, count, size = measured(problem)
        rows.append([name, str(count), f"{spent:.3f} s", f"{size:,}", *dragged.get(name, ("-", "-"))])
    title = f"Slider over the learning rate, 4 optimizers, {EPOCHS} epochs, median of {REPEATS}; "
    table(title + "goals: 0.3 s with two parameters, 400,000 bytes, 30 and 24 per second", rows)


def task_of(problem: Problem) -> Task:
    return Task(problem=problem, epochs=EPOCHS)


def measured(problem: Problem) -> tuple[float, int, int]:
    """Seconds of all that is computed for the picture, the number of values, and its bytes."""
    task = task_of(problem)
    runs = Page(task, methods(*FOUR)).runs
    histories = Histories(runs, 1000, tuple(map(train, runs)))
    style, axis = Style.of(names(methods(*FOUR))), rate.value_range(methods(*FOUR), "lr")
    found: dict[str, Any] = {}

    def work() -> None:
        sweeps = rate.sweeps(task, list(rate.distinct(methods(*FOUR))), "lr", axis)
        plane = fit_plane(task.training, histories)
        trained = [rate.value_runs(sweep, plane) for sweep in sweeps]
        made = rate_picture.content(histories, trained, sweeps[0], style, 1e-2, 400)
        found.update(count=sweeps[0].size, bytes=len(packed(made.header, made.arrays)))

    return median(seconds(work) for _ in range(REPEATS)), found["count"], found["bytes"]


def frames() -> dict[str, tuple[str, str]]:
    """How often the picture is drawn a second, on this processor and on one four times slower."""
    found = {}
    with TemporaryDirectory() as folder, serve(Path(folder)) as server, sync_playwright() as playwright:
        browser = chromium(playwright)
        for problem in PROBLEMS:
            page = new_context(browser, server).new_page()
            given = methods(*FOUR)
            page.goto(f"/?{Page(task_of(problem), given, 'Learning rate').to_query()}")
            slider = page.locator("input[type=range][aria-label=lr]")
            slider.wait_for()
            page.get_by_text("The same link gives").wait_for()
            throttle = page.context.new_cdp_session(page)
            drawn = []
            for slower in (1, 4):
                throttle.send("Emulation.setCPUThrottlingRate", {"rate": slower})
                drawn.append(f"{slider.evaluate(DRAG, DRAG_S):.0f}")
            found[type(problem).__name__] = (drawn[0], drawn[1])
            page.context.close()
    return found
