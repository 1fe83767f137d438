"""Images of samples, and titles of parameters."""

import numpy as np
import torch

from trainers import charts, train
from trainers.optimizers import Adam
from trainers.problems import (
    LinearRegression,
    LogisticRegression,
    Polynomial,
    SoftmaxRegression,
    Thermometer,
)
from trainers.problems.surfaces import Rosenbrock
from trainers.reports import images
from trainers.reports.parameter_titles import title
from trainers.run import Run

DIGITS = Run(problem=SoftmaxRegression(), optimizer=Adam(lr=0.05), epochs=20, validation_split=0.2)


def test_samples_are_images_with_their_class() -> None:
    rows = DIGITS.problem.data
    table = images.samples(rows)
    assert len(table) == images.MAX_SAMPLES
    np.testing.assert_array_equal(table["pixels"][7].ravel(), rows.inputs[7, :64])
    assert table["text"].tolist() == [str(k) for k in rows.target[: len(table)].tolist()]


def test_misclassified_samples_are_those_whose_prediction_is_wrong() -> None:
    history = train(DIGITS)
    table, count = images.misclassified(history)
    accuracy = history.column("validation_accuracy")[-1].item()
    samples = DIGITS.validation.num_samples
    assert count == round(samples * (1 - accuracy)) > 0
    assert len(table) == min(count, images.MAX_MISCLASSIFIED)
    probabilities = [int(what.rpartition(" ")[2].removesuffix("%")) for what in table["what"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(true != guess for true, guess in (text.split(" → ") for text in table["text"]))


def test_a_run_that_predicts_one_class_misclassifies_all_others() -> None:
    history = train(DIGITS)
    history.params[:] = 0.0
    history.params[:, DIGITS.problem.names.index("b1.1")] = 1.0  # predicts class 0 always
    table, count = images.misclassified(history)
    zeros = int((DIGITS.validation.data.target == 0).sum())
    assert count == DIGITS.validation.num_samples - zeros
    assert not any(text.startswith("0 ") for text in table["text"])


def test_an_empty_table_of_images_is_drawn() -> None:
    empty = images.samples(DIGITS.problem.data[torch.arange(0)])
    assert charts.spec(charts.image_chart(empty, dark=False))["layer"]
    assert charts.spec(charts.image_chart(images.samples(DIGITS.problem.data), dark=True))["height"] > 300


def test_weights_are_titled_with_their_feature() -> None:
    assert title(Thermometer(), "w") == "w · t_u (× 0.1)"
    assert title(LinearRegression(), "w2") == "w2 · feature 2 (standardized)"
    assert title(LinearRegression(), "b") == "b"
    assert title(LogisticRegression(), "w1.2.1") == "w1.2.1 · y"
    assert title(SoftmaxRegression(), "w1.64.3") == "w1.64.3 · pixel 7,7"
    assert title(Polynomial(degree=3), "w2") == "w2"
    assert title(Rosenbrock(), "x") == "x"
    assert title(Rosenbrock(), "gradient_norm") == "gradient norm"
