"""The optimizers. A new one is one class, and its name in the tuple."""

from trainers.optimizers.adadelta import Adadelta
from trainers.optimizers.adafactor import Adafactor
from trainers.optimizers.adagrad import Adagrad
from trainers.optimizers.adam import Adam, AdamW
from trainers.optimizers.adamax import Adamax
from trainers.optimizers.ademamix import AdEMAMix
from trainers.optimizers.adopt import ADOPT
from trainers.optimizers.asgd import ASGD
from trainers.optimizers.base import GROUPS, Optimizer
from trainers.optimizers.lbfgs import LBFGS
from trainers.optimizers.lion import Lion
from trainers.optimizers.muon import Muon
from trainers.optimizers.nadam import NAdam
from trainers.optimizers.radam import RAdam
from trainers.optimizers.rmsprop import RMSprop
from trainers.optimizers.rprop import Rprop
from trainers.optimizers.schedule_free import ScheduleFreeAdamW, ScheduleFreeSGD
from trainers.optimizers.sgd import SGD
from trainers.optimizers.sign_sgd import SignSGD

IN_TORCH: tuple[type[Optimizer], ...] = (
    *(SGD, RMSprop, Adam, Adagrad, AdamW, NAdam, RAdam, Adamax, Adadelta, Rprop, ASGD),
    *(LBFGS, Adafactor, Muon),
)
BEYOND_TORCH: tuple[type[Optimizer], ...] = (
    *(Lion, SignSGD, ADOPT, AdEMAMix),
    *(ScheduleFreeSGD, ScheduleFreeAdamW),
)
OPTIMIZERS: dict[str, type[Optimizer]] = {kind.__name__: kind for kind in (*IN_TORCH, *BEYOND_TORCH)}
NOT_OFFERED = {"SparseAdam": "needs sparse gradients, which no problem here has"}
"""The optimizers of `torch.optim` that are not here, with the reason."""

__all__ = [
    "ADOPT",
    "ASGD",
    "LBFGS",
    "NOT_OFFERED",
    "OPTIMIZERS",
    "SGD",
    "AdEMAMix",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "SignSGD",
    "by_group",
]


def by_group() -> dict[str, str]:
    """Return a title of each optimizer by its name, such as `AdamW · adaptive, 2019`, by group."""
    groups = [*GROUPS, ""]
    names = sorted(OPTIMIZERS, key=lambda name: groups.index(OPTIMIZERS[name].group))
    titles = {}
    for name in names:
        kind = OPTIMIZERS[name]
        about = ", ".join(filter(None, (kind.group, str(kind.year or ""))))
        titles[name] = f"{name} · {about}" if about else name
    return titles
