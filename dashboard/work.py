"""Training and drawing: cached by settings, with progress, ended by a newer click."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, overload

import streamlit as st
from torch import Tensor

from dashboard.turns import Turns
from dashboard.widgets import Placeholder
from trainers import History, Race, Run, Sweep, charts, race, sweep, train
from trainers.races.result import RaceResult
from trainers.run import Task, most_rows, room_for
from trainers.sweeps.cost import estimate, memory, work
from trainers.sweeps.result import SweepResult

CACHE_SIZE = "150MB"  # of each function; config.toml bounds them together
PROGRESS_DELAY_S = 0.4
"""What takes longer shows its progress."""
PROGRESS_INTERVAL_S = 0.2
"""Between two such pictures, of all who train together: many would be drawing more than they train."""
ESTIMATE_MIN_UPDATES = 1e8
"""Of one parameter, in all, from which on the cost of a sweep is estimated."""
CONFIRM_SECONDS, CONFIRM_MB = 5.0, 50
"""From which on a sweep is not begun unasked."""


@dataclass(frozen=True, eq=False)
class Histories(Sequence[History]):
    """The runs of a comparison as they were trained. They follow from the runs and the room for them."""

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

    def alone(self, place: int) -> "Histories":
        """One of them."""
        return Histories((self.runs[place],), self.room, (self.found[place],))


class Live(Protocol):
    """Draws runs under way: those that ended, the one that is trained, and its losses so far."""

    def __call__(self, ended: Sequence[History], run: Run, loss: Tensor) -> None: ...


# --- While something is trained -------------------------------------------------------------------


class Watch:
    """What happens while something is trained: nothing but that others have their turn."""

    def poll(self) -> None:
        """Called every few milliseconds; what it raises ends the training."""

    def report(self, *how_far: Any) -> None:
        """Called after each update."""

    @contextmanager
    def turn(self) -> Iterator[Callable[..., None]]:
        """Train within it, and call what it gives after each update with what `report` is to be told."""
        with TURNS.turn(self.poll) as pause:

            def look(*how_far: Any) -> None:
                pause()
                self.report(*how_far)

            yield look


class Progress(Watch):
    """Lets Streamlit end a script that a newer click has outdated, and shows at times how far it is."""

    def __init__(self, draw: Callable[..., object]) -> None:
        self.draw = draw
        self.outside = copy_context()  # what is drawn within a cached function is drawn again at each hit
        self.began = self.reported = time.monotonic()

    def poll(self) -> None:
        self.outside.run(st.session_state.get, "shown")  # here Streamlit ends a script that is out of date

    def report(self, *how_far: Any) -> None:
        now = time.monotonic()
        if now - self.began > PROGRESS_DELAY_S and now - self.reported > PROGRESS_INTERVAL_S * len(TURNS):
            self.reported = now
            self.outside.run(self.draw, *how_far)


TURNS, UNWATCHED = Turns(), Watch()


# --- Cached by settings. Results follow from what was asked, and say it in their `repr` ---------------


def _of_race(result: RaceResult) -> str:
    return repr(result.race)


def _of_sweep(result: SweepResult) -> str:
    return repr(result.sweep)


BY_SETTINGS: dict[Any, Callable[[Any], Any]] = {
    **dict.fromkeys((Run, Task, Race, Sweep, Histories, charts.Style), repr),
    RaceResult: _of_race,
    SweepResult: _of_sweep,
}


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def trained(run: Run, most: int | None, _watch: Watch = UNWATCHED) -> History:
    """A run, trained. Of at most so many epochs its parameters are kept."""
    with _watch.turn() as on_epoch:
        return train(run, on_epoch, most)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def raced(spec: Race, _watch: Watch = UNWATCHED) -> RaceResult:
    with _watch.turn() as on_progress:
        return race(spec, on_progress)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def swept(spec: Sweep, _watch: Watch = UNWATCHED) -> SweepResult:
    with _watch.turn() as on_progress:
        return sweep(spec, on_progress)


@st.cache_data(max_size=CACHE_SIZE, show_spinner=False, hash_funcs=BY_SETTINGS)
def _computed(name: str, given: tuple[Any, ...], _make: Callable[..., Any]) -> Any:
    return _make(*given)


def computed(make: Callable[..., Any], *given: Any) -> Any:
    """What a function of a module makes of what it is given, once: what it is given is the cache's key."""
    return _computed(_name(make), given, make)


def drawn(make: Callable[..., Any], *given: Any) -> dict[str, Any]:
    """The same of a function that makes a chart, as a spec."""
    spec: dict[str, Any] = _computed(f"{_name(make)} drawn", given, lambda *each: charts.spec(make(*each)))
    return spec


def _name(make: Callable[..., Any]) -> str:
    if make.__qualname__ != make.__name__ or make.__name__ == "<lambda>":
        raise ValueError(f"must be a function of a module, got {make.__qualname__}")
    return f"{make.__module__}.{make.__name__}"


# --- What the page trains --------------------------------------------------------------------------


def run_with_progress(action: Callable[..., Any], spec: Any, place: Placeholder, what: str) -> Any:
    """The result of a race or a sweep; a newer click ends it."""
    return action(spec, Progress(lambda share: place.now().progress(share, f"{what}: {share:.0%}")))


def confirmed(place: Placeholder, spec: Any, sweeps: Sequence[Sweep], what: str) -> bool:
    """True if it is cheap, or confirmed by the user; else the estimate is shown with a button."""
    megabytes = sum(map(memory, sweeps)) / 1e6
    cheap = sum(map(work, sweeps)) < ESTIMATE_MIN_UPDATES and megabytes < CONFIRM_MB
    if cheap or st.session_state.get("confirmed") == spec:
        return True
    with Progress(lambda: None).turn():
        seconds = sum(map(estimate, sweeps))
    if seconds < CONFIRM_SECONDS and megabytes < CONFIRM_MB:
        return True
    place.say(f"{what} take about {seconds:,.0f} seconds and {megabytes:,.0f} MB on this server.")
    st.button("Run", on_click=partial(st.session_state.update, confirmed=spec))
    return False


def train_all(
    runs: Sequence[Run], names: Sequence[str], room: int, place: Placeholder, live: Live | None = None
) -> Histories:
    """Train what is not in the cache. What takes long shows its progress; a newer click ends it."""
    histories: list[History] = []

    def draw(epoch: int, loss: Tensor) -> None:
        number, run = len(histories), runs[len(histories)]
        text = f"Training {names[number]}, run {number + 1} of {len(runs)}: "
        text += f"epoch {epoch:,} of {run.epochs:,}"
        place.now().progress((number + epoch / run.epochs) / len(runs), text)
        if live is not None:
            live(histories, run, loss)

    progress = Progress(draw)
    for run in runs:
        histories.append(trained(run, most_rows(run, room), progress))
    return Histories(tuple(runs), room, tuple(histories))


class Training:
    """Trains the runs of a page once a script, when they are first wanted, and has it told how they ended."""

    def __init__(
        self,
        runs: tuple[Run, ...],
        names: Sequence[str],
        place: Placeholder,
        told: Callable[[Histories], object],
    ) -> None:
        self.runs, self.names, self.place, self.told = runs, names, place, told
        self.room = room_for(len(runs), runs[0].dtype if runs else "float32")
        self.done: Histories | None = None

    def __call__(self, live: Live | None = None) -> Histories:
        """The runs as they were trained; `live` draws them while they are under way."""
        if self.done is None:
            self.done = train_all(self.runs, self.names, self.room, self.place, live)
            self.told(self.done)
        return self.done
