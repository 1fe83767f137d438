"""Models that can be fitted to a table of the user's."""

from collections.abc import Mapping

from trainers.datasets.csv.dataset import CsvDataset
from trainers.datasets.csv.table import suggestion
from trainers.problems.base import Problem
from trainers.problems.supervised import CSV, Supervised
from trainers.settings import Choice, SettingError, settings_of


def models(csv: CsvDataset, kinds: Mapping[str, type[Problem]]) -> list[str]:
    """Names of the models that can be fitted to these columns, the suggested kind first."""
    compatible = [name for name, kind in kinds.items() if _is_compatible(kind, csv)]
    classify = suggestion(csv.table, csv.target, csv.features) == "classification"
    return sorted(compatible, key=lambda name: kinds[name].is_classifier != classify)  # type: ignore[attr-defined]


def _is_compatible(kind: type[Problem], csv: CsvDataset) -> bool:
    source = settings_of(kind).get("source")
    if not issubclass(kind, Supervised) or not isinstance(source, Choice) or CSV not in source.options:
        return False
    try:
        kind(source=CSV, csv=csv)  # type: ignore[call-arg]
    except SettingError:
        return False
    return True
