"""Where the gradient of an update comes from: graph, chain rule, and three ways to compute it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from trainers.graphs import Graph, loss_graph
from trainers.problems import Problem
from trainers.problems.least_squares import LeastSquares
from trainers.reports.inside_step import DIGITS, shown_params
from trainers.run import Run
from trainers.scripts.execution import defined, execute
from trainers.scripts.head import task_code
from trainers.steps import Step
from trainers.words import format_number

MAX_VALUES = 2
"""Most numbers of a tensor that stand in its node."""
MAX_SAMPLES = 11
"""Most samples whose derivatives are listed."""
MAX_INPUTS = 3
AUTOGRAD = "autograd: params.grad"
RELATIVE_STEP = 6e-6
"""Step of the finite differences, relative to the parameter: about the cube root of float64's rounding."""


@dataclass(frozen=True, eq=False)
class Sources:
    """The gradient of an update, computed in three ways, each `(n,)`."""

    by_hand: Tensor | None
    """None for a problem whose gradient is not derived by hand."""
    autograd: Tensor
    finite_difference: Tensor
    """At the shown parameters, NaN at others."""

    @property
    def known(self) -> dict[str, Tensor]:
        """Those that there are, by their names in a table."""
        titles = ("by hand", AUTOGRAD, "finite difference")
        values = (self.by_hand, self.autograd, self.finite_difference)
        return {title: value for title, value in zip(titles, values, strict=True) if value is not None}


def gradient_graph(run: Run, step: Step) -> Graph:
    """Return the graph of the loss of an update."""
    return loss_graph(task_code(run), run.batch(step.update), step.params)


def node_table(graph: Graph) -> pd.DataFrame:
    """Return what stands in the nodes of a graph: operation, value, derivative, inputs."""
    rows = [
        [node.operation, _named(node.name, node.value), _named("", node.derivative), list(node.inputs)]
        for node in graph.nodes
    ]
    return pd.DataFrame(rows, columns=["operation", "value", "derivative", "inputs"])


def _named(name: str, value: Tensor | None) -> str:
    parts = [name] if name else []
    return " = ".join([*parts, *([] if value is None else [_values(value)])])


def _values(value: Tensor) -> str:
    """Return a tensor in a few words: its number, its first numbers, or its shape."""
    if value.ndim > 1:
        return " × ".join(map(str, value.shape))
    numbers = [format_number(each, 4) for each in value.flatten()[:MAX_VALUES]]
    if not value.ndim:
        return format_number(value, DIGITS)
    return f"[{', '.join(numbers)}{', …' if len(value) > MAX_VALUES else ''}]"


def sources(run: Run, step: Step, graph: Graph) -> Sources:
    """Return the gradient of an update by hand, by autograd, and by central differences in float64."""
    problem, code = run.batch(step.update), task_code(run)
    names = defined(code, problem, step.params)
    lines = [code.predict, code.differentiate]
    execute("\n".join(line.format(x=code.x, y=code.y) for line in lines if line), names)
    return Sources(names.get("grad"), graph.grad, _differences(problem, step.params, shown_params(step)))


def _differences(problem: Problem, params: Tensor, places: Sequence[int]) -> Tensor:
    """Return the central differences of the loss by some parameters, NaN for others."""
    at = params.double()
    found = torch.full_like(at, torch.nan)
    for place in places:
        h = RELATIVE_STEP * max(1.0, abs(float(at[place])))
        ends = torch.stack([at, at], dim=1)
        ends[place] += torch.tensor([h, -h], dtype=torch.float64)
        higher, lower = (problem.loss(ends[:, end]) for end in (0, 1))
        found[place] = (higher - lower) / (ends[place, 0] - ends[place, 1])
    return found


def source_table(found: Sources, step: Step, names: Sequence[str], after: bool) -> list[list[str]]:
    """Return the gradients at the shown parameters as rows of text; before `backward()` one is None."""
    shown = shown_params(step)
    rows = [["", *(names[k] for k in shown)]]
    for title, values in found.known.items():
        missing = title == AUTOGRAD and not after
        rows.append([title, *("None" if missing else format_number(values[k], DIGITS) for k in shown)])
    return rows


def agreement(found: Sources, step: Step) -> float:
    """Return the largest difference between the gradients at the shown parameters."""
    shown = shown_params(step)
    rows = torch.stack([values[shown].double() for values in found.known.values()])
    return float((rows.amax(0) - rows.amin(0)).max())


def chain_table(run: Run, step: Step) -> list[list[str]]:
    """Return the chain rule of a least-squares loss, sample by sample, as Markdown with LaTeX.

    A row has the derivative by the prediction, and its products with the derivatives of the prediction by the
    parameters, which are the inputs and 1; the last row is their sum, the gradient. Empty for other problems,
    and for many inputs.
    """
    problem = run.batch(step.update)
    if not isinstance(problem, LeastSquares) or problem.num_params > MAX_INPUTS + 1:
        return []
    target, inputs = problem.data.target.to(step.params), problem.data.inputs.to(step.params)
    predicted = inputs @ step.params
    by_prediction = 2 * (predicted - target) / len(target)
    products = (by_prediction[:, None] * inputs).T
    code = task_code(run)
    y_p = code.predict.partition(" = ")[0]
    by_y = rf"\frac{{\partial L}}{{\partial {y_p}}}"
    x = [code.x] if len(products) == 2 else [f"{code.x}{k}" for k in range(1, len(products))]
    head = [*x, y_p, code.y, f"${by_y}$"]
    head += [rf"${by_y} \cdot \frac{{\partial {y_p}}}{{\partial {name}}}$" for name in run.problem.names]
    columns = [*inputs.T[:-1], predicted, target, by_prediction, *products]
    rows = [[format_number(column[k], 4) for column in columns] for k in range(min(len(target), MAX_SAMPLES))]
    more = [["…"] * len(head)] if len(target) > MAX_SAMPLES else []
    sums = [f"**{format_number(product.sum(), DIGITS)}**" for product in products]
    return [head, *rows, *more, [*[""] * (len(head) - len(sums) - 1), "sum", *sums]]
