"""How often races contradict each other: 40 with other seeds, on problems the rule was not chosen by."""

from torch import Tensor

from tests.studies.tables import markdown
from trainers import Race
from trainers.problems import PROBLEMS, LinearRegression
from trainers.races.redraw import median
from trainers.races.repeats import Repeats, repeated

RACES = 40
SPECS = {
    "ThreeHumpCamel": Race(problem=PROBLEMS["ThreeHumpCamel"](), trials=24),
    "Matyas": Race(problem=PROBLEMS["Matyas"](), trials=24),
    "linear regression, batches of 20, 20% held out": Race(
        problem=LinearRegression(), batch_size=20, validation_split=0.2, trials=24, epochs=100
    ),
}
HEAD = (
    "problem",
    "lower median: pairs of races that contradict each other",
    "beats: comparisons told apart",
    "beats: contradictions",
    "beats: against the median of all races",
    "races with a lowest median alone",
    "with one that beats all others",
)


def contradictions(better: Tensor) -> str:
    """Of pairs of races that both say which of two optimizers is better, those that disagree."""
    wins = better.long().sum(0)
    total = wins + wins.T
    pairs = int((total * (total - 1) // 2).triu(1).sum())
    against = int((wins * wins.T).triu(1).sum())
    return f"{against:,} of {pairs:,} ({against / max(pairs, 1):.2%})"


def row(name: str, found: Repeats) -> list[str]:
    race, medians = found.race, found.medians
    ours, theirs = medians[:, :, None], medians[:, None, :]
    lower = (ours < theirs) & ~race.tied(ours, theirs)
    pairs = len(medians) * len(race.optimizers) * (len(race.optimizers) - 1) // 2
    told = int(found.beats.sum())
    all_races = median(medians.T)
    wrong = found.beats & (all_races[:, None] >= all_races[None, :])
    alone = int((found.lowest.sum(1) == 1).sum())
    return [
        name,
        contradictions(lower),
        f"{told} of {pairs} ({told / pairs:.0%})",
        contradictions(found.beats),
        f"{int(wrong.sum())} of {told}",
        f"{alone} of {len(medians)}",
        f"{int(found.first.any(1).sum())} of {len(medians)}",
    ]


def table() -> str:
    return markdown(HEAD, [row(name, repeated(spec, RACES)) for name, spec in SPECS.items()])


if __name__ == "__main__":
    print(table())
