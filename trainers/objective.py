"""Training objective: problem, validation split, mini-batches, dtype and seed."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

import torch

from trainers.caches import cache_by_size
from trainers.problems import Problem, Thermometer
from trainers.settings import MAX_SEED, SettingError, Settings, choice, integer, real
from trainers.splits import Split, split_indices
from trainers.words import safe_text

FAILURE_FACTOR = 10
"""A run failed if it ends above so many times its initial gap (loss if the minimum is unknown)."""
STRIDE = 1_640_531_527
"""Distance of the streams of two seeds: odd and large, so that no small shuffle seed leads to another's."""


@dataclass(frozen=True, kw_only=True)
class Objective(Settings):
    """A problem with its validation split, mini-batches and precision; the first two need data."""

    problem: Problem = Thermometer()
    batch_size: int = integer(0, 0, 100_000, help="Samples per update (mini-batch size). 0: full batch.")
    validation_split: float = real(
        0, 0, 0.5, help="Fraction of the data held out for validation; of classes, stratified."
    )
    shuffle_seed: int = integer(
        0, 0, MAX_SEED, help="Seed of the batch order and split alone, beside the seed of all that is random."
    )
    seed: int = integer(
        0,
        0,
        MAX_SEED,
        help="Seed of the initial parameters, batch order and split. 0: the problem's usual initial point, "
        "if it has one.",
    )
    dtype: str = choice(
        "float32", ("float32", "float64"), help="Floating-point type of all numbers.", label="Precision"
    )

    def check(self) -> None:
        super().check()
        if not isinstance(self.problem, Problem):
            raise SettingError("problem", f"must be one such as Thermometer(), got {safe_text(self.problem)}")
        if getattr(self.problem, "subset_data", None) is not None:
            raise SettingError("problem", "must have all its samples; hold some out with validation_split")

    def is_active(self, name: str) -> bool:
        if name == "shuffle_seed":
            return self.steps_per_epoch > 1 or self.validation is not None
        return self.problem.num_samples > 0 or name not in ("batch_size", "validation_split")

    @property
    def split(self) -> Split:
        """The problem on the training set and, if any, on the validation set."""
        if not self.validation_split:
            return Split(self.problem)
        return train_validation_split(self.problem, self.validation_split, self.stream)

    @property
    def stream(self) -> int:
        """Seed of the batch order and the split: for seed 0 the shuffle seed, for others one of its own."""
        return (self.shuffle_seed + STRIDE * self.seed) % 2**31

    @property
    def training(self) -> Problem:
        """The problem on the training set, whose loss is minimized."""
        return self.split.training

    @property
    def validation(self) -> Problem | None:
        """The problem on the validation set, or None."""
        return self.split.validation

    @property
    def whole(self) -> Problem:
        """The problem on all samples, preprocessed as for training."""
        return self.split.whole or self.problem

    @property
    def steps_per_epoch(self) -> int:
        """Updates per epoch, each with one gradient."""
        return max(-(-self.training.num_samples // self.batch_size), 1) if self.batch_size else 1

    @property
    def batch_source(self) -> "Problem | MiniBatches":
        """The mini-batches that runners iterate over; the training problem itself if full batch."""
        if self.steps_per_epoch == 1:
            return self.training
        return MiniBatches(self.training, self.batch_size, self.stream)

    def batch(self, update: int) -> Problem:
        """Return the problem on the samples of an update, counted from 0."""
        source = self.batch_source
        return source.batch(update) if isinstance(source, MiniBatches) else source


@cache_by_size
def train_validation_split(problem: Problem, fraction: float, seed: int) -> Split:
    """Split off a random fraction of the samples for validation, stratified by class. Cached.

    Preprocessing, such as scaling, is fitted to the training set only.
    """
    stay, out = _indices(problem, fraction, seed)
    if not len(out):
        return Split(copy(problem))  # without the data that it may hold already
    fitted = problem.fit_preprocessing(stay)
    return Split(fitted.subset(stay), fitted.subset(out), fitted)


def training_indices(problem: Problem, fraction: float, seed: int) -> torch.Tensor:
    """Return the indices of the samples that are trained on, in their order."""
    stay, out = _indices(problem, fraction, seed)
    return stay if len(out) else torch.arange(problem.num_samples)


def _indices(problem: Problem, fraction: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    return split_indices(problem.num_samples, problem.classes, fraction, seed)


@dataclass(frozen=True)
class MiniBatches:
    """Mini-batches of `size` samples, reshuffled each epoch from `seed`; identical for all optimizers."""

    problem: Problem
    size: int
    seed: int

    def tensors(self, params: torch.Tensor) -> list[torch.Tensor]:
        """Return the matrices and vectors that parameters of the problem are, as views."""
        return self.problem.tensors(params)

    def batches(self) -> Iterator[Problem]:
        """Yield the problem on each mini-batch, endlessly; the last of an epoch may be smaller."""
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            order = torch.randperm(self.problem.num_samples, generator=generator)
            shuffled = self.problem.subset(order)
            for first in range(0, self.problem.num_samples, self.size):
                yield shuffled.subset(slice(first, first + self.size))

    def batch(self, update: int) -> Problem:
        """Return the mini-batch of an update, counted from 0, without those before it."""
        generator, samples = torch.Generator().manual_seed(self.seed), self.problem.num_samples
        epoch, place = divmod(update, -(-samples // self.size))
        for _ in range(epoch + 1):
            order = torch.randperm(samples, generator=generator)
        return self.problem.subset(order[place * self.size : (place + 1) * self.size])
