"""Colors of runs: kept while they exist, and different where the runs are."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from dashboard.context import MAX_RUNS
from dashboard.examples import ARRIVAL, EXAMPLES
from dashboard.looks import assign_hues, looks, variant
from dashboard.state import Page
from tests.trainers.charts.test_charts import SIGHT, closest
from trainers.charts.style import MAX_HUES, PAGE, STROKES
from trainers.optimizers import OPTIMIZERS, SGD, Adam
from trainers.run import Method


def looks_of(page: Page) -> tuple:
    ids = range(len(page.methods))
    hues = assign_hues(ids, page.methods, {})
    return looks(page.methods, [hues[id][1] for id in ids])


@pytest.mark.parametrize("dark", PAGE)
@pytest.mark.parametrize(
    "page", [ARRIVAL, *(e.page for e in EXAMPLES)], ids=lambda page: page.methods[-1].label
)
def test_runs_of_an_example_differ_in_pairs(page: Page, dark: bool) -> None:
    """By their color for normal sight; for others by their color, or by their stroke."""
    each = looks_of(page)
    for one, other in itertools.combinations(each, 2):
        pair = one.color(dark), other.color(dark)
        assert closest(pair, "normal") >= 0.03
        assert one.stroke != other.stroke or min(closest(pair, sight) for sight in SIGHT) >= 0.025


def test_hue_says_the_optimizer_and_shade_the_rank_of_its_rate() -> None:
    optimizers = (SGD(lr=0.1), SGD(lr=0.1, momentum=0.9), Adam(lr=1.0), SGD(lr=0.01), SGD(lr=0.03))
    methods = [Method(optimizer=optimizer) for optimizer in optimizers]
    hues = [hue for _, hue in assign_hues(range(5), methods, {}).values()]
    assert hues == [0, 1, 2, 0, 0]
    assert [look.shade for look in looks(methods, hues)] == [1, 0.5, 0.5, 0, 0.5]


def test_implementations_differ_in_shade_and_stroke_and_copies_in_dash() -> None:
    ways = looks_of(EXAMPLES[0].page)
    assert len({look.hue for look in ways}) == 1
    assert [look.shade for look in ways] == [0, 0.5, 1]
    assert [look.stroke for look in ways] == [STROKES[m.runner] for m in EXAMPLES[0].page.methods]
    copies = looks([Method()] * 3, [0] * 3)
    assert len({look.stroke.dash for look in copies}) == 3
    assert len({look.color(False) for look in copies}) == 1


def test_runs_keep_their_hue_while_they_exist() -> None:
    """Random insertions, removals and edits: a run that is not edited keeps its hue."""
    rng = random.Random(0)
    few = [kind for kind in OPTIMIZERS.values() if kind.by_hand()][: MAX_HUES - 2]
    kinds = [kind(lr=lr) for kind in few for lr in (0.01, 0.1)]
    kinds += [SGD(lr=lr, momentum=m) for lr in (0.01, 0.1) for m in (0.5, 0.9)]
    ids, methods, hues, fresh = [], [], {}, itertools.count()
    for _ in range(300):
        before, edited = dict(hues), None
        place, action = rng.randrange(len(ids) + 1), rng.random()
        if action < 0.4 and len(ids) < MAX_RUNS:
            ids.insert(place, next(fresh))
            methods.insert(place, Method(optimizer=rng.choice(kinds)))
        elif ids:
            place %= len(ids)
            if action < 0.7:
                del ids[place], methods[place]
            else:
                edited = ids[place]
                methods[place] = Method(optimizer=rng.choice(kinds))
        hues = assign_hues(ids, methods, hues)
        for id in ids:
            assert id == edited or id not in before or hues[id] == before[id]
        by_kind = {}
        for id, method in zip(ids, methods, strict=True):
            assert by_kind.setdefault(variant(method), hues[id][1]) == hues[id][1]
        if len(by_kind) <= MAX_HUES:
            assert len(set(by_kind.values())) == len(by_kind)


def test_a_rate_changed_alone_changes_no_hue() -> None:
    methods = [Method(optimizer=SGD(lr=0.1)), Method(optimizer=Adam())]
    hues = assign_hues([3, 5], methods, {})
    changed = [Method(optimizer=replace(methods[0].optimizer, lr=0.2)), methods[1]]
    assert assign_hues([3, 5], changed, hues) == hues


def test_an_edited_run_keeps_its_hue_where_no_other_has_it() -> None:
    methods = [Method(optimizer=SGD()), Method(optimizer=Adam()), Method(optimizer=SGD(momentum=0.9))]
    hues = assign_hues(range(3), methods, {})
    methods[1] = Method(optimizer=Adam(beta1=0.5))
    assert [hue for _, hue in assign_hues(range(3), methods, hues).values()] == [0, 1, 2]
    assert np.unique([look.color(False) for look in looks_of(Page(methods=tuple(methods)))]).size == 3
