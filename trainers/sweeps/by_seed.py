"""Training problems that differ from seed to seed: each run has the samples and the batches of its seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from trainers.datasets.dataset import Index
from trainers.problems import Problem
from trainers.problems.supervised import Supervised


class Columns:
    """Columns of runs, arranged by seed: `(n, runs)` as `(n, seeds, most)`, where places left are repeats."""

    def __init__(self, seeds: Tensor, count: int) -> None:
        self.seeds, self.count = seeds, count
        self._arrange()

    def _arrange(self) -> None:
        order, sizes = self.seeds.argsort(stable=True), self.seeds.bincount(minlength=self.count)
        self.most, sorted_seeds = int(sizes.max()), self.seeds[order]
        rank = torch.arange(len(order)) - (sizes.cumsum(0) - sizes)[sorted_seeds]
        self.places = torch.empty_like(order)
        self.places[order] = sorted_seeds * self.most + rank
        self.sources = torch.zeros(self.count * self.most, dtype=torch.int64)
        self.sources[self.places] = torch.arange(len(order))

    def keep(self, alive: Tensor) -> None:
        """Keep the runs where `alive` `(runs,)` is true, and drop the others."""
        self.seeds = self.seeds[alive]
        if len(self.seeds):
            self._arrange()

    def by_seed(self, params: Tensor) -> Tensor:
        """Return parameters `(n, runs)` as `(n, seeds, most)`."""
        arranged: Tensor = params.index_select(1, self.sources)
        return arranged.reshape(len(params), self.count, self.most)

    def by_run(self, values: Tensor) -> Tensor:
        """Return values `(..., seeds, most)` as `(..., runs)`."""
        flat: Tensor = values.flatten(-2)
        return flat.index_select(-1, self.places)


class Group(Protocol):
    """Problems of several seeds: params are `(n, seeds, runs)`."""

    @property
    def num_samples(self) -> int: ...

    def loss(self, params: Tensor) -> Tensor: ...

    def gradient(self, params: Tensor) -> Tensor: ...

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]: ...

    def subset(self, index: Index) -> "Group": ...


@dataclass(frozen=True)
class OneByOne:
    """Problems of several seeds, evaluated one after another."""

    problems: Sequence[Problem]

    @property
    def num_samples(self) -> int:
        return self.problems[0].num_samples

    def loss(self, params: Tensor) -> Tensor:
        return torch.stack([each.loss(own) for each, own in self._own(params)])

    def gradient(self, params: Tensor) -> Tensor:
        return torch.stack([each.gradient(own) for each, own in self._own(params)], 1)

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        losses, gradients = zip(
            *(each.loss_and_gradient(own) for each, own in self._own(params)), strict=True
        )
        return torch.stack(losses), torch.stack(gradients, 1)

    def _own(self, params: Tensor) -> Iterator[tuple[Problem, Tensor]]:
        return zip(self.problems, params.unbind(1), strict=True)

    def subset(self, index: Index) -> "OneByOne":
        each = [index] * len(self.problems) if isinstance(index, slice) else list(index)
        return OneByOne([problem.subset(part) for problem, part in zip(self.problems, each, strict=True)])


@dataclass(frozen=True)
class Shared:
    """A problem of several seeds, with the same samples for each in an order of its own."""

    problem: Supervised

    @property
    def num_samples(self) -> int:
        return self.problem.num_samples

    def subset(self, index: Tensor) -> Group:
        return self.problem.in_groups(index)


def shared(problem: Problem, count: int, dtype: torch.dtype) -> "Shared | OneByOne":
    """Return a problem, each of so many seeds with an order of its own."""
    if isinstance(problem, Supervised) and problem.by_group:
        return Shared(problem.on(problem.data.cast(dtype)))
    return OneByOne([problem] * count)


def grouped(problems: Sequence[Problem], dtype: torch.dtype) -> Group:
    """Return problems of several seeds as one, evaluated together if they can be."""
    able = [each for each in problems if isinstance(each, Supervised) and each.by_group]
    if len(able) < len(problems):
        return OneByOne(problems)
    first, *others = [each.data.cast(dtype) for each in able]
    return able[0].on(first.stacked(others))


@dataclass(frozen=True)
class BySeed:
    """A group of problems, for parameters of runs in any order, `(n, runs)`."""

    group: Group
    columns: Columns

    def loss(self, params: Tensor) -> Tensor:
        return self.columns.by_run(self.group.loss(self.columns.by_seed(params)))

    def gradient(self, params: Tensor) -> Tensor:
        return self.columns.by_run(self.group.gradient(self.columns.by_seed(params)))

    def loss_and_gradient(self, params: Tensor) -> tuple[Tensor, Tensor]:
        loss, gradient = self.group.loss_and_gradient(self.columns.by_seed(params))
        return self.columns.by_run(loss), self.columns.by_run(gradient)


def batches_by_seed(
    group: Group | Shared, columns: Columns, size: int, streams: Sequence[int]
) -> Iterator[BySeed]:
    """Yield the mini-batches of each seed, as `MiniBatches` does, with the streams of the seeds."""
    generators = [torch.Generator().manual_seed(stream) for stream in streams]
    count = group.num_samples
    while True:
        order = torch.stack([torch.randperm(count, generator=generator) for generator in generators])
        shuffled = group.subset(order)
        for first in range(0, count, size):
            yield BySeed(shuffled.subset(slice(first, first + size)), columns)
