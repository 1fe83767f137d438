"""Blocks of a sweep: runs trained together as one tensor."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from trainers.optimizers import Optimizer
from trainers.problems import Problem
from trainers.schedules.rates import UNUSED, Rates
from trainers.settings import Number, Real, settings_of
from trainers.sweeps.by_seed import BySeed, Columns, batches_by_seed, grouped, shared
from trainers.sweeps.spec import Sweep
from trainers.sweeps.twins import COPIES, changes

BLOCK_PARAMS = 32_768
"""Parameters of a block: enough to amortize the cost of a call, few enough for the CPU cache."""
BLOCK_ELEMENTS = 2**18
"""Elements that one evaluation of a block's losses goes through, for the same reasons."""


def block_size(sweep: Sweep) -> int:
    """Number of runs trained together."""
    rows = sweep.run.training.num_samples
    fraction = sweep.run.batch_size / rows if sweep.run.steps_per_epoch > 1 else 1.0
    by_elements = int(BLOCK_ELEMENTS / (sweep.run.training.cost * fraction))
    return max(min(BLOCK_PARAMS // sweep.run.problem.num_params, by_elements), 1)


class RunBlock:
    """Runs in training: params `(n, runs)` and optimizer state.

    With `twins`, each of `rows` is followed by its twins: see `trainers.sweeps.twins`.
    """

    def __init__(self, sweep: Sweep, rows: Tensor, twins: bool = False) -> None:
        rows = rows.repeat_interleave(COPIES) if twins else rows
        self.steps_per_epoch, self.epochs = sweep.run.steps_per_epoch, sweep.run.epochs
        self.cost = sweep.run.training.cost
        self.columns: Columns | None = None
        """The seeds of the runs, if these have samples or batches of their own."""
        self.training: Problem | BySeed = sweep.run.training
        self.batches: Iterator[Problem | BySeed] = iter(())
        if sweep.splits_differ or sweep.batches_differ:
            self._by_seed(sweep, Columns(rows % sweep.seeds, sweep.seeds))
        else:
            self.batches = sweep.run.batch_source.batches()
        self.settings = {name: column[rows] for name, column in self.swept(sweep)}
        self.optimizer: Optimizer = replace(sweep.run.optimizer, **self.settings)
        self.clipping = sweep.run.clipping
        self.rates: Rates | None = None
        self.scheduled = self.optimizer
        """The optimizer with the learning rates of the epoch that has begun."""
        if sweep.run.schedule is not None:
            lr = torch.as_tensor(sweep.lr, dtype=torch.float64).expand(sweep.size)[rows]
            columns = {name: column[rows] for name, column in sweep.schedule_settings.items()}
            self.rates = Rates(sweep.run.schedule, self.epochs, lr, columns)
        self.params = sweep.initial(rows)
        self.changes = changes(len(self.params), self.params.dtype) if twins else None
        """What is done to the parameters of twins after each update."""
        self.begin(0, UNUSED)
        self.state = self.scheduled.init(self.params)

    def _by_seed(self, sweep: Sweep, columns: Columns) -> None:
        """Give each run the samples and the batches of its seed."""
        self.columns, dtype = columns, getattr(torch, sweep.run.dtype)
        if sweep.splits_differ:
            group = grouped([each.training for each in sweep.tasks], dtype)
            self.training = BySeed(group, columns)
        if sweep.batches_differ:
            orders = group if sweep.splits_differ else shared(sweep.run.training, sweep.seeds, dtype)
            streams = [each.stream for each in sweep.tasks]
            self.batches = batches_by_seed(orders, columns, sweep.run.batch_size, streams)

    @staticmethod
    def swept(sweep: Sweep) -> Iterator[tuple[str, Tensor]]:
        """Yield the swept settings, those on a log scale in the run's dtype, the others in float64."""
        for name, column in sweep.optimizer_settings.items():
            setting = settings_of(sweep.run.optimizer)[name]
            relative = isinstance(setting, Real) and setting.scale == "log"
            yield name, column.to(getattr(torch, sweep.run.dtype)) if relative else column

    @property
    def evaluated(self) -> Tensor:
        """The parameters `(n, runs)` whose losses count; they change with the next step."""
        return self.optimizer.evaluated(self.params, self.state)

    def advance(self, epoch: int) -> Tensor:
        """Return the losses `(runs,)` after `epoch` epochs, then train the next epoch, if there is one."""
        evaluated = self.evaluated
        if self.steps_per_epoch == 1:
            loss, gradient = self.training.loss_and_gradient(self.params)
            if evaluated is not self.params:
                loss = self.training.loss(evaluated)
            if epoch < self.epochs:
                self.begin(epoch, loss)
                self._update(epoch + 1, gradient)
            return loss
        loss = self.training.loss(evaluated)
        if epoch < self.epochs:
            self.begin(epoch, loss)
            for update in range(1 + epoch * self.steps_per_epoch, 1 + (epoch + 1) * self.steps_per_epoch):
                self.step(update)
        return loss

    def step(self, update: int) -> None:
        """Make one update, counted from 1, on the next mini-batch."""
        self._update(update, next(self.batches).gradient(self.params))

    @property
    def needs_loss(self) -> bool:
        """Whether the learning rates depend on the losses."""
        return self.rates is not None and self.rates.needs_loss

    def begin(self, epoch: int, loss: Tensor) -> None:
        """Begin an epoch, with the learning rates of the schedule; `loss` `(runs,)` is that before it."""
        if self.rates is not None:
            self.rates.begin(epoch, loss)
            lr: Number = getattr(self.optimizer, "lr")  # noqa: B009
            self.scheduled = self.optimizer.with_lr(lr * self.rates.factor)  # type: ignore[operator]

    def _update(self, update: int, gradient: Tensor) -> None:
        gradient = gradient if self.clipping is None else self.clipping.clip(gradient)
        self.scheduled.step(update, self.params, gradient, self.state)
        if self.changes is not None:
            self.params.view(len(self.params), -1, COPIES).mul_(self.changes[update % len(self.changes)])

    def keep(self, alive: Tensor) -> None:
        """Keep the runs where `alive` `(runs,)` is true, and drop the others."""
        self.settings = {name: column[alive] for name, column in self.settings.items()}
        self.optimizer = self.scheduled = replace(self.optimizer, **self.settings)
        if self.rates is not None:
            self.rates.keep(alive)
        if self.columns is not None:
            self.columns.keep(alive)
        self.params = self.params[:, alive]
        self.state = {name: tensor[:, alive] for name, tensor in self.state.items()}
