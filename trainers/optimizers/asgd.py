"""Averaged SGD."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, optim

from trainers.optimizers.arithmetic import add, add_weight_decay, as_number, decay, is_used, match_dtype
from trainers.optimizers.base import Optimizer, State
from trainers.optimizers.code import Symbol, UpdateCode, decayed, literal
from trainers.settings import Number, real


@dataclass(frozen=True)
class ASGD(Optimizer):
    """Gradient descent with a learning rate that decays, and the average of all parameters on the way.

        g = gradient + weight_decay params
        params -= eta (g + lambd params)                  first: eta = lr
        average = average + mu (params - average)
        eta = lr / (1 + lambd lr t)^alpha
        mu = 1 / max(1, t - t0)

    The average is kept in the state, as in torch, and has no effect on the parameters. eta and mu are kept
    in torch's default dtype, as in torch.

    Source: B. Polyak and A. Juditsky 1992, "Acceleration of stochastic approximation by averaging", in the
    form of `torch.optim.ASGD` and L. Bottou's SGD.
    """

    summary: ClassVar[str] = "Plain gradient descent with a decaying rate; the average is kept beside it."
    group: ClassVar[str] = "momentum"
    year: ClassVar[int] = 1992

    lr: Number = real(1e-2, 1e-8, 100, scale="log", help="Initial learning rate.", search=(1e-4, 10))
    lambd: Number = real(1e-4, 0, 1, scale="log", help="Decay of the parameters and of the learning rate.")
    alpha: Number = real(0.75, 0, 1, help="Power of the decay of the learning rate.")
    t0: Number = real(1e6, 0, 1e9, scale="log", help="Update after which averaging begins.")
    weight_decay: Number = real(0, 0, 10, help="Weight decay (L2 penalty).")

    @property
    def l2_penalty(self) -> float:
        return float(self.weight_decay + self.lambd)

    def torch(self, *params: Tensor) -> optim.ASGD:
        return self.made(optim.ASGD, params)

    def update_code(self) -> UpdateCode:
        lines, grad = decayed(self.weight_decay)
        lr, lambd = literal(self.lr), literal(self.lambd)
        varies = (isinstance(each, Symbol) and each.varies for each in (self.lr, self.lambd, self.alpha))
        kept = "{}" if any(varies) else "torch.tensor({})"
        lines += [
            "now = eta",
            "t += 1",
            f"slowed = (1 + {lambd} * {lr} * t)**{literal(self.alpha)}",
            f"eta = {kept.format(f'{lr} / slowed')}",
        ]
        step = f"now * ({grad} + {lambd} * params)" if is_used(self.lambd) else f"now * {grad}"
        return UpdateCode(step, tuple(lines), ("t = 0", f"eta = {kept.format(lr)}"), (("eta", "eta"),))

    def init(self, params: Tensor) -> State:
        one = torch.ones_like(params[:1], dtype=torch.get_default_dtype())
        return {"eta": one * match_dtype(self.lr, one), "mu": one, "ax": torch.zeros_like(params)}

    def step(self, t: int, params: Tensor, gradient: Tensor, state: State) -> None:
        gradient = add_weight_decay(gradient, self.weight_decay, params)
        eta, mu, average = state["eta"], state["mu"], state["ax"]
        rate = as_number(eta, self.lr, self.lambd, self.alpha)
        decay(params, self.lambd * rate)
        add(params, -rate, gradient)
        average.add_((params - average).mul_(mu.to(params.dtype)))
        average.copy_(params.where(mu == 1, average))
        eta.copy_(torch.as_tensor(self.lr / (1 + self.lambd * self.lr * t) ** self.alpha))
        mu.copy_(1 / torch.as_tensor(t - self.t0, dtype=torch.float64).clamp(min=1))
