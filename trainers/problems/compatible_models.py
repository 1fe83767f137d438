"""Which models suit a table of the user's."""

from collections.abc import Mapping

from trainers.datasets.csv.dataset import Own
from trainers.datasets.csv.table import suggestion
from trainers.problems.base import Problem
from trainers.problems.supervised import OWN, Supervised
from trainers.settings import Choice, SettingError, settings_of


def models(own: Own, kinds: Mapping[str, type[Problem]]) -> list[str]:
    """The names of those that can be fitted to these columns, the one that fits best first."""
    able = [name for name, kind in kinds.items() if _suits(kind, own)]
    classify = suggestion(own.table, own.target, own.features) == "classification"
    return sorted(able, key=lambda name: kinds[name].classifies != classify)  # type: ignore[attr-defined]


def _suits(kind: type[Problem], own: Own) -> bool:
    source = settings_of(kind).get("source")
    if not issubclass(kind, Supervised) or not isinstance(source, Choice) or OWN not in source.options:
        return False
    try:
        kind(source=OWN, own=own)  # type: ignore[call-arg]
    except SettingError:
        return False
    return True
