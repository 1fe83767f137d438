"""Rules that torch has not equal those of pytorch-optimizer, step by step."""

from collections.abc import Callable
from typing import Any

import pytest
import pytorch_optimizer
import torch
from torch import Tensor

from trainers.optimizers import ADOPT, OPTIMIZERS, AdEMAMix, Lion, Optimizer, SignSGD

Make = Callable[[list[Tensor]], torch.optim.Optimizer]


def of(name: str, **settings: Any) -> Make:
    return lambda params: getattr(pytorch_optimizer, name)(params, **settings)


TWINS: list[tuple[Optimizer, Make]] = [
    (Lion(lr=0.01), of("Lion", lr=0.01, weight_decay=0)),
    (
        Lion(lr=0.03, beta1=0.5, beta2=0.8, weight_decay=0.1),
        of("Lion", lr=0.03, betas=(0.5, 0.8), weight_decay=0.1, weight_decouple=True),
    ),
    (SignSGD(lr=0.01), of("SignSGD", lr=0.01, momentum=0)),
    (
        SignSGD(lr=0.03, momentum=0.8, weight_decay=0.1),
        of("SignSGD", lr=0.03, momentum=0.8, weight_decay=0.1, weight_decouple=False),
    ),
    (ADOPT(lr=0.01), of("ADOPT", lr=0.01)),
    (
        ADOPT(lr=0.03, beta1=0.5, beta2=0.8, eps=0.1, weight_decay=0.1),
        of("ADOPT", lr=0.03, betas=(0.5, 0.8), eps=0.1, weight_decay=0.1),
    ),
    (
        ADOPT(lr=0.03, weight_decay=0.1, decoupled_weight_decay=True),
        of("ADOPT", lr=0.03, weight_decay=0.1, weight_decouple=True),
    ),
    (AdEMAMix(lr=0.01), of("AdEMAMix", lr=0.01)),
    (
        AdEMAMix(lr=0.03, beta1=0.5, beta2=0.8, beta3=0.95, alpha=2, eps=0.1, weight_decay=0.1),
        of(
            "AdEMAMix",
            lr=0.03,
            betas=(0.5, 0.8, 0.95),
            alpha=2.0,
            eps=0.1,
            weight_decay=0.1,
            weight_decouple=True,
        ),
    ),
    (
        AdEMAMix(lr=0.03, weight_decay=0.1, decoupled_weight_decay=False),
        of("AdEMAMix", lr=0.03, weight_decay=0.1, weight_decouple=False),
    ),
]


@pytest.mark.parametrize(("rule", "make"), TWINS, ids=[repr(rule) for rule, _ in TWINS])
def test_they_equal_pytorch_optimizer_s(rule: Optimizer, make: Make) -> None:
    curvature = torch.tensor([1.0, 10.0, 100.0], dtype=torch.float64)
    ours = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    theirs = ours.clone().requires_grad_()
    twin, state = make([theirs]), rule.init(ours)
    for t in range(1, 51):
        rule.step(t, ours, curvature * ours, state)
        theirs.grad = curvature * theirs.detach()
        twin.step()
        torch.testing.assert_close(ours, theirs.detach(), rtol=1e-12, atol=1e-13)


def test_each_rule_that_torch_has_not_is_compared() -> None:
    beyond = {kind for kind in OPTIMIZERS.values() if kind.by_hand() and not kind.in_torch()}
    assert beyond == {type(rule) for rule, _ in TWINS}
