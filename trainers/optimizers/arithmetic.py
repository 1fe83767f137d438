"""What update rules are written with. A setting is a number, or has one number for each run, `(runs,)`."""

from torch import Tensor

from trainers.settings import Number


def is_used(setting: Number) -> bool:
    """Whether a setting does anything: false only for the plain number 0."""
    return isinstance(setting, Tensor) or setting != 0


def switch(setting: Number) -> Number:
    """1 where a setting does anything, else 0."""
    return (setting != 0).double() if isinstance(setting, Tensor) else float(setting != 0)


def match_dtype(setting: Number, tensor: Tensor) -> Number:
    """A setting in the precision of a tensor."""
    return setting.to(tensor.dtype) if isinstance(setting, Tensor) else setting


# torch's fused operations take a plain number as factor, not one for each run: hence two ways.


def add(target: Tensor, factor: Number, term: Tensor) -> Tensor:
    """`target += factor term`, in place."""
    if isinstance(factor, Tensor):
        return target.add_(match_dtype(factor, target) * term)
    return target.add_(term, alpha=factor)


def add_product(target: Tensor, factor: Number, a: Tensor, b: Tensor) -> Tensor:
    """`target += factor a b`, in place."""
    if isinstance(factor, Tensor):
        return target.addcmul_(match_dtype(factor, target) * a, b)
    return target.addcmul_(a, b, value=factor)


def add_quotient(target: Tensor, factor: Number, a: Tensor, b: Tensor, scale: Number = 1.0) -> Tensor:
    """`target += scale factor a / b`, in place."""
    if isinstance(scale, Tensor):
        factor, scale = scale * factor, 1.0
    if isinstance(factor, Tensor):
        return target.addcdiv_(match_dtype(factor, target) * a, b, value=scale)
    return target.addcdiv_(a, b, value=scale * factor)


def add_weight_decay(gradient: Tensor, weight_decay: Number, params: Tensor) -> Tensor:
    """`gradient + weight_decay params`: the gradient of the loss with an L2 penalty, as a new tensor."""
    return add(gradient.clone(), weight_decay, params) if is_used(weight_decay) else gradient
