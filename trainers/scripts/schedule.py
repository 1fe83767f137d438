"""Schedules as lines of a program, by hand and with `torch.optim.lr_scheduler`."""

from dataclasses import dataclass

from trainers.run import Run
from trainers.schedules import Constant, InverseSqrtLR, ReduceLROnPlateau, Schedule
from trainers.schedules.base import shown
from trainers.schedules.rates import UNUSED, Rates
from trainers.scripts.layout import call, indented

RATE = "rate"
"""The learning rate of an epoch in programs by hand."""
OVER = ("for group in optimizer.param_groups:", '    group["lr"] = group.pop("initial_lr")')
"""Lines that end the warm-up: the next scheduler begins at the learning rate itself."""


@dataclass(frozen=True)
class ScheduleCode:
    """The lines of a schedule: before the loop, at the beginning of each epoch, and at its end."""

    setup: tuple[str, ...] = ()
    begin: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    factor: tuple[str, ...] = ()
    """The lines that compute `factor`, that of the learning rate in an epoch, by hand."""
    first: str = ""
    """The learning rate of the first epoch, by hand."""
    needs_loss: bool = False
    """Whether the lines at the end need the loss on all samples."""


def schedule_code(run: Run, lr: str, several: bool = False) -> ScheduleCode:
    """Return the schedule of a run, none without one; `lr` is its learning rate as Python.

    With `several`, there are several optimizers of torch.
    """
    schedule = run.schedule
    if schedule is None:
        return ScheduleCode()
    if run.runner == "torch.optim":
        return _in_torch(schedule, run.epochs, lr, several)
    return _by_hand(schedule, run.epochs, lr)


def _by_hand(schedule: Schedule, epochs: int, lr: str) -> ScheduleCode:
    warmup = min(schedule.warmup, epochs)
    lines = schedule.lines(epochs - warmup)
    begin = [f"k = epoch - {warmup}" if warmup else "k = epoch", *lines]
    if warmup:
        start = shown(schedule.warmup_start)
        ramp = f"factor = {start} + (1 - {start}) * epoch / {schedule.warmup}"
        begin = [f"if epoch < {warmup}:", f"    {ramp}", "else:", *indented(begin)]
    factor, begin = begin, [*begin, f"{RATE} = {lr} * factor"]
    setup, end = list[str](), list[str]()
    if isinstance(schedule, ReduceLROnPlateau):
        setup, end = schedule.setup_lines, schedule.end_lines(lr)
        end = [f"if epoch >= {warmup}:", *indented(end)] if warmup else end
    text = "\n".join([*setup, *begin])
    imports = ["import math"] * ("math." in text) + ["from itertools import pairwise"] * ("pairwise" in text)
    rates = Rates(schedule, epochs, 1.0)
    rates.begin(0, UNUSED)
    return ScheduleCode(
        setup=tuple(setup),
        begin=tuple(begin),
        end=tuple(end),
        imports=tuple(imports),
        factor=tuple(factor),
        first=lr if rates.factor == 1 else f"{lr} * {shown(rates.factor)}",
        needs_loss=schedule.adaptive,
    )


def _in_torch(schedule: Schedule, epochs: int, lr: str, several: bool) -> ScheduleCode:
    warmup = min(schedule.warmup, epochs)
    kind = type(schedule).__name__
    if isinstance(schedule, Constant | InverseSqrtLR):
        kind = "LambdaLR"
    main = _made(kind, schedule.torch_arguments(epochs - warmup, lr), several)
    setup, begin = main, list[str]()
    if warmup:
        ramp = [f"start_factor={shown(schedule.warmup_start)}", f"total_iters={schedule.warmup}"]
        setup = _made("LinearLR", ramp, several)
        over = ["for optimizer in optimizers:", *indented(OVER)] if several else list(OVER)
        begin = [f"if epoch == {warmup}:  # the warm-up is over", *indented([*over, *main])]
    end = ["scheduler.step(loss)" if schedule.adaptive else "scheduler.step()"]
    if schedule.adaptive and warmup:
        end = [f"if epoch < {warmup}:", "    scheduler.step()", "else:", *indented(end)]
    if several:
        end = ["for scheduler in schedulers:", *indented(end)]
    imports = ("from torch.optim import lr_scheduler",)
    return ScheduleCode(tuple(setup), tuple(begin), tuple(end), imports=imports, needs_loss=schedule.adaptive)


def _made(kind: str, arguments: list[str], several: bool) -> list[str]:
    """Return the lines that make a scheduler, or one for each of several optimizers."""
    head = f"lr_scheduler.{kind}("
    if not several:
        return call(f"scheduler = {head}", ["optimizer", *arguments])
    inner = call(head, ["optimizer", *arguments], 56)
    return ["schedulers = [", *indented(inner), "    for optimizer in optimizers", "]"]
