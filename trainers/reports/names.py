"""Short, distinct names of runs."""

from collections.abc import Sequence

from trainers.run import Method


def names(methods: Sequence[Method]) -> list[str]:
    """Return a short name per method: its optimizer, and the settings that not all have in common."""
    return short([method.label.split(" · ") for method in methods])


def short(words: Sequence[Sequence[str]]) -> list[str]:
    """Return names with the first word of each, and the other words that not all have in common."""
    common = set.intersection(*map(set, words)) if words else set()
    names = [" · ".join([w[0], *(x for x in w[1:] if x not in common)]) for w in words]
    repeats = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name} ({n + 1})" if n else name for name, n in zip(names, repeats, strict=True)]
