"""Example pages, each with the question that it answers."""

from dataclasses import dataclass, replace

from dashboard import example_questions as asked
from dashboard.ask import Ask
from dashboard.context import View
from dashboard.state import Page
from dashboard.tabs.compare import COMPARE
from dashboard.tabs.inside_step import InsideStepSettings
from dashboard.tabs.loss import LOSS
from dashboard.tabs.race import RACE, RaceTabSettings
from trainers.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from trainers.problems import MLP, Rosenbrock, SoftmaxRegression, Thermometer
from trainers.problems.surfaces import Himmelblau, Quadratic
from trainers.reports.questions import Question, usual_question
from trainers.run import Method, Task

ON_LOSS = (LOSS.name,)


@dataclass(frozen=True)
class Example:
    """A page with a name, a hint on what to look for, and a question to be answered first."""

    name: str
    hint: str
    page: Page
    question: Question
    tabs: tuple[str, ...] = ()
    """Tabs on which the hint is true; by default its own, and those of the curves."""

    @property
    def asking(self) -> Page:
        """The page, with its question before it."""
        return replace(self.page, ask=Ask(self.page.comparison))

    def fits(self, page: Page) -> bool:
        """Return whether hint and question are true of a page: one with these runs, target and race."""
        own = self.page
        race = page.of(RaceTabSettings) == own.of(RaceTabSettings)
        return page.comparison == own.comparison and (race or own.tab != RACE.name)

    def hints_at(self, page: Page) -> bool:
        """Return whether the hint is true of what a page shows: of its runs, its tab and its curves."""
        tabs = self.tabs or (self.page.tab, COMPARE.name, LOSS.name)
        curves = self.tabs != ON_LOSS or _curves(page.view) == _curves(self.page.view)
        return page.tab in tabs and curves and self.fits(page)


def _curves(view: View) -> tuple[str, bool, bool]:
    """Return which curves the tab Loss shows."""
    return view.y, view.validation_curve, view.batches


def _page(task: Task, *optimizers: Optimizer, tab: str = "Compare", view: View = View()) -> Page:
    return Page(task, tuple(Method(optimizer=optimizer) for optimizer in optimizers), tab, view)


ARRIVAL = _page(
    Task(epochs=300, dtype="float64"),
    SGD(lr=2e-2),
    SGD(lr=2e-2, momentum=0.9),
    RMSprop(lr=0.3),
    Adam(lr=1.0),
)
"""What an empty address opens: the book's model, on which four optimizers go four ways.

In float64, as the gap would else end at its rounding error.
"""
RAW = Thermometer(scaling="raw")
EXAMPLES = (
    Example(
        "Three ways, one answer",
        "The same updates by hand, with autograd and with torch.optim: three runs, one curve.",
        Page(
            Task(epochs=5000),
            tuple(
                Method(optimizer=SGD(lr=1e-2), runner=runner)
                for runner in ("manual", "autograd", "torch.optim")
            ),
        ),
        asked.THREE_WAYS,
    ),
    Example(
        "SGD, RMSprop, Adam",
        "Each optimizer at a learning rate at which it reaches the target. Which ones stay there, and which "
        "one does not?",
        _page(
            Task(epochs=1000),
            SGD(lr=3e-2),
            RMSprop(lr=1e-1),
            Adam(lr=1.0),
            view=View(y="gap"),
        ),
        asked.LEAVING,
    ),
    Example(
        "One learning rate for all: who wins?",
        "Three optimizers at three shared learning rates. After these 500 epochs momentum has the smallest "
        "gap at 0.01, RMSprop at 0.1, Adam at 1: one learning rate for all says nothing about "
        "the optimizers.",
        _page(
            Task(epochs=500, dtype="float64"),
            *(
                optimizer
                for lr in (0.01, 0.1, 1.0)
                for optimizer in (SGD(lr=lr, momentum=0.9), RMSprop(lr=lr), Adam(lr=lr))
            ),
            view=View(y="gap"),
        ),
        asked.ONE_RATE,
    ),
    Example(
        "Each tuned alike: who wins now?",
        "A fair benchmark: each optimizer tries 36 learning rates with 11 seeds each, then trains with its "
        "best one. The runs in the sidebar are the best trials of the tab Race.",
        _page(
            Task(epochs=500, dtype="float64"),
            SGD(lr=0.02683),
            SGD(lr=0.03728, momentum=0.9),
            SGD(lr=0.01931, momentum=0.9, nesterov=True),
            Adam(lr=1.931),
            RMSprop(lr=0.07197),
            Adagrad(lr=3.728),
            tab="Race",
            view=View(y="gap"),
        ),
        asked.TUNED,
    ),
    Example(
        "How often does the winner change?",
        "A fair race, 20 times, each with other seeds: now Adam has the lowest median, now momentum. One "
        "race would have named one of them. So the page says which optimizer is better only where it is in "
        "at least 95% of 1,000 re-drawn races.",
        replace(
            _page(
                Task(problem=Rosenbrock(), epochs=200),
                SGD(lr=1e-3),
                SGD(lr=1e-3, momentum=0.9),
                Adam(lr=1.0),
                RMSprop(lr=1e-2),
                tab="Race",
            ),
            settings=(RaceTabSettings(optimizers="runs", trials=12, epochs=200, repeats=20),),
        ),
        asked.WHICH_LOWEST,
    ),
    Example(
        "Raw data: why Adam doesn't mind",
        "With unscaled inputs the condition number is 34,000, so SGD must take tiny steps. Adam divides each "
        "parameter's step by the running RMS of its gradient: it needs more epochs than on scaled data, but "
        "it arrives. With lr 1 it leaves again near epoch 1,650, up to a loss above 100, and comes back: the "
        "smaller the gradients, the longer its steps, until they are too long.",
        _page(Task(problem=RAW, epochs=2000), SGD(lr=3e-4), Adam(lr=1e-1), Adam(lr=1.0)),
        asked.RAW_DATA,
    ),
    Example(
        "Scale first: who wins then?",
        "On raw data the race is won by Adam alone, on inputs × 0.1 three optimizers tie, on standardized "
        "inputs all six: there is nothing left to rescale, and plain SGD at lr 0.5 is done in one step. "
        "Change the input scaling to see the three races.",
        _page(
            Task(problem=Thermometer(scaling="standardized"), epochs=100),
            SGD(lr=0.5),
            SGD(lr=0.1, momentum=0.9),
            RMSprop(lr=0.1),
            Adam(lr=1.0),
            tab="Race",
            view=View(y="gap"),
        ),
        asked.STANDARDIZED,
    ),
    Example(
        "How fast is too fast?",
        "0.03 works. What does 0.0333, 11% more, do? It is above the stability limit: in the steep direction "
        "each step overshoots by more than the last.",
        _page(Task(epochs=200), SGD(lr=0.03), SGD(lr=0.0333), SGD(lr=0.05)),
        asked.TOO_FAST,
    ),
    Example(
        "One digit more: 3 million to one",
        "A regression in a forum converged at lr 1.603e-5 and diverged at 1.604e-5: its condition number is "
        "3.25 million. This bowl stands for it. Its stability limit is 6.154e-7.",
        _page(
            Task(problem=Quadratic(condition=3.25e6), epochs=2000, dtype="float64"),
            SGD(lr=6.15e-7),
            SGD(lr=6.16e-7),
        ),
        asked.ONE_DIGIT,
    ),
    Example(
        "Momentum family",
        "The same learning rate with more and more momentum: faster, then overshooting and oscillating.",
        _page(
            Task(epochs=500),
            SGD(lr=1e-2),
            SGD(lr=1e-2, momentum=0.5),
            SGD(lr=1e-2, momentum=0.9),
            SGD(lr=1e-2, momentum=0.99),
            SGD(lr=1e-2, momentum=0.9, nesterov=True),
            view=View(y="gap"),
        ),
        asked.MOMENTUM,
    ),
    Example(
        "A bent valley",
        "Rosenbrock's valley: all runs reach its floor within a few steps, and then follow it slowly to the "
        "minimum. Momentum and Adam arrive within these 2,000 epochs, RMSprop and SGD do not.",
        _page(
            Task(problem=Rosenbrock(), epochs=2000),
            SGD(lr=1e-3),
            SGD(lr=1e-3, momentum=0.9),
            RMSprop(lr=1e-2),
            Adam(lr=5e-2),
        ),
        asked.BENT_VALLEY,
    ),
    Example(
        "Four minima: who ends where?",
        "All four minima are global, and all runs start from the same point. Momentum carries one of them to "
        "another minimum. On the tab Path a click sets the initial point.",
        _page(
            Task(problem=Himmelblau(), epochs=300),
            SGD(lr=1e-2),
            SGD(lr=1e-2, momentum=0.9),
            RMSprop(lr=1e-1),
            Adam(lr=3e-1),
        ),
        asked.FOUR_MINIMA,
    ),
    Example(
        "Two spirals",
        "A network with two hidden layers learns a decision boundary between two spirals. Move the slider to "
        "see how.",
        _page(
            Task(problem=MLP(source="spirals", noise=0.05, depth=2), epochs=600),
            SGD(lr=0.5),
            SGD(lr=0.5, momentum=0.9),
            RMSprop(lr=1e-2),
            Adam(lr=3e-2),
            tab="Fit",
        ),
        asked.SPIRALS,
        tabs=("Fit", "Compare"),
    ),
    Example(
        "The edge of stability",
        "A network sharpens its own loss: the largest eigenvalue of the Hessian climbs until it reaches "
        "2 / lr, the stability limit of gradient descent, and then stays about there. The loss rises again "
        "and again, and still falls over many epochs (J. Cohen et al. 2021, arXiv 2103.00065). At lr 2 the "
        "limit is half as high.",
        replace(
            _page(
                Task(problem=MLP(source="spirals", noise=0.05, depth=2), epochs=500),
                SGD(lr=1.0),
                SGD(lr=2.0),
                tab="Inside a step",
            ),
            settings=(InsideStepSettings(show="sharpness"),),
        ),
        asked.EDGE,
        tabs=("Inside a step", "Compare", "Loss"),
    ),
    Example(
        "Weight decay: coupled or decoupled",
        "All have weight decay 0.1. In SGD and Adam it is coupled, a part of the gradient: both end at the "
        "minimum of loss plus penalty, as ridge regression does. In AdamW it is decoupled: not divided by "
        "the running RMS of the gradient, as the rest of the step is, it shrinks the parameters more here, "
        "and the run is elsewhere.",
        _page(
            Task(problem=Thermometer(scaling="standardized"), epochs=1000),
            SGD(lr=0.1, weight_decay=0.1),
            Adam(lr=0.1, weight_decay=0.1),
            AdamW(lr=0.1, weight_decay=0.1),
            tab="Path",
        ),
        asked.WEIGHT_DECAY,
    ),
    Example(
        "Digits in batches",
        "Handwritten digits in mini-batches of 64. Thin: the loss of each mini-batch, which is noisy. "
        "Dashed: validation loss.",
        _page(
            Task(problem=SoftmaxRegression(), epochs=10, batch_size=64, validation_split=0.2),
            SGD(lr=0.5),
            SGD(lr=5e-2, momentum=0.9),
            Adam(lr=1e-2),
            tab="Loss",
            view=View(batches=True),
        ),
        asked.BATCHES,
        tabs=ON_LOSS,
    ),
    Example(
        "Overfitting",
        "A wide network overfits 60 noisy samples: training loss keeps falling while validation loss "
        "(dashed) rises.",
        _page(
            Task(problem=MLP(noise=0.35, samples=100, width=32), epochs=1000, validation_split=0.4),
            SGD(lr=0.5),
            SGD(lr=0.5, momentum=0.9),
            Adam(lr=3e-2),
            tab="Loss",
        ),
        asked.OVERFITTING,
        tabs=ON_LOSS,
    ),
)


def example_of(page: Page) -> Example | None:
    """Return the example with the same task and methods, None if there is none."""
    alike = (each for each in EXAMPLES if (each.page.task, each.page.methods) == (page.task, page.methods))
    return next(alike, None)


def neighbor(example: Example | None, step: int) -> Example | None:
    """Return the next example, or the one before (step -1); the first is next to none."""
    place = EXAMPLES.index(example) + step if example else step - 1
    return EXAMPLES[place] if 0 <= place < len(EXAMPLES) else None


def question_of(page: Page) -> Question:
    """Return the question of a page that asks first: that of its link, of its example, or the usual one."""
    ask = page.ask
    if ask is not None and ask.text:
        return Question(ask.text, ask.answers, lambda _: [ask.right])
    alike = (each.question for each in EXAMPLES if each.fits(page))
    return next(alike, None) or usual_question(*page.comparison)
