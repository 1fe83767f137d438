"""Walks over the page: what was asked for stays, whatever a browser sends of controls that are not there."""

import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dashboard import controls
from dashboard.context import View
from dashboard.examples import EXAMPLES
from dashboard.session import SessionPage
from dashboard.state import NAMES as TABS
from dashboard.state import TAB, Page
from dashboard.tables import Columns, DataTab
from dashboard.widgets import DrawnControls
from tests.matrix import slow_but
from trainers.datasets.csv.table import read_table
from trainers.reports.loss import available_metrics
from trainers.run import Task
from trainers.settings import Choice, Flag, Real, Setting, settings_of

TABLE = read_table(
    b"a;b;c;kind\n"
    + b"".join(b"%d;%d;%d;%s\n" % (k, k * k % 7, k % 5, b"xyz"[k % 3 : k % 3 + 1]) for k in range(30))
)
OTHER = b"a,b\n1,2\n2,3\n3,5\n"
WITH_OTHER = DataTab().with_content(OTHER, "other.csv")


def drawn_on(shown: SessionPage) -> dict[str, Any]:
    """The controls that the page draws, and where they stand."""
    page = shown.page
    values = controls.values(page, shown.ids)
    of_tab = [key for key in values if key.startswith(f"{page.open_tab.key}.")]
    if page.tab == "Loss":
        of_tab = [f"view.{name}" for name in ("y", "scale", "x", "target")]
    others = ("view.", *(f"{key}." for key in page.by_key()))
    keys = [key for key in values if not key.startswith(others)]
    found = {key: values[key] for key in (*keys, "view.tab", *of_tab)}
    return found | (shown.data.values() if page.tab == "Data" else {})


@dataclass
class Session:
    """A browser and a server that talk as Streamlit's do: late messages, and scripts ended early."""

    rng: random.Random
    shown: SessionPage
    drawn: DrawnControls = field(default_factory=DrawnControls)
    there: dict[str, Any] = field(default_factory=dict)
    """The controls in the browser, and where they stand there."""

    def script(self, whole: bool) -> None:
        """Draw the page, or its beginning, of which the browser gets the beginning before it sends again."""
        self.drawn.begin()
        standing = list(drawn_on(self.shown).items())
        last = len(standing) if whole else self.rng.randrange(len(standing))
        for key, value in standing[:last]:
            self.drawn.draw(key, value)
        got = last if whole else self.rng.randint(0, last)
        self.there |= dict(standing[:got])
        if whole:
            self.drawn.end()
            self.there = dict(standing)

    def message(self, changed: dict[str, Any]) -> None:
        """Touch controls: the browser tells where all stand that it has, and rubbish of those that are gone.

        What was drawn but has not come to the browser the server itself remembers.
        """
        self.there |= changed
        keys = controls.values(self.shown.page, self.shown.ids)
        known = self.there.keys() | self.drawn.values.keys()
        gone = {key: value for key in keys if key not in known for value in self.rubbish(keys[key])}
        touched = self.drawn.changed_values((gone | self.there).get)
        if touched:
            self.shown = self.shown.with_edits(touched)
            self.drawn.accept(touched)

    def rubbish(self, value: Any) -> list[Any]:
        """What a browser says of a control that it has not: nothing, None, or some bound."""
        bound = 0.0 if isinstance(value, float) else False if isinstance(value, bool) else ""
        return self.rng.choice([[], [None], [bound], [-1.7976931348623157e308]])


def choices(key: str, setting: Setting | None, page: Page) -> list[Any]:
    """Values that a reader may choose of a control, all of which the page can take."""
    if key == "view.tab":
        return list(TABS)
    if key == "view.y":
        return list(available_metrics(page.task.training))
    if isinstance(setting, Choice):
        return list(setting.options)
    if isinstance(setting, Flag):
        return [True, False]
    held = key.partition(".")[2]  # what a run holds, such as its schedule
    return [controls.NONE, *controls.METHOD_PARTS[held]] if held in controls.METHOD_PARTS else []


def setting_of(key: str, page: Page, ids: tuple[int, ...]) -> Setting | None:
    """The setting behind a control, if it is one."""
    settings = {"view": View, "task": Task, **{key: type(held) for key, held in page.by_key().items()}}
    settings |= {f"problem.{type(page.task.problem).__name__}": type(page.task.problem)}
    settings |= {
        f"{id}.{type(m.optimizer).__name__}": type(m.optimizer)
        for id, m in zip(ids, page.methods, strict=True)
    }
    for id, m in zip(ids, page.methods, strict=True):
        held = {part: getattr(m, part) for part in controls.METHOD_PARTS}
        settings |= {f"{id}.{part}.{type(each).__name__}": type(each) for part, each in held.items()}
    prefix, _, name = key.rpartition(".")
    if key == "view.tab":
        return TAB
    return settings_of(settings[prefix]).get(name) if prefix in settings else None


def something(rng: random.Random, session: Session) -> dict[str, Any]:
    """A control of the page, and another value for it, well within its bounds."""
    there, page = dict(session.there), session.shown.page
    for key in rng.sample(sorted(there), len(there)):
        setting = setting_of(key, page, session.shown.ids)
        options = choices(key, setting, page)
        if key.startswith("csv."):
            options = own_choices(rng, key, session.shown.data)
        elif isinstance(setting, Real) and not options and is_free(key):
            options = [
                float(round(there[key] * 2)) if is_whole(setting) else there[key] / 2 or setting.high / 4
            ]
        options = [value for value in options if value != there[key]]
        if options:
            return {key: rng.choice(options)}
    raise AssertionError("a page has controls")


def is_free(key: str) -> bool:
    """Whether a number can be halved or doubled without a clash with another control."""
    return key.rpartition(".")[2] in ("lr", "epochs", "target", "trials", "seeds", "seed")


def is_whole(setting: Real) -> bool:
    return isinstance(setting.default, int)


def own_choices(rng: random.Random, key: str, data: DataTab) -> list[Any]:
    assert data.table is not None
    able = data.columns.possible_features(data.table)
    if key == "csv.features":
        return [sorted(rng.sample(able, rng.randint(1, len(able))))]
    return list(range(4)) if key == "csv.target" else []


@pytest.mark.parametrize("seed", slow_but(range(20), range(300)))
def test_what_was_asked_stays_on_any_walk(seed: int) -> None:
    rng = random.Random(seed)
    story = rng.choice(EXAMPLES).page
    page = replace(story, view=replace(story.view, y=available_metrics(story.task.training)[0]))
    data = DataTab().with_content(b"", "").with_content(OTHER, "")
    data = replace(data, tables={TABLE.digest: TABLE}, digest=TABLE.digest)
    session = Session(rng, SessionPage(page, tuple(range(len(page.methods))), data=data))
    session.script(whole=True)
    asked = session.shown
    for _ in range(10):
        tab = {"view.tab": rng.choice(TABS)}
        changed = tab if rng.random() < 0.5 else something(rng, session)
        if any(value != session.there[key] for key, value in changed.items()):
            asked = asked.with_edits(changed)
            assert changed is not tab or not asked.notes
        session.message(changed)
        assert session.shown == asked
        while rng.random() < 0.3:  # a script is ended by a message that asks for nothing new
            session.script(whole=False)
            session.message({})
        session.script(whole=True)
        assert session.there == drawn_on(asked)
        assert session.shown == asked


def test_a_control_that_is_not_there_is_not_read() -> None:
    drawn = DrawnControls()
    drawn.begin()
    drawn.draw("view.y", "gap")
    drawn.end()
    assert drawn.changed_values({"view.y": None, "view.scale": None}.get) == {"view.y": None}
    drawn.begin()
    drawn.draw("view.tab", "Data")
    drawn.end()
    assert drawn.changed_values({"view.y": None, "view.tab": "Data"}.get) == {}


def test_a_browser_that_is_late_asks_for_nothing() -> None:
    """It still reports what stood there before the page changed; only then a value of the reader's."""
    drawn = DrawnControls()
    drawn.begin()
    drawn.draw("lr", 0.1)
    drawn.end()
    drawn.begin()
    drawn.draw("lr", 0.3)  # by an example, say; then the script is ended
    assert drawn.changed_values({"lr": 0.1}.get) == {}
    assert drawn.changed_values({"lr": 0.3}.get) == {}
    assert drawn.changed_values({"lr": 0.2}.get) == {"lr": 0.2}
    drawn.draw("lr", 0.3)
    drawn.end()
    assert drawn.changed_values({"lr": 0.1}.get) == {"lr": 0.1}


def test_columns_are_kept_by_table() -> None:
    data = DataTab().with_content(OTHER, "other.csv").with_text("a;b;c;d\n1;2;3;x\n2;3;5;y\n3;1;1;x\n")
    assert data.values()["csv.features"] == [0, 1, 2]
    less = data.read({"csv.features": [0, 2]}).read({"csv.target": 2})
    assert less.values() == {
        "csv.text": data.text,
        "csv.target": 2,
        "csv.features": [0],
        "csv.model": "LinearRegression",
    }
    assert less.read({"csv.model": "Polynomial"}).values()["csv.model"] == "Polynomial"
    assert (
        less.read({"csv.model": "Polynomial", "csv.features": [0, 1]}).values()["csv.model"]
        == "LinearRegression"
    )
    back = less.read({"csv.target": 3})
    assert back.values()["csv.features"] == [0, 2]
    assert back.with_content(OTHER, "other.csv").columns == Columns()
    assert back.with_content(OTHER, "other.csv").with_text(data.text).columns == back.columns


def test_a_choice_of_a_model_outlives_a_feature() -> None:
    data = DataTab().with_text("a,b,k\n" + "".join(f"{k},{k * k},{'yn'[k % 2]}\n" for k in range(12)))
    chosen = data.read({"csv.model": "MLP"})
    assert chosen.read({"csv.features": [1]}).values()["csv.model"] == "MLP"


@pytest.mark.parametrize(
    "value", [None, 3, 2.5, "x", [None], ["a"], {"a": 1}, [10**400], True, [-1], float("nan")]
)
@pytest.mark.parametrize("key", ["csv.text", "csv.file", "csv.target", "csv.features", "csv.model"])
def test_the_tab_data_takes_anything(key: str, value: Any) -> None:
    for data in (DataTab(), WITH_OTHER):
        after = data.read({key: value})
        values = after.values()
        assert values.keys() >= {"csv.text"}
        assert after.read(values).values() == values


def test_a_button_is_not_taken_for_an_edit_of_what_was_drawn_since() -> None:
    """A browser that has not seen the latest script reports earlier values beside the button."""
    drawn = DrawnControls()
    for epochs in (200.0, 5000.0):
        drawn.begin()
        drawn.draw("epochs", epochs)
        drawn.end()
    assert drawn.changed_values({"epochs": 200.0}.get, pressed=True) == {}
    assert drawn.changed_values({"epochs": 200.0}.get) == {"epochs": 200.0}
    assert drawn.changed_values({"epochs": 300.0}.get, pressed=True) == {"epochs": 300.0}
    drawn.begin()
    drawn.draw("epochs", 1000.0)
    drawn.end()
    for stale in (200.0, 5000.0):
        assert drawn.changed_values({"epochs": stale}.get, pressed=True) == {}
    assert drawn.changed_values({"epochs": 1000.0}.get) == {}
    assert drawn.changed_values({"epochs": 200.0}.get, pressed=True) == {"epochs": 200.0}
