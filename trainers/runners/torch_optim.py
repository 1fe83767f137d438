"""Gradient by autograd, update by `torch.optim`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from trainers.modes import own_randomness
from trainers.objective import MiniBatches
from trainers.optimizers import Optimizer
from trainers.optimizers.base import StepError
from trainers.problems import Problem
from trainers.runners.plan import UpdatePlan
from trainers.runners.point import Point


def torch_optim(
    problem: Problem | MiniBatches, optimizer: Optimizer, params: Tensor, plan: UpdatePlan | None = None
) -> Iterator[Point]:
    """Yield params, loss and gradient before each update. `ones` counts every run's loss once.

    An optimizer that needs a closure evaluates loss and gradient itself, as often as it wants.
    """
    params = params.clone().requires_grad_()
    step, plan = TorchStep(optimizer, params, problem.tensors), plan or UpdatePlan()
    ones = torch.ones_like(params[0])
    evaluations, before = 0, params

    def closure() -> Tensor:
        nonlocal evaluations, loss, before
        evaluations += 1
        if not torch.equal(params, before):  # else loss and gradient are those of the point
            before = params.detach().clone()
            params.grad = None
            loss = batch.loss(params)
            loss.backward(ones)
        plan.clip_torch(params)
        return loss

    for batch in problem.batches():
        params.grad = None
        loss = batch.loss(params)
        loss.backward(ones)
        gradient = params.grad
        yield Point(params, loss, gradient, evaluations, step.evaluated())

        plan.schedule_torch(step.optim)
        if optimizer.needs_closure:
            before = params.detach().clone()
            step(closure)
        else:
            evaluations += 1
            plan.clip_torch(params)
            step()


class TorchStep:
    """The step of a torch optimizer on a leaf `(n,)`, or on each of its matrices and vectors.

    A call into an optimizer that is guarded raises `StepError` if it ends with an exception, and has random
    numbers of its own.
    """

    def __init__(self, optimizer: Optimizer, params: Tensor, views: Callable[[Tensor], list[Tensor]]) -> None:
        self.params, self.views, self.guarded = params, views, optimizer.guarded
        self.generator = torch.Generator().manual_seed(0)
        parts = views(params.detach()) if optimizer.by_matrix else []
        # Another package's optimizer may need memory in order, which a transposed view has not.
        self.tensors = [part.contiguous() if self.guarded else part for part in parts] or [params]
        with self._guard():
            self.optim = optimizer.torch(*self.tensors)
        self.has_modes = hasattr(self.optim, "eval") and hasattr(self.optim, "train")

    def __call__(self, closure: Callable[[], Tensor] | None = None) -> None:
        """Update the parameters in place by their gradient; `closure` evaluates it anew, with the loss."""

        def evaluate() -> Tensor:
            assert closure is not None
            self._write_back()
            with torch.enable_grad():
                loss = closure()
            self._share_gradient()
            return loss

        with self._guard():
            if closure is None:
                self._share_gradient()
                self.optim.step()
            else:
                self.optim.step(evaluate)
        self._write_back()

    def evaluated(self) -> Tensor:
        """Return what the run is judged by: the parameters, or those the optimizer has for evaluation."""
        if not self.has_modes or not self.optim.state:
            return self.params
        before = [tensor.detach().clone() for tensor in self.tensors]
        with self._guard():
            self.optim.eval()  # type: ignore[attr-defined]
            self._write_back()
            found = self.params.detach().clone()
            self.optim.train()  # type: ignore[attr-defined]
        for tensor, value in zip(self.tensors, before, strict=True):
            tensor.detach().copy_(value)  # there and back they are rounded
        self._write_back()
        return found

    @contextmanager
    def _guard(self) -> Iterator[None]:
        if not self.guarded:
            yield
            return
        with own_randomness(self.generator):
            try:
                yield
            except Exception as error:
                raise StepError(error) from error

    def _share_gradient(self) -> None:
        if self.tensors[0] is self.params:
            return
        for tensor, part in zip(self.tensors, self.views(self.params.grad), strict=True):
            tensor.grad = part.contiguous() if self.guarded else part

    def _write_back(self) -> None:
        """Write what an optimizer has copies of into the parameters."""
        if self.guarded and self.tensors[0] is not self.params:
            for tensor, part in zip(self.tensors, self.views(self.params.detach()), strict=True):
                part.copy_(tensor)
