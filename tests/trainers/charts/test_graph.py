"""The drawn graph of a loss: boxes apart, edges from left to right, texts as they are."""

import itertools
from xml.etree import ElementTree

import pandas as pd
import pytest

from tests.matrix import run_on
from trainers.charts import graph_svg
from trainers.optimizers import SGD
from trainers.problems import PROBLEMS, Problem
from trainers.reports.gradient import gradient_graph, node_table
from trainers.steps import record_steps

SPACE = "{http://www.w3.org/2000/svg}"


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    names = ("x", "y", "width", "height")
    rects = ElementTree.fromstring(svg).iter(f"{SPACE}rect")
    return [tuple(float(rect.attrib[name]) for name in names) for rect in rects]


@pytest.mark.parametrize("kind", PROBLEMS.values(), ids=str)
def test_no_box_lies_on_another_and_inputs_are_on_the_left(kind: type[Problem]) -> None:
    run = run_on(kind(), optimizer=SGD(lr=1e-5), epochs=2)
    nodes = node_table(gradient_graph(run, record_steps(run, [0])[0]))
    found = boxes(graph_svg(nodes, True, False))
    assert len(found) == len(nodes)
    for (x, y, w, h), (to_x, to_y, to_w, to_h) in itertools.combinations(found, 2):
        assert x + w < to_x or to_x + to_w < x or y + h < to_y or to_y + to_h < y
    for place, sources in enumerate(nodes["inputs"]):
        assert all(found[source][0] + found[source][2] < found[place][0] for source in sources)


def test_texts_are_escaped_and_derivatives_come_with_backward() -> None:
    nodes = pd.DataFrame([["<b>&", "a = 1", "d", []]], columns=["operation", "value", "derivative", "inputs"])
    for backward, expected in ((False, ["<b>&", "a = 1"]), (True, ["<b>&", "a = 1", "d"])):
        texts = ElementTree.fromstring(graph_svg(nodes, backward, True)).iter(f"{SPACE}text")
        assert [text.text for text in texts] == expected
