"""Rules that torch has not equal those of pytorch-optimizer, step by step."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.trainers.optimizers.package import needs_package, package
from trainers.optimizers import (
    ADOPT,
    OPTIMIZERS,
    AdEMAMix,
    Lion,
    Optimizer,
    ScheduleFreeAdamW,
    ScheduleFreeSGD,
    SignSGD,
)

pytestmark = needs_package
Make = Callable[[list[Tensor]], torch.optim.Optimizer]


def of(name: str, **settings: Any) -> Make:
    return lambda params: getattr(package(), name)(params, **settings)


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
    (ScheduleFreeSGD(lr=0.01), of("ScheduleFreeSGD", lr=0.01)),
    (
        ScheduleFreeSGD(lr=0.03, momentum=0.6, weight_decay=0.1, r=2),
        of("ScheduleFreeSGD", lr=0.03, momentum=0.6, weight_decay=0.1, r=2),
    ),
    (ScheduleFreeAdamW(lr=0.01), of("ScheduleFreeAdamW", lr=0.01)),
    (
        ScheduleFreeAdamW(lr=0.03, beta1=0.6, beta2=0.8, eps=0.1, weight_decay=0.1, r=0.5),
        of("ScheduleFreeAdamW", lr=0.03, betas=(0.6, 0.8), eps=0.1, weight_decay=0.1, r=0.5),
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
        torch.testing.assert_close(
            rule.evaluated(ours, state), evaluated(twin, theirs), rtol=1e-12, atol=1e-12
        )


def evaluated(twin: torch.optim.Optimizer, params: Tensor) -> Tensor:
    """The parameters that the package's optimizer would have evaluated."""
    if not hasattr(twin, "eval"):
        return params.detach()
    before = params.detach().clone()
    twin.eval()
    mean = params.detach().clone()
    twin.train()
    params.data.copy_(before)  # there and back again, they are rounded
    return mean


@pytest.mark.parametrize("kind", [ScheduleFreeSGD, ScheduleFreeAdamW])
def test_the_mean_weighs_by_the_rate_of_each_update(kind: type[Optimizer]) -> None:
    """While lr rises as in pytorch-optimizer, which weighs by the largest so far; then each by its own."""
    ours, theirs = (torch.tensor([1.0, -2.0], dtype=torch.float64) for _ in range(2))
    state, twin = kind().init(ours), of(kind.__name__, lr=0.1, warmup_steps=20)([theirs.requires_grad_()])
    steps, weights = [], []
    for t in range(1, 31):
        lr = 0.1 * min(t / 20, 1) if t <= 25 else 0.01
        kind(lr=lr).step(t, ours, 0.3 * ours, state)
        steps.append(state["z"].clone())
        weights.append(lr**2)
        mean = sum(w * z for w, z in zip(weights, steps, strict=True)) / sum(weights)
        torch.testing.assert_close(state["x"], mean, rtol=1e-12, atol=1e-12)
        if t <= 25:
            theirs.grad = 0.3 * theirs.detach()
            twin.step()
            torch.testing.assert_close(ours, theirs.detach(), rtol=1e-12, atol=1e-12)


def test_each_rule_that_torch_has_not_is_compared() -> None:
    beyond = {kind for kind in OPTIMIZERS.values() if kind.by_hand() and not kind.in_torch()}
    assert beyond == {type(rule) for rule, _ in TWINS}
