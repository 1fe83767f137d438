"""Running a race."""

from dataclasses import replace
from time import perf_counter

from torch import Tensor

from trainers.optimizers import Optimizer
from trainers.races.result import OptimizerResult, RaceResult, median
from trainers.races.spec import Race
from trainers.settings import settings_of
from trainers.sweeps.cost import work
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import OnProgress, curves, sweep


def race(race: Race, on_progress: OnProgress | None = None) -> RaceResult:
    """Tune all optimizers of a race and compare them. The same race gives the same numbers each time.

    `on_progress(share)` is called often with the share done so far; the race ends when it returns True,
    and the optimizers that have not finished then are left out.
    """
    began, progress = perf_counter(), Progress(sum(map(work, race.parts)), on_progress)
    entries: list[OptimizerResult] = []
    for optimizer, trials in zip(race.optimizers, race.sweeps, strict=True):
        entry = compete(race, optimizer, trials, progress)
        if entry is None:
            break
        entries.append(entry)
    return RaceResult(race, tuple(entries), perf_counter() - began, progress.stopped)


def compete(race: Race, optimizer: Optimizer, trials: Sweep, progress: "Progress") -> OptimizerResult | None:
    """Tune one optimizer, and train its best trial and torch's rate from fresh starts; None if stopped."""
    result = sweep(trials, progress.part(trials))
    if result.stopped:
        return None
    results = race.judged_trials(result)
    best = middle_of_the_best(median(results))
    losses = []
    for setting in (result.run(best * race.seeds).optimizer, at_default_rate(optimizer)):
        fresh = race.fresh(setting)
        losses.append(curves(fresh, on_progress=progress.part(fresh)))
        if progress.stopped:
            return None
    tuned, untuned = map(race.judged_curves, losses)
    return OptimizerResult(optimizer, result, results, best, losses[0], tuned, untuned)


class Progress:
    """How far a race is, told by the sweeps that it consists of."""

    def __init__(self, total: float, on_progress: OnProgress | None) -> None:
        self.total, self.done, self.on_progress, self.stopped = total, 0.0, on_progress, False

    def part(self, sweep: Sweep) -> OnProgress:
        """What the next sweep tells its own share to."""
        begun, size = self.done, work(sweep)
        self.done += size

        def tell(share: float) -> bool:
            if self.on_progress is not None:
                self.stopped = bool(self.on_progress((begun + size * share) / self.total))
            return self.stopped

        return tell


def middle_of_the_best(scores: Tensor) -> int:
    """The trial with the smallest score; of several, as on a plateau, the one in their middle."""
    ties = (scores == scores.min()).nonzero().flatten()
    return int(ties[len(ties) // 2])


def at_default_rate(optimizer: Optimizer) -> Optimizer:
    """The optimizer with torch's learning rate."""
    return replace(optimizer, lr=settings_of(optimizer)["lr"].default)  # type: ignore[call-arg]
