"""What `make test` goes through of the matrices: few cases, and yet every choice."""

from collections.abc import Iterable
from itertools import combinations, product
from typing import Any

import pytest

from tests.matrix import choices, few, optimizers, pairs, problems, product_of_all, quick
from trainers.optimizers import OPTIMIZERS, Optimizer
from trainers.settings import Flag, Real, settings_of

QUICK = pairs(by_hand=False)


def test_one_optimizer_meets_every_problem_and_the_others_meet_some() -> None:
    met = {(type(optimizer), problem) for optimizer, problem in QUICK}
    first, *others = OPTIMIZERS.values()
    assert {problem for kind, problem in met if kind is first} == set(problems())
    assert all(len({problem for kind, problem in met if kind is other}) >= 3 for other in others)


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=lambda kind: kind.__name__)
def test_every_setting_is_turned_and_every_pair_of_choices_occurs(kind: type[Optimizer]) -> None:
    quick = {optimizer for optimizer, _ in QUICK if type(optimizer) is kind}
    turned = {name for optimizer in quick for name in optimizer.non_default()}
    assert turned == {
        name for name, setting in settings_of(kind).items() if isinstance(setting, Flag | Real)
    } - {"lr"}
    assert pairs_of(quick) == pairs_of(optimizers(kind))


def pairs_of(settings: Iterable[Optimizer]) -> set[tuple[Any, ...]]:
    return {pair for each in settings for pair in combinations(choices(each), 2)}


def test_few_have_every_choice_and_are_quick() -> None:
    assert set(few()) < set(quick())
    assert {choice for each in few() for choice in choices(each)} == {
        choice for each in optimizers() for choice in choices(each)
    }


def test_the_product_is_whole_and_what_is_no_pair_is_slow() -> None:
    cases = product_of_all(by_hand=False)
    assert {one for case in cases for one in case.values[0]} == set(product(optimizers(), problems()))
    assert {one for case in cases if not case.marks for one in case.values[0]} == set(QUICK)
