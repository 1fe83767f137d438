"""How fits are shown: curves, borders, mix-ups."""

from functools import cache

import numpy as np
import pytest
import torch

from tests.matrix import slow_but
from trainers import Run, charts, train
from trainers.optimizers import SGD, Adam
from trainers.problems import (
    MLP,
    LinearRegression,
    LogisticRegression,
    Polynomial,
    SoftmaxRegression,
    Thermometer,
)
from trainers.reports import fit as fit_report
from trainers.reports import fit_boundary, fit_confusion, thinning


def test_what_is_shown_follows_from_the_data() -> None:
    kinds = {
        Thermometer(): "curve",
        Polynomial(): "curve",
        LinearRegression(): "predicted_actual",
        LinearRegression(features=1): "curve",
        MLP(): "decision_boundary",
        SoftmaxRegression(): "confusion",
    }
    assert {problem: fit_report.kind(problem) for problem in kinds} == kinds


def test_curves_go_from_the_start_to_the_end_of_each_run() -> None:
    history = train(Run(problem=Polynomial(), optimizer=SGD(lr=0.3), epochs=50, dtype="float64"))
    curves = fit_report.curves([history], ["a"], (-1.0, 1.0))
    assert set(curves["run"]) == {"a"}
    assert curves["epoch"].min() == 0
    last = curves[curves["epoch"] == 50]
    x = torch.tensor(last["x"].to_numpy())
    powers = torch.stack([*(x**k for k in range(1, 6)), torch.ones_like(x)], dim=1)
    assert last["y"].to_numpy() == pytest.approx((powers @ history.params[-1]).numpy())
    assert curves[curves["epoch"] == 0]["y"].abs().max() == 0


def test_the_decision_boundary_is_where_both_classes_are_as_probable() -> None:
    history = train(Run(problem=LogisticRegression(), optimizer=Adam(lr=0.1), epochs=100, dtype="float64"))
    sides = fit_boundary.box(fit_report.points(history.run))
    views, lines = fit_boundary.decision_boundary(history, sides)
    end = lines[lines["snapshot"] == lines["snapshot"].max()]
    w1, w2, b = history.params[-1].tolist()
    assert len(end) > 10
    assert (w1 * end["x"] + w2 * end["y"] + b).abs().max() < 0.05
    shares = views["probabilities"].iloc[-1]
    assert shares.shape == (fit_boundary.RESOLUTION, fit_boundary.RESOLUTION, 2)
    assert shares.sum(-1) == pytest.approx(1)
    # The first row is the top of the plane, its last column the right end.
    corner = torch.tensor([[sides[0][1], sides[1][1]]], dtype=torch.float64)
    there = history.run.problem.predict(history.params[-1], corner)
    assert shares[0, -1] == pytest.approx(there[0].numpy())


def test_each_sample_is_counted_once_at_each_snapshot() -> None:
    run = Run(problem=SoftmaxRegression(), optimizer=Adam(lr=0.05), epochs=30, validation_split=0.25)
    history = train(run)
    cells = fit_confusion.confusion(history)
    assert set(cells.groupby("snapshot")["count"].sum()) == {run.validation.num_samples}
    end = cells[cells["snapshot"] == cells["snapshot"].max()]
    right = end[end["true"] == end["predicted"]]["count"].sum() / run.validation.num_samples
    assert right == pytest.approx(float(history.validation_accuracy[-1]))
    assert end.groupby("true")["fraction"].sum().to_numpy() == pytest.approx(np.ones(10))


def test_measured_and_predicted() -> None:
    history = train(
        Run(problem=LinearRegression(noise=0.0), optimizer=SGD(lr=0.2), epochs=2000, dtype="float64")
    )
    table = fit_report.predicted_actual([history], ["a"])
    end = table[table["epoch"] == 2000]
    assert end["y"].to_numpy() == pytest.approx(end["x"].to_numpy(), abs=1e-6)
    chart = charts.predicted_actual_chart(table, charts.Style.of(["a"]), "target").to_dict()
    assert chart["params"][0]["bind"]["max"] == table["snapshot"].max()


def test_a_run_that_diverged_stays_at_its_last_finite_parameters() -> None:
    history = train(Run(problem=Thermometer("raw"), optimizer=SGD(lr=0.01), epochs=50))
    found = thinning.snapshots(history)
    assert found[-1][1] == 9
    assert torch.equal(found[-1][2].float(), history.params[9])


def test_validation_samples_are_marked() -> None:
    points = fit_report.points(Run(problem=MLP(), validation_split=0.25))
    assert points["validation"].sum() == 50
    assert set(points["label"]) == {"0", "1"}


def test_many_samples_are_thinned_without_losing_a_class() -> None:
    points = fit_report.points(Run(problem=MLP(samples=4000)))
    assert len(points) == fit_report.MAX_POINTS
    assert 0.4 < (points["label"] == "0").mean() < 0.6


def test_pictures_and_decision_boundaries_are_drawn() -> None:
    history = train(Run(problem=MLP(), optimizer=Adam(lr=0.05), epochs=20))
    points = fit_report.points(history.run)
    sides = fit_boundary.box(points)
    views, lines = fit_boundary.decision_boundary(history, sides)
    look = (sides, ("0", "1"), charts.class_colors(2), ("<b>x", 'y["0"]'))
    chart = charts.decision_boundary_chart(views, lines, points, *look)
    assert "<svg" in charts.svg(chart)
    chart = chart.to_dict()
    image, _, dots, _ = chart["layer"]
    assert image["mark"]["type"] == "image"
    pictures = [row["url"] for row in chart["datasets"][image["data"]["name"]]]
    assert all(url.startswith("data:image/png;base64,") for url in pictures)
    assert len(set(pictures)) > 5
    assert dots["encoding"]["x"]["axis"]["title"] == "<b>x"


def test_a_picture_has_the_color_of_the_class() -> None:
    import base64
    import io

    from PIL import Image

    shares = np.zeros((2, 2, 2))
    shares[0, :, 0] = shares[1, :, 1] = 1
    data = charts.fit_boundary.picture(shares, ("#ff0000", "#0000ff")).partition(",")[2]
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA")
    assert image.getpixel((0, 0))[:3] == (255, 0, 0)
    assert image.getpixel((1, 1))[:3] == (0, 0, 255)


NAMES = ("<b>x</b>", "a[0].b", "\"'q", "\u202ertl", "$x$ **y**", "datum.x")


@pytest.mark.parametrize("name", slow_but(NAMES[1:3], NAMES))
def test_names_of_any_kind_break_no_chart(name: str) -> None:
    assert marks_of_charts_with(name) == marks_of_charts_with("a")


@cache
def marks_of_charts_with(name: str) -> list[int]:
    """How much is drawn in charts of which a run, a class and the axes have this name."""
    line = train(Run(problem=Polynomial(), epochs=5))
    style = charts.Style.of([name])
    points, window = fit_report.points(line.run), (-1.0, 1.0)
    several = train(Run(problem=LinearRegression(), epochs=5))
    classes = train(Run(problem=SoftmaxRegression(), epochs=2))
    cells = fit_confusion.confusion(classes).replace({"true": {"0": name}, "predicted": {"0": name}})
    made = [
        charts.fit_chart(points, fit_report.curves([line], [name], window), style, name, name),
        charts.predicted_actual_chart(fit_report.predicted_actual([several], [name]), style, name),
        charts.confusion_chart(cells, "#123456"),
    ]
    return [charts.svg(chart).count("<path") for chart in made]
