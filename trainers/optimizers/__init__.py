"""The optimizers. A new one is one class, and its name in the tuple."""

from trainers.optimizers.adadelta import Adadelta
from trainers.optimizers.adafactor import Adafactor
from trainers.optimizers.adagrad import Adagrad
from trainers.optimizers.adam import Adam, AdamW
from trainers.optimizers.adamax import Adamax
from trainers.optimizers.asgd import ASGD
from trainers.optimizers.base import Optimizer
from trainers.optimizers.lbfgs import LBFGS
from trainers.optimizers.muon import Muon
from trainers.optimizers.nadam import NAdam
from trainers.optimizers.radam import RAdam
from trainers.optimizers.rmsprop import RMSprop
from trainers.optimizers.rprop import Rprop
from trainers.optimizers.sgd import SGD

KINDS: tuple[type[Optimizer], ...] = (
    *(SGD, RMSprop, Adam, Adagrad, AdamW, NAdam, RAdam, Adamax, Adadelta, Rprop, ASGD),
    *(LBFGS, Adafactor, Muon),
)
OPTIMIZERS: dict[str, type[Optimizer]] = {kind.__name__: kind for kind in KINDS}
NOT_OFFERED = {"SparseAdam": "needs sparse gradients, which no problem here has"}
"""The optimizers of `torch.optim` that are not here, with the reason."""

__all__ = [
    "ASGD",
    "LBFGS",
    "NOT_OFFERED",
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
]
