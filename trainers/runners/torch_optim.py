"""Gradient by autograd, update by `torch.optim`."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

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
        nonlocal evaluations, loss
        evaluations += 1
        if not torch.equal(params, before):  # else loss and gradient are those of the point
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
    """The step of a torch optimizer on a leaf `(n,)`, or on each of its matrices and vectors."""

    def __init__(self, optimizer: Optimizer, params: Tensor, views: Callable[[Tensor], list[Tensor]]) -> None:
        self.params, self.views = params, views
        self.tensors = views(params.detach()) if optimizer.by_matrix else [params]
        self.optim, self.guarded = optimizer.torch(*self.tensors), optimizer.guarded
        self.has_modes = hasattr(self.optim, "eval") and hasattr(self.optim, "train")

    def __call__(self, closure: Callable[[], Tensor] | None = None) -> None:
        """Update the parameters in place by their gradient; `closure` evaluates it anew, with the loss.

        Raises `StepError` if an optimizer that is guarded ends with an exception.
        """
        try:
            self._step(closure)
        except Exception as error:
            if self.guarded:
                raise StepError(error) from error
            raise

    def evaluated(self) -> Tensor:
        """Return what the run is judged by: the parameters, or those the optimizer has for evaluation."""
        if not self.has_modes or not self.optim.state:
            return self.params
        params = self.params.detach()
        before = params.clone()
        self.optim.eval()  # type: ignore[attr-defined]
        found = params.clone()
        self.optim.train()  # type: ignore[attr-defined]
        params.copy_(before)  # there and back they are rounded
        return found

    def _step(self, closure: Callable[[], Tensor] | None) -> None:
        if closure is None:
            self._share_gradient()
            self.optim.step()
            return

        def evaluate() -> Tensor:
            with torch.enable_grad():
                loss = closure()
            self._share_gradient()
            return loss

        self.optim.step(evaluate)

    def _share_gradient(self) -> None:
        if self.tensors[0] is self.params:
            return
        for tensor, part in zip(self.tensors, self.views(self.params.grad), strict=True):
            tensor.grad = part
