"""Sentences on the validation split."""

from collections.abc import Sequence

import torch
from torch import Tensor

from trainers.objective import Objective
from trainers.problems import Problem
from trainers.problems.supervised import Supervised
from trainers.words import format_value, join_words

MAX_NAMED = 5
"""Maximum number of classes that are listed."""


def split_summary(task: Objective) -> str:
    """Return a sentence on the split; "" without a validation set."""
    if task.validation is None:
        return ""
    kept, out = task.training.num_samples, task.validation.num_samples
    stratified = ", stratified by class" if task.problem.class_names and not split_warnings(task) else ""
    split = f"{kept:,} training and {out:,} validation {_samples(out)}, split at random{stratified}."
    return f"{split} Scaling is computed on the training set." if _scales(task) else split


def _scales(task: Objective) -> bool:
    """Return whether scaling on the training set differs from scaling on all samples."""
    whole, problem = task.whole, task.problem
    assert isinstance(whole, Supervised)
    assert isinstance(problem, Supervised)
    return not torch.equal(whole.data.inputs, problem.data.inputs)


def split_warnings(task: Objective) -> list[str]:
    """Return a sentence on each way in which the split differs from what was requested."""
    problem, share = task.problem, task.validation_split
    if not share or not problem.num_samples:
        return []
    if round(share * problem.num_samples) == 0:
        samples = f"{problem.num_samples:,} samples"
        return [f"A validation split of {format_value(share)} of {samples} rounds to 0: no validation set."]
    if not problem.class_names or not isinstance(problem, Supervised):
        return []
    return _on_classes(problem.class_names, _counts(problem), _counts(task.validation))


def _counts(problem: Problem | None) -> Tensor:
    """Return the number of samples per class `(classes,)`; zeros `(1,)` without a problem."""
    if not isinstance(problem, Supervised):
        return torch.zeros(1)
    return problem.data.target.bincount(minlength=len(problem.class_names))


def _on_classes(labels: Sequence[str], rows: Tensor, out: Tensor) -> list[str]:
    """Return sentences on the classes that are missing in the validation set."""
    warnings, held = [], int(out.sum())
    single, missing = _where(labels, rows == 1), _where(labels, (rows > 1) & (out == 0))
    if single:
        one = len(single) == 1
        classes = f"Class {single[0]} has" if one else f"Classes {_named(single)} each have"
        warnings.append(f"{classes} a single sample, which is in the training set.")
    if missing:
        text = f"{held:,} validation {_samples(held)} {'is' if held == 1 else 'are'} too few"
        which = "class" if len(missing) == 1 else "classes"
        warnings.append(f"{text} for {len(labels)} classes: none of {which} {_named(missing)}.")
    return warnings


def _where(labels: Sequence[str], places: Tensor) -> list[str]:
    return [label for label, place in zip(labels, places.tolist(), strict=True) if place]


def _named(labels: Sequence[str]) -> str:
    """Return the names of classes, at most `MAX_NAMED`."""
    more = len(labels) - MAX_NAMED
    return join_words([*labels[:MAX_NAMED], f"{more} more"] if more > 1 else labels)


def _samples(count: int) -> str:
    return "sample" if count == 1 else "samples"
