"""How sharp the loss is along a run, as its optimizer sees it."""

import math
from collections.abc import Callable, Sequence

import pandas as pd
import torch
from torch import Tensor

from trainers.modes import training_mode
from trainers.optimizers import SGD
from trainers.optimizers.base import Optimizer
from trainers.problems import Problem
from trainers.reports.lanczos import largest_eigenvalue
from trainers.run import Run
from trainers.steps import Step, Steps, record_steps
from trainers.words import format_number

MAX_HESSIAN, MAX_PARAMS = 80, 10_000
"""Most parameters whose Hessian is computed at each update, and whose largest eigenvalue is."""
PRODUCTS = 6
"""Cost of the largest eigenvalue without the Hessian, as if by so many of its columns."""
CONSTANT = 1e-6
"""Relative range within which the sharpness is constant."""
SHARPNESS = (
    "Sharpness: the curvature of the loss in its steepest direction, the largest eigenvalue of the Hessian "
    "(the matrix of second derivatives){more}."
)
DIVIDED = (
    ", divided by what {name} divides the gradient by (preconditioned sharpness). As gradients become small, "
    "so does that, and the sharpness grows"
)
LIMIT = (
    "Stability limit: {formula} = {limit}. Above it each step makes the error in the steepest direction "
    "larger."
)
MAX_WORK, MIN_UPDATES = 4_000_000, 12
"""Parameters times elements of the loss that Hessians go through, and the fewest updates looked at."""
CROSSINGS, NEAR = 4, 0.15
"""How often sharpness at the edge of stability crosses its limit, and how near its median is."""
MORE = 50
"""About so many updates are added where the limit is crossed."""


def some(run: Run, steps: Steps) -> Sequence[Step]:
    """Return as many of the updates as can be looked at in a few seconds, evenly spaced."""
    problem = run.training
    width = problem.num_params if problem.num_params <= MAX_HESSIAN else PRODUCTS
    each = width * (problem.num_params if problem.hessian is not None else problem.cost)
    count = min(max(MAX_WORK // each, MIN_UPDATES), len(steps))
    return [steps[round(place)] for place in torch.linspace(0, len(steps) - 1, count).tolist()]


def sharpness(
    run: Run, steps: Sequence[Step], on_progress: Callable[[float], object] = lambda share: None
) -> pd.DataFrame:
    """Return a row for each recorded update but the first: update, sharpness.

    The sharpness is the largest eigenvalue of the Hessian of the training loss, with weight decay, divided by
    the optimizer's preconditioner. Empty where that is not known, or there are more than `MAX_PARAMS`.
    `on_progress(share)` is called after each.
    """
    rows, problem = [], run.training
    if problem.num_params <= MAX_PARAMS:
        with training_mode():
            for place, step in enumerate(steps):
                on_progress(place / len(steps))
                at = _sharpness(problem, run.optimizer, step)
                rows += [] if at is None else [(step.update + 1, at)]
    return pd.DataFrame(rows, columns=["update", "sharpness"])


def _sharpness(problem: Problem, optimizer: Optimizer, step: Step) -> float | None:
    """Return the preconditioned sharpness where an update begins, None if it is not known or not finite."""
    divisor = optimizer.preconditioner(step.update, step.state) if step.update else None
    if divisor is None:
        return None
    params, count = step.params.double(), problem.num_params
    root = divisor.double().expand(count).rsqrt()
    if count > MAX_HESSIAN and problem.hessian is None:
        params = params.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(problem.loss(params), params, create_graph=True)

        def times(vector: Tensor) -> Tensor:
            along = root * vector
            (product,) = torch.autograd.grad(gradient, params, along, retain_graph=True)
            return root * (product + optimizer.l2_penalty * along)

        found = largest_eigenvalue(times, count)
        return found if math.isfinite(found) else None
    hessian = hessian_at(problem, params) + optimizer.l2_penalty * torch.eye(count, dtype=torch.float64)
    seen = root[:, None] * hessian * root
    return float(torch.linalg.eigvalsh(seen)[-1]) if seen.isfinite().all() else None


def hessian_at(problem: Problem, params: Tensor) -> Tensor:
    """Return the Hessian `(n, n)` of a loss, float64: the constant one, or by autograd."""
    if problem.hessian is not None:
        return problem.hessian
    found: Tensor = torch.autograd.functional.hessian(problem.loss, params, vectorize=True)
    return found


def refined(
    run: Run,
    table: pd.DataFrame,
    limit: float,
    on_progress: Callable[[float], object] = lambda share: None,
) -> pd.DataFrame:
    """Return the table with more updates where the sharpness first crosses the limit."""
    above = (table["sharpness"] > limit).to_numpy()
    turns = (above[1:] != above[:-1]).nonzero()[0]
    if not len(turns):
        return table
    first, last = (int(table["update"].iloc[turns[0] + k]) for k in (0, 1))
    between = range(first, last - 1, max((last - first) // MORE, 1))  # counted from 0: those after `first`
    if not between:
        return table
    steps = record_steps(run, between, on_progress)
    more = sharpness(run, some(run, steps), on_progress)
    return pd.concat([table, more]).sort_values("update", ignore_index=True)


# --- Words ----------------------------------------------------------------------------------------


def sentence(table: pd.DataFrame, limit: float | None, losses: pd.DataFrame, constant: bool = False) -> str:
    """Return how the sharpness changes, and where it crosses the limit, as Markdown.

    `losses` are those of the run: update, loss. `constant` says whether the Hessian is.
    """
    values = table["sharpness"]
    first, last = (format_number(values.iloc[k], 3) for k in (0, -1))
    if values.max() - values.min() <= CONSTANT * abs(values.max()):
        text = f"**The sharpness is {first} throughout{': the Hessian is constant' * constant}"
        side = (
            "" if limit is None else f", {'above' if values.iloc[0] > limit else 'below'} the stability limit"
        )
        return f"{text}{side}.**"
    text = f"**The sharpness goes from {first} to {last}**"
    if limit is None:
        return f"{text}."
    above, shown = values > limit, format_number(limit, 4)
    if above.all() or not above.any():
        return f"{text}, always {'above' if above.all() else 'below'} the stability limit, {shown}."
    edge = _edge(table, above, limit)
    return f"{text}. {edge or _crossing(table, above, shown) + _peak(losses, table, above)}"


def _crossing(table: pd.DataFrame, above: "pd.Series[bool]", limit: str) -> str:
    """Return where the sharpness first crosses the limit, and on which side it ends."""
    began, ended = bool(above.iloc[0]), bool(above.iloc[-1])
    turn = f"{int(table['update'][above != began].iloc[0]):,}"
    if began:
        end = ", but ends above it" if ended else ""
        return f"It begins above the stability limit, {limit}, and is below it at update {turn}{end}."
    return (
        f"It passes the stability limit, {limit}, at update {turn}{'' if ended else ', but ends below it'}."
    )


def _edge(table: pd.DataFrame, above: "pd.Series[bool]", limit: float) -> str:
    """Return that the sharpness stays about the limit, "" if it does not: the edge of stability.

    It crosses it again and again, and its median from the first crossing on is within `NEAR` of it.
    """
    first = int((above != above.iloc[0]).to_numpy().argmax())
    middle = table["sharpness"].iloc[first:].median()
    if above.diff().iloc[1:].sum() < CROSSINGS or abs(middle / limit - 1) > NEAR:
        return ""
    return (
        f"It reaches the stability limit, {format_number(limit, 4)}, at update "
        f"{int(table['update'].iloc[first]):,} and moves about it from then on, with a median of "
        f"{format_number(middle, 3)}: *the edge of stability*."
    )


def _peak(losses: pd.DataFrame, table: pd.DataFrame, above: "pd.Series[bool]") -> str:
    """Return to what the loss rises once the sharpness is above the limit, "" if not twofold."""
    after = losses[losses["update"] >= table["update"][above].iloc[0]].dropna()
    if not len(after) or not after["loss"].max() > 2 * after["loss"].iloc[0]:
        return ""
    place = after["loss"].argmax()
    peak, update = format_number(after["loss"].iloc[place], 3), int(after["update"].iloc[place])
    return f" The loss then rises to {peak}, at update {update:,}."


def caption(run: Run, limit: float | None) -> str:
    """Return what the sharpness of a run is, and its limit."""
    more = ", plus weight decay" if run.optimizer.l2_penalty else ""
    more += "" if isinstance(run.optimizer, SGD) else DIVIDED.format(name=type(run.optimizer).__name__)
    text = SHARPNESS.format(more=more)
    if limit is not None:
        return (
            f"{text} {LIMIT.format(formula=run.optimizer.stability_formula, limit=format_number(limit, 4))}"
        )
    why = "each mini-batch has its own Hessian" if run.steps_per_epoch > 1 else ""
    why = why or ("the learning rate changes" if run.schedule is not None else "")
    why = why or ("the gradient is clipped" if run.clipping is not None else "")
    return f"{text} No limit is drawn: {why}." if why else text


def why_not(run: Run) -> str:
    """Return why the sharpness of a run is not known."""
    if run.problem.num_params > MAX_PARAMS:
        number = f"{run.problem.num_params:,}"
        return f"The sharpness is computed for up to {MAX_PARAMS:,} parameters; this problem has {number}."
    if run.optimizer.max_stable_sharpness() is None:
        return f"The sharpness as {type(run.optimizer).__name__} sees it is not known."
    return "It is computed from the second update on: there is none whose loss and Hessian are finite."
