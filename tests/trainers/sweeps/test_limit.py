"""The gap above which runs failed, where some seeds begin outside the domain of the loss."""

import math

from trainers import Race, Run, Sweep, race
from trainers.optimizers import SGD, Adam
from trainers.problems import Formula


def test_a_seed_outside_the_domain_does_not_fail_the_others() -> None:
    problem = Formula(formula="sqrt(x+4.5)+y^2")
    found = race(Race(problem=problem, optimizers=(SGD(), Adam()), trials=6, seeds=11, epochs=30))
    assert math.isfinite(found.race.limit)
    assert not found.results[0].failed
    assert found.results[0].trial_scores.isinf().any()


def test_without_a_finite_start_nothing_is_too_far() -> None:
    run = Run(problem=Formula(formula="log(x+4.9)+y^2"), optimizer=SGD(), runner="autograd", epochs=2, seed=3)
    assert Sweep(run, seeds=1).limit > 0
