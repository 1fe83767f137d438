"""One session trains at a time, in time slices, whatever happens to those that wait."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count, pairwise
from threading import Event, Lock
from types import SimpleNamespace

import pytest

from dashboard import training_queue, work
from dashboard.training_queue import TrainingQueue, Usage
from dashboard.work import QUEUE, train_cached
from trainers import Race, Run

LIMIT_S = 60.0
"""Beyond it a thread is taken to hang."""


class GivenUpError(Exception):
    pass


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pause ends a slice."""
    monkeypatch.setattr(training_queue, "SLICE_S", 0.0)
    monkeypatch.setattr(training_queue, "POLL_S", 0.001)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=16) as pool:
        yield pool


def nothing() -> None:
    pass


def give_up(asked: Event) -> None:
    if asked.is_set():
        raise GivenUpError


def wait_for(told: Callable[[], bool]) -> None:
    hold = Event()
    for _ in range(int(LIMIT_S * 1000)):
        if told():
            return
        hold.wait(0.001)
    raise AssertionError("it never came")


@pytest.mark.parametrize("many", [1, 2, 8])
def test_they_train_one_at_a_time_and_in_the_order_in_which_they_came(
    many: int, pool: ThreadPoolExecutor
) -> None:
    line, inside, order = TrainingQueue(), Lock(), list[int]()

    def train(number: int) -> None:
        with line.turn(nothing) as pause:
            for _ in range(20):
                assert inside.acquire(blocking=False)
                order.append(number)
                inside.release()
                pause()

    with line.turn(nothing):
        jobs = list[Future[None]]()
        for number in range(many):
            jobs.append(pool.submit(train, number))
            wait_for(lambda: len(line) == len(jobs) + 1)
    for job in jobs:
        job.result(LIMIT_S)
    assert order == list(range(many)) * 20
    assert len(line) == 0


def test_what_is_short_is_done_before_what_is_long(pool: ThreadPoolExecutor) -> None:
    line, done = TrainingQueue(), list[str]()

    def train() -> None:
        with line.turn(nothing) as pause:
            for _ in range(2):
                pause()
        done.append("short")

    with line.turn(nothing) as pause:
        for _ in range(5):
            pause()
        job = pool.submit(train)
        wait_for(lambda: len(line) == 2)
        pause()
        done.append("long")
    job.result(LIMIT_S)
    assert done == ["short", "long"]


def test_one_alone_is_never_held_up() -> None:
    line = TrainingQueue()
    with line.turn(nothing) as pause:
        for _ in range(1000):
            pause()
            assert len(line) == 1


def test_one_that_gives_up_while_it_waits_leaves_the_line(pool: ThreadPoolExecutor) -> None:
    line, asked = TrainingQueue(), Event()

    def train() -> None:
        with line.turn(partial(give_up, asked)):
            raise AssertionError("it had no turn")

    with line.turn(nothing) as pause:
        job = pool.submit(train)
        wait_for(lambda: len(line) == 2)
        asked.set()
        with pytest.raises(GivenUpError):
            job.result(LIMIT_S)
        assert len(line) == 1
        pause()


@pytest.mark.parametrize("how", ["it is told so", "it fails"])
def test_one_that_gives_up_in_its_turn_leaves_it_to_the_next(how: str, pool: ThreadPoolExecutor) -> None:
    line, asked, trained = TrainingQueue(), Event(), Event()

    def train() -> None:
        with line.turn(nothing):
            trained.set()

    def begin() -> None:
        with line.turn(partial(give_up, asked)) as pause:
            jobs.append(pool.submit(train))
            wait_for(lambda: len(line) == 2)
            assert not trained.is_set()
            asked.set()
            if how == "it is told so":
                pause()
            raise GivenUpError

    jobs = list[Future[None]]()
    with pytest.raises(GivenUpError):
        begin()
    jobs[0].result(LIMIT_S)
    assert trained.is_set()
    assert len(line) == 0


def test_sessions_that_train_at_once_get_what_each_would_get_alone(pool: ThreadPoolExecutor) -> None:
    runs = [
        Run(epochs=50 + number, seed=number, runner=runner)
        for number in range(4)
        for runner in ("manual", "torch.optim")
    ]
    jobs = [pool.submit(train_cached, run, None) for run in runs]
    found = [job.result(LIMIT_S) for job in jobs]
    train_cached.clear()
    for run, history in zip(runs, found, strict=True):
        alone = train_cached(run, None)
        assert history.loss.equal(alone.loss)
        assert history.params.equal(alone.params)
    assert len(QUEUE) == 0


@pytest.mark.parametrize("waiting", [1, 4])
def test_progress_is_drawn_often_at_first_and_seldom_later(
    waiting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a page has time for its controls; and of many sessions together no oftener than of one."""
    clock = count()
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=lambda: next(clock) / 100))
    monkeypatch.setattr(work, "PROGRESS_DELAY_S", 0.4)
    monkeypatch.setattr(work, "QUEUE", [None] * waiting)
    drawn = list[float]()
    progress = work.ProgressObserver(drawn.append)
    for number in range(6000):
        progress.report(number / 100)
    gaps = [later - earlier for earlier, later in pairwise([0, *drawn])]
    growing = [max(min(0.2 * 1.5**number, 4), 0.2 * waiting) for number in range(1, len(gaps))]
    assert gaps == pytest.approx([max(0.4, 0.2 * waiting), *growing], abs=0.02)
    assert len(gaps) > 15


def test_trainings_with_one_usage_count_together(pool: ThreadPoolExecutor) -> None:
    """A page of many short runs does not go before a long one again and again."""
    line, order, usage = TrainingQueue(), list[str](), Usage(slices=5)

    def train() -> None:
        with line.turn(nothing, usage):
            order.append("one of many")

    with line.turn(nothing) as pause:
        job = pool.submit(train)
        wait_for(lambda: len(line) == 2)
        for _ in range(5):
            pause()
            order.append("long")
    job.result(LIMIT_S)
    assert order == ["long"] * 4 + ["one of many", "long"]
    assert usage.slices == 6


def test_a_turn_within_a_turn_is_refused() -> None:
    line = TrainingQueue()

    def begin() -> None:
        with line.turn(nothing):
            raise AssertionError("it would wait forever")

    with line.turn(nothing), pytest.raises(RuntimeError, match="a turn within a turn"):
        begin()
    assert len(line) == 0
    with line.turn(nothing):
        assert len(line) == 1


def test_each_update_lets_others_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a training, and between the sweeps that are estimated."""
    let = list[int]()

    @contextmanager
    def turn(*_: object) -> Iterator[Callable[[], None]]:
        yield lambda: let.append(1)

    monkeypatch.setattr(work.QUEUE, "turn", turn)
    train_cached(Run(epochs=12, seed=7), None)
    assert len(let) >= 12
    let.clear()
    monkeypatch.setattr(work.st, "session_state", {})
    monkeypatch.setattr(work, "ESTIMATE_MIN_UPDATES", 0)
    spec = Race(trials=2, seeds=1, epochs=2)
    place = work.Placeholder(work.st.container())
    assert work.is_confirmed(place, spec, spec.sweeps, "2 runs", memory=0)
    assert len(let) == len(spec.sweeps)
