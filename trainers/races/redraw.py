"""Re-drawn races: what a race might have found with other seeds.

In each, both the seeds of the trials and the new seeds are drawn with replacement from those of the race, the
same for all optimizers. Each optimizer's best trial is found anew, and compared on the new seeds.

Source: B. Efron and R. Tibshirani 1993, "An Introduction to the Bootstrap", chapter 8. The tuning is drawn
anew, too, as it varies no less than the comparison (X. Bouthillier et al. 2021, arXiv 2103.03098).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from trainers.races.spec import Race
from trainers.sweeps.training import OnProgress

REDRAWN = 1000
"""Number of re-drawn races."""
ERROR = 0.05
"""Fraction of the re-drawn races in which what is said need not hold."""
MARGIN = 0.1
"""Fraction by which the median of the better optimizer must be smaller."""
CHUNK = 2**18
"""Max. scores that are drawn at once: bounds memory, and the time between two reports of progress."""


def draws(seeds: int, stream: int) -> Tensor:
    """Return which seeds each re-drawn race has, `(REDRAWN, seeds)`, int64; `stream` tells draws apart."""
    generator = torch.Generator().manual_seed(stream)
    return torch.randint(seeds, (REDRAWN, seeds), generator=generator)


def best_trials(race: Race, scores: Tensor, on_progress: OnProgress | None = None) -> Tensor:
    """Return the best trial of each re-drawn race, `(REDRAWN,)`, int64, by scores `(trials, seeds)`.

    `on_progress(fraction)` is called often; when it returns True, the rest is missing.
    """
    drawn, found = draws(scores.shape[1], 0), list[Tensor]()
    for part in drawn.split(max(CHUNK // scores.numel(), 1)):
        found.append(best_trial(race, median(scores[:, part])))
        if on_progress is not None and on_progress(sum(map(len, found)) / len(drawn)):
            break
    return torch.cat(found)


def best_trial(race: Race, scores: Tensor) -> Tensor:
    """Return the index of the lowest score over the first dimension; of ties, the middle one."""
    ties = race.tied(scores, scores.min(dim=0, keepdim=True).values).long()
    middle = ties.sum(0, keepdim=True) // 2 + 1
    return (ties.cumsum(0) >= middle).int().argmax(0)


def median(scores: Tensor) -> Tensor:
    """Median over the last dim; of two middle values the larger. A failure is infinite."""
    return scores.kthvalue(scores.shape[-1] // 2 + 1).values


@dataclass(frozen=True, eq=False)
class Evidence:
    """How sure the comparison of the optimizers of a race is. Tensors are `(optimizers, optimizers)`."""

    confidence: Tensor = field(repr=False)
    """float64: fraction of the re-drawn races in which the row is better on more seeds than the column.

    Of those that beat another it is that of the round in which they first did.
    """
    beats: Tensor
    """bool: the confidence is at least `level`, and the median score smaller by more than `MARGIN` and
    rounding; or it was so in an earlier round."""
    alike: Tensor
    """bool: the medians are within `MARGIN` and rounding of each other, and so in `level` of the re-drawn
    races."""
    first: Tensor
    """`(optimizers,)`, float64: fraction of the re-drawn races in which its median is lowest, or tied."""
    level: float
    """Fraction of the re-drawn races in which something must hold to be said."""

    @property
    def groups(self) -> list[list[int]]:
        """The optimizers in groups: those that none beats, those that none of the rest beats, and so on."""
        groups, rest = [], list(range(len(self.beats)))
        while rest:
            group = [ours for ours in rest if not any(self.beats[theirs, ours] for theirs in rest)]
            group = group or rest  # each beaten by another, as different rounds may have it
            groups.append(group)
            rest = [place for place in rest if place not in group]
        return groups


def needed(race: Race, seeds: int) -> float:
    """Return in what fraction of the re-drawn races something must hold to be said with so many seeds.

    Each look of a race that goes on until decided may err in proportion to the seeds that it adds; together
    they err no more than one.

    Sources: P. Armitage et al. 1969; K. Lan and D. DeMets 1983.
    """
    added = next((each for each in race.rounds if each.stop == seeds), None)
    if added is None or len(race.rounds) == 1:
        return 1 - ERROR
    return 1 - ERROR * len(added) / race.looks[-1]


def compare(
    race: Race,
    scores: Sequence[Tensor],
    redrawn: Sequence[Tensor],
    medians: Tensor,
    earlier: Evidence | None = None,
    on_progress: OnProgress | None = None,
) -> Evidence | None:
    """Compare optimizers. None if stopped: `on_progress(fraction)` is called often, and returned True.

    `scores` `(trials, seeds, 3)` are, for each optimizer, those of its trials in question with the race's new
    seeds, and the ends of their ranges: see `is_better`. `redrawn` `(REDRAWN,)`, int64, tells which of these
    trials is best in each re-drawn race. `medians` `(optimizers,)` are those of the race itself. Who beats
    another by `earlier` evidence, with fewer seeds, still does.
    """
    count, seeds = len(scores), scores[0].shape[1]
    chosen, level = draws(seeds, 1), needed(race, seeds)
    won, alike, least = torch.zeros(count, count), torch.zeros(count, count), torch.zeros(count)
    for part in torch.arange(len(chosen)).split(max(CHUNK // (count * seeds), 1)):
        places = [(best[part][:, None], chosen[part]) for best in redrawn]
        drawn = torch.stack([each[place] for each, place in zip(scores, places, strict=True)])
        middles, ranges = median(drawn[..., 0]), drawn[..., 1:]
        won += torch.stack([(wins(race, ours, ranges) > 0).sum(-1) for ours in ranges])
        near = ~beyond_margin(race, middles[:, None], middles[None])
        alike += (near & near.transpose(0, 1)).sum(-1)
        least += race.tied(middles, middles.min(0).values).sum(-1)
        if on_progress is not None and on_progress((int(part[-1]) + 1) / len(chosen)):
            return None
    confidence, alike, first = (each.double() / len(chosen) for each in (won, alike, least))
    lead = beyond_margin(race, medians[:, None], medians[None])
    return _evidence(confidence, lead, (alike >= level) & medians.isfinite() & ~lead, first, level, earlier)


def _evidence(
    confidence: Tensor, lead: Tensor, alike: Tensor, first: Tensor, level: float, earlier: Evidence | None
) -> Evidence:
    """Return evidence, in which who beats another by `earlier` evidence still does."""
    beats = (confidence >= level) & lead
    if earlier is not None:
        beats = earlier.beats | beats & ~earlier.beats.T
        confidence = earlier.confidence.where(earlier.beats, confidence)
        alike = alike & ~beats & ~beats.T
    return Evidence(confidence, beats, alike & alike.T, first, level)


def wins(race: Race, ours: Tensor, theirs: Tensor) -> Tensor:
    """On how many more seeds our ranges `(..., seeds, 2)` are better than theirs than they are worse."""
    return is_better(race, ours, theirs).sum(-1) - is_better(race, theirs, ours).sum(-1)


def is_better(race: Race, ours: Tensor, theirs: Tensor) -> Tensor:
    """Whether our scores are better, by ranges `(..., 2)`: lowest and highest of a run and its twins.

    They are if every one of ours is lower than every one of theirs; else rounding decides, and it is a tie.
    """
    high, low = ours[..., 1], theirs[..., 0]
    return (high < low) & ~race.tied(high, low)


def beyond_margin(race: Race, ours: Tensor, theirs: Tensor) -> Tensor:
    """Whether our score is smaller than theirs by more than `MARGIN` of it, and by more than rounding."""
    floor = 0.0 if race.metric == "epochs" else race.rounding
    smaller = ours + MARGIN * ours.abs() + floor < theirs
    return smaller & ~race.tied(ours, theirs)
