"""Running a race."""

from dataclasses import replace
from time import perf_counter

from torch import Tensor

from trainers.knobs import knobs
from trainers.optimizers import Rule
from trainers.races import Entry, Race, RaceResult, median
from trainers.sweeping import OnProgress, curves, sweep


def race(race: Race, on_progress: OnProgress | None = None) -> RaceResult:
    """Tune all optimizers of a race and compare them. The same race gives the same numbers each time.

    `on_progress(share)` is called often with the share done so far; the race ends when it returns True,
    and the optimizers that have not finished then are left out.
    """
    began = perf_counter()
    entries: list[Entry] = []
    for number, (optimizer, trials) in enumerate(zip(race.optimizers, race.sweeps(), strict=True)):

        def watch(share: float, number: int = number) -> bool | None:
            return on_progress and on_progress((number + share) / len(race.optimizers))

        result = sweep(trials, watch)
        if result.stopped:
            return RaceResult(race, tuple(entries), perf_counter() - began, stopped=True)
        assert isinstance(optimizer, Rule)
        results = race.judged_trials(result)
        best = middle_of_the_best(median(results))
        winner = result.run(best * race.starts).optimizer
        losses, default = curves(race.fresh(winner)), curves(race.fresh(at_default_rate(optimizer)))
        tuned, untuned = race.judged_curves(losses), race.judged_curves(default)
        entries.append(Entry(optimizer, result, results, best, losses, tuned, untuned))
    return RaceResult(race, tuple(entries), perf_counter() - began)


def middle_of_the_best(scores: Tensor) -> int:
    """The trial with the smallest score; of several, as on a plateau, the one in their middle."""
    ties = (scores == scores.min()).nonzero().flatten()
    return int(ties[len(ties) // 2])


def at_default_rate(optimizer: Rule) -> Rule:
    """The optimizer with torch's learning rate."""
    return replace(optimizer, lr=knobs(optimizer)["lr"].default)  # type: ignore[call-arg]
