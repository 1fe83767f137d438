"""Short, distinct names of runs."""

from collections.abc import Callable, Sequence

from trainers.run import Method
from trainers.runners import RUNNERS


def names(methods: Sequence[Method]) -> list[str]:
    """Return a short name per method: its optimizer, and the settings that tell it apart.

    Learning rate and implementation are named where methods with the same optimizer differ in them, other
    settings where any methods do.
    """
    return short([method.label.split(" · ") for method in methods], _within_optimizer)


def names_without_lr(methods: Sequence[Method]) -> list[str]:
    """Return short names that do not tell the learning rate; they may be equal."""
    told = [[word for word in method.label.split(" · ") if not word.startswith("lr ")] for method in methods]
    return shortened(told, _within_optimizer)


def _within_optimizer(word: str) -> bool:
    return word.startswith("lr ") or word in RUNNERS


def short(words: Sequence[Sequence[str]], within: Callable[[str], bool] = lambda word: False) -> list[str]:
    """Return `shortened` names, those that are equal with a number."""
    names = shortened(words, within)
    repeats = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name} ({n + 1})" if n else name for name, n in zip(names, repeats, strict=True)]


def shortened(
    words: Sequence[Sequence[str]], within: Callable[[str], bool] = lambda word: False
) -> list[str]:
    """Return names with the first word of each, and the others that not all have in common.

    Words of which `within` is true are compared among those with the same first word only.
    """
    names = []
    for parts in words:
        alike = [other for other in words if other[0] == parts[0]]
        kept = (w for w in parts[1:] if not all(w in other for other in (alike if within(w) else words)))
        names.append(" · ".join([parts[0], *kept]))
    return names
