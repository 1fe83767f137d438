"""Each rule equals its twin in torch, step by step, from the same state."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from inspect import signature
from itertools import cycle, product
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from tests.matrix import by_kind, hand_written, optimizers, quick, slow_but
from trainers import Run, Sweep, train
from trainers.optimizers import NOT_OFFERED, OPTIMIZERS, SGD, Adam, Optimizer, RMSprop
from trainers.optimizers.base import State
from trainers.problems import LogisticRegression, Rosenbrock, Thermometer
from trainers.runners import RUNNERS
from trainers.settings import SettingError, settings_of
from trainers.sweeps.block import RunBlock

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-13}


SEVERAL = {
    "betas": ("beta1", "beta2"),
    "etas": ("etaminus", "etaplus"),
    "step_sizes": ("step_size_min", "step_size_max"),
    "ns_coefficients": ("ns_coefficient_a", "ns_coefficient_b", "ns_coefficient_c"),
}
"""Our names of the parts of torch's settings that are several numbers."""
NONE = {"max_eval": 0, "line_search_fn": "none", "eps1": 0, "adjust_lr_fn": "original"}
"""What stands here where torch has None."""
SHAPES = ((2,), (3, 1), (3, 7))


def in_torch(rules: Iterable[Optimizer]) -> list[Optimizer]:
    return [rule for rule in rules if rule.in_torch()]


def twins(rules: Iterable[Optimizer]) -> list[tuple[Optimizer, tuple[int, ...], torch.dtype]]:
    return list(product(in_torch(rules), SHAPES, TOLERANCE))


SOME = [case for number, case in enumerate(twins(quick(by_hand=True))) if number % 5 == 0]
"""Of the six pairs of shape and dtype each rule meets one or two, one after another."""


@pytest.mark.parametrize("cases", by_kind(SOME, twins(hand_written())))
def test_a_step_by_hand_equals_torch_s_from_the_same_state(
    cases: list[tuple[Optimizer, tuple[int, ...], torch.dtype]],
) -> None:
    for rule, shape, dtype in cases:
        as_its_twin(rule, shape, dtype)


ON = (Thermometer(), Rosenbrock(), LogisticRegression(samples=20))
EVERY = [kind() for kind in OPTIMIZERS.values() if kind.by_hand()]


@pytest.mark.parametrize("rules", by_kind(in_torch(EVERY), in_torch(hand_written())))
def test_so_it_does_along_a_run(rules: list[Optimizer]) -> None:
    """For 30 steps in float64, relative to the largest parameter."""
    for rule, problem in product(rules, ON):
        theirs = problem.start(1)
        twin = rule.torch(theirs)
        for t in range(1, 31):
            ours, state = theirs.clone(), state_of(twin, theirs) or rule.init(theirs)
            theirs.grad = problem.gradient(theirs)
            rule.step(t, ours, theirs.grad, state)
            twin.step()
            if not theirs.isfinite().all():
                assert not ours.isfinite().all()
                break
            size = float(theirs.abs().max())
            torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12 * size)


def as_its_twin(rule: Optimizer, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(1)
    theirs = torch.randn(shape, generator=generator, dtype=dtype)
    twin = rule.torch(theirs)
    for t in range(1, 16):
        ours, state = theirs.clone(), state_of(twin, theirs) or rule.init(theirs)
        theirs.grad = torch.randn(shape, generator=generator, dtype=dtype) * 10.0 ** (t % 5 - 2)
        gradient = theirs.grad.clone()
        rule.step(t, ours, theirs.grad, state)
        assert torch.equal(theirs.grad, gradient), "a step leaves the gradient as it is"
        twin.step()
        close = {"rtol": TOLERANCE[dtype], "atol": TOLERANCE[dtype]}
        torch.testing.assert_close(ours, theirs, **close)
        for name, tensor in state_of(twin, theirs).items():
            torch.testing.assert_close(state[name], tensor.expand_as(state[name]), **close)


@pytest.mark.parametrize("kind", [Optimizer, *(kind for kind in OPTIMIZERS.values() if kind.by_hand())])
def test_a_step_is_given_the_number_of_its_update(kind: type[Optimizer]) -> None:
    assert list(signature(kind.step).parameters) == ["self", "t", "params", "gradient", "state"]


@dataclass(frozen=True)
class Counting(SGD):
    """SGD that keeps the numbers its steps are told."""

    told: ClassVar[list[int]] = []

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        self.told.append(t)
        super().step(t, params, gradient, state)


def trained_alone(run: Run) -> None:
    points = RUNNERS[run.runner](run.batch_source, run.optimizer, run.initial())
    for _ in range(run.epochs * run.steps_per_epoch + 1):
        next(points)


def trained_together(run: Run) -> None:
    block = RunBlock(Sweep(run), torch.arange(1))
    for epoch in range(run.epochs):
        block.advance(epoch)


@pytest.mark.parametrize("trained", [trained_alone, trained_together])
@pytest.mark.parametrize(("batch", "last"), [(0, 2), (3, 8)])
@pytest.mark.parametrize("runner", [name for name in RUNNERS if name != "torch.optim"])
def test_updates_are_counted_not_epochs(
    runner: str, batch: int, last: int, trained: Callable[[Run], None]
) -> None:
    """Two epochs of the eleven readings, in four batches each or in one."""
    Counting.told.clear()
    trained(Run(optimizer=Counting(lr=1e-3), runner=runner, epochs=2, batch_size=batch))
    assert Counting.told == list(range(1, last + 1))


@pytest.mark.parametrize("kind", [kind for kind in OPTIMIZERS.values() if kind.by_hand()])
def test_settings_broadcast_over_runs(kind: type[Optimizer]) -> None:
    """A setting with one number a run gives each run what the number alone gives it."""
    for rule, dtype in zip(optimizers(kind), cycle(TOLERANCE), strict=False):
        broadcasts(rule, dtype)


def broadcasts(rule: Optimizer, dtype: torch.dtype) -> None:
    for name in (name for name, value in rule.non_default().items() if not isinstance(value, bool)):
        low, value = max(settings_of(rule)[name].low, 0), getattr(rule, name)
        values = low + (value - low) * torch.tensor([0.1, 0.5, 1.0], dtype=torch.float64)
        rates = torch.tensor([0.1, 0.01, 1.0], dtype=torch.float64)
        together = replace(rule, **{name: values, "lr": rates})
        alone = [
            replace(rule, **{name: v, "lr": lr})
            for v, lr in zip(values.tolist(), (0.1, 0.01, 1.0), strict=True)
        ]
        columns = torch.stack([walk(each, torch.ones(4, 1, dtype=dtype))[:, 0] for each in alone], dim=1)
        tolerance = {"rtol": 50 * TOLERANCE[dtype], "atol": 50 * TOLERANCE[dtype]}
        torch.testing.assert_close(walk(together, torch.ones(4, 3, dtype=dtype)), columns, **tolerance)


def test_runs_without_momentum_have_no_dampening() -> None:
    momentum = torch.tensor([0.0, 0.9], dtype=torch.float64)
    both = walk(SGD(momentum=momentum, dampening=0.5), torch.ones(4, 2, dtype=torch.float64))
    plain = walk(SGD(dampening=0.5), torch.ones(4, 1, dtype=torch.float64))
    torch.testing.assert_close(both[:, :1], plain)


@pytest.mark.parametrize("name", [name for name, kind in OPTIMIZERS.items() if kind.in_torch()])
def test_names_and_defaults_are_torch_s(name: str) -> None:
    ours = OPTIMIZERS[name]()
    known = {key: each.default for key, each in signature(getattr(torch.optim, name)).parameters.items()}
    for several, names in SEVERAL.items():
        known |= dict(zip(names, known.get(several, ()), strict=False))
    if name == "Adafactor":
        known |= dict(zip(("eps1", "eps2"), known["eps"], strict=True))
    for setting, value in vars(ours).items():
        assert (NONE[setting] if known[setting] is None else known[setting]) == value, setting


def test_every_optimizer_of_torch_is_here_or_left_out_for_a_reason() -> None:
    kinds = {kind.__name__ for kind in vars(torch.optim).values() if isinstance(kind, type)}
    assert kinds - {"Optimizer"} == {*(n for n, kind in OPTIMIZERS.items() if n in kinds), *NOT_OFFERED}
    assert not OPTIMIZERS.keys() & NOT_OFFERED.keys()


def test_the_first_step_of_adam_is_the_rate_times_the_sign() -> None:
    params, gradient = torch.zeros(2, dtype=torch.float64), torch.tensor([3.0, -0.2], dtype=torch.float64)
    rule = Adam(lr=0.1)
    rule.step(1, params, gradient, rule.init(params))
    assert params.tolist() == pytest.approx([-0.1, 0.1], rel=1e-6)


def test_the_first_step_of_rmsprop_is_ten_rates() -> None:
    params, gradient = torch.zeros(1, dtype=torch.float64), torch.tensor([3.0], dtype=torch.float64)
    rule = RMSprop(lr=0.1, alpha=0.99)
    rule.step(1, params, gradient, rule.init(params))
    assert params.item() == pytest.approx(-1.0, rel=1e-6)


def test_centered_rmsprop_becomes_nan_with_torch() -> None:
    """Rounding takes the variance of a constant gradient below zero: NaN in torch, and so with us."""
    rule, gradient = RMSprop(centered=True, alpha=0.9), torch.full((1,), 0.1, dtype=torch.float64)
    ours, theirs = (torch.zeros(1, dtype=torch.float64) for _ in range(2))
    state, twin = rule.init(ours), rule.torch(theirs)
    theirs.grad = gradient
    for t in range(1, 500):
        rule.step(t, ours, gradient, state)
        twin.step()
        assert ours.isnan() == theirs.isnan()
        if ours.isnan():
            break
    assert t == 331  # after 330 steps all was well


@pytest.mark.parametrize("settings", [{"momentum": 0.0}, {"momentum": 0.9, "dampening": 0.1}])
def test_nesterov_is_refused_where_torch_refuses_it(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Nesterov"):
        torch.optim.SGD([torch.zeros(1)], nesterov=True, **settings)
    with pytest.raises(SettingError, match="nesterov needs momentum above 0 and dampening 0"):
        SGD(nesterov=True, **settings)


RULES = (
    SGD(),
    SGD(momentum=0.9),
    SGD(momentum=0.9, nesterov=True),
    SGD(momentum=0.5, dampening=0.3),
    SGD(dampening=0.5),
    SGD(weight_decay=3.0),
)
SCALINGS = ("x0.1", "raw")


@pytest.mark.parametrize(
    ("rule", "scaling"),
    slow_but(list(zip(RULES, SCALINGS * 3, strict=True)), product(RULES, SCALINGS)),
    ids=repr,
)
def test_sgd_diverges_beyond_its_stability_limit(rule: SGD, scaling: str) -> None:
    problem = Thermometer(scaling)
    edge = rule.max_stable_lr(float(torch.linalg.eigvalsh(problem.hessian).max()))
    below, above = (
        train(Run(problem=problem, optimizer=replace(rule, lr=edge * factor), epochs=1000, dtype="float64"))
        for factor in (0.99, 1.01)
    )
    assert below.loss[-1] < below.loss[0]
    assert above.status == "diverged" or above.loss[-1] > 1e6 * above.loss[0]


def test_stability_limits_are_those_of_the_literature() -> None:
    largest = float(torch.linalg.eigvalsh(Thermometer().hessian).max())
    assert largest == pytest.approx(60.64608743)
    assert SGD().max_stable_lr(largest) == pytest.approx(0.0329782198)
    assert SGD(momentum=0.9).max_stable_lr(largest) == pytest.approx(0.06265862, rel=1e-6)
    assert SGD(momentum=0.9, nesterov=True).max_stable_lr(largest) == pytest.approx(0.02237808, rel=1e-6)
    assert SGD(momentum=0.9, dampening=1.0).max_stable_lr(largest) == math.inf
    assert Adam().max_stable_lr(largest) is None


def walk(rule: Optimizer, params: Tensor, steps: int = 12) -> Tensor:
    """Parameters after some steps down a bowl; all runs meet the same bowl."""
    params, state = params.clone(), rule.init(params)
    weights = torch.linspace(0.5, 2, len(params), dtype=params.dtype).reshape(-1, 1)
    for t in range(1, steps + 1):
        rule.step(t, params, weights * params, state)
    return params


def state_of(twin: torch.optim.Optimizer, params: Tensor) -> State:
    """The tensors that a torch optimizer remembers, but the number of the update."""
    kept = twin.state[params].items() if params in twin.state else ()
    return {name: tensor.clone() for name, tensor in kept if tensor is not None and name != "step"}
