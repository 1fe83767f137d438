"""Tuning and evaluation of the optimizers of a race."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter

import torch
from torch import Tensor

from trainers.modes import cacheable
from trainers.races import cost
from trainers.races.evaluation import evaluate
from trainers.races.redraw import Evidence, best_trial, best_trials, compare, median
from trainers.races.result import OptimizerResult, RaceResult
from trainers.races.spec import Race
from trainers.sweeps.cost import work
from trainers.sweeps.result import SweepResult
from trainers.sweeps.training import OnProgress, sweep


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
    began, progress = perf_counter(), RaceProgress(cost.work(spec), on_progress)
    contenders = [Contender(spec, entry) for entry in range(len(spec.optimizers))]
    found = RaceResult(spec, (), 0.0)
    for seeds in spec.rounds:
        results = tuple(_round(contenders, seeds, progress))
        report = None if progress.stopped else progress.part(cost.comparing_work(spec, seeds))
        evidence = _evidence(spec, results, found.evidence, report)
        if progress.stopped and found.results:
            found = replace(found, stopped=True)
            break
        found = RaceResult(spec, results, 0.0, progress.stopped, evidence)
        if progress.stopped or found.decided:
            break
    return replace(found, seconds=perf_counter() - began)


def _evidence(
    race: Race, results: Sequence[OptimizerResult], earlier: Evidence | None, on_progress: OnProgress | None
) -> Evidence | None:
    """Compare the optimizers that finished, if there are several, with enough seeds."""
    if not race.compares or len(results) < 2:
        return None
    scores, redrawn = [], []
    for entry in results:
        assert entry.redrawn is not None
        each = zip(entry.new_scores.values(), entry.new_ranges.values(), strict=True)
        scores.append(torch.stack([torch.cat([own[:, None], ends], 1) for own, ends in each]))
        redrawn.append(torch.searchsorted(torch.tensor([*entry.new_scores]), entry.redrawn))
    medians = torch.stack([median(entry.tuned_scores) for entry in results])
    return compare(race, scores, redrawn, medians, earlier, on_progress)


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
        tuning, evaluation = map(work, self.race.planned(self.entry, seeds))
        scores = self._tune(seeds, progress.part(tuning))
        if progress.stopped:
            return
        self.scores = torch.cat([self.scores, scores], 1)
        self._narrow(progress.part(cost.choosing_work(self.race, seeds)))
        if progress.stopped:
            return
        asked = self.race.evaluation_sweep(self.entry, self.trials, seeds)
        found = evaluate(
            self.race,
            asked,
            epochs=self.race.recorded,
            twins=self.race.copies > 1,
            on_progress=progress.part(evaluation),
        )
        self.new_scores = torch.cat([self.new_scores, found.scores], 1)
        self.losses = torch.cat([self.losses, found.losses], 2)

    def _tune(self, seeds: range, on_progress: OnProgress) -> Tensor:
        """Train the trials in question with these seeds, and return their scores `(trials, seeds)`."""
        asked = self.race.tuning_sweep(self.entry, self.trials, seeds)
        if self.tuned is None:
            self.tuned = sweep(asked, on_progress)
            return self.race.score_trials(self.tuned)
        return evaluate(self.race, asked, on_progress=on_progress).scores[..., 0]

    def _narrow(self, on_progress: OnProgress) -> None:
        """Keep the trials that are best here or in a re-drawn race."""
        best, redrawn = int(best_trial(self.race, median(self.scores))), torch.empty(0, dtype=torch.int64)
        if self.race.compares:
            redrawn = best_trials(self.race, self.scores, on_progress)
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
            new_scores={
                trial: each[:, 0].clone() for trial, each in zip(self.trials, new_scores, strict=True)
            },
            new_ranges={
                trial: torch.stack([each.amin(1), each.amax(1)], 1)
                for trial, each in zip(self.trials, new_scores, strict=True)
            },
            default_scores=default[:, 0].clone(),
        )


class RaceProgress:
    """Progress of a race, reported by its parts."""

    def __init__(self, total: float, on_progress: OnProgress | None) -> None:
        self.total, self.done, self.on_progress, self.stopped = total, 0.0, on_progress, False

    def part(self, size: float) -> OnProgress:
        """Return the progress callback of the next part, of so many parameter updates."""
        done_before = self.done
        self.done += size

        def report(fraction: float) -> bool:
            if self.on_progress is not None:
                self.stopped = bool(self.on_progress((done_before + size * fraction) / self.total))
            return self.stopped

        return report
