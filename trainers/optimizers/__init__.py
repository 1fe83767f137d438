"""The optimizers. A new one is one class, and its name in the tuple."""

from trainers.optimizers.adadelta import Adadelta
from trainers.optimizers.adagrad import Adagrad
from trainers.optimizers.adam import Adam, AdamW
from trainers.optimizers.adamax import Adamax
from trainers.optimizers.asgd import ASGD
from trainers.optimizers.base import Optimizer
from trainers.optimizers.nadam import NAdam
from trainers.optimizers.radam import RAdam
from trainers.optimizers.rmsprop import RMSprop
from trainers.optimizers.rprop import Rprop
from trainers.optimizers.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.__name__: kind
    for kind in (SGD, RMSprop, Adam, Adagrad, AdamW, NAdam, RAdam, Adamax, Adadelta, Rprop, ASGD)
}

__all__ = [
    "ASGD",
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
]
