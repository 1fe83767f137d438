"""Published results on benchmarks of optimizers, on the problems of the lab: what of them holds here."""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from tests.studies.profile import performance_profile
from tests.studies.tables import markdown
from trainers import Race, race
from trainers.optimizers import SGD, Adam, RMSprop
from trainers.problems import MLP, PROBLEMS, LogisticRegression, Problem, Thermometer
from trainers.races.budget import expected_best
from trainers.races.redraw import MARGIN, median
from trainers.races.result import RaceResult
from trainers.reports.race import optimizer_names
from trainers.reports.race_scores import format_score

COUNTS = (1, 2, 4, 8, 16)
FACTORS = (1.1, 2, 10, 100)
INCLUDED = {
    "network on moons": MLP(),
    "thermometer, raw": Thermometer("raw"),
    "Rosenbrock": PROBLEMS["Rosenbrock"](),
    "Quadratic": PROBLEMS["Quadratic"](),
}


@cache
def races() -> dict[str, RaceResult]:
    """The default race on all problems with a known minimum, and on two classifiers: losses above 0."""
    problems: dict[str, Problem] = {
        name: kind() for name, kind in PROBLEMS.items() if kind().by_hand and kind().minimum is not None
    }
    problems |= {"LogisticRegression": LogisticRegression(), "MLP": MLP()}
    return {
        name: race(Race(problem=problem, trials=24, epochs=200 if name == "MLP" else 500))
        for name, problem in problems.items()
    }


def names() -> list[str]:
    return optimizer_names(next(iter(races().values())).race)


def budgets() -> str:
    """On how many problems an optimizer has the lowest expected result, to within 10%, after n trials."""
    lowest = torch.zeros(len(names()), len(COUNTS), dtype=torch.int64)
    for result in races().values():
        expected = torch.tensor([expected_best(result, entry, COUNTS) for entry in result.results])
        lowest += expected <= (1 + MARGIN) * expected.amin(0)
    head = ["trials", *map(str, COUNTS)]
    return markdown(head, [[name, *row] for name, row in zip(names(), lowest.tolist(), strict=True)])


def scores() -> tuple[Tensor, Tensor]:
    """Median scores `(problems, optimizers)` with tuned and with default learning rates."""
    tuned = torch.stack([result.medians for result in races().values()])
    default = [
        torch.stack([median(entry.default_scores) for entry in result.results]) for result in races().values()
    ]
    return tuned, torch.stack(default)


def profile() -> str:
    """Performance profile of the optimizers, tuned, at their default rates, and of the best default."""
    tuned, default = scores()
    found = performance_profile(torch.cat([tuned, default, default.amin(1, keepdim=True)], 1), FACTORS)
    labels = [f"{name}, {how}" for how in ("tuned", "default") for name in names()]
    rows = [
        [label, *(f"{share:.0%}" for share in row)]
        for label, row in zip([*labels, "the best of all defaults"], found.tolist(), strict=True)
    ]
    return markdown(["within a factor of the best", *(f"{factor:g}" for factor in FACTORS)], rows)


def defaults_suffice() -> dict[str, int]:
    """On how many problems the best default is as good, to within 10%, as each optimizer tuned."""
    tuned, default = scores()
    good = default.amin(1, keepdim=True) <= (1 + MARGIN) * tuned
    return dict(zip(names(), good.sum(0).tolist(), strict=True))


@cache
def inclusion_races() -> dict[str, RaceResult]:
    """Races in which all hyperparameters are tuned, eps too."""
    field = (SGD(), Adam(), RMSprop())
    return {
        name: race(Race(problem=problem, tune="all", optimizers=field, trials=50, epochs=200))
        for name, problem in INCLUDED.items()
    }


def inclusion() -> str:
    """The results of optimizers with all hyperparameters tuned, momentum among those of SGD."""
    rows: list[Sequence[str]] = []
    for name, result in inclusion_races().items():
        labels, beats = optimizer_names(result.race), result.evidence
        assert beats is not None
        told = [f"{labels[a]} beats {labels[b]}" for a, b in beats.beats.nonzero().tolist()]
        results = [format_score(result.race, score) for score in result.medians]
        rows.append([name, *results, ", ".join(told) or "–"])
    return markdown(["problem", "SGD, with momentum", "Adam", "RMSprop", "told apart"], rows)


TABLES = {"budgets": budgets, "profile": profile, "inclusion": inclusion}

if __name__ == "__main__":
    for name, table in TABLES.items():
        print(f"\n<!-- {name} -->\n\n{table()}")
    print(f"\nBest default as good as tuned, of {len(races())} problems: {defaults_suffice()}")
