"""The call that makes an optimizer of torch, with what differs from its defaults."""

import inspect
from dataclasses import dataclass

import torch

from trainers.optimizers import Optimizer
from trainers.optimizers.code import literal


@dataclass(frozen=True)
class Call:
    """A call: its head up to the parenthesis, and its arguments."""

    head: str
    arguments: tuple[str, ...]


def torch_call(optimizer: Optimizer) -> Call:
    """Return the call of a `torch.optim` optimizer of `params`, with its learning rate and what differs from
    the defaults.
    """
    made = optimizer.torch(torch.zeros(1, requires_grad=True))
    defaults = {name: p.default for name, p in inspect.signature(type(made)).parameters.items()}
    given = {
        name: value
        for name, value in made.defaults.items()
        if name in defaults and (name == "lr" or value != defaults[name])
    }
    arguments = ("[params]", *(f"{name}={literal(value)}" for name, value in given.items()))
    return Call(f"torch.optim.{type(made).__name__}(", arguments)
