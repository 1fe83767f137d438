"""The optimizers. A new one is one class, and its name in the tuple."""

from trainers.optimizers.adagrad import Adagrad
from trainers.optimizers.adam import Adam
from trainers.optimizers.base import Optimizer
from trainers.optimizers.rmsprop import RMSprop
from trainers.optimizers.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {kind.__name__: kind for kind in (SGD, RMSprop, Adam, Adagrad)}

__all__ = ["OPTIMIZERS", "SGD", "Adagrad", "Adam", "Optimizer", "RMSprop"]
