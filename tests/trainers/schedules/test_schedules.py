"""Each schedule equals its twin in torch, value by value."""

import warnings
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch.optim.lr_scheduler import LinearLR

from trainers.schedules import SCHEDULES, Schedule
from trainers.schedules.plateau import PlateauState
from trainers.settings import Choice, Flag, Integer, Real, settings_of

EPOCHS = 250
LR = 0.3
SCHEDULED = [kind for kind in SCHEDULES.values() if not kind.adaptive]


def variants(kind: type[Schedule]) -> Iterator[Schedule]:
    """The defaults, and each setting turned alone and all together, with and without a warm-up."""
    values = {name: other for name in settings_of(kind) if (other := turned(kind, name)) is not None}
    for changes in ({}, *({name: value} for name, value in values.items()), values):
        yield replace(kind(), **changes)
    yield kind(warmup=20)


def turned(kind: type[Schedule], name: str) -> object:
    setting = settings_of(kind)[name]
    if isinstance(setting, Integer):
        return int(setting.low) + 2 if name.startswith("T_mult") else int(setting.low) + 37
    if isinstance(setting, Real):
        return setting.low + 0.7 * (min(setting.high, 5.0) - setting.low)
    if isinstance(setting, Flag):
        return not setting.default
    return setting.options[-1] if isinstance(setting, Choice) else None


def rates_in_torch(schedule: Schedule, losses: torch.Tensor | None = None) -> torch.Tensor:
    """The learning rates of torch's scheduler, after its own warm-up."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    scheduler = (
        LinearLR(optimizer, schedule.warmup_start, total_iters=schedule.warmup) if schedule.warmup else None
    )
    rates = []
    for epoch in range(EPOCHS):
        if epoch == schedule.warmup:
            group = optimizer.param_groups[0]
            group["lr"] = group.pop("initial_lr", LR)
            scheduler = schedule.torch(optimizer, EPOCHS - schedule.warmup)
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if losses is not None and epoch >= schedule.warmup:
            scheduler.step(losses[epoch])
        else:
            scheduler.step()
    return torch.tensor(rates, dtype=torch.float64)


@pytest.mark.parametrize("kind", SCHEDULED)
def test_every_value_is_torch_s(kind: type[Schedule]) -> None:
    for schedule in variants(kind):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of a step after the last of one cycle
            theirs = rates_in_torch(schedule)
        ours = LR * schedule.factors(EPOCHS)
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12 * LR, msg=str(schedule))


def test_reduce_on_plateau_is_torch_s() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(EPOCHS, generator=generator, dtype=torch.float64)
    curves = [0.5 ** (torch.arange(EPOCHS) / 30) + 0.01 * noise, noise, torch.linspace(1, -1, EPOCHS)]
    for number, schedule in enumerate(variants(SCHEDULES["ReduceLROnPlateau"])):
        losses = curves[number % len(curves)]
        state, factors = PlateauState(schedule, torch.tensor([LR], dtype=torch.float64)), []
        ramp = schedule.warmup_factors(EPOCHS)
        for epoch in range(EPOCHS):
            factors.append(float(ramp[epoch]) if epoch < len(ramp) else float(state.factor))
            if epoch >= len(ramp):
                state.step(losses[epoch : epoch + 1], torch.tensor([True]))
        theirs = rates_in_torch(schedule, losses)
        ours = LR * torch.tensor(factors, dtype=torch.float64)
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0, msg=str(schedule))


@pytest.mark.parametrize("kind", SCHEDULED)
@pytest.mark.parametrize("epochs", [1, 2, 3, 7])
def test_short_runs_have_a_factor_for_each_epoch(kind: type[Schedule], epochs: int) -> None:
    for schedule in variants(kind):
        factors = schedule.factors(epochs)
        assert factors.shape == (epochs,)
        assert factors.isfinite().all(), schedule
        assert ((factors >= 0) & (factors <= 1 + 1e-12)).all(), schedule
