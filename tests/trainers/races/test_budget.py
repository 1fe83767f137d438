"""The expected best result after so many trials, against the definition, and where the truth is known."""

import math
from dataclasses import replace
from functools import cache
from itertools import combinations
from statistics import geometric_mean, mean, median_high

import pytest
import torch

from trainers import Race, race
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.problems import PROBLEMS, Formula
from trainers.races.budget import HALVINGS, bounded, expected_best, expected_tuning_score, is_log
from trainers.races.result import OptimizerResult, RaceResult
from trainers.reports.race import optimizer_names
from trainers.reports.race_curves import budget_caption, budgets

SMALL = {"optimizers": (SGD(), Adam(), RMSprop()), "trials": 5, "epochs": 30}
RACES = {
    "gap": Race(problem=PROBLEMS["Rosenbrock"](), seeds=7, **SMALL),
    "loss": Race(problem=PROBLEMS["MLP"](), seeds=11, **SMALL),
    "epochs": Race(metric="epochs", target=30.0, seeds=8, dtype="float64", **SMALL),
}


@cache
def of(name: str) -> RaceResult:
    return race(RACES[name])


def worst(result: RaceResult) -> float:
    spec = result.race
    if spec.metric == "epochs":
        return float(spec.epochs)
    runs = [replace(spec.run(SGD()), seed=spec.seed + k) for k in range(spec.seeds)]
    return median_high([float(run.training.gap_or_loss(run.training.loss(run.initial()))) for run in runs])


def best_of(choosing: list[float], scoring: list[float], count: int, log: bool) -> float:
    """The mean score of the best trial over all choices of trials; of ties, the mean of theirs."""
    found = []
    for chosen in combinations(range(len(choosing)), count):
        least = min(choosing[k] for k in chosen)
        ties = [scoring[k] for k in range(len(choosing)) if choosing[k] == least]
        found.append(geometric_mean(ties) if log else mean(ties))
    return geometric_mean(found) if log else mean(found)


@pytest.mark.parametrize("name", RACES)
def test_it_is_as_defined(name: str) -> None:
    result = of(name)
    log, most = is_log(result), worst(result)
    half = {7: 3, 11: 5, 8: 3}[result.race.seeds]
    for entry in result.results:
        generator, halves = torch.Generator().manual_seed(0), []
        for _ in range(HALVINGS):
            order = torch.randperm(result.race.seeds, generator=generator).tolist()
            halves += [(order[:half], order[-half:]), (order[-half:], order[:half])]
        rows = entry.trial_scores.tolist()

        def middles(part: list[int], rows: list[list[float]] = rows) -> list[float]:
            return [min(median_high([scores[k] for k in part]), most) for scores in rows]

        for count in range(1, 6):
            each = [best_of(middles(ours), middles(theirs), count, log) for ours, theirs in halves]
            expected = geometric_mean(each) if log else mean(each)
            assert expected_best(result, entry, [count]) == [pytest.approx(expected)]
            everyone = middles(list(range(result.race.seeds)))
            tuning = best_of(everyone, everyone, count, log)
            assert expected_tuning_score(result, entry, [count]) == [pytest.approx(tuning)]


@pytest.mark.parametrize("name", RACES)
def test_the_table_ends_with_the_result_of_the_race(name: str) -> None:
    result = of(name)
    names = optimizer_names(result.race)
    table = budgets(result, names)
    for run, entry in zip(names, result.results, strict=True):
        rows = table[table["run"] == run]
        half, dashed, new = (rows[rows["seeds"] == each] for each in ("half", "tuning", "new"))
        assert half["x"].tolist() == dashed["x"].tolist() == [1, 2, 3, 5]
        assert new["x"].tolist() == [5]
        assert new["y"].tolist() == [min(median_high(entry.tuned_scores.tolist()), worst(result))]
        assert (dashed["y"].diff().dropna() <= 1e-12).all(), "more trials never hurt"
        assert dashed["y"].tolist()[-1] == pytest.approx(min(float(entry.scores.min()), worst(result)))


def test_with_few_seeds_there_are_no_halves() -> None:
    result = race(Race(problem=PROBLEMS["Rosenbrock"](), seeds=5, **SMALL))
    assert expected_best(result, result.results[0], [1]) is None
    table = budgets(result, optimizer_names(result.race))
    assert set(table["seeds"]) == {"tuning", "new"}
    assert "half" not in budget_caption(result)
    assert "half of the seeds" in budget_caption(of("gap"))


def test_a_failure_counts_as_the_initial_loss_also_below_0() -> None:
    spec = Race(problem=Formula(formula="x+y-100"), seeds=7, **SMALL)
    result = race(spec)
    assert worst(result) < 0
    failed = torch.tensor([torch.inf, 0.0, -1e9], dtype=torch.float64)
    assert bounded(result, failed).tolist() == [worst(result), worst(result), -1e9]
    assert not is_log(result)


def test_what_begins_at_an_infinite_loss_has_no_nan() -> None:
    """A start that is finite in float64 alone."""
    result = race(Race(problem=Formula(formula="1e30*x**2*1e10+y**2"), seeds=9, **SMALL))
    table = budgets(result, optimizer_names(result.race))
    assert table["y"].notna().all()
    assert (table["y"] == math.inf).any()


def simulated(seeds: int, luck: int, trials: int = 24) -> tuple[RaceResult, OptimizerResult, torch.Tensor]:
    """A race whose log gaps are normal around a parabola in the trial, and these parabola's values."""
    generator = torch.Generator().manual_seed(luck)
    truth = torch.linspace(-3, 3, trials, dtype=torch.float64) ** 2
    noise = torch.randn(trials, seeds, generator=generator, dtype=torch.float64)
    entry = replace(of("gap").results[0], trial_scores=torch.exp(truth[:, None] + noise))
    spec = replace(RACES["gap"], seeds=seeds, trials=trials)
    return RaceResult(spec, (entry,), 0.0), entry, truth


@pytest.mark.parametrize("seeds", [7, pytest.param(11, marks=pytest.mark.slow), 31])
def test_halves_have_no_winners_curse(seeds: int) -> None:
    """On average it is the median of the trial that so many seeds choose; tuning scores are lower."""
    halves, tuning, truths = [], [], []
    for luck in range(30):
        result, entry, truth = simulated(seeds, luck)
        found = expected_best(result, entry, [24])
        assert found is not None
        halves.append(math.log(found[0]))
        tuning.append(math.log(expected_tuning_score(result, entry, [24])[0]))
        truths.append(float(truth[entry.scores.argmin()]))
    assert abs(mean(halves) - mean(truths)) < 0.25
    assert mean(tuning) < mean(truths) - 0.1
