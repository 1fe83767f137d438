"""Two settings of one optimizer at once: which pairs of values work."""

from dataclasses import dataclass, replace

from trainers.optimizers import OPTIMIZERS, Optimizer, Rule
from trainers.run import Run
from trainers.settings import KnobError, Real, Settings, choice, integer, knobs, real_settings
from trainers.sweeps.axis import Axis, window
from trainers.sweeps.spec import Sweep

REALS = tuple(
    dict.fromkeys(
        name for kind in OPTIMIZERS.values() for name, knob in knobs(kind).items() if isinstance(knob, Real)
    )
)


@dataclass(frozen=True, kw_only=True)
class Grid(Settings):
    """Which two settings of which run, and how finely."""

    run: int = integer(1, 1, 12, help="The run whose optimizer is looked at.")
    x: str = choice("lr", REALS, help="The setting from left to right.")
    y: str = choice("momentum", REALS, help="The setting from bottom to top.")
    count: int = integer(32, 2, 100, help="How many values of each.")

    def axes(self, optimizer: Optimizer) -> dict[str, Axis]:
        """The two axes for this optimizer, the asked ones if it has them; `KnobError` if it has not two."""
        able = real_settings(optimizer)
        if not isinstance(optimizer, Rule) or len(able) < 2:
            name = type(optimizer).__name__
            raise KnobError("grid", f"needs a rule by hand with two settings; {name} has not")
        x = self.x if self.x in able else next(iter(able))
        others = [name for name in able if name != x]
        y = self.y if self.y in others else others[0]
        return {name: window(able[name], self.count) for name in (x, y)}

    def fitted(self, optimizer: Optimizer) -> "Grid":
        """The grid with the settings that this optimizer has in place of others."""
        try:
            x, y = self.axes(optimizer)
        except KnobError:
            return self
        return replace(self, x=x, y=y)

    def sweep(self, run: Run) -> Sweep:
        """A run for each pair of values."""
        return Sweep(run, self.axes(run.optimizer), targets=())
