"""What is minimised: a problem, on which of its rows, looked at in which batches."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

import torch

from trainers.caches import cache_by_size
from trainers.problems import Problem, Thermometer
from trainers.problems.supervised import Supervised, raw_data
from trainers.settings import SettingError, Settings, choice, integer, real
from trainers.splits import Split, split_indices
from trainers.words import shown

MAX_SEED = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Objective(Settings):
    """A problem, its rows, and the precision. Without data there are neither batches nor rows to hold out."""

    problem: Problem = Thermometer()
    batch_size: int = integer(0, 0, 100_000, help="Samples per update (mini-batch size). 0: full batch.")
    validation_split: float = real(
        0, 0, 0.5, help="Fraction of the data held out for validation, stratified by class."
    )
    shuffle_seed: int = integer(0, 0, MAX_SEED, help="Seed of the validation split and of the batch order.")
    seed: int = integer(
        0, 0, MAX_SEED, help="Seed of the initial parameters. 0: the problem's default initial point."
    )
    dtype: str = choice(
        "float32", ("float32", "float64"), help="Floating-point type of all numbers.", label="Precision"
    )

    def check(self) -> None:
        super().check()
        if not isinstance(self.problem, Problem):
            raise SettingError("problem", f"must be one such as Thermometer(), got {shown(self.problem)}")
        if getattr(self.problem, "subset_data", None) is not None:
            raise SettingError("problem", "must have all its samples; hold some out with validation_split")

    def is_active(self, name: str) -> bool:
        if name == "shuffle_seed":
            return self.steps_per_epoch > 1 or self.held_out is not None
        return self.problem.num_samples > 0 or name not in ("batch_size", "validation_split")

    @property
    def split(self) -> Split:
        """The problem on the rows to train on, and on those held out, if any."""
        if not self.validation_split:
            return Split(self.problem)
        return train_validation_split(self.problem, self.validation_split, self.shuffle_seed)

    @property
    def training(self) -> Problem:
        """What is minimised."""
        return self.split.training

    @property
    def held_out(self) -> Problem | None:
        """The same problem on the rows held out."""
        return self.split.held_out

    @property
    def whole(self) -> Problem:
        """The same problem on all rows, those held out among them, as the model sees them."""
        return self.split.whole or self.problem

    @property
    def steps_per_epoch(self) -> int:
        """How many updates an epoch has, each with one gradient."""
        return max(-(-self.training.num_samples // self.batch_size), 1) if self.batch_size else 1

    @property
    def batch_source(self) -> "Problem | MiniBatches":
        """What the runners go through."""
        if self.steps_per_epoch == 1:
            return self.training
        return MiniBatches(self.training, self.batch_size, self.shuffle_seed)


@cache_by_size
def train_validation_split(problem: Problem, fraction: float, seed: int) -> Split:
    """The problem on its rows less a share of them, and on that share, drawn at random; once.

    What is fitted beforehand, such as a scaling, is fitted to the rows to train on.
    """
    rows = raw_data(problem) if isinstance(problem, Supervised) else None
    classes = rows.target if rows is not None and rows.class_names else None
    stay, out = split_indices(problem.num_samples, classes, fraction, seed)
    if not len(out):
        return Split(copy(problem))  # without the data that it may hold already
    fitted = problem.fitted(stay)
    return Split(fitted.subset(stay), fitted.subset(out), fitted)


@dataclass(frozen=True)
class MiniBatches:
    """A problem seen in batches of so many rows, all rows once an epoch.

    Each epoch has an order of its own; the seed decides them, so everybody sees the same.
    """

    problem: Problem
    size: int
    seed: int

    def batches(self) -> Iterator[Problem]:
        """The problem on the rows of each batch, epoch after epoch; an epoch's last batch may be smaller."""
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            order = torch.randperm(self.problem.num_samples, generator=generator)
            shuffled = self.problem.subset(order)
            for first in range(0, self.problem.num_samples, self.size):
                yield shuffled.subset(slice(first, first + self.size))
