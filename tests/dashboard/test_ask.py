"""Ask before telling: when a question stands, what it hides, and that it goes away with its comparison."""

import random
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import controls, session
from dashboard.ask import Ask
from dashboard.examples import ARRIVAL, EXAMPLES, example_of, neighbor
from dashboard.state import NAMES as TABS
from dashboard.state import Page
from tests.dashboard.page import chart_types, opened, sentence, shown, skip, unfolded, warnings
from tests.matrix import slow_but
from trainers.run import Method

TOO_FAST = next(example for example in EXAMPLES if example.name == "How fast is too fast?")
LINK = "epochs=40&run=SGD~lr-0.03&run=SGD~lr-0.0333"
OWN = f"{LINK}&ask=What+does+0.0333+do?~<b>faster</b>~*it+climbs"


def asks(app: AppTest) -> bool:
    assert not app.exception
    return any(button.key == "answer.skip" for button in app.button)


def question(app: AppTest) -> tuple[str, list[str]]:
    """The text of the question and its answers."""
    text = next(part.proto.body for part in app.main.get("html") if "<h2" in part.proto.body)
    answers = [button for button in app.main.button if button.key.startswith("answer.")]
    return text, [button.label.replace("\\", "") for button in answers]


def reply(app: AppTest) -> str:
    """What is said of a guess; "" if nothing is."""
    return next((part.proto.body for part in app.main.get("html") if "class='answer" in part.proto.body), "")


def told(app: AppTest) -> dict[str, Any]:
    """What would answer a question."""
    markdown = [part.value for part in app.main.markdown]
    captions = [part.value for part in (*app.sidebar.caption, *app.main.caption)]
    return {
        "charts": chart_types(app),
        "tables": list(app.table),
        "verdicts": [text for text in markdown if text.startswith("**")],
        "limits": [text for text in captions if "stable" in text or "Hessian" in text],
        "tabs": list(app.tabs),
        "downloads": list(app.get("download_button")),
    }


@pytest.mark.parametrize("tab", slow_but(("Compare",), TABS))
def test_a_question_stands_in_place_of_all_that_answers_it(tab: str) -> None:
    app = opened(f"{LINK}&ask=1&tab={tab}")
    assert asks(app)
    assert not any(told(app).values())
    skip(app)
    assert not asks(app)
    assert not reply(app)
    assert all(found for name, found in told(app).items() if name in ("verdicts", "limits", "tabs", "tables"))


def test_an_example_of_the_path_asks_and_says_whether_the_guess_was_right() -> None:
    app = opened("epochs=20&run=Adam")
    assert not asks(app)
    app.selectbox(key="example").set_value(TOO_FAST.name).run()
    assert question(app)[0].endswith(f">{TOO_FAST.question.text}</h2>")
    assert question(app)[1] == [*TOO_FAST.question.answers, "Skip"]
    app.button(key="answer.0").click().run()
    assert "You guessed “It is about 11% faster”. <strong>In fact:</strong> “The loss climbs”." in reply(app)
    assert sentence(app).startswith("After 200 epochs SGD · lr 0.03 has the smallest gap")
    app.number_input(key=f"{app.session_state['session_page'].ids[1]}.SGD.lr").set_value(0.032).run()
    assert not reply(app)
    assert "ask=" not in shown(app).to_query()


def test_previous_and_next_ask_and_remember() -> None:
    app = opened(f"{TOO_FAST.page.to_query()}&ask=1")
    app.button(key="answer.2").click().run()
    assert "<strong>Your guess was right:</strong> “The loss climbs”." in reply(app)
    app.button(key="example.previous").click().run()
    assert asks(app)
    assert shown(app) == EXAMPLES[EXAMPLES.index(TOO_FAST) - 1].asking
    app.button(key="example.next").click().run()
    assert not asks(app)
    assert "Your guess was right" in reply(app)


@pytest.mark.parametrize(
    "link",
    slow_but(["", LINK], ["", LINK, "tab=Fit", "view=chart", *(e.page.to_short_query() for e in EXAMPLES)]),
)
def test_arrival_and_other_links_never_ask(link: str) -> None:
    assert not asks(opened(link))


def test_a_tab_alone_asks_and_tells() -> None:
    app = opened(f"{OWN}&view=chart&tab=Compare")
    assert question(app)[0].startswith("<p>This link asks</p>")
    assert not any(told(app).values())
    app.button(key="answer.1").click().run()
    assert "<strong>Your guess is this link's answer:</strong> “it climbs”." in reply(app)
    assert len(chart_types(app)) == 1
    assert not app.table


def test_the_text_of_a_link_is_no_markup() -> None:
    app = opened(f"{OWN}&tab=Compare".replace("What", "<i>[What](http://a.b)</i>"))
    assert "&lt;i&gt;[What](http://a.b)&lt;/i&gt; does 0.0333 do?</h2>" in question(app)[0]
    assert question(app)[1] == ["<b>faster</b>", "it climbs", "Skip"]
    app.button(key="answer.0").click().run()
    assert "You guessed “&lt;b&gt;faster&lt;/b&gt;”. <strong>This link's answer:</strong>" in reply(app)


def test_a_question_that_is_none_gives_a_note_and_the_page() -> None:
    app = opened(f"{LINK}&ask=Why~a~b")
    assert warnings(app) == ["ask must have one answer marked with *, got 0: no question is asked."]
    assert len(app.table) == 1


def test_copied_links_show_what_is_seen_or_ask() -> None:
    app = unfolded(skip(opened(f"{LINK}&ask=1")))
    links = [part.proto.json for part in app.get("bidi_component") if '"link"' in part.proto.json]
    assert [("ask=1" in link, "v=0.2" in link, "end=1" in link) for link in links] == [
        (False, False, True),
        (False, True, False),
        (True, True, False),
    ]


@pytest.mark.parametrize("display", ["page", "chart"])
def test_damage_is_said_first_however_many_notes_there_are(display: str) -> None:
    runs = "&".join(f"run=SGD~lr-0.0{k}~beta1-0.9" for k in range(1, 9))
    app = opened(f"epochs=5&run=SGD&run=SGD~lr-0.&{runs}&view={display}&tab=Compare")
    assert warnings(app)[0] == (
        "This link is damaged: runs 2, 3, 4, 5, 6, 7, 8, 9 and 10 are not those that were sent."
    )
    order = [
        part.type for part in app.main if part.type in ("alert", "markdown", "vega_lite_chart", "warning")
    ]
    assert order[0] in ("alert", "warning")


@pytest.mark.parametrize("escaped", ["&amp;", "&amp;amp;"])
def test_an_escaped_link_is_read_from_the_address_bar(escaped: str) -> None:
    app = opened("epochs=30&run=SGD~lr-0.03&run=Adam&tab=Compare".replace("&", escaped))
    assert (shown(app).task.epochs, len(shown(app).methods), shown(app).tab) == (30, 2, "Compare")
    assert not app.warning
    assert len(opened("epochs%3D30%26run%3DSGD").table[0].value) == 1


# --- Walks --------------------------------------------------------------------------------------------


class State(dict[str, Any]):
    """Streamlit's state of a session."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__  # type: ignore[assignment]


class Params(dict[str, list[str]]):
    """The parameters in the address bar."""

    def get_all(self, name: str) -> list[str]:
        return self[name]

    def from_dict(self, found: dict[str, list[str]]) -> None:
        self.clear()
        self.update(found)


@dataclass
class Server:
    """What the session's code uses of Streamlit."""

    session_state: State = field(default_factory=State)
    query_params: Params = field(default_factory=Params)


class Walk:
    """A browser with its history, and a model of what it should show."""

    def __init__(self, rng: random.Random, patch: pytest.MonkeyPatch) -> None:
        self.rng, self.patch = rng, patch
        self.history: list[str] = [""]
        self.pages: list[Page] = [ARRIVAL]
        self.place, self.answered = 0, dict[Ask, int | None]()
        self.reload()

    @property
    def page(self) -> Page:
        return self.pages[self.place]

    @property
    def asks(self) -> bool:
        return self.page.ask is not None and self.page.ask not in self.answered

    def reload(self) -> None:
        """Open the address anew: another session, which knows no answers."""
        self.server = Server()
        self.patch.setattr(session, "st", self.server)
        self.answered = {}
        self.server.session_state.example = None
        self.go()

    def go(self, back: int = 0) -> None:
        """Send the address to the server, or one before it, as a browser that is late does."""
        pairs = parse_qsl(self.history[max(self.place - back, 0)], keep_blank_values=True)
        self.server.query_params.from_dict({name: [v for n, v in pairs if n == name] for name, _ in pairs})

    def script(self) -> None:
        """Run the script, which may write the address, and compare with the model."""
        before = dict(self.server.query_params)
        found = session.resolve_page()
        session.write_address(found.page)
        if before != self.server.query_params:
            self.history[self.place] = found.page.to_query()
        state = self.server.session_state
        state.drawn.begin()
        for key, value in controls.values(found.page, found.ids).items():
            state.drawn.draw(key, value)
            state[key] = value
        state.drawn.end()
        assert replace(found.page, at=None) == self.page
        assert found.asks == self.asks
        assert {ask: found.answered[ask] for ask in self.answered} == self.answered

    def show(self, page: Page) -> None:
        """Expect a page that has an address of its own."""
        if page != self.page:
            del self.history[self.place + 1 :], self.pages[self.place + 1 :]
            self.history.append("")
            self.pages.append(page)
            self.place += 1

    def choose_example(self) -> None:
        current = example_of(self.page)
        near = [each for step in (-1, 1) if (each := neighbor(current, step))]
        example = self.rng.choice([*near, self.rng.choice(EXAMPLES)])
        self.server.session_state.example = example.name
        session.load_example(*self.rng.choice([(), (example,)]))
        self.show(example.asking)

    def answer(self) -> None:
        if self.page.ask:
            place = self.rng.choice([None, 0, 1])
            session.answer(self.page.ask, place)
            self.answered[self.page.ask] = place
            self.go(back=self.rng.choice([0, 1]))

    def change_rate(self) -> None:
        ids = self.server.session_state.session_page.ids
        if ids:
            place, lr = self.rng.randrange(len(ids)), self.rng.choice([0.011, 0.012])
            optimizer = self.page.methods[place].optimizer
            self.server.session_state[f"{ids[place]}.{type(optimizer).__name__}.lr"] = lr
            methods = list(self.page.methods)
            methods[place] = replace(methods[place], optimizer=replace(optimizer, lr=lr))
            same = tuple(methods) == self.page.methods
            self.show(self.page if same else replace(self.page, methods=tuple(methods), ask=None))

    def add_run(self) -> None:
        if len(self.page.methods) < 12:
            session.insert_run(None, session.copy_method)
            last = self.page.methods[-1] if self.page.methods else Method()
            self.show(replace(self.page, methods=(*self.page.methods, last), ask=None))

    def open_tab(self) -> None:
        name = self.rng.choice(TABS)
        self.server.session_state["view.tab"] = name
        self.show(replace(self.page, tab=name))

    def back(self) -> None:
        self.place = max(self.place - 1, 0)
        self.go()

    def forward(self) -> None:
        self.place = min(self.place + 1, len(self.pages) - 1)
        self.go()

    def follow(self) -> None:
        link = self.rng.choice([LINK, f"{LINK}&ask=1", OWN])
        self.show(Page.from_query(link)[0])
        self.history[self.place] = link
        self.go()


@pytest.mark.parametrize("seed", slow_but(range(10), range(400)))
def test_a_question_stands_where_it_should_on_any_walk(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    walk = Walk(rng, monkeypatch)
    walk.script()
    actions = (
        *[walk.choose_example, walk.answer] * 3,
        walk.change_rate,
        walk.add_run,
        walk.open_tab,
        walk.back,
        walk.forward,
        walk.follow,
        walk.reload,
    )
    for _ in range(14):
        walk.go()
        rng.choice(actions)()
        walk.script()


def test_a_late_answer_is_to_its_own_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """A click on the answers of the page before."""
    walk = Walk(random.Random(0), monkeypatch)
    walk.script()
    session.load_example(TOO_FAST)
    walk.show(TOO_FAST.asking)
    walk.script()
    asked = EXAMPLES[2].asking.ask
    assert asked is not None
    session.answer(asked, 1)
    walk.answered[asked] = 1
    walk.script()
    assert walk.asks
