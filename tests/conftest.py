import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from altair.utils import schemapi
from hypothesis import settings

import trainers.charts  # noqa: F401  (it switches the check off)

torch.set_num_threads(1)
schemapi.DEBUG_MODE = True  # every chart of the tests is checked against its schema
settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")
