"""Races that go on until first place is decided, against the definition over all seeds and trials."""

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch

from tests.trainers.races import test_evidence as once
from tests.trainers.races.test_evidence import FEWER, Tested, Trials, best_of_redrawn, contradicted, expected
from trainers import Race, race, sweep, train
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.problems import PROBLEMS, LinearRegression
from trainers.races import redraw
from trainers.races.evaluation import evaluate
from trainers.races.result import RaceResult
from trainers.reports.race import optimizer_names, sentence
from trainers.reports.race_ranking import confidence_caption

QUICK = (0, 3, 5)
SLOW = [pytest.param(luck, marks=pytest.mark.slow) for luck in range(40) if luck not in QUICK]


ALIKE = {
    "optimizers": (Adam(), Adam(beta1=0.85)),
    "trials": 6,
    "epochs": 40,
    "until_decided": True,
}
"""On Ackley undecided to the end, on Rastrigin decided at once."""


def everything(result: RaceResult) -> tuple[list[Trials], list[Tested]]:
    """The scores of all trials with all seeds that a race may try, and with as many new ones."""
    spec, most = result.race, result.race.looks[-1]
    trials = range(spec.trials)
    tuning, new = [], []
    for entry in range(len(spec.optimizers)):
        own = sweep(replace(spec.sweeps[entry], seeds=most))
        other = spec.evaluation_sweep(entry, trials, range(most))
        tuning.append(dict(enumerate(spec.score_trials(own).tolist())))
        *scores, _ = evaluate(spec, other, twins=True).scores.tolist()
        new.append(
            {k: [(x[0], min(x), max(x)) for x in each] for k, each in zip(trials, scores, strict=True)}
        )
    return tuning, new


def first_seeds(trials: Any, count: int) -> Any:
    return {trial: scores[:count] for trial, scores in trials.items()}


@pytest.mark.parametrize("luck", [*QUICK, *SLOW])
def test_each_round_is_as_defined(luck: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redraw, "REDRAWN", FEWER)
    result = once.small_race(random.Random(luck), until_decided=True)
    tuning, new = everything(result)
    count, claimed = len(tuning), set()
    for before, seeds in pairwise((0, *result.race.looks)):
        level = 1 - 0.05 * (seeds - before) / result.race.looks[-1]
        tried = [first_seeds(trials, seeds) for trials in tuning]
        tested = [first_seeds(trials, seeds) for trials in new]
        confidence, beats, alike = expected(result, tried, tested, level)
        claimed |= {
            (a, b) for a in range(count) for b in range(count) if beats[a][b] and (b, a) not in claimed
        }
        kept = []
        for trials in tried:
            best = once.best_of(result, trials, list(range(seeds)))
            kept.append({best, *best_of_redrawn(result, trials)})
        tuning = [{trial: each[trial] for trial in sorted(k)} for each, k in zip(tuning, kept, strict=True)]
        if result.seeds == seeds:
            break
    evidence = result.evidence
    assert evidence is not None
    assert evidence.level == pytest.approx(level)
    assert {tuple(pair) for pair in evidence.beats.nonzero().tolist()} == claimed
    for a in range(count):
        for b in range(count):
            assert evidence.alike[a, b] == (alike[a][b] and not {(a, b), (b, a)} & claimed)
            if (a, b) not in claimed:
                assert evidence.confidence[a, b] == pytest.approx(confidence[a][b])
    assert [sorted(each) for each in kept] == [list(entry.new_scores) for entry in result.results]
    first, *others = result.ranking
    decided = all((first, b) in claimed or evidence.alike[first, b] for b in others)
    hopeless = all(bool(entry.tuned_scores.isinf().all()) for entry in result.results)
    assert result.decided == (decided if result.leaders else hopeless)
    assert result.decided or result.seeds == result.race.looks[-1]


def test_seeds_that_are_added_are_those_of_runs_alone() -> None:
    spec = Race(
        problem=LinearRegression(), optimizers=(Adam(), RMSprop()), batch_size=10, epochs=6,
        validation_split=0.2, trials=6, seeds=8, until_decided=True, dtype="float64", lr_max=1.0,
    )  # fmt: skip
    result = race(spec)
    assert result.seeds > 8
    for place, entry in enumerate(result.results):
        for trial, scores in entry.new_scores.items():
            for k in (0, 7, 8, result.seeds - 1):
                run = replace(spec.run(spec.optimizer_at(place, trial)), seed=2**30 + k)
                history = train(run)
                gap = float(history.gap[-1])
                assert scores[k].item() == pytest.approx(gap if gap <= spec.limit else torch.inf, rel=1e-6)


def test_a_race_decided_at_once_is_the_race_itself() -> None:
    spec = Race(problem=PROBLEMS["Rastrigin"](), **(ALIKE | {"until_decided": False}))
    plain, until = race(spec), race(spec, until_decided=True)
    assert until.decided
    assert until.seeds == 11
    assert until.race == replace(spec, until_decided=True)
    for ours, theirs in zip(plain.results, until.results, strict=True):
        assert ours.best_trial == theirs.best_trial
        assert torch.equal(ours.tuned_scores, theirs.tuned_scores)
        assert torch.equal(ours.losses.nan_to_num(), theirs.losses.nan_to_num())


def test_an_undecided_race_says_so_and_what_was_needed() -> None:
    spec = Race(problem=PROBLEMS["Ackley"](), **ALIKE)
    result = race(spec)
    assert result.seeds == 81
    assert not result.decided
    text = sentence(result, optimizer_names(spec))
    assert text.endswith("First place is not decided with 81 seeds, the most that are tried.")
    assert "median over 81 new seeds" in text
    caption = confidence_caption(result)
    assert "99.4% with 11 seeds, 99.4% with 21 seeds, 98.8% with 41 seeds and 97.6% with 81 seeds" in caption


def test_a_race_in_which_few_seeds_arrive_is_not_decided() -> None:
    spec = Race(
        problem=PROBLEMS["Rastrigin"](), optimizers=(SGD(), SGD(momentum=0.9), RMSprop()), metric="epochs",
        target=10, trials=3, epochs=30, seed=761000,
    )  # fmt: skip
    result, names = race(spec, until_decided=True), optimizer_names(spec)
    assert not result.leaders
    assert not result.decided
    assert sentence(result, names) == (
        "No tuned optimizer reached the target gap of 10 (median over 81 new seeds). First place is not "
        "decided with 81 seeds, the most that are tried."
    )
    never = race(replace(spec, target=1e-9), until_decided=True)
    assert never.decided
    assert never.seeds == 11


def test_a_race_stopped_in_a_later_round_is_that_of_the_round_before() -> None:
    spec = Race(problem=PROBLEMS["Ackley"](), **ALIKE)
    calls: list[float] = []
    race(replace(spec, until_decided=False), lambda share: bool(calls.append(share)))
    left = len(calls) + 30
    shares: list[float] = []

    def stop(share: float) -> bool:
        shares.append(share)
        return len(shares) > left

    result = race(spec, stop)
    assert result.stopped
    assert result.seeds == 11
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    assert all(len(entry.new_scores) and entry.losses.shape[1] == 11 for entry in result.results)


@pytest.mark.parametrize("changes", [{"seeds": 7}, {"optimizers": (Adam(),)}], ids=["few", "alone"])
def test_where_nothing_can_be_decided_there_is_one_round(changes: dict) -> None:
    shared = {"optimizers": (SGD(), Adam()), "trials": 3, "epochs": 10, "until_decided": True}
    result = race(Race(**(shared | changes)))
    assert result.race.looks == (result.race.seeds,)
    assert result.decided
    assert "not decided" not in sentence(result, optimizer_names(result.race))


@pytest.mark.slow
def test_races_until_decided_hardly_contradict_each_other() -> None:
    problem = PROBLEMS["Rosenbrock"]()
    specs = [Race(problem=problem, trials=24, seed=1000 * k, until_decided=True) for k in range(40)]
    assert contradicted(specs) <= 0.01
