"""Tuning and evaluation of the optimizers of a race."""

from time import perf_counter

from trainers.races.redraw import best_trial, best_trials, median
from trainers.races.result import OptimizerResult, RaceResult
from trainers.races.spec import Race
from trainers.sweeps.cost import work
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import OnProgress, curves, sweep


def race(spec: Race, on_progress: OnProgress | None = None) -> RaceResult:
    """Tune all optimizers of a race and compare them. The same race gives the same numbers each time.

    `on_progress(fraction)` is called often with the fraction done; the race stops when it returns True, and
    the result then lacks the optimizers that have not finished.
    """
    began, progress = perf_counter(), RaceProgress(sum(map(work, spec.parts)), on_progress)
    results: list[OptimizerResult] = []
    for entry in range(len(spec.optimizers)):
        result = tune_and_evaluate(spec, entry, progress)
        if result is None:
            break
        results.append(result)
    return RaceResult(spec, tuple(results), perf_counter() - began, progress.stopped)


def tune_and_evaluate(race: Race, entry: int, progress: "RaceProgress") -> OptimizerResult | None:
    """Tune an optimizer; train its best trials and the default lr with new seeds. None if stopped."""
    tuning, planned = race.parts[2 * entry : 2 * entry + 2]
    result = sweep(tuning, progress.part(tuning))
    if result.stopped:
        return None
    scores = race.score_trials(result)
    best = int(best_trial(race, median(scores)))
    redrawn = best_trials(race, scores) if race.compares else None
    trials = sorted({best, *(redrawn.tolist() if redrawn is not None else ())})
    evaluation = race.evaluation_sweep(entry, trials)
    losses = curves(evaluation, on_progress=progress.part(planned))
    if progress.stopped:
        return None
    *new_scores, default = race.score_curves(losses, evaluation).split(race.seeds)
    return OptimizerResult(
        optimizer=race.optimizers[entry],
        trials=result,
        trial_scores=scores,
        best_trial=best,
        losses=losses.split(race.seeds, dim=1)[trials.index(best)].clone(),
        redrawn=redrawn,
        new_scores=dict(zip(trials, new_scores, strict=True)),
        default_scores=default,
    )


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
