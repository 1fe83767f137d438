"""Schedules and clipping in training: three runners, sweeps and links give the same run."""

from dataclasses import replace
from itertools import cycle, product

import pytest
import torch
from torch import Tensor

from tests.matrix import slow_but
from tests.trainers.scripts.test_own_problems import Own
from trainers import Axis, Run, Sweep, sweep, train
from trainers.accumulation import accumulate
from trainers.clipping import CLIPPINGS, ClipNorm, Clipping, ClipValue
from trainers.optimizers import OPTIMIZERS, SGD, Adam, Optimizer, ScheduleFreeAdamW, ScheduleFreeSGD
from trainers.problems import LogisticRegression, Thermometer
from trainers.run import runners
from trainers.schedules import SCHEDULES, CyclicLR, LinearLR, ReduceLROnPlateau, Schedule
from trainers.sweeps.training import trajectories

KINDS = [None, *SCHEDULES.values()]


WAYS = ((0, 7, ClipNorm(max_norm=2)), (60, 3, ClipValue()))
"""Batch size, epochs of the warm-up, and clipping."""


@pytest.mark.parametrize(
    ("kind", "way"),
    slow_but(list(zip(SCHEDULES.values(), cycle(WAYS))), product(SCHEDULES.values(), WAYS)),
)
def test_all_runners_and_sweeps_train_the_same(kind: type[Schedule], way: tuple[int, int, Clipping]) -> None:
    batch_size, warmup, clipping = way
    run = Run(
        problem=LogisticRegression(),
        optimizer=SGD(lr=0.3, momentum=0.5),
        schedule=kind(warmup=warmup),
        clipping=clipping,
        epochs=18,
        batch_size=batch_size,
        dtype="float64",
    )
    first, *others = [train(replace(run, runner=runner)) for runner in runners(SGD)]
    for other in others:
        torch.testing.assert_close(other.params, first.params, rtol=1e-9, atol=1e-12)
    swept = trajectories(Sweep(run, {"lr": Axis(0.3, 0.6, 2)}), epochs=range(19))
    torch.testing.assert_close(swept.params[:, :, 0], first.params, rtol=1e-9, atol=1e-12)
    found, notes = Run.from_query(run.to_query())
    assert (found, notes) == (run, [])
    assert Run.from_query(run.to_query(short=True))[0] == run


@pytest.mark.parametrize("kind", SCHEDULES.values())
def test_a_schedule_changes_the_run_and_is_stepped_by_torch(kind: type[Schedule]) -> None:
    """Torch's own scheduler in torch's own loop."""
    schedule = kind(patience=2) if kind.adaptive else kind(warmup=5)
    run = Run(optimizer=Adam(lr=0.1), schedule=schedule, epochs=40, dtype="float64", runner="torch.optim")
    params = run.initial().requires_grad_()
    optimizer = torch.optim.Adam([params], lr=0.1)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, schedule.warmup_start, total_iters=5)
    for epoch in range(40):
        if epoch == schedule.warmup:
            group = optimizer.param_groups[0]
            group["lr"] = group.pop("initial_lr")
            scheduler = schedule.torch(optimizer, 40 - epoch)
        optimizer.zero_grad()
        run.problem.loss(params).backward()
        optimizer.step()
        after = run.problem.loss(params).detach()
        scheduler.step(after) if schedule.adaptive else scheduler.step()
    history = train(run)
    torch.testing.assert_close(history.params[-1], params.detach(), rtol=1e-9, atol=1e-12)
    assert not torch.equal(history.loss, train(replace(run, schedule=None)).loss)


AXES = [
    (LinearLR(), {"lr": Axis(0.01, 0.3, 3), "schedule.warmup": Axis(0, 9, 4)}),
    (LinearLR(), {"schedule.end_factor": Axis(0, 1, 3)}),
    (ReduceLROnPlateau(), {"schedule.patience": Axis(0, 5, 3), "schedule.factor": Axis(0.1, 0.9, 3)}),
    (ReduceLROnPlateau(patience=1), {"schedule.warmup": Axis(0, 9, 4), "lr": Axis(0.1, 5, 3)}),
]
EACH = [(*case, batch_size) for case, batch_size in zip(AXES, (0, 4, 4, 0), strict=True)]


@pytest.mark.parametrize(
    ("schedule", "axes", "batch_size"), slow_but(EACH, [(*case, size) for case in AXES for size in (0, 4)])
)
def test_settings_of_a_schedule_are_axes(schedule: Schedule, axes: dict[str, Axis], batch_size: int) -> None:
    run = Run(optimizer=Adam(lr=0.2), schedule=schedule, epochs=20, batch_size=batch_size, dtype="float64")
    result = sweep(Sweep(run, axes))
    for row in range(len(result.seeds)):
        alone = train(result.run(row))
        assert float(result.final_loss[row]) == pytest.approx(float(alone.loss[-1]), rel=1e-8)
    assert len(result.frame()) == result.sweep.size


@pytest.mark.parametrize("kind", CLIPPINGS.values())
def test_clipping_is_torch_s(kind: type[Clipping]) -> None:
    generator = torch.Generator().manual_seed(0)
    for scale, dtype in product((0.1, 1.0, 100.0), (torch.float32, torch.float64)):
        gradient = scale * torch.randn(5, generator=generator, dtype=dtype)
        params = torch.zeros(5, dtype=dtype, requires_grad=True)
        params.grad = gradient.clone()
        kind().torch(params)
        torch.testing.assert_close(kind().clip(gradient), params.grad, rtol=1e-6, atol=0)
        columns = torch.stack([gradient, 2 * gradient, 0 * gradient], dim=1)
        each: list[Tensor] = [kind().clip(column) for column in columns.T]
        torch.testing.assert_close(kind().clip(columns), torch.stack(each, dim=1))


def test_a_clipped_step_is_no_longer_than_lr_times_the_limit() -> None:
    run = Run(problem=Thermometer("raw"), optimizer=SGD(lr=0.1), clipping=ClipNorm(max_norm=0.5), epochs=100)
    history = train(run)
    assert history.finished
    assert train(replace(run, clipping=None)).status == "diverged"
    assert float(history.params.diff(dim=0).norm(dim=1).max()) <= 0.1 * 0.5 * (1 + 1e-5)


@pytest.mark.parametrize("kind", [kind for kind in OPTIMIZERS.values() if kind.by_hand()])
def test_every_optimizer_follows_a_schedule_as_in_torch(kind: type[Optimizer]) -> None:
    """From its first update on: some take the learning rate into their state there."""
    run = Run(optimizer=kind(lr=0.02), schedule=LinearLR(warmup=5), epochs=15, dtype="float64")
    first, *others = [train(replace(run, runner=runner)) for runner in runners(kind)]
    for other in others:
        torch.testing.assert_close(other.params, first.params, rtol=1e-9, atol=1e-12)
    swept = trajectories(Sweep(run, {"lr": Axis(0.02, 0.06, 2)}), epochs=range(16))
    torch.testing.assert_close(swept.params[:, :, 0], first.params, rtol=1e-9, atol=1e-12)
    found = accumulate(run, 10)
    torch.testing.assert_close(found.cleared, first.loss[:11], rtol=1e-9, atol=0)


@pytest.mark.parametrize("kind", [ScheduleFreeSGD, ScheduleFreeAdamW])
def test_an_update_at_a_rate_of_0_has_no_weight(kind: type[Optimizer]) -> None:
    run = Run(optimizer=kind(lr=0.01), schedule=CyclicLR(base_factor=0, step_size_up=4), epochs=20)
    history, swept = train(run), sweep(Sweep(run, {"lr": Axis(0.01, 0.02, 2)}))
    assert history.finished
    torch.testing.assert_close(swept.final_loss[0], history.loss[-1].double(), rtol=1e-4, atol=0)


class Flat(Own):
    """A wide bowl, for large learning rates."""

    def loss(self, params: Tensor) -> Tensor:
        return 1e-4 * super().loss(params)

    def gradient(self, params: Tensor) -> Tensor:
        return 1e-4 * super().gradient(params)


def test_large_weights_are_in_float64() -> None:
    """In float32 they overflow from the 2,878th update on."""
    run = Run(problem=Flat(), optimizer=ScheduleFreeSGD(lr=100.0, r=10.0), epochs=2900)
    swept = sweep(Sweep(run, {"lr": Axis(50, 100, 2)}))
    torch.testing.assert_close(swept.final_loss[1], train(run).loss[-1].double(), rtol=1e-4, atol=0)


def test_a_plateau_is_one_of_the_loss_that_counts() -> None:
    """Also where `accumulate` trains on its own."""
    schedule = ReduceLROnPlateau(patience=0, threshold=0.01)
    optimizer = ScheduleFreeSGD(lr=0.03, momentum=0.1)
    run = Run(optimizer=optimizer, schedule=schedule, epochs=20, dtype="float64")
    history = train(run)
    assert history.lr_factors[14] < 1
    torch.testing.assert_close(accumulate(run, 15).cleared[:15], history.loss[:15], rtol=1e-9, atol=1e-12)
