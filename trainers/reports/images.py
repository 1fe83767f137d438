"""Samples that are images: those of a dataset, and those that a run misclassifies."""

from collections.abc import Sequence

import pandas as pd

from trainers.datasets.dataset import Dataset
from trainers.history import History
from trainers.problems.supervised import Supervised

MAX_SAMPLES, MAX_MISCLASSIFIED = 60, 24
"""Maximum number of images shown."""


def samples(rows: Dataset) -> pd.DataFrame:
    """Return the first images of a dataset: pixels `(rows, columns)` from 0 to 1, text (the class), what."""
    first = rows[:MAX_SAMPLES]
    labels = [rows.class_names[k] for k in first.target.tolist()]
    return _table(
        first, labels, [f"sample {k + 1}, {rows.target_name} {label}" for k, label in enumerate(labels)]
    )


def misclassified(history: History) -> tuple[pd.DataFrame, int]:
    """Return the images that a run misclassifies at its end, the surest first, and how many there are.

    On the validation set if there is one. The table is that of `samples`, with the text "true → predicted".
    """
    problem = history.run.validation or history.run.training
    assert isinstance(problem, Supervised)
    rows, names = problem.data, problem.class_names
    last = history.params[history.row(max(history.num_recorded - 1, 0))].double()
    sure, predicted = problem.predict(last, rows.inputs).max(1)
    wrong = (predicted != rows.target).nonzero().flatten()
    shown = wrong[sure[wrong].argsort(descending=True, stable=True)][:MAX_MISCLASSIFIED]
    pairs = zip(rows.target[shown].tolist(), predicted[shown].tolist(), sure[shown].tolist(), strict=True)
    texts, whats = [], []
    for true, guess, share in pairs:
        texts.append(f"{names[true]} → {names[guess]}")
        whats.append(
            f"{rows.target_name} {names[true]}, predicted {names[guess]} with probability {share:.0%}"
        )
    return _table(rows[shown], texts, whats), len(wrong)


def _table(rows: Dataset, texts: Sequence[str], whats: Sequence[str]) -> pd.DataFrame:
    assert rows.image_size is not None
    pixels = rows.inputs[:, : len(rows.features)].reshape(-1, *rows.image_size).numpy()
    return pd.DataFrame({"pixels": list(pixels), "text": list(texts), "what": list(whats)})
