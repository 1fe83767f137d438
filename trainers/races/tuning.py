"""Tuning and evaluation of the optimizers of a race."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from time import perf_counter

import torch
from torch import Tensor

from trainers.modes import cacheable
from trainers.races.redraw import best_trial, best_trials, median
from trainers.races.result import OptimizerResult, RaceResult
from trainers.races.spec import Race
from trainers.sweeps.cost import work
from trainers.sweeps.result import SweepResult
from trainers.sweeps.spec import Sweep
from trainers.sweeps.training import OnProgress, curves, sweep


@cacheable
def race(
    spec: Race, on_progress: OnProgress | None = None, *, until_decided: bool | None = None
) -> RaceResult:
    """Tune all optimizers of a race and compare them. The same race gives the same numbers each time.

    `on_progress(fraction)` is called often with the fraction done; the race stops when it returns True. The
    result then is that of the last complete round; in the first it lacks the optimizers that have not
    finished. `until_decided`, if given, replaces that of `spec`.
    """
    if until_decided is not None:
        spec = replace(spec, until_decided=until_decided)
    began, progress = perf_counter(), RaceProgress(sum(map(work, spec.parts)), on_progress)
    contenders = [Contender(spec, entry) for entry in range(len(spec.optimizers))]
    found = RaceResult(spec, (), 0.0)
    for seeds in spec.rounds:
        results = tuple(_round(contenders, seeds, progress))
        seconds, earlier = perf_counter() - began, found.evidence
        if progress.stopped and found.results:
            return replace(found, seconds=seconds, stopped=True)
        found = RaceResult(spec, results, seconds, progress.stopped, earlier)
        if progress.stopped or found.decided:
            break
    return found


def _round(
    contenders: Iterable["Contender"], seeds: range, progress: "RaceProgress"
) -> Iterator[OptimizerResult]:
    """Yield the results with more seeds, of those that finish."""
    for each in contenders:
        each.add(seeds, progress)
        if progress.stopped:
            return
        yield each.result()


class Contender:
    """An optimizer in a race: its trials, and the results of those in question."""

    def __init__(self, race: Race, entry: int) -> None:
        self.race, self.entry = race, entry
        self.tuned: SweepResult | None = None
        """All trials, with the first seeds."""
        self.trials = [*range(race.trials)]
        """Those in question: the best one, and those of the re-drawn races."""
        self.best = 0
        self.redrawn = torch.empty(0, dtype=torch.int64)
        self.scores = torch.empty(race.trials, 0, dtype=torch.float64)
        """`(trials in question, seeds)`"""
        self.new_scores = torch.empty(race.trials + 1, 0, race.copies, dtype=torch.float64)
        """`(trials in question + 1, seeds, copies)`, with new seeds; last those at the default lr."""
        self.losses = torch.empty(len(race.recorded), race.trials + 1, 0, dtype=getattr(torch, race.dtype))
        """The loss curves of these."""

    def add(self, seeds: range, progress: "RaceProgress") -> None:
        """Train the trials in question with these seeds, and those that remain with as many new ones."""
        tuning, evaluation = self.race.planned(self.entry, seeds)
        scores = self._tune(seeds, progress.part(tuning))
        if progress.stopped:
            return
        self.scores = torch.cat([self.scores, scores], 1)
        self._narrow()
        asked = self.race.evaluation_sweep(self.entry, self.trials, seeds)
        copies, epochs = self.race.copies, self.race.recorded
        losses = curves(asked, on_progress=progress.part(evaluation), twins=copies > 1)
        self.new_scores = torch.cat([self.new_scores, self.race.score_curves(losses, asked)], 1)
        kept = losses[epochs, ::copies].reshape(len(epochs), -1, len(seeds))
        self.losses = torch.cat([self.losses, kept], 2)

    def _tune(self, seeds: range, on_progress: OnProgress) -> Tensor:
        """Train the trials in question with these seeds, and return their scores `(trials, seeds)`."""
        asked = self.race.tuning_sweep(self.entry, self.trials, seeds)
        if self.tuned is None:
            self.tuned = sweep(asked, on_progress)
            return self.race.score_trials(self.tuned)
        return self.race.score_curves(curves(asked, on_progress=on_progress), asked)[..., 0]

    def _narrow(self) -> None:
        """Keep the trials that are best here or in a re-drawn race."""
        best = int(best_trial(self.race, median(self.scores)))
        redrawn = best_trials(self.race, self.scores) if self.race.compares else torch.tensor([best])
        kept = sorted({best, *redrawn.tolist()})
        self.trials = [self.trials[place] for place in kept]
        self.best = self.trials[kept.index(best)]
        self.redrawn = torch.tensor(self.trials)[torch.searchsorted(torch.tensor(kept), redrawn)]
        self.scores = self.scores[kept]
        self.new_scores, self.losses = self.new_scores[[*kept, -1]], self.losses[:, [*kept, -1]]

    def result(self) -> OptimizerResult:
        assert self.tuned is not None
        *new_scores, default = self.new_scores
        return OptimizerResult(
            optimizer=self.race.optimizers[self.entry],
            trials=self.tuned,
            trial_scores=self.race.score_trials(self.tuned),
            best_trial=self.best,
            losses=self.losses[:, self.trials.index(self.best)].clone(),
            redrawn=self.redrawn if self.race.compares else None,
            new_scores={trial: each[:, 0] for trial, each in zip(self.trials, new_scores, strict=True)},
            new_ranges={
                trial: torch.stack([each.amin(1), each.amax(1)], 1)
                for trial, each in zip(self.trials, new_scores, strict=True)
            },
            default_scores=default[:, 0],
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
