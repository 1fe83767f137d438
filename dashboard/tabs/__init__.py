"""The tabs of the page in order. A new tab is a module here, and an entry of `TABS`."""

from dashboard.tabs.break_it import BREAK_IT
from dashboard.tabs.compare import COMPARE
from dashboard.tabs.data import DATA
from dashboard.tabs.fit import FIT
from dashboard.tabs.grid import GRID
from dashboard.tabs.inside_step import INSIDE_STEP
from dashboard.tabs.loss import LOSS
from dashboard.tabs.parameters import PARAMETERS
from dashboard.tabs.path import PATH
from dashboard.tabs.race import RACE
from dashboard.tabs.rate import RATE
from dashboard.tabs.three_ways import THREE_WAYS

__all__ = ["COMPARE", "TABS"]

TABS = (COMPARE, RATE, LOSS, FIT, PATH, PARAMETERS, DATA, THREE_WAYS, INSIDE_STEP, BREAK_IT, RACE, GRID)
