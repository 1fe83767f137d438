"""Three training loops, which differ only in how gradient and update are computed."""

from collections.abc import Callable, Iterator

from trainers.runners.autograd import autograd
from trainers.runners.manual import manual
from trainers.runners.plan import UpdatePlan
from trainers.runners.point import Point
from trainers.runners.torch_optim import TorchStep, torch_optim

RUNNERS: dict[str, Callable[..., Iterator[Point]]] = {
    "manual": manual,
    "autograd": autograd,
    "torch.optim": torch_optim,
}

__all__ = ["RUNNERS", "Point", "TorchStep", "UpdatePlan", "autograd", "manual", "torch_optim"]
