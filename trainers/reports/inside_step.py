"""One update in numbers: what each line of it computes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from trainers.optimizers import Optimizer
from trainers.optimizers.code import GRAD
from trainers.problems import Problem
from trainers.reports.latex import formula, number, symbol
from trainers.reports.path_plane import Limits, Plane, fit_plane, principal
from trainers.run import Run, snapshot_epochs
from trainers.steps import Step, torch_params
from trainers.words import format_number

MAX_UPDATES, MIN_UPDATES = 240, 20
"""Numbers of updates of a run that can be looked into: single ones at the start, then further apart."""
MAX_NUMBERS = 2_000_000
"""Most numbers kept of them, which a run of many parameters has fewer for."""
DIGITS = 6
MAX_PARAMS = 4
"""Most parameters shown; of more, those with the largest gradients."""


@dataclass(frozen=True, eq=False)
class Quantity:
    """A line of an update: its variable, its expression, and its value for each parameter."""

    name: str
    expression: str
    value: Tensor
    """`(n,)`, or `()` or `(1,)` for a number."""


def updates(run: Run) -> list[int]:
    """Return the updates of a run that can be looked into, from 0."""
    last = run.epochs * run.steps_per_epoch - 1
    each = 6 * run.problem.num_params  # parameters before and after, gradient, and the state of an optimizer
    count = min(max(MAX_NUMBERS // each, MIN_UPDATES), MAX_UPDATES)
    return snapshot_epochs(max(last, 1), count)[: last + 1]


def quantities(optimizer: Optimizer, step: Step) -> list[Quantity]:
    """Return what the lines of the update by hand compute, the step last, from the state before it.

    In the precision of the run. Torch orders some of the operations differently: see `difference`. Of an
    optimizer that is not written by hand the step alone is known.
    """
    if not type(optimizer).by_hand():
        return [Quantity("step", "", step.params - step.new_params)]
    names, found = variables(optimizer, step), []
    for line in _lines(optimizer):
        exec(line, names)
        name, _, expression = line.partition(" = ")
        if "+=" in line:
            name, expression = line.split(" += ")[0], f"{line.split(' += ')[0]} + 1"
        found.append(Quantity(name, expression, torch.as_tensor(names[name])))
    return found


def variables(optimizer: Optimizer, step: Step) -> dict[str, Any]:
    """Return the variables of the lines of the update by hand, with their values before it."""
    code, names = optimizer.update_code(), {"torch": torch, "params": step.params, "grad": step.gradient}
    exec("\n".join(code.state), names)
    if step.update:  # what other updates leave behind that is not in the state
        exec("\n".join(_lines(optimizer)), names)
        names |= {"params": step.params, "grad": step.gradient}
        names |= {"t": step.update} if "t" in names else {}
        names |= {name: step.state[key] for key, name in code.names if key in step.state}
    return names


def _lines(optimizer: Optimizer) -> list[str]:
    """Return the lines of the update, the last of which is the step."""
    code = optimizer.update_code()
    return [line.replace(GRAD, "grad") for line in (*code.lines, f"step = {code.step}")]


def shown_params(step: Step) -> list[int]:
    """Return the indices of the parameters that are shown: all, or those with the largest gradients."""
    if len(step.params) <= MAX_PARAMS:
        return list(range(len(step.params)))
    return sorted(step.gradient.abs().topk(MAX_PARAMS).indices.tolist())


def table(
    optimizer: Optimizer, step: Step, names: Sequence[str], unclipped: Tensor | None = None
) -> list[list[str]]:
    """Return the rows of the update as Markdown with LaTeX: a title, and a number for each shown parameter.

    `unclipped` is the gradient before clipping, if it was clipped. The last column is the norm over all
    parameters, if they are not all shown.
    """
    shown = shown_params(step)
    norms = len(shown) < len(step.params)
    rows = [["", *(names[k] for k in shown), *(["norm"] * norms)]]
    found = quantities(optimizer, step)
    lines: list[tuple[str, Tensor]] = [
        (r"parameters $\theta$", step.params),
        *([] if unclipped is None else [("gradient before clipping", unclipped)]),
        ("gradient $g$", step.gradient),
        *((f"${symbol(each.name)}$", each.value) for each in found[:-1]),
        ("step", found[-1].value),
        (r"new $\theta$ = $\theta$ − step", step.new_params),
    ]
    for title, values in lines:
        each = values.expand(len(step.params)) if values.numel() == 1 else values
        cells = [_number(each[k]) for k in shown]
        rows.append([title, *cells, *([_number(each.norm()) if values.ndim else ""] * norms)])
    sizes = [(found[-1].value[k], step.gradient[k]) for k in shown]
    sizes += [(found[-1].value.norm(), step.gradient.norm())] * norms
    rows.insert(-1, ["step / g", *(_number(part / g) if g != 0 else "–" for part, g in sizes)])
    return rows


def formulas(optimizer: Optimizer, step: Step) -> list[str]:
    """Return the lines of the update as LaTeX, with the numbers of the first shown parameter put in."""
    if not type(optimizer).by_hand():
        return []
    first = shown_params(step)[0]
    numbers = (int, float, Tensor)
    known = {k: torch.as_tensor(v) for k, v in variables(optimizer, step).items() if isinstance(v, numbers)}
    texts, found = [], quantities(optimizer, step)
    for each in found:
        values = {name: _number(_of(value, first)) for name, value in known.items()}
        title = r"\text{step}" if each.name == "step" else symbol(each.name)
        result = number(_number(_of(each.value, first)))
        put_in = formula(each.expression, values)
        parts = [title, formula(each.expression), *([put_in] if put_in != result else [])]
        if each.name != "t":
            texts.append(rf"{parts[0]} \leftarrow {' = '.join([*parts[1:], result])}")
        known[each.name] = each.value
    before, after = (_number(values[first]) for values in (step.params, step.new_params))
    moved = number(_number(_of(found[-1].value, first)))
    moved = f"({moved})" if moved.startswith("-") else moved
    last = rf"\theta \leftarrow \theta - \text{{step}} = {number(before)} - {moved} = {number(after)}"
    return [*texts, last]


def remembers(optimizer: Optimizer) -> str:
    """Return what momentum does to the step, or which mean counts; "" without either."""
    code = optimizer.update_code() if type(optimizer).by_hand() else None
    if code and code.evaluated != "params":
        mean = f"${symbol(code.evaluated)}$"
        return (
            f"The gradient is taken at θ. What counts, in all other charts, is {mean}, the mean of the steps."
        )
    names = {name for _, name in code.names} if code else set()
    if "velocity" not in names and "m" not in names:
        return ""
    which = "The velocity" if "velocity" in names else "m"
    return f"{which} remembers earlier gradients, so the step need not point against this one."


def step_plane(problem: Problem, step: Step) -> Plane:
    """Return the plane in which gradient and step lie: that of two parameters, or the one through both."""
    if problem.num_params == 2:
        return fit_plane(problem, ())
    moves = torch.stack([-step.gradient.double(), step.new_params.double() - step.params.double()])
    lengths = moves.norm(dim=1, keepdim=True).clamp(min=1e-300)
    directions, _ = principal(moves / lengths)
    return Plane(step.params.double(), directions, ("in the plane of gradient and step", ""))


def arrows(plane: Plane, step: Step) -> pd.DataFrame:
    """Return two arrows: what (gradient, step), x, y, x2, y2; that of the gradient is as long as the step.

    It points against the gradient.
    """
    start, end = plane.project(torch.stack([step.params, step.new_params]))
    against = plane.project((step.params - step.gradient)[None])[0] - start
    length = float((end - start).norm() / against.norm().clamp(min=1e-300))
    ends = {"against the gradient": start + length * against, "step": end}
    rows = [[what, *start.tolist(), *place.tolist()] for what, place in ends.items()]
    return pd.DataFrame(rows, columns=["what", "x", "y", "x2", "y2"])


def arrow_window(table: pd.DataFrame) -> Limits:
    """Return a square window around arrows, of which the longer one takes a third."""
    (x, y), (x2, y2) = table[["x", "y"]].iloc[0], table[["x2", "y2"]].iloc[1]
    length = math.hypot(x2 - x, y2 - y) or max(abs(x), abs(y), 1.0) * 1e-6
    across, up = (x + x2) / 2, (y + y2) / 2
    half = 1.5 * length
    return (across - half, across + half), (up - half, up + half)


def difference(optimizer: Optimizer, step: Step) -> float:
    """Return the largest difference between the new parameters and those that torch steps to from here.

    For optimizers that are both in torch and written by hand.
    """
    return float((torch_params(optimizer, step) - step.new_params).abs().max())


def _of(value: Tensor, index: int) -> Tensor:
    return value.flatten()[0] if value.numel() == 1 else value[index]


def _number(value: Any) -> str:
    return format_number(float(value), DIGITS)


def is_along(step: Step) -> bool:
    """Return whether a step points against its gradient."""
    moved, against = step.new_params.double() - step.params.double(), -step.gradient.double()
    lengths = float(moved.norm() * against.norm())
    return lengths > 0 and float(moved @ against) > (1 - 1e-6) * lengths
