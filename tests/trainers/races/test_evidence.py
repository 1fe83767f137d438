"""How sure a race is of its result, against the definition, and in races whose truth is known."""

import math
import random
from statistics import median_high

import pytest
import torch
from torch import Tensor

from trainers import Race, race
from trainers.optimizers import SGD, Adagrad, Adam, RMSprop
from trainers.problems import PROBLEMS
from trainers.races import redraw
from trainers.races.redraw import Evidence, best_trial, best_trials, compare, draws, is_better, median
from trainers.races.result import RaceResult
from trainers.reports.race import optimizer_names, sentence
from trainers.reports.race_ranking import ranking_table

FEWER = 200
"""Re-drawn races, where each is drawn anew in loops."""
FIELD = (SGD(), SGD(momentum=0.9), Adam(), RMSprop(), Adagrad())


def small_race(luck: random.Random, until_decided: bool = False) -> RaceResult:
    """A race of some optimizers on a surface or the thermometer."""
    names = ("Rosenbrock", "Himmelblau", "Booth", "Rastrigin", "Thermometer", "Beale")
    metric = luck.choice(["final", "best", "epochs"])
    return race(
        Race(
            problem=PROBLEMS[luck.choice(names)](),
            optimizers=tuple(luck.sample(FIELD, luck.randint(2, 4))),
            metric=metric,
            target=luck.choice([1e-3, 1.0, 30.0]),
            trials=luck.randint(2, 6),
            seeds=luck.randint(8, 12),
            epochs=luck.randint(5, 60),
            seed=luck.randrange(2**31),
            dtype=luck.choice(["float32", "float64"]),
            until_decided=until_decided,
        )
    )


def tie(result: RaceResult, a: float, b: float) -> bool:
    spec = result.race
    if a == b or spec.metric == "epochs":
        return a == b
    if math.inf in (a, b):
        return False
    eps = torch.finfo(getattr(torch, spec.dtype)).eps
    return abs(a - b) <= spec.rounding + 8 * eps * min(abs(a), abs(b))


def apart(result: RaceResult, a: float, b: float) -> bool:
    """Whether a is more than 10% below b, and by more than rounding."""
    floor = 0.0 if result.race.metric == "epochs" else result.race.rounding
    return a + 0.1 * abs(a) + floor < b and not tie(result, a, b)


Trials = dict[int, list[float]]
"""The scores of trials with each seed."""
Tested = dict[int, list[tuple[float, float, float]]]
"""Of each seed the score, and the lowest and the highest one of the run and its twins."""


def below(result: RaceResult, a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Whether each score of a run and its twins is lower than each of another."""
    return a[2] < b[1] and not tie(result, a[2], b[1])


def with_ranges(result: RaceResult) -> list[Tested]:
    return [
        {
            trial: [
                (x, *ends) for x, ends in zip(scores.tolist(), entry.new_ranges[trial].tolist(), strict=True)
            ]
            for trial, scores in entry.new_scores.items()
        }
        for entry in result.results
    ]


def best_of(result: RaceResult, trials: Trials, seeds: list[int]) -> int:
    """The best trial by its median over these seeds; of ties, the middle one."""
    middles = {trial: median_high([scores[k] for k in seeds]) for trial, scores in trials.items()}
    ties = [trial for trial, each in middles.items() if tie(result, each, min(middles.values()))]
    return ties[len(ties) // 2]


def best_of_redrawn(result: RaceResult, trials: Trials) -> list[int]:
    """The best trial of each re-drawn race."""
    seeds = len(next(iter(trials.values())))
    return [best_of(result, trials, drawn) for drawn in draws(seeds, 0).tolist()]


def by_trial(result: RaceResult) -> list[Trials]:
    return [dict(enumerate(entry.trial_scores.tolist())) for entry in result.results]


def expected(
    result: RaceResult, tuning: list[Trials], new: list[Tested], level: float = 0.95
) -> tuple[list[list[float]], list[list[bool]], list[list[bool]]]:
    """Confidence, who beats whom, and who is alike, as docs/method.md defines them.

    By the scores of each optimizer's trials in question, with their seeds and with new ones.
    """
    count, seeds = len(tuning), len(next(iter(new[0].values())))
    picked = [best_of_redrawn(result, trials) for trials in tuning]
    races = [
        [[scores[best[place]][k] for k in drawn] for best, scores in zip(picked, new, strict=True)]
        for place, drawn in enumerate(draws(seeds, 1).tolist())
    ]
    everyone = list(range(len(next(iter(tuning[0].values())))))
    best = [best_of(result, trials, everyone) for trials in tuning]
    medians = [median_high([x for x, _, _ in scores[trial]]) for trial, scores in zip(best, new, strict=True)]
    middles = [[median_high([x for x, _, _ in scores]) for scores in each] for each in races]
    confidence = [[0.0] * count for _ in range(count)]
    alike = [[True] * count for _ in range(count)]
    for a in range(count):
        for b in range(count):
            won = near = 0
            for scores, middle in zip(races, middles, strict=True):
                pairs = list(zip(scores[a], scores[b], strict=True))
                better = sum(below(result, x, y) for x, y in pairs)
                won += better > sum(below(result, y, x) for x, y in pairs)
                near += not apart(result, middle[a], middle[b]) and not apart(result, middle[b], middle[a])
            confidence[a][b] = won / FEWER
            finite = math.isfinite(medians[a]) and math.isfinite(medians[b])
            here = not apart(result, medians[a], medians[b]) and not apart(result, medians[b], medians[a])
            alike[a][b] = near >= level * FEWER and finite and here
    beats = [
        [confidence[a][b] >= level and apart(result, medians[a], medians[b]) for b in range(count)]
        for a in range(count)
    ]
    return confidence, beats, alike


def new_scores(result: RaceResult, place: int) -> list[float]:
    return [float(score) for score in result.results[place].tuned_scores]


QUICK = (0, 2, 17, 50)
"""Races in which no optimizer beats another, and in which those behind the first are not told apart."""
SLOW = [pytest.param(luck, marks=pytest.mark.slow) for luck in range(60) if luck not in QUICK]


@pytest.mark.parametrize("luck", [*QUICK, *SLOW])
def test_it_is_as_defined(luck: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redraw, "REDRAWN", FEWER)
    result = small_race(random.Random(luck))
    evidence = result.evidence
    assert evidence is not None
    confidence, beats, alike = expected(result, by_trial(result), with_ranges(result))
    torch.testing.assert_close(evidence.confidence, torch.tensor(confidence, dtype=torch.float64))
    assert evidence.beats.tolist() == beats
    assert evidence.alike.tolist() == alike
    ranks = [int(rank) for rank in ranking_table(result, list(map(str, range(9))))["rank"]]
    for place, rank in zip(result.ranking, ranks, strict=True):
        group = next(k for k, group in enumerate(evidence.groups) if place in group)
        assert rank == 1 + sum(map(len, evidence.groups[:group]))
    leading = evidence.groups[0]
    assert all(not any(row[place] for row in beats) for place in leading)
    assert all(any(row[place] for row in beats) for place in range(len(beats)) if place not in leading)
    told = sentence(result, optimizer_names(result.race))
    best = result.ranking[0]
    others = [k for k in range(len(beats)) if k != best]
    won = all(beats[best][k] for k in others)
    assert (": it beats " in told) == won
    failed = won and median_high(new_scores(result, result.ranking[1])) == math.inf
    assert not won or ("can't be told apart" in told) == (len(evidence.groups[1]) > 1 and not failed)


def test_where_rounding_decides_it_is_a_tie() -> None:
    """RMSprop swings around the minimum: on some seeds the twins of two are better and worse."""
    swinging = {"lr_min": 0.4, "lr_max": 0.9, "trials": 3, "epochs": 463, "dtype": "float64"}
    result = race(
        Race(problem=PROBLEMS["McCormick"](), optimizers=(RMSprop(), RMSprop(alpha=0.98)), **swinging)
    )
    first, second = (entry.new_ranges[entry.best_trial] for entry in result.results)
    apart = is_better(result.race, first, second) | is_better(result.race, second, first)
    crossed = (first[:, 1] >= second[:, 0]) & (second[:, 1] >= first[:, 0])
    assert crossed.any()
    assert not (apart & crossed).any()
    for entry in result.results:
        low, high = entry.new_ranges[entry.best_trial].unbind(1)
        assert (low <= entry.tuned_scores).all()
        assert (entry.tuned_scores <= high).all()
    wins = result.win_rates()
    assert float(wins[0, 1] + wins[1, 0]) == pytest.approx(1)
    better = is_better(result.race, first, second).double().mean()
    worse = is_better(result.race, second, first).double().mean()
    assert float(wins[0, 1]) == pytest.approx(float(0.5 + 0.5 * better - 0.5 * worse))


def test_with_few_seeds_nothing_is_claimed() -> None:
    spec = Race(optimizers=FIELD[:3], trials=3, seeds=7, epochs=20)
    result = race(spec)
    assert result.evidence is None
    assert "rank" not in ranking_table(result, optimizer_names(spec))
    told = sentence(result, optimizer_names(spec))
    assert "7 seeds are too few to say that one is better." in told
    assert "beats" not in told
    assert [list(entry.new_scores) for entry in result.results] == [[e.best_trial] for e in result.results]


# --- Races whose truth is known -------------------------------------------------------------------


def simulated(count: int, seeds: int, luck: int, lead: float = 0.0, trials: int = 24) -> Evidence:
    """A race whose log gaps are normal around a parabola in the trial, less `lead` for the first."""
    spec, generator = Race(optimizers=FIELD[:1] * 2, dtype="float64"), torch.Generator().manual_seed(luck)
    distance = (torch.linspace(-3, 3, trials, dtype=torch.float64) ** 2)[:, None]
    scores, redrawn, medians = [], [], []
    for optimizer in range(count):
        noise = torch.randn(2, trials, seeds, generator=generator, dtype=torch.float64)
        tuning, new = torch.exp(distance + noise - lead * (optimizer == 0))
        scores.append(new[..., None].expand(-1, -1, 3))
        redrawn.append(best_trials(spec, tuning))
        medians.append(median(new[best_trial(spec, median(tuning))]))
    evidence = compare(spec, scores, redrawn, torch.stack(medians))
    assert evidence is not None
    return evidence


def told_apart(evidence: Evidence) -> Tensor:
    return evidence.beats | evidence.beats.T


@pytest.mark.parametrize(
    ("seeds", "races"), [(11, 40), *(pytest.param(s, 200, marks=pytest.mark.slow) for s in (11, 31))]
)
def test_equals_are_not_told_apart(seeds: int, races: int) -> None:
    apart = [bool(told_apart(simulated(2, seeds, luck))[0, 1]) for luck in range(races)]
    assert sum(apart) <= 0.05 * races


@pytest.mark.parametrize("races", [20, pytest.param(300, marks=pytest.mark.slow)])
def test_one_standard_deviation_is_found_at_31_seeds(races: int) -> None:
    found = [bool(simulated(2, 31, luck, lead=1.0).beats[0, 1]) for luck in range(races)]
    assert sum(found) >= 0.8 * races


def test_no_winner_is_named_among_six_equals() -> None:
    assert all(len(simulated(6, 11, luck).groups[0]) > 1 for luck in range(15))


def contradicted(specs: list[Race]) -> float:
    """Of all pairs of races that say of two optimizers which is better, the fraction that disagree."""
    found = [race(spec).evidence for spec in specs]
    beats = torch.stack([each.beats.long() for each in found if each is not None]).sum(0)
    claims = beats + beats.T
    pairs = int((claims * (claims - 1) // 2).triu().sum())
    assert pairs > 50
    return int((beats * beats.T).triu().sum()) / pairs


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "most"), [(10, 0.0), (11, 0.01)])
def test_races_on_rosenbrock_hardly_contradict_each_other(seeds: int, most: float) -> None:
    problem = PROBLEMS["Rosenbrock"]()
    specs = [Race(problem=problem, trials=24, seeds=seeds, seed=1000 * k) for k in range(40)]
    assert contradicted(specs) <= most


@pytest.mark.slow
def test_races_in_batches_hardly_contradict_each_other() -> None:
    """12 races with other orders of the batches: where all seeds of a race shared one, a quarter did."""
    problem = PROBLEMS["LinearRegression"]()
    shared = {"problem": problem, "batch_size": 10, "trials": 24, "epochs": 100, "optimizers": FIELD}
    assert contradicted([Race(**shared, shuffle_seed=1000 * k) for k in range(12)]) <= 0.05
