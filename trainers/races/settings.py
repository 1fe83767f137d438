"""Settings of a race, the same for all its optimizers."""

from dataclasses import dataclass

from trainers.optimizers import Optimizer
from trainers.schedules import SCHEDULES, Schedule
from trainers.settings import Real, SettingError, Settings, choice, flag, integer, real, settings_of
from trainers.sweeps.axis import SIGNIFICANT_DIGITS, Axis
from trainers.sweeps.spec import PREFIX
from trainers.words import format_value

MIN_SEEDS = 8
"""With fewer seeds nothing is said of which optimizer is better."""
MAX_WARMUP = 0.2
"""Longest warm-up that is tried, as a fraction of the epochs."""


@dataclass(frozen=True, kw_only=True)
class RaceSettings(Settings):
    """Settings of a race, the same for all optimizers."""

    trials: int = integer(
        36, 2, 1000, scale="log", help="Number of trials of each optimizer.", label="Trials per optimizer"
    )
    seeds: int = integer(
        11,
        1,
        100,
        scale="log",
        help="Number of seeds of each trial, and of new seeds for the comparison. Scores are medians: of an "
        "even number of seeds the larger of the two in the middle.",
        label="Seeds per trial",
    )
    epochs: int = integer(
        500, 1, 10_000, scale="log", help="Passes over the training data in each run.", label="Epochs per run"
    )
    metric: str = choice(
        "final",
        ("final", "best", "epochs"),
        help="Score of a run: final loss, best loss, or epochs until the gap is within the target and stays "
        "there. A trial's score is the median over its seeds.",
        captions={"final": "final loss", "best": "best loss", "epochs": "epochs to target"},
    )
    target: float = real(
        1e-2, 1e-12, 1e6, scale="log", help="Gap that counts as reaching the target.", label="Target gap"
    )
    tune: str = choice(
        "lr",
        ("lr", "all"),
        help="The learning rate only, on a log grid, or all hyperparameters, at quasi-random points.",
        label="Tuned hyperparameters",
        captions={"lr": "lr only"},
    )
    lr_min: float = real(
        1e-4, 1e-8, 100, scale="log", help="Lower end of the search range.", label="Min. learning rate"
    )
    lr_max: float = real(
        10, 1e-8, 100, scale="log", help="Upper end of the search range.", label="Max. learning rate"
    )
    schedule: str = choice(
        "none",
        ("none", *SCHEDULES),
        help="Learning rate schedule of all optimizers, with its default settings over the epochs of a run.",
        label="Schedule",
    )
    warmup: int = integer(
        0,
        0,
        10_000,
        scale="log",
        help="Epochs of linear warm-up before the schedule; tuned, too, if all hyperparameters are.",
        label="Warm-up",
    )
    until_decided: bool = flag(
        False,
        help="Add seeds, up to about eight times as many, to the trials still in question, until the first "
        "optimizer beats every other one, or is within 10% of it.",
        label="Until decided",
    )

    def is_active(self, name: str) -> bool:
        if name == "warmup" and (self.schedule == "none" or self.tune == "all"):
            return False
        return (name != "until_decided" or self.seeds >= MIN_SEEDS) and super().is_active(name)

    @property
    def lr_schedule(self) -> Schedule | None:
        """The schedule of all runs, None without one."""
        if self.schedule == "none":
            return None
        return SCHEDULES[self.schedule](warmup=self.warmup if self.tune == "lr" else 0)

    def check(self) -> None:
        super().check()
        if not self.lr_min < self.lr_max:
            if self.lr_max == settings_of(self)["lr_max"].default:
                raise SettingError(
                    "lr_min",
                    f"must be below lr_max, {format_value(self.lr_max)}, got {format_value(self.lr_min)}",
                )
            raise SettingError(
                "lr_max",
                f"must be above lr_min, {format_value(self.lr_min)}, got {format_value(self.lr_max)}",
            )

    def space(self, optimizer: Optimizer) -> dict[str, Axis]:
        """Search space: log-spaced learning rates, and the `search` ranges of others if all are tuned."""
        axes = {"lr": Axis(self.lr_min, self.lr_max, self.trials, log=True, digits=SIGNIFICANT_DIGITS)}
        if self.tune == "all":
            for name, setting in settings_of(optimizer).items():
                if name != "lr" and isinstance(setting, Real) and setting.search is not None:
                    log = setting.scale == "log"
                    axes[name] = Axis(*setting.search, self.trials, log, SIGNIFICANT_DIGITS)
            if self.schedule != "none":
                axes[f"{PREFIX}warmup"] = Axis(0, max(int(self.epochs * MAX_WARMUP), 1), self.trials)
        return axes
