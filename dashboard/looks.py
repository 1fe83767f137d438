"""Colors of runs: a hue for each optimizer as it occurs, and a shade for each of its learning rates."""

from collections.abc import Mapping, Sequence

from trainers.charts.style import MAX_HUES, STROKES, Look, Stroke
from trainers.reports.rate import variant
from trainers.run import Method
from trainers.runners import RUNNERS

DASHES = ((1, 0), (7, 3), (2, 3), (9, 3, 2, 3))
"""Dash patterns of runs with the same color."""


def assign_hues(
    ids: Sequence[int], methods: Sequence[Method], before: Mapping[int, tuple[Method, int]]
) -> dict[int, tuple[Method, int]]:
    """Return variant and hue of each run by its id.

    Runs keep their hue while they exist; others get a free one.
    Runs of one variant share a hue. Hues repeat if there are more than `MAX_HUES` variants.
    """
    variants = {id: variant(method) for id, method in zip(ids, methods, strict=True)}
    hues = {
        kind: before[id][1] for id, kind in reversed(variants.items()) if before.get(id, (None,))[0] == kind
    }
    for id, kind in variants.items():
        if kind not in hues:
            former = before[id][1] if id in before else None
            taken = set(hues.values())
            free = next((hue for hue in range(MAX_HUES) if hue not in taken), len(hues) % MAX_HUES)
            hues[kind] = former if former is not None and former not in taken else free
    return {id: (kind, hues[kind]) for id, kind in variants.items()}


def looks(methods: Sequence[Method], hues: Sequence[int]) -> tuple[Look, ...]:
    """Return the look of each run, given its hue.

    The shade says the rank of its learning rate, and of its implementation where that is the same; strokes
    tell implementations apart, or runs whose color is the same.
    """
    several = len({method.runner for method in methods}) > 1
    keys = [
        (hue, _rate(method), list(RUNNERS).index(method.runner))
        for hue, method in zip(hues, methods, strict=True)
    ]
    made = []
    for place, (method, key) in enumerate(zip(methods, keys, strict=True)):
        ranks = sorted({other for other in keys if other[0] == key[0]})
        shade = ranks.index(key) / (len(ranks) - 1) if len(ranks) > 1 else 0.5
        repeats = keys[:place].count(key)
        stroke = STROKES[method.runner] if several else Stroke(dash=DASHES[repeats % len(DASHES)])
        made.append(Look(key[0], shade, stroke))
    return tuple(made)


def _rate(method: Method) -> float:
    return float(getattr(method.optimizer, "lr", 0.0))
