"""Rows held out: which they are, and that nothing is learnt from them."""

from dataclasses import replace
from itertools import count, islice
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from trainers import Run, train
from trainers.datasets.csv.table import CsvTable
from trainers.datasets.dataset import Dataset
from trainers.objective import train_validation_split
from trainers.optimizers import SGD
from trainers.problems import (
    MLP,
    PROBLEMS,
    CsvDataset,
    LinearRegression,
    LogisticRegression,
    Polynomial,
    Rosenbrock,
    SoftmaxRegression,
    Thermometer,
)
from trainers.problems.supervised import Supervised, raw_data, scaled_data
from trainers.reports import validation
from trainers.reports.conditioning import conditioning
from trainers.splits import quotas, split_indices

NUMBERS = count()


def table(frame: pd.DataFrame) -> CsvTable:
    """A table of the user's with a digest of its own."""
    return CsvTable("csv.csv", f"{next(NUMBERS):016x}", frame, "UTF-8", "comma", "point", len(frame), (), ())


def points(rows: int = 60, features: int = 3) -> pd.DataFrame:
    """Normal features f0, f1, ..., a target y, and classes c: 3 rows of the last one."""
    random = np.random.default_rng(rows)
    frame = pd.DataFrame({f"f{k}": 5 + 3 * random.standard_normal(rows) for k in range(features)})
    frame["y"] = frame.sum(axis=1) + random.standard_normal(rows)
    return frame.assign(c=["abc"[min(k // 3, 1 + k % 2)] for k in range(rows)])


def own(kind: type[Supervised], frame: pd.DataFrame, features: tuple[int, ...], target: str) -> Supervised:
    place = list(frame.columns).index(target)
    return kind(source="csv", csv=CsvDataset.of(table(frame), place, features))


POINTS = points()
TWO = POINTS.assign(c=np.where(POINTS["c"] == "a", "b", POINTS["c"]))
STANDARDISED = [
    Thermometer(scaling="standardized"),
    LinearRegression(),
    LinearRegression(samples=30, features=2, correlation=0.99),
    own(LinearRegression, POINTS, (0, 1, 2), "y"),
    own(LinearRegression, POINTS, (2,), "y"),
    own(LogisticRegression, TWO, (2, 0), "c"),
    own(SoftmaxRegression, POINTS, (0, 1, 2), "c"),
    own(MLP, POINTS, (1, 0), "c"),
]
STRETCHED = [Polynomial(), Polynomial(source="thermometer", degree=2), own(Polynomial, POINTS, (1,), "y")]
AS_THEY_ARE = [
    Thermometer(),
    Thermometer(scaling="raw"),
    LinearRegression(scaling="raw"),
    MLP(samples=50),
    SoftmaxRegression(),
]
ALL = STANDARDISED + STRETCHED + AS_THEY_ARE
shares = st.floats(0, 0.5)
seeds = st.integers(0, 2**31 - 1)


def inputs(problem: Any) -> NDArray[np.float64]:
    return problem.data.inputs[:, : len(problem.data.features)].numpy()


def split(problem: Supervised, share: float, seed: int) -> tuple[Run, NDArray[np.int64], NDArray[np.int64]]:
    """A run, and the numbers of its rows to train on and of those held out."""
    run = Run(problem=problem, validation_split=share, shuffle_seed=seed)
    kept, out = (part.numpy() for part in parted(raw_data(problem), share, seed))
    assert sorted([*kept, *out]) == list(range(problem.num_samples))
    assert (len(kept), len(out)) == (
        run.training.num_samples,
        run.validation.num_samples if run.validation else 0,
    )
    return run, kept if len(out) else np.arange(problem.num_samples), out


def parted(rows: Dataset, share: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    return split_indices(len(rows), rows.target if rows.class_names else None, share, seed)


@given(st.sampled_from(STANDARDISED), shares, seeds)
def test_mean_and_deviation_are_those_of_the_training_set(
    problem: Supervised, share: float, seed: int
) -> None:
    run, kept, out = split(problem, share, seed)
    raw = raw_data(problem).inputs.numpy()
    assert inputs(run.training).mean(0) == pytest.approx(0, abs=1e-12)
    assert inputs(run.training).std(0) == pytest.approx(1)
    scaled = (raw - raw[kept].mean(0)) / raw[kept].std(0)
    assert inputs(run.training) == pytest.approx(scaled[kept])
    assert inputs(run.whole) == pytest.approx(scaled)
    if len(out):
        assert inputs(run.validation) == pytest.approx(scaled[out])


@given(st.sampled_from(STRETCHED), shares, seeds)
def test_a_polynomial_is_scaled_by_the_training_set(problem: Supervised, share: float, seed: int) -> None:
    run, kept, out = split(problem, share, seed)
    raw = raw_data(problem).inputs[:, 0].numpy()
    low, high = raw[kept].min(), raw[kept].max()
    stretched = 2 * (raw - low) / (high - low) - 1
    assert (inputs(run.training)[:, 0].min(), inputs(run.training)[:, 0].max()) == (-1, 1)
    powers = [run.whole.data.inputs[:, k].numpy() for k in range(problem.degree)]
    for degree, column in enumerate(powers, start=1):
        assert column == pytest.approx(stretched**degree)
    if run.validation:
        assert run.validation.data.inputs[:, 0].numpy() == pytest.approx(stretched[out])


@given(st.sampled_from(ALL), shares, seeds)
def test_training_and_validation_set_are_all_samples_with_their_targets_and_classes(
    problem: Supervised, share: float, seed: int
) -> None:
    run, kept, out = split(problem, share, seed)
    target = raw_data(problem).target
    assert torch.equal(run.training.data.target, target[kept])
    assert torch.equal(run.whole.data.target, target)
    for part in (run.training, run.whole, run.validation or run.training):
        assert (part.class_names, part.num_params, part.names) == (
            problem.class_names,
            problem.num_params,
            problem.names,
        )
    if run.validation:
        assert torch.equal(run.validation.data.target, target[out])
        assert torch.isfinite(run.validation.loss(problem.start()))


@pytest.mark.parametrize("problem", ALL, ids=repr)
def test_a_batch_is_standardized_as_the_training_set(problem: Supervised) -> None:
    run = Run(problem=problem, validation_split=0.3, batch_size=3)
    known = {tuple(row) for row in run.training.data.inputs.tolist()}
    for batch in islice(run.batch_source.batches(), 5):
        assert {tuple(row) for row in batch.data.inputs.tolist()} <= known


@given(st.sampled_from([LinearRegression, Polynomial, SoftmaxRegression, MLP]), seeds, st.floats(-1e6, 1e6))
def test_nothing_is_learned_from_the_validation_set(kind: type[Supervised], seed: int, value: float) -> None:
    target = "c" if kind.is_classifier else "y"
    problem = own(kind, POINTS, (0,), target)
    _, _, out = split(problem, 0.2, seed)
    changed = POINTS.copy()
    changed.loc[out, "f0"] = value
    runs = [
        Run(problem=p, validation_split=0.2, shuffle_seed=seed, epochs=3)
        for p in (problem, own(kind, changed, (0,), target))
    ]
    one, other = (run.training for run in runs)
    assert torch.equal(one.data.inputs, other.data.inputs)
    assert (one.minimum, one.minimizers) == (other.minimum, other.minimizers)
    if one.hessian is not None:
        assert conditioning(one).number == conditioning(other).number
    assert torch.equal(*(train(run).loss for run in runs))


def test_a_validation_outlier_leaves_training_well_conditioned() -> None:
    frame = points(features=1)
    frame.loc[7, "f0"] = 1e4
    problem = own(LinearRegression, frame, (0,), "y")
    seed = next(seed for seed in range(99) if 7 in parted(raw_data(problem), 0.2, seed)[1])
    run = Run(problem=problem, validation_split=0.2, shuffle_seed=seed, optimizer=SGD(lr=0.5), epochs=20)
    assert conditioning(run.training).number == pytest.approx(1)
    assert train(run).epochs_to(1e-6) <= 2


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-9, 12345.678])
def test_what_is_constant_in_the_training_set_becomes_0(value: float) -> None:
    """Also where the mean of equal numbers is rounded."""
    frame = POINTS.assign(f1=value)
    problem = own(LinearRegression, frame, (0, 1), "y")
    for seed in range(20):
        _, _, out = split(problem, 0.2, seed)
        changed = frame.copy()
        changed.loc[out[0], "f1"] = value + 2
        run = Run(
            problem=own(LinearRegression, changed, (0, 1), "y"), validation_split=0.2, shuffle_seed=seed
        )
        assert (run.training.data.inputs[:, 1] == 0).all()
        assert run.validation.data.inputs[:, 1].max().item() == pytest.approx(2)


@pytest.mark.parametrize("problem", ALL, ids=repr)
def test_without_a_validation_set_the_problem_is_trained_on_as_it_is(problem: Supervised) -> None:
    run = Run(problem=problem)
    assert run.training is run.whole is problem
    assert run.validation is None


@given(st.sampled_from(ALL), shares, seeds)
def test_a_split_follows_from_problem_fraction_and_seeds_alone(
    problem: Supervised, share: float, seed: int
) -> None:
    run = Run(problem=problem, validation_split=share, shuffle_seed=seed)
    first = run.split
    for cache in (train_validation_split, scaled_data, raw_data):
        cache.cache_clear()
    torch.manual_seed(seed)
    again = replace(run, epochs=7, dtype="float64", batch_size=2).split
    assert torch.equal(again.training.data.inputs, first.training.data.inputs)
    assert (again.validation is None) == (first.validation is None)
    if first.validation is not None:
        assert torch.equal(again.validation.data.inputs, first.validation.data.inputs)


counts = st.lists(st.integers(1, 40), min_size=1, max_size=20)


def of_classes(counts: list[int]) -> Dataset:
    target = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    target = target[torch.randperm(len(target), generator=torch.Generator().manual_seed(1))]
    labels = tuple(map(str, range(len(counts))))
    return Dataset(torch.zeros(len(target), 1, dtype=torch.float64), target, ("x",), "c", labels)


@given(counts, shares, seeds)
def test_each_class_has_the_same_fraction_in_the_validation_set(
    counts: list[int], share: float, seed: int
) -> None:
    rows = of_classes(counts)
    kept, out = (
        rows[index].target.bincount(minlength=len(counts)).tolist() for index in parted(rows, share, seed)
    )
    total, able = round(share * sum(counts)), sum(count > 1 for count in counts)
    assert [a + b for a, b in zip(kept, out, strict=True)] == counts
    assert all(kept)
    assert all(abs(held - share * count) < 1 for held, count in zip(out, counts, strict=True))
    if total >= able:
        assert all(held for held, count in zip(out, counts, strict=True) if count > 1)
    if total == 0:
        assert not any(out)
    if total >= 2 * len(counts) and min(share * count for count in counts) >= 1:
        assert sum(out) == total
    assert abs(sum(out) - total) < len(counts)


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ([57, 3], 0.2, [11, 1]),
        ([57, 3], 0.1, [5, 1]),
        ([59, 1], 0.2, [12, 0]),
        ([4, 4, 4], 0.25, [1, 1, 1]),
        ([5, 4, 3], 0.1, [1, 0, 0]),
        ([2, 2], 0.5, [1, 1]),
        ([1, 1, 1], 0.5, [0, 0, 0]),
        ([40], 0.25, [10]),
        ([11], 0.01, [0]),
        ([10, 10, 10], 0.15, [2, 1, 1]),
    ],
)
def test_quotas(counts: list[int], share: float, expected: list[int]) -> None:
    assert quotas(counts, share) == expected


def test_both_sides_have_every_class_in_every_order() -> None:
    """Of 60 rows with 3 of one class."""
    problem = own(SoftmaxRegression, POINTS.assign(c=["a"] * 3 + ["b"] * 57), (0, 1), "c")
    for seed in range(200):
        run = Run(problem=problem, validation_split=0.2, shuffle_seed=seed)
        for part in (run.training, run.validation):
            assert set(part.data.target.tolist()) == {0, 1}
    assert {kind for kind in PROBLEMS.values() if issubclass(kind, Supervised)} == {type(p) for p in ALL}


def kinds(counts: list[int]) -> Supervised:
    labels = [f"k{k}" for k, count in enumerate(counts) for _ in range(count)]
    frame = pd.DataFrame({"x": np.arange(len(labels)) ** 2.0, "c": labels})
    return own(SoftmaxRegression, frame, (0,), "c")


@pytest.mark.parametrize(
    ("counts", "share", "said"),
    [
        ([20, 20], 0.2, []),
        ([20, 20], 0.0, []),
        ([20, 20], 0.01, ["A validation split of 0.01 of 40 samples rounds to 0: no validation set."]),
        ([20, 1], 0.2, ["Class k1 has a single sample, which is in the training set."]),
        ([1, 1, 1], 0.5, ["Classes k0, k1 and k2 each have a single sample, which is in the training set."]),
        ([9, 9, 9], 0.05, ["1 validation sample is too few for 3 classes: none of classes k1 and k2."]),
        (
            [9, 9, 9, 1],
            0.08,
            [
                "Class k3 has a single sample, which is in the training set.",
                "2 validation samples are too few for 4 classes: none of class k2.",
            ],
        ),
        (
            [3] * 12,
            0.03,
            [
                "1 validation sample is too few for 12 classes: "
                "none of classes k1, k10, k11, k2, k3 and 6 more."
            ],
        ),
    ],
)
def test_why_there_is_no_validation_set_is_reported(counts: list[int], share: float, said: list[str]) -> None:
    run = Run(problem=kinds(counts), validation_split=share)
    assert validation.split_warnings(run) == said
    assert bool(validation.split_summary(run)) == (run.validation is not None)


@given(counts.filter(lambda counts: len(counts) > 1 and sum(counts) > 2), shares, seeds)
def test_nothing_is_reported_where_both_sides_have_every_class(
    counts: list[int], share: float, seed: int
) -> None:
    run = Run(problem=kinds(counts), validation_split=share, shuffle_seed=seed)
    complete = run.validation is not None and len(run.validation.data.target.unique()) == len(counts)
    assert bool(validation.split_warnings(run)) == (share > 0 and not complete)


def test_a_validation_split_that_rounds_to_no_sample_is_reported() -> None:
    run = Run(validation_split=0.04)
    assert run.validation is None
    assert validation.split_warnings(run) == [
        "A validation split of 0.04 of 11 samples rounds to 0: no validation set."
    ]
    assert validation.split_warnings(Run(problem=Rosenbrock(), validation_split=0.04)) == []


def test_how_samples_are_split_is_reported() -> None:
    drawn_at = "80 training and 20 validation samples, split at random"
    scaled = "Scaling is computed on the training set."
    assert (
        validation.split_summary(Run(problem=LinearRegression(), validation_split=0.2))
        == f"{drawn_at}. {scaled}"
    )
    assert (
        validation.split_summary(Run(problem=LinearRegression(scaling="raw"), validation_split=0.2))
        == f"{drawn_at}."
    )
    classes = Run(problem=MLP(samples=100), validation_split=0.2)
    assert validation.split_summary(classes) == f"{drawn_at}, stratified by class."
    assert validation.split_summary(Run(validation_split=0.1)).startswith(
        "10 training and 1 validation sample, split"
    )
    assert validation.split_summary(Run()) == ""
