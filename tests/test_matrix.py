"""What `make test` goes through of the matrices: few cases, and yet every choice."""

from itertools import combinations, product

import pytest

from tests.matrix import optimizers, pairs, problems, product_of_all
from trainers.optimizers import OPTIMIZERS, Optimizer
from trainers.settings import Flag, Real, knobs

QUICK = pairs(Optimizer)


def test_every_optimizer_meets_every_problem() -> None:
    met = {(type(optimizer), problem) for optimizer, problem in QUICK}
    assert met == set(product(OPTIMIZERS.values(), problems()))


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=lambda kind: kind.__name__)
def test_every_knob_is_turned_and_every_pair_of_flags_occurs(kind: type[Optimizer]) -> None:
    quick = {optimizer for optimizer, _ in QUICK if type(optimizer) is kind}
    turned = {name for optimizer in quick for name in optimizer.changed()}
    assert turned == {name for name, knob in knobs(kind).items() if isinstance(knob, Flag | Real)} - {"lr"}
    flags = [name for name, knob in knobs(kind).items() if isinstance(knob, Flag)]
    for first, second in combinations(flags, 2):
        seen = {(getattr(each, first), getattr(each, second)) for each in quick}
        possible = {(getattr(each, first), getattr(each, second)) for each in optimizers(kind)}
        assert seen == possible


def test_the_product_is_whole_and_what_is_no_pair_is_slow() -> None:
    cases = product_of_all(Optimizer)
    assert {case.values for case in cases} == set(product(optimizers(), problems()))
    assert {case.values for case in cases if not case.marks} == set(QUICK)
