"""Training with PyTorch optimizers: problems, optimizers, three runners, and the history of a run.

from trainers import Run, train
from trainers.optimizers import SGD

history = train(Run(optimizer=SGD(lr=1e-2), runner="manual", epochs=100))
history.frame()
"""

from trainers.history import History
from trainers.races.spec import Race
from trainers.races.tuning import race
from trainers.run import Run
from trainers.scripts import program  # also what `Run.to_script` and others need
from trainers.sweeps.axis import Axis
from trainers.sweeps.result import SweepResult
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import sweep
from trainers.training import train

__all__ = ["Axis", "History", "Race", "Run", "Sweep", "SweepResult", "program", "race", "sweep", "train"]
