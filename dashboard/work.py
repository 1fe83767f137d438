"""Cached training and charts, with progress; a newer click ends them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, overload

import streamlit as st
from torch import Tensor

from dashboard.training_queue import TrainingQueue, Usage
from dashboard.widgets import Placeholder
from trainers import History, Race, Run, Sweep, charts, race, sweep, train
from trainers.digits import Digits, train_twins, trusted_digits
from trainers.races.repeats import Repeats
from trainers.races.result import RaceResult
from trainers.reports import inside_step
from trainers.reports.path_plane import fit_plane
from trainers.reports.rate import ValueRuns, value_runs
from trainers.run import Task, most_rows, room_for
from trainers.steps import Steps, record_steps
from trainers.sweeps.cost import estimate, work
from trainers.sweeps.result import SweepResult
from trainers.sweeps.training import Trajectories

CACHE_SIZE = "150MB"  # of each function; config.toml bounds them together
COUNTING = "Counting trusted digits"
PROGRESS_DELAY_S = 0.4
"""Time before progress is shown."""
PROGRESS_INTERVAL_S, MAX_PROGRESS_INTERVAL_S = 0.2, 4.0
"""First and longest interval between progress updates. All sessions draw no oftener than one at first."""
PROGRESS_GROWTH = 1.5
"""Factor of each interval over the one before. React holds back what a control has loaded for 300 ms
(FALLBACK_THROTTLE_MS), and each update begins that anew: at short intervals no control would appear.
"""
ESTIMATE_MIN_UPDATES = 1e8
"""Parameter updates above which the cost of a sweep is estimated."""
CONFIRM_SECONDS, CONFIRM_MB = 5.0, 50
"""Cost above which a sweep needs confirmation."""


@dataclass(frozen=True, eq=False)
class Histories(Sequence[History]):
    """The trained runs of a comparison. The runs and the room for them identify it."""

    runs: tuple[Run, ...]
    room: int
    found: tuple[History, ...]

    @overload
    def __getitem__(self, index: int) -> History: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[History]: ...
    def __getitem__(self, index: int | slice) -> History | Sequence[History]:
        return self.found[index]

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[History]:
        return iter(self.found)

    def __repr__(self) -> str:
        return f"{self.runs!r} {self.room}"

    def single(self, place: int) -> "Histories":
        """Return one of them."""
        return Histories((self.runs[place],), self.room, (self.found[place],))


class LiveChart(Protocol):
    """Draws runs in training: the finished ones, the current run, and its losses so far."""

    def __call__(self, ended: Sequence[History], run: Run, loss: Tensor) -> None: ...


# --- Progress -------------------------------------------------------------------------------------


class Observer:
    """Observer of a training that only gives way to other sessions."""

    usage: Usage | None = None
    """Time slices used by all trainings with this observer; counted for each alone if None."""

    def poll(self) -> None:
        """Called every few milliseconds; an exception ends the training."""

    def report(self, *how_far: Any) -> None:
        """Called after each update."""

    @contextmanager
    def turn(self) -> Iterator[Callable[..., None]]:
        """Hold the turn for the block; yields the callback of each update, with `report`'s arguments."""
        with QUEUE.turn(self.poll, self.usage) as yield_turn:

            def on_update(*how_far: Any) -> None:
                yield_turn()
                self.report(*how_far)

            yield on_update


class ProgressObserver(Observer):
    """Observer that shows progress, and lets Streamlit stop an outdated script."""

    def __init__(self, draw: Callable[..., object]) -> None:
        self.draw, self.usage = draw, Usage()
        self.outside = copy_context()  # elements drawn within a cached function are replayed at each hit
        self.began = self.reported = time.monotonic()
        self.interval = PROGRESS_INTERVAL_S

    def poll(self) -> None:
        # Streamlit stops an outdated script at this access.
        self.outside.run(st.session_state.get, "session_page")

    def report(self, *how_far: Any) -> None:
        now = time.monotonic()
        interval = max(self.interval, PROGRESS_INTERVAL_S * len(QUEUE))
        if now - self.began > PROGRESS_DELAY_S and now - self.reported > interval:
            self.reported = now
            self.interval = min(PROGRESS_GROWTH * self.interval, MAX_PROGRESS_INTERVAL_S)
            self.outside.run(self.draw, *how_far)


QUEUE, UNOBSERVED = TrainingQueue(), Observer()


# --- Caches. Their keys are settings: results follow from them ------------------------------------


def _of_race(result: RaceResult) -> str:
    return repr(result.race)


def _of_repeats(repeats: Repeats) -> str:
    return f"{repeats.race!r} {len(repeats.medians)}"


def _of_sweep(result: SweepResult) -> str:
    return repr(result.sweep)


BY_SETTINGS: dict[Any, Callable[[Any], Any]] = {
    **dict.fromkeys((Run, Task, Race, Sweep, Histories, charts.Style), repr),
    RaceResult: _of_race,
    Repeats: _of_repeats,
    SweepResult: _of_sweep,
}


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def train_cached(run: Run, most: int | None, _observer: Observer = UNOBSERVED) -> History:
    """Train a run; parameters are kept at up to `most` epochs."""
    with _observer.turn() as on_epoch:
        return train(run, on_epoch, most)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def twins_cached(run: Run, _observer: Observer = UNOBSERVED) -> Trajectories | None:
    with _observer.turn() as on_progress:
        return train_twins(run, on_progress)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def steps_cached(run: Run, _observer: Observer = UNOBSERVED) -> Steps:
    """Train a run, keeping the updates that can be looked into, with the state of the optimizer."""
    with _observer.turn() as on_progress:
        return record_steps(run, inside_step.updates(run), on_progress)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def race_cached(spec: Race, _observer: Observer = UNOBSERVED) -> RaceResult:
    with _observer.turn() as on_progress:
        return race(spec, on_progress)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def sweep_cached(spec: Sweep, _observer: Observer = UNOBSERVED) -> SweepResult:
    with _observer.turn() as on_progress:
        return sweep(spec, on_progress)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def value_runs_cached(histories: Histories, spec: Sweep, _observer: Observer = UNOBSERVED) -> ValueRuns:
    """Train the runs of a sweep over one hyperparameter; their paths lie in the plane of the histories."""
    plane = fit_plane(spec.run.training, histories)
    with _observer.turn() as on_progress:
        return value_runs(spec, plane, on_progress)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def _computed(name: str, given: tuple[Any, ...], _make: Callable[..., Any]) -> Any:
    return _make(*given)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def _computed_in_turns(
    name: str, given: tuple[Any, ...], _make: Callable[..., Any], _observer: Observer
) -> Any:
    with _observer.turn() as on_progress:
        return _make(*given, on_progress)


def compute_cached(make: Callable[..., Any], *given: Any) -> Any:
    """Return the result of a module's function, cached by its arguments."""
    return _computed(_name(make), given, make)


def chart_spec(make: Callable[..., Any], *given: Any) -> dict[str, Any]:
    """Return the spec of the chart that a module's function makes, cached by its arguments."""
    spec: dict[str, Any] = _computed(f"{_name(make)} drawn", given, lambda *each: charts.spec(make(*each)))
    return spec


def _name(make: Callable[..., Any]) -> str:
    if make.__qualname__ != make.__name__ or make.__name__ == "<lambda>":
        raise ValueError(f"must be a function of a module, got {make.__qualname__}")
    return f"{make.__module__}.{make.__name__}"


# --- Training for the page ------------------------------------------------------------------------


def run_with_progress(action: Callable[..., Any], spec: Any, place: Placeholder, what: str) -> Any:
    """Return the result of a race or a sweep, with a progress bar."""
    return action(
        spec, ProgressObserver(lambda share: place.temporary().progress(share, f"{what}: {share:.0%}"))
    )


def compute_with_progress(make: Callable[..., Any], *given: Any, place: Placeholder, what: str) -> Any:
    """Return the result of a module's function that takes long, cached by its arguments, with a progress bar.

    Its last argument is `on_progress(share)`, to be called every few milliseconds.
    """
    observer = ProgressObserver(lambda share: place.temporary().progress(share, f"{what}: {share:.0%}"))
    return _computed_in_turns(_name(make), given, make, observer)


def is_confirmed(
    place: Placeholder,
    spec: Any,
    sweeps: Sequence[Sweep],
    what: str,
    *,
    memory: float,
    seconds: float = 0.0,
    times: int = 1,
) -> bool:
    """Return True if cheap or confirmed by the user; otherwise show the estimate and a button.

    The sweeps are trained so many `times`, and take `memory` bytes at once; `seconds` are for all else.
    A spec is estimated until it is confirmed, as estimates vary with the load.
    """
    confirmed: set[str] = st.session_state.setdefault("confirmed", set())
    megabytes, seconds = memory / 1e6, times * seconds
    quick = times * sum(map(work, sweeps)) < ESTIMATE_MIN_UPDATES and seconds < CONFIRM_SECONDS
    if (quick and megabytes < CONFIRM_MB) or repr(spec) in confirmed:
        return True
    with ProgressObserver(lambda: None).turn() as on_update:
        for sweep in sweeps:
            seconds += times * estimate(sweep)
            on_update()
    if seconds < CONFIRM_SECONDS and megabytes < CONFIRM_MB:
        confirmed.add(repr(spec))
        return True
    room = f" and {megabytes:,.0f} MB" if megabytes >= 1 else ""
    place.say(f"{what} take about {seconds:,.0f} seconds{room} on this server.")
    st.button("Run", on_click=confirmed.add, args=(repr(spec),))
    return False


def train_all(
    runs: Sequence[Run], names: Sequence[str], room: int, place: Placeholder, live: LiveChart | None = None
) -> Histories:
    """Train the runs that are not cached, with a progress bar; `live` draws them meanwhile."""
    histories: list[History] = []

    def draw(epoch: int, loss: Tensor) -> None:
        number, run = len(histories), runs[len(histories)]
        text = f"Training {names[number]}, run {number + 1} of {len(runs)}: "
        text += f"epoch {epoch:,} of {run.epochs:,}"
        place.temporary().progress((number + epoch / run.epochs) / len(runs), text)
        if live is not None:
            live(histories, run, loss)

    progress = ProgressObserver(draw)
    for run in runs:
        histories.append(train_cached(run, most_rows(run, room), progress))
    return Histories(tuple(runs), room, tuple(histories))


class Training:
    """Trains the runs of a page once per script, when first needed, then calls `on_trained`."""

    def __init__(
        self,
        runs: tuple[Run, ...],
        names: Sequence[str],
        place: Placeholder,
        on_trained: Callable[[Histories], object],
    ) -> None:
        self.runs, self.names, self.place, self.on_trained = runs, names, place, on_trained
        self.room = room_for(len(runs), runs[0].dtype if runs else "float32")
        self.done: Histories | None = None
        self.counted: tuple[Digits | None, ...] | None = None

    def __call__(self, live: LiveChart | None = None) -> Histories:
        """Return the histories; `live` draws the runs during training."""
        if self.done is None:
            self.done = train_all(self.runs, self.names, self.room, self.place, live)
            self.on_trained(self.done)
        return self.done

    def digits(self) -> tuple[Digits | None, ...]:
        """Return how many digits of each run can be trusted, after training its twins."""
        if self.counted is None:
            self.counted = self._count_digits()
        return self.counted

    def _count_digits(self) -> tuple[Digits | None, ...]:
        histories = self()
        observer = ProgressObserver(
            lambda share: self.place.temporary().progress(share, f"{COUNTING}: {share:.0%}")
        )
        train = partial(twins_cached, _observer=observer)
        found = tuple(trusted_digits(history, train) for history in histories)
        self.place.clear()
        return found
