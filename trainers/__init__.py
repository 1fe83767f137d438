"""Training with PyTorch optimizers: problems, optimizers, three runners, and the history of a run.

from trainers import Run, train
from trainers.optimizers import SGD

history = train(Run(optimizer=SGD(lr=1e-2), runner="manual", epochs=100))
history.frame()

In a terminal: `python -m trainers --help`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainers.comparison import Comparison, compare
    from trainers.exports import program
    from trainers.history import History
    from trainers.races.result import RaceResult
    from trainers.races.spec import Race
    from trainers.races.tuning import race
    from trainers.run import Run
    from trainers.sweeps.axis import Axis
    from trainers.sweeps.result import SweepResult
    from trainers.sweeps.spec import Sweep
    from trainers.sweeps.training import sweep
    from trainers.training import train

__all__ = [
    "Axis",
    "Comparison",
    "History",
    "Race",
    "RaceResult",
    "Run",
    "Sweep",
    "SweepResult",
    "compare",
    "program",
    "race",
    "sweep",
    "train",
]
_MODULES = {
    "Axis": "trainers.sweeps.axis",
    "Comparison": "trainers.comparison",
    "History": "trainers.history",
    "Race": "trainers.races.spec",
    "RaceResult": "trainers.races.result",
    "Run": "trainers.run",
    "Sweep": "trainers.sweeps.spec",
    "SweepResult": "trainers.sweeps.result",
    "compare": "trainers.comparison",
    "program": "trainers.exports",
    "race": "trainers.races.tuning",
    "sweep": "trainers.sweeps.training",
    "train": "trainers.training",
}
"""Where each name is defined. It is imported when it is first used: torch takes more than a second."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *_MODULES]
