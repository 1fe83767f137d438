"""Expected best score of an optimizer after so many trials, drawn at random from all of its own.

The trial with the best tuning score owes that in part to luck: its score with other seeds is worse (the
winner's curse). So trials are chosen by one half of the seeds, and score by the other half.

Sources: P. Sivaprasad et al. 2020, arXiv 1910.11758; J. Dodge et al. 2019, arXiv 1909.03004.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from trainers.races.redraw import median
from trainers.races.result import OptimizerResult, RaceResult

HALVINGS = 20
"""Random halvings of the seeds. Each is used both ways."""
MIN_HALVED = 6
"""With fewer seeds there are no halves."""


def expected_best(result: RaceResult, entry: OptimizerResult, counts: Sequence[int]) -> list[float] | None:
    """Expected score, with other seeds, of the best of `counts` trials; None with too few seeds.

    The mean of the logarithms, see `is_log`, over `HALVINGS` halvings of the seeds.
    """
    seeds = result.race.seeds
    if seeds < MIN_HALVED:
        return None
    generator = torch.Generator().manual_seed(0)
    half = (seeds // 2 - 1) // 2 * 2 + 1  # odd, so that there is one in the middle
    expected = []
    for _ in range(HALVINGS):
        order = torch.randperm(seeds, generator=generator)
        ours, theirs = (
            _scores(result, entry.trial_scores[:, part]) for part in (order[:half], order[-half:])
        )
        expected += [_expected(ours, theirs, counts), _expected(theirs, ours, counts)]
    return _back(result, torch.stack(expected).mean(0))


def expected_tuning_score(result: RaceResult, entry: OptimizerResult, counts: Sequence[int]) -> list[float]:
    """Expected tuning score of the best of `counts` trials: chosen by it, too, and so better than it is."""
    scores = _scores(result, entry.trial_scores)
    return _back(result, _expected(scores, scores, counts))


def bounded(result: RaceResult, scores: Tensor) -> Tensor:
    """Return scores, those that failed or are worse than no improvement as that.

    No improvement is the median initial gap or loss, or all epochs if the target was not reached.
    """
    return scores.clamp(max=_no_improvement(result))


def _no_improvement(result: RaceResult) -> float:
    race = result.race
    return float(race.epochs) if race.metric == "epochs" else race.sweeps[0].median_start


def is_log(result: RaceResult) -> bool:
    """Whether means are those of logarithms: where no score is 0 or below."""
    above = all(bool((entry.trial_scores > 0).all()) for entry in result.results)
    return above and _no_improvement(result) > 0


def _scores(result: RaceResult, scores: Tensor) -> Tensor:
    """Return the median scores of trials, `(trials,)`, as they are averaged."""
    middle = bounded(result, median(scores))
    return middle.log() if is_log(result) else middle


def _back(result: RaceResult, means: Tensor) -> list[float]:
    return [float(each) for each in (means.exp() if is_log(result) else means)]


def _expected(choosing: Tensor, scoring: Tensor, counts: Sequence[int]) -> Tensor:
    """Return the expected score of that of so many trials which has the lowest choosing score.

    Of N trials, `count` drawn without replacement, the i-th best is the best drawn with probability
    C(N - i, count - 1) / C(N, count). Trials with the same choosing score share theirs.
    """
    _, ties = choosing.unique(return_inverse=True)
    sums = torch.zeros(len(choosing), dtype=scoring.dtype).index_add(0, ties, scoring)
    shared = (sums / ties.bincount(minlength=len(choosing)))[ties][choosing.argsort()]
    weights = torch.stack([_probabilities(len(shared), count) for count in counts])
    expected: Tensor = (weights * shared).where(weights > 0, 0).sum(1)  # 0 times infinity is NaN
    return expected


def _probabilities(total: int, count: int) -> Tensor:
    ways = [math.comb(total - place, count - 1) for place in range(1, total + 1)]
    return torch.tensor([each / math.comb(total, count) for each in ways], dtype=torch.float64)
