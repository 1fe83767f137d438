"""Cost estimates of a race: parameter updates, seconds, bytes."""

from trainers.races import redraw
from trainers.races.evaluation import EPOCHS_AT_ONCE
from trainers.races.spec import Race
from trainers.sweeps import cost as sweep_cost
from trainers.sweeps.block import block_size

SCORE_SECONDS = 2e-8
"""What a score in a re-drawn race takes: about as long as a parameter update."""


def choosing_work(race: Race, seeds: range) -> float:
    """Cost estimate, in parameter updates, of choosing the best trials of an optimizer in re-drawn races.

    It is that of the round which adds these seeds.
    """
    trials = race.num_expected if seeds.start else race.trials
    return _redraw_work(race, trials * seeds.stop)


def comparing_work(race: Race, seeds: range) -> float:
    """Cost estimate, in parameter updates, of comparing all pairs of optimizers in a round."""
    return _redraw_work(race, len(race.optimizers) ** 2 * seeds.stop)


def _redraw_work(race: Race, scores: int) -> float:
    return float(redraw.REDRAWN * scores * race.compares)


def redrawing_work(race: Race) -> float:
    """Cost estimate of all re-drawn races, in parameter updates."""
    each = len(race.optimizers)
    return sum(each * choosing_work(race, seeds) + comparing_work(race, seeds) for seeds in race.rounds)


def work(race: Race) -> float:
    """Cost estimate in parameter updates."""
    return sum(map(sweep_cost.work, race.parts)) + redrawing_work(race)


def redrawing_seconds(race: Race) -> float:
    """Estimated seconds of all re-drawn races."""
    return SCORE_SECONDS * redrawing_work(race)


def memory(race: Race) -> float:
    """Estimated bytes: the results, and what the training of one round holds."""
    evaluated = race.parts[1::2]
    numbers = sum(part.size for part in evaluated) * len(race.recorded)
    chunk = max(min(block_size(part), part.size) for part in evaluated) * EPOCHS_AT_ONCE
    return sum(map(sweep_cost.memory, race.parts)) + 8.0 * (numbers + chunk)
