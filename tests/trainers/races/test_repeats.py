"""The same race with other seeds, several times."""

from dataclasses import replace

import pandas as pd
import pytest
import torch

from dashboard.examples import EXAMPLES
from dashboard.tabs.race import RaceTabSettings
from trainers import Race, charts, race
from trainers.charts import Style
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.problems import PROBLEMS
from trainers.races.repeats import Repeats, repeated
from trainers.reports.race import optimizer_names
from trainers.reports.race_repeats import chart_table, sentence

SPEC = Race(
    problem=PROBLEMS["Rosenbrock"](),
    optimizers=(SGD(), SGD(momentum=0.9), Adam(), RMSprop()),
    trials=5,
    seeds=8,
    epochs=40,
)
NAMES = optimizer_names(SPEC)


@pytest.fixture(scope="module")
def six() -> Repeats:
    return repeated(SPEC, 6)


def test_each_is_the_race_with_seeds_of_its_own(six: Repeats) -> None:
    for place in (0, 3, 5):
        alone = race(replace(SPEC, seed=8 * place))
        assert torch.equal(six.medians[place], alone.medians)
        assert six.lowest[place].nonzero().flatten().tolist() == alone.leaders
        assert alone.evidence is not None
        assert torch.equal(six.beats[place], alone.evidence.beats)


def test_those_until_decided_share_no_seeds_either() -> None:
    spec = replace(SPEC, trials=2, epochs=5, seed=2**31 - 60, until_decided=True)
    assert spec.looks[-1] == 57
    found = repeated(spec, 2)
    assert torch.equal(found.medians[1], race(replace(spec, seed=2**31 - 3)).medians)


def test_the_picture_and_the_sentence_count_the_same(six: Repeats) -> None:
    table = chart_table(six, NAMES)
    assert len(table) == 6 * 4
    text = sentence(six, NAMES)
    for place, name in enumerate(NAMES):
        times = int((six.lowest[:, place]).sum())
        assert (table[table["run"] == name]["kind"] != "other").sum() == times
        assert (f"{name} in {times}" in text) == (times > 0)
    assert "of 36 comparisons tell two optimizers apart" in text
    spec = charts.spec(charts.repeats_chart(table, Style.nested(NAMES), "median final gap"))
    assert len(spec["layer"]) == 2


def made(lowest: list[list[int]], beats: list[tuple[int, int, int]]) -> Repeats:
    """Repeated races of four optimizers; `beats` has race, row and column."""
    table = torch.zeros(len(lowest), 4, 4, dtype=torch.bool)
    for each in beats:
        table[each] = True
    where = torch.zeros(len(lowest), 4, dtype=torch.bool)
    for row, places in enumerate(lowest):
        where[row, places] = True
    return Repeats(SPEC, torch.ones(len(lowest), 4, dtype=torch.float64), where, table)


@pytest.mark.parametrize(
    ("repeats", "text"),
    [
        (
            made([[0], [0], [2]], []),
            "The lowest median in 3 races, each with other seeds: SGD in 2 and Adam in 1. None beats",
        ),
        (
            made([[0], [0, 2]], [(0, 0, 1), (0, 0, 2), (0, 0, 3), (1, 2, 0)]),
            "All others are beaten by SGD in 1. 4 of 12 comparisons tell two optimizers apart; "
            "pairs of races that contradict each other: 1.",
        ),
        (made([[], []], []), "All optimizers fail in 2 races, each with other seeds. None beats all others."),
        (made([], []), "No race finished."),
    ],
)
def test_what_is_said_of_them(repeats: Repeats, text: str) -> None:
    said = sentence(repeats, NAMES)
    assert text in said
    assert (", ties counted for each" in said) == (int(repeats.lowest.sum()) > len(repeats.medians))


@pytest.mark.slow
def test_the_example_shows_two_winners_and_no_contradiction() -> None:
    example = next(each for each in EXAMPLES if each.name == "How often does the winner change?")
    settings = example.page.of(RaceTabSettings)
    spec = settings.race(example.page.task, [method.optimizer for method in example.page.methods])
    assert spec is not None
    found = repeated(spec, settings.repeats)
    times = dict(zip(optimizer_names(spec), found.lowest.sum(0).tolist(), strict=True))
    assert min(times["Adam"], times["SGD · momentum 0.9"]) >= 5
    assert times["SGD"] == times["RMSprop"] == 0
    assert found.contradicted == 0


def test_too_few_seeds_say_nothing_of_who_is_better() -> None:
    found = repeated(replace(SPEC, seeds=3), 2)
    assert "None says which optimizer is better" in sentence(found, NAMES)
    assert not found.beats.any()


def test_it_stops_and_keeps_what_is_finished() -> None:
    shares: list[float] = []

    def stop(share: float) -> bool:
        shares.append(share)
        return share > 0.4

    found = repeated(replace(SPEC, trials=2, epochs=5), 5, stop)
    assert len(found.medians) == 2
    assert shares == sorted(shares)
    assert isinstance(chart_table(found, NAMES), pd.DataFrame)
