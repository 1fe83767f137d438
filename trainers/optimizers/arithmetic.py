"""Operations of update rules. A setting is a number, or a tensor `(runs,)` with one number per run."""

from torch import Tensor

from trainers.settings import Number


def is_used(setting: Number) -> bool:
    """Whether a setting has an effect: false only for the number 0."""
    return isinstance(setting, Tensor) or setting != 0


def switch(setting: Number) -> Number:
    """1.0 where a setting is nonzero, else 0.0."""
    return (setting != 0).double() if isinstance(setting, Tensor) else float(setting != 0)


def match_dtype(setting: Number, tensor: Tensor) -> Number:
    """Convert a setting to the dtype of a tensor."""
    if isinstance(setting, Tensor) and setting.dtype != tensor.dtype:  # `to` costs as much as an addition
        return setting.to(tensor.dtype)
    return setting


# torch's fused operations take only a number as factor, not a tensor `(runs,)`: hence two cases.


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
    """Return `gradient + weight_decay params`, the gradient with an L2 penalty, as a new tensor."""
    return add(gradient.clone(), weight_decay, params) if is_used(weight_decay) else gradient


def decay(params: Tensor, fraction: Number) -> Tensor:
    """`params -= fraction params`, in place: decoupled weight decay."""
    return params.mul_(match_dtype(1 - fraction, params))


def as_number(state: Tensor, *settings: Number) -> Number:
    """Return a state that follows from these settings alone in float64: a number, if they are numbers."""
    return state.double() if any(isinstance(each, Tensor) for each in settings) else state.flatten()[0].item()
