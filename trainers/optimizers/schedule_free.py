"""Schedule-free SGD and AdamW."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from trainers.optimizers.arithmetic import (
    add,
    add_product,
    add_weight_decay,
    as_number,
    is_used,
    match_dtype,
)
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import GRAD, UpdateCode, literal
from trainers.optimizers.moments import BETA_HIGH
from trainers.settings import Number, real

NO_WEIGHT = 1e-300
"""The sum of the weights before the first: not 0, as a schedule may begin with a rate of 0: no weight."""


@dataclass(frozen=True)
class ScheduleFree(Optimizer):
    """What both share: z steps, x is its weighted mean, and the gradient is taken at y, between the two.

        z -= lr (d + weight_decay y)
        w_t = t^r lr^2
        x += w_t / (w_1 + ... + w_t) (z - x)
        y = z + beta (x - z)

    d is the direction of the step, and lr is that of the update. `params` are y; what counts is x.

    Source: A. Defazio et al. 2024, "The Road Less Scheduled", arXiv 2405.15682, algorithm 1.
    """

    group: ClassVar[str] = "schedule-free"
    year: ClassVar[int] = 2024

    lr: Number = real(1e-2, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    weight_decay: Number = real(0, 0, 10, help="Weight decay: times lr, of the point of the gradient.")
    r: Number = real(0, 0, 10, help="Later updates weigh more in the mean: by their number to this power.")

    def evaluated(self, params: Tensor, state: State) -> Tensor:
        return state["x"]

    def init(self, params: Tensor) -> State:
        weight_sum = torch.full_like(params[:1], NO_WEIGHT, dtype=torch.float64)
        return {"z": params.detach().clone(), "x": params.detach().clone(), "weight_sum": weight_sum}

    def move(self, t: int, params: Tensor, direction: Tensor, state: State, beta: Number) -> None:
        """Step z along a direction, and update x and y, all in place."""
        z, mean = state["z"], state["x"]
        add(z, -self.lr, add_weight_decay(direction, self.weight_decay, params))
        lr = self.lr.double() if isinstance(self.lr, Tensor) else self.lr  # in float32 it may overflow
        weight = t**self.r * lr**2
        total = as_number(state["weight_sum"].add_(weight), self.lr, self.r)
        mean.lerp_(z, match_dtype(weight / total, params))
        params.copy_(z.lerp(mean, match_dtype(beta, params)))

    def move_code(
        self,
        direction: str,
        beta: Number,
        lines: tuple[str, ...] = (),
        state: tuple[str, ...] = (),
        names: tuple[tuple[str, str], ...] = (),
    ) -> UpdateCode:
        """The update along a direction, after these lines; they count the updates where `state` does."""
        lr, power = literal(self.lr), ""
        if self.weight_decay != 0:
            direction = f"({direction} + {literal(self.weight_decay)} * params)"
        if is_used(self.r):
            power = f"t**{literal(self.r)} * "
            if "t = 0" not in state:
                lines, state = ("t += 1", *lines), ("t = 0", *state)
        return UpdateCode(
            step=f"(params - z - {literal(beta)} * (average - z))",
            lines=(
                *lines,
                f"z = z - {lr} * {direction}",
                f"weight = {power}{lr}**2",
                "weight_sum = weight_sum + weight",
                "c = weight / weight_sum",
                "average = average + c * (z - average)",
            ),
            state=(*state, "z = params.detach().clone()", "average = z", f"weight_sum = {NO_WEIGHT}"),
            names=(*names, ("z", "z"), ("x", "average"), ("weight_sum", "weight_sum")),
            evaluated="average",
        )


@dataclass(frozen=True)
class ScheduleFreeSGD(ScheduleFree):
    """SGD whose steps are averaged instead of slowed down by a schedule.

        z -= lr (gradient at y + weight_decay y)
        w_t = t^r lr^2
        x += w_t / (w_1 + ... + w_t) (z - x)
        y = z + momentum (x - z)

    Loss and parameters on record are those of the mean x. With momentum 0 it is SGD with its mean (Polyak
    and Ruppert). Not in torch. The authors' default lr is 1, which suits networks with normalization.

    Source: A. Defazio et al. 2024, "The Road Less Scheduled", arXiv 2405.15682. r is the authors' program's.
    That and pytorch-optimizer weigh by the largest lr so far, not by lr: the same until lr falls.
    """

    summary: ClassVar[str] = "SGD; what counts is the mean of its steps, the gradient is taken near it."

    momentum: Number = real(
        0.9, 0, 1, help="Where the gradient is taken: 0 at the last step, 1 at the mean.", search=(0, 0.99)
    )

    def update_code(self) -> UpdateCode:
        return self.move_code(GRAD, self.momentum)

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        self.move(t, params, gradient, state, self.momentum)


@dataclass(frozen=True)
class ScheduleFreeAdamW(ScheduleFree):
    """AdamW whose steps are averaged instead of slowed down by a schedule; the mean replaces its momentum.

        v = beta2 v + (1 - beta2) gradient^2              gradient at y
        z -= lr (gradient / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay y)
        w_t = t^r lr^2
        x += w_t / (w_1 + ... + w_t) (z - x)
        y = z + beta1 (x - z)

    Loss and parameters on record are those of the mean x. Not in torch.

    Source: A. Defazio et al. 2024, "The Road Less Scheduled", arXiv 2405.15682, algorithm 1, with v corrected
    as by the authors' program, whose r is here, too. That and pytorch-optimizer weigh by the largest lr so
    far, not by lr: the same until lr falls.
    """

    summary: ClassVar[str] = "AdamW without momentum; what counts is the mean of its steps."

    lr: Number = real(2.5e-3, 1e-8, 100, scale="log", help="Learning rate (step size).", search=(1e-4, 10))
    beta1: Number = real(
        0.9, 0, 1, help="Where the gradient is taken: 0 at the last step, 1 at the mean.", search=(0, 0.99)
    )
    beta2: Number = real(
        0.999,
        0,
        BETA_HIGH,
        help="Decay rate of the running mean of squared gradients (second moment).",
        search=(0.9, 0.9999),
    )
    eps: Number = real(
        1e-8,
        0,
        1,
        scale="log",
        help="Added to the denominator for numerical stability.",
        search=(1e-8, 1),
    )

    @property
    def l2_penalty(self) -> float:
        return 0.0

    def update_code(self) -> UpdateCode:
        beta2 = literal(self.beta2)
        lines = (
            "t += 1",
            f"v = {beta2} * v + (1 - {beta2}) * {GRAD}**2",
            f"v_hat = v / (1 - {beta2}**t)",
            f"direction = {GRAD} / (v_hat.sqrt() + {literal(self.eps)})",
        )
        state = ("t = 0", "v = torch.zeros_like(params)")
        return self.move_code("direction", self.beta1, lines, state, (("exp_avg_sq", "v"),))

    def init(self, params: Tensor) -> State:
        return {"exp_avg_sq": torch.zeros_like(params)} | super().init(params)

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        size = add_product(state["exp_avg_sq"].mul_(self.beta2), 1 - self.beta2, gradient, gradient)
        divisor = (size / match_dtype(1 - self.beta2**t, params)).sqrt_()
        divisor.add_(match_dtype(self.eps, params))
        self.move(t, params, gradient / divisor, state, self.beta1)
