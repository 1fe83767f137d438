"""Questions of the examples, each with the judge of its answers: what most would get wrong."""

from collections.abc import Sequence

from dashboard.context import View
from trainers.history import History
from trainers.reports.leaders import lowest
from trainers.reports.questions import (
    Question,
    among_first,
    distance_of_params,
    distinct_ends,
    first_to_reach,
    leaving,
    misclassifying,
    nearest,
    or_none,
)

TARGET = View().target
FOUR_OTHERS = ("SGD", "SGD with momentum 0.9", "Adam", "RMSprop")
FOUR = ("SGD", "SGD with momentum 0.9", "RMSprop", "Adam")


def _who_wins_at_each_rate(histories: Sequence[History]) -> list[int]:
    """Judge which of three optimizers ends lowest at each of three rates; 3 if not always the same."""
    winners = {tuple(lowest(histories[place : place + 3])) for place in (0, 3, 6)}
    return list(winners.pop()) if len(winners) == 1 else [3]


def _adam_or_momentum(histories: Sequence[History]) -> list[int]:
    """Judge whether Adam (0) or SGD with momentum (1) ends closer to the minimum, or neither (2)."""
    momentum, adam = histories[1], histories[3]
    ends = float(adam.gap[-1]), float(momentum.gap[-1])
    if max(ends) <= adam.run.training.rounding(adam.loss.dtype):
        return [2]
    return [ends.index(min(ends))]


def _after_arrival(histories: Sequence[History]) -> list[int]:
    """Judge whether the last run stays within the target (0), leaves it (1), or climbs above 100 (2)."""
    last = histories[-1]
    highest = float(last.gap[last.epochs_to(TARGET) :].max())
    return [0 if highest <= TARGET else 1 if highest <= 100 else 2]


def _at_a_larger_rate(histories: Sequence[History]) -> list[int]:
    """Judge whether the second run is lower than the first (0), about the same (1), or climbs (2)."""
    first, second = (float(history.gap[-1]) for history in histories[:2])
    climbs = not second < histories[1].gap[0]
    return [2 if climbs else 0 if second < 0.95 * first else 1]


def _growth(histories: Sequence[History]) -> float:
    """Return the factor by which the last run changes its loss."""
    return float(histories[-1].loss[-1] / histories[-1].loss[0])


def _rises(histories: Sequence[History]) -> float:
    """Return how often, from 0 to 1, the loss of a mini-batch of the last run is above the one before."""
    return float((histories[-1].batch_loss.diff() > 0).double().mean())


def _rising_and_falling(histories: Sequence[History]) -> list[int]:
    """Judge whether the first run grows (0), falls at each epoch (1), or rises in between (2)."""
    loss = histories[0].loss
    if not loss[-1] < loss[0]:
        return [0]
    return [2 if bool((loss.diff() > 0).any()) else 1]


def _same_ends(histories: Sequence[History]) -> int:
    """Judge which of three runs end at the same point: all (0), the first two, the last two, or none (3)."""
    first, last = (distinct_ends(pair, 0.01) == 1 for pair in (histories[:2], histories[1:]))
    return 0 if first and last else 1 if first else 2 if last else 3


THREE_WAYS = Question(
    "The same 5,000 updates by hand, by autograd and by torch.optim: how far apart do their parameters get?",
    (
        "Not at all: they are equal to the last bit",
        "A few millionths: each way rounds differently",
        "Further and further: rounding errors add up",
    ),
    nearest(distance_of_params, 0, 3e-6, 1),
)
LEAVING = Question(
    "All three come within 0.01 of the minimum loss. Which one leaves again?",
    ("SGD", "RMSprop", "Adam", "None of them: they stay"),
    or_none(leaving(TARGET)),
)
ONE_RATE = Question(
    "Three optimizers, each at lr 0.01, 0.1 and 1. Which one has the smallest gap after 500 epochs?",
    (
        "SGD with momentum, at each learning rate",
        "RMSprop, at each learning rate",
        "Adam, at each learning rate",
        "Not the same one at each learning rate",
    ),
    _who_wins_at_each_rate,
)
TUNED = Question(
    "Each optimizer keeps the best of 36 learning rates. Does Adam end closer than SGD with momentum?",
    (
        "Yes, Adam is closer to the minimum",
        "No, SGD with momentum is closer",
        "Both reach the minimum, to within rounding",
    ),
    _adam_or_momentum,
)
WHICH_LOWEST = Question(
    "On Rosenbrock's valley, from one initial point, each near its best learning rate: which ends lowest?",
    FOUR_OTHERS,
    lowest,
)
EDGE = Question(
    "This network's loss becomes so sharp that gradient descent at lr 1 is unstable. What does its loss do?",
    ("It grows", "It falls at each epoch", "It rises again and again, and still falls in the long run"),
    _rising_and_falling,
)
RAW_DATA = Question(
    "Adam at lr 1 is the first within 0.01 of the minimum loss. What does its loss do after that?",
    ("It stays within 0.01", "It rises a little", "It climbs above 100 and comes back"),
    _after_arrival,
)
STANDARDIZED = Question(
    "On standardized inputs, when does plain SGD at lr 0.5 come within 0.01 of the minimum loss?",
    ("After 1 epoch", "After about 10 epochs", "After about 70, as Adam does", "After hundreds of epochs"),
    nearest(lambda histories: histories[0].epochs_to(TARGET), 1, 10, 70, 500),
)
TOO_FAST = Question(
    "0.03 works here. What does 0.0333, 11% more, do?",
    ("It is about 11% faster", "About the same", "The loss climbs"),
    _at_a_larger_rate,
)
ONE_DIGIT = Question(
    "At lr 6.15e-7 the loss falls. What does it do in 2,000 epochs at 6.16e-7, 0.2% more?",
    ("It falls as far", "It stays about where it was", "It grows more than a thousandfold"),
    nearest(_growth, 1e-3, 1, 3e3),
)
MOMENTUM = Question(
    "One learning rate, more and more momentum: which comes within 0.01 of the minimum loss first?",
    ("No momentum", "Momentum 0.5", "Momentum 0.9", "Momentum 0.99"),
    among_first(4, first_to_reach(TARGET)),
)
BENT_VALLEY = Question(
    "A narrow, bent valley. Which one comes within 0.01 of its minimum first?",
    FOUR,
    first_to_reach(TARGET),
)
FOUR_MINIMA = Question(
    "Four equal minima, and four runs from the same point. In how many of the minima do they end?",
    ("In one: the nearest", "In two", "In three", "In four: each in another"),
    nearest(distinct_ends, 1, 2, 3, 4),
)
WEIGHT_DECAY = Question(
    "SGD, Adam and AdamW, all with weight decay 0.1. Which of them end at the same point?",
    ("All three", "SGD and Adam", "Adam and AdamW", "None of them"),
    lambda histories: [_same_ends(histories)],
)
SPIRALS = Question(
    "Two spirals, 600 epochs. Which one does not classify all points correctly?",
    FOUR,
    misclassifying,
)
BATCHES = Question(
    "Adam trains on mini-batches. How often is the loss of one above the loss of the one before?",
    ("Almost never: each update lowers it", "About one time in ten", "Almost every second time"),
    nearest(_rises, 0.01, 0.1, 0.5),
)
OVERFITTING = Question(
    "Adam trains a wide network on 60 noisy samples. From when on does its validation loss rise?",
    ("From about epoch 10", "From about epoch 100", "From about epoch 500", "It falls to the end"),
    nearest(lambda histories: histories[-1].overfitting_from, 10, 100, 500, 1e9),
)
