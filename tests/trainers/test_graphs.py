"""The graph of a loss: that of autograd, with true values forward and derivatives backward."""

import pytest
import torch

from tests.matrix import run_on
from trainers.graphs import Graph, loss_graph
from trainers.problems import PROBLEMS, Problem, Thermometer
from trainers.run import Run
from trainers.scripts.head import task_code


def graph(run: Run, update: int = 0) -> Graph:
    return loss_graph(task_code(run), run.batch(update), run.initial())


def test_that_of_the_lesson() -> None:
    found = graph(Run(problem=Thermometer(scaling="x0.1"), runner="autograd"))
    assert [(node.operation, node.name) for node in found.nodes] == [
        ("parameters", "params"),
        ("[0]", "w"),
        ("[1]", "b"),
        ("× t_un", ""),
        ("+", "t_p"),
        ("− t_c", ""),
        ("squared", ""),
        ("mean", "loss"),
    ]
    assert [node.inputs for node in found.nodes] == [(), (0,), (0,), (1,), (3, 2), (4,), (5,), (6,)]
    assert found.nodes[0].function.endswith("AccumulateGrad")
    assert found.nodes[-1].function == "MeanBackward0"
    params, w, b, *_, loss = found.nodes
    assert float(loss.value) == pytest.approx(80.36434, abs=1e-4)
    assert float(loss.derivative) == 1
    for gradient in (found.grad, params.derivative, torch.stack([w.derivative, b.derivative])):
        torch.testing.assert_close(gradient, torch.tensor([-77.6140, -10.6400]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", PROBLEMS.values(), ids=str)
def test_each_problem_has_one(kind: type[Problem]) -> None:
    for dtype in ("float32", "float64"):
        run = run_on(kind(), dtype=dtype, seed=3)
        found, params = graph(run), run.initial()
        tight = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-10, "atol": 1e-12}
        torch.testing.assert_close(found.nodes[-1].value, run.training.loss(params), **tight)
        torch.testing.assert_close(found.grad, run.training.gradient(params), **tight)
        for place, node in enumerate(found.nodes):
            assert node.value is not None
            assert node.value.shape == node.derivative.shape
            assert node.value.dtype == node.derivative.dtype == params.dtype
            assert all(source < place for source in node.inputs)
            assert node.operation


def test_that_of_a_mini_batch() -> None:
    run = Run(problem=PROBLEMS["LinearRegression"](), batch_size=7, dtype="float64", seed=1)
    batches = run.batch_source.batches()
    for update in range(2 * run.steps_per_epoch):
        batch = next(batches)
        found = graph(run, update)
        torch.testing.assert_close(found.grad, batch.gradient(run.initial()), rtol=1e-12, atol=1e-12)
        assert len(found.nodes[3].value) == batch.num_samples


def test_nothing_is_left_on() -> None:
    """Neither a default dtype nor recorded gradients."""
    graph(Run(dtype="float64"))
    assert torch.get_default_dtype() == torch.float32
    assert not (torch.ones(2) * 2).requires_grad
