"""Tuning and evaluation of the optimizers of a race."""

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


def race(spec: Race, on_progress: OnProgress | None = None) -> RaceResult:
    """Tune all optimizers of a race and compare them. The same race gives the same numbers each time.

    `on_progress(fraction)` is called often with the fraction done; the race stops when it returns True, and
    the result then lacks the optimizers that have not finished.
    """
    began, progress = perf_counter(), RaceProgress(sum(map(work, spec.parts)), on_progress)
    entries: list[OptimizerResult] = []
    for optimizer, trials in zip(spec.optimizers, spec.sweeps, strict=True):
        entry = tune_and_evaluate(spec, optimizer, trials, progress)
        if entry is None:
            break
        entries.append(entry)
    return RaceResult(spec, tuple(entries), perf_counter() - began, progress.stopped)


def tune_and_evaluate(
    race: Race, optimizer: Optimizer, trials: Sweep, progress: "RaceProgress"
) -> OptimizerResult | None:
    """Tune an optimizer; train its best trial and the default lr with new seeds. None if stopped."""
    result = sweep(trials, progress.part(trials))
    if result.stopped:
        return None
    results = race.score_trials(result)
    best = pick_best_trial(median(results))
    losses, tuned_run = [], result.run(best * race.seeds)
    for setting, schedule in (
        (tuned_run.optimizer, tuned_run.schedule),
        (with_default_lr(optimizer), None),
    ):
        evaluation = race.evaluation_sweep(setting, schedule)
        losses.append(curves(evaluation, on_progress=progress.part(evaluation)))
        if progress.stopped:
            return None
    tuned, default = map(race.score_curves, losses)
    return OptimizerResult(optimizer, result, results, best, losses[0], tuned, default)


class RaceProgress:
    """Progress of a race, reported by its sweeps."""

    def __init__(self, total: float, on_progress: OnProgress | None) -> None:
        self.total, self.done, self.on_progress, self.stopped = total, 0.0, on_progress, False

    def part(self, sweep: Sweep) -> OnProgress:
        """Return the progress callback of the next sweep."""
        done_before, size = self.done, work(sweep)
        self.done += size

        def report(fraction: float) -> bool:
            if self.on_progress is not None:
                self.stopped = bool(self.on_progress((done_before + size * fraction) / self.total))
            return self.stopped

        return report


def pick_best_trial(scores: Tensor) -> int:
    """Index of the trial with the lowest score; of ties, the middle one."""
    ties = (scores == scores.min()).nonzero().flatten()
    return int(ties[len(ties) // 2])


def with_default_lr(optimizer: Optimizer) -> Optimizer:
    """The optimizer with the default learning rate."""
    return replace(optimizer, lr=settings_of(optimizer)["lr"].default)  # type: ignore[call-arg]
