"""Methods from optimizers alone."""

from trainers.optimizers import Optimizer
from trainers.run import Method, runners


def methods(*optimizers: Optimizer) -> tuple[Method, ...]:
    """Each with the first implementation that it has."""
    return tuple(Method(optimizer=each, runner=runners(type(each))[0]) for each in optimizers)
