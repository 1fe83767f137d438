"""Links that are damaged, short, or ask: the page is what was sent, or a sentence says what is not."""

import json
import random
from dataclasses import replace
from functools import cache
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest

from dashboard.ask import Ask
from dashboard.examples import ARRIVAL, EXAMPLES
from dashboard.state import Page
from dashboard.tabs.race import RaceTabSettings
from tests.matrix import slow_but
from tests.repository import ROOT
from trainers.datasets.csv.table import read_table
from trainers.links import DEFAULTS
from trainers.optimizers import SGD, Adam
from trainers.run import Method, Task

GOLDEN = ROOT / "tests/golden"
TABLE = read_table((GOLDEN / "homes.csv").read_bytes(), "homes.csv")
TABLES = {TABLE.digest: TABLE}
LINKS = [golden["link"] for golden in json.loads((GOLDEN / "links.json").read_text(encoding="utf-8"))]
PAIR = Page(Task(epochs=7), (Method(optimizer=Adam(lr=0.5)), Method(optimizer=SGD(lr=0.25))))
QUESTION = "What does 0.0333 do? It’s 11% more & red."
TOLD = "This link is damaged: "


@cache
def golden(number: int) -> Page:
    return Page.from_query(LINKS[number], EXAMPLES[0].page, TABLES)[0]


def opened(text: str) -> tuple[Page, list[str]]:
    """What the page makes of a link, as it does for one in the address bar."""
    return Page.from_query(text, EXAMPLES[0].page, TABLES, ARRIVAL)


def as_address(link: str) -> str:
    """The link as the session reads it back from the address bar."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(link, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return urlencode([(name, value) for name, values in found.items() for value in values])


@pytest.mark.parametrize(
    ("number", "step"), slow_but([(1, 3), (130, 7)], [(number, 1) for number in range(len(LINKS))])
)
def test_a_link_that_is_cut_anywhere_says_so(number: int, step: int) -> None:
    """Within its first parameter nothing is left that could, and within its last one nothing is lost."""
    sent = golden(number)
    link = sent.to_query()
    assert link.startswith("begin=1&")
    assert link.endswith("&end=1")
    for place in (*range(len("begin"), len(link), step), *range(len(link) - 8, len(link))):
        cut = link[:place]
        page, notes = opened(as_address(cut))
        if not (notes and notes[0].startswith(TOLD)):
            assert page == sent, cut
            assert place > len(link) - len("end=1"), cut
        elif place > len("begin=1"):
            assert "it is cut off in or after " in notes[0]
    for place in range(len("begin")):
        page, notes = opened(as_address(link[:place]))
        assert (page, bool(notes)) == ((EXAMPLES[0].page, True) if place else (ARRIVAL, False))


@pytest.mark.parametrize("number", slow_but([3, 111], range(len(LINKS))))
def test_a_character_that_is_lost_or_changed_is_seen_where_it_can_be(number: int) -> None:
    """In what a link says of its runs: only a number may pass for another."""
    sent, rng = golden(number), random.Random(number)
    link = sent.to_query()
    runs = [
        place
        for place in range(link.find("&run=") + 5, link.find("&tab="))
        if link[place] not in "0123456789."
    ]
    for place in rng.sample(runs, min(40, len(runs))):
        other = link[:place] + rng.choice([",", ";", "", "?", " "]) + link[place + 1 :]
        page, notes = opened(as_address(other))
        same = (page.task, page.methods) == (sent.task, sent.methods)
        assert same or notes or numbers_differ(page, sent), other
        if notes and not same and page.task == sent.task:
            assert notes[0].startswith(f"{TOLD}run") or "unknown: ignored" in notes[0], other


def numbers_differ(page: Page, sent: Page) -> bool:
    """Whether the pages differ in numbers of their runs alone: 1e-08 without its sign, say."""
    return [type(m.optimizer) for m in page.methods] == [type(m.optimizer) for m in sent.methods]


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("run=SGD&run=SGD~lr-0.", "run 2 is not the one that was sent"),
        ("run=SGD&run=SGD~lr-0.1,momentum-0.9&run=Adam", "run 2 is not the one that was sent"),
        ("run=SGD,lr-0.1&run=Adam&run=SG", "runs 1 and 3 are not those that were sent"),
        ("run=SGD~man&run=Adam", "run 1 is not the one that was sent"),
        ("run=SGD~manual,lr-0.1", "run 1 is not the one that was sent"),
        ("run=SGD&epochs=5oo", "the setting epochs is not the one that was sent"),
        ("run=SGD&problem=Rosenbroc", "the problem is not the one that was sent"),
        (
            "run=SGD&problem=Thermometer~scaling-rw&tab=Los",
            "the problem and the tab are not those that were sent",
        ),
        ("run=SGD&run=Adm&start=1~x", "run 2 and the initial point are not those that were sent"),
        ("run=SGD&race=trials-x", "the setting race is not the one that was sent"),
        ("begin=1&run=SGD", "it is cut off in or after run 1"),
        ("begin=1&run=SGD~lr-0.&end=1", "run 1 is not the one that was sent"),
        ("begin=1&epochs=5", "it is cut off in or after the setting epochs"),
        (
            "begin=1&run=SGD&run=SGD~lr-0.",
            "run 2 is not the one that was sent; it is cut off in or after run 2",
        ),
        ("begin=1", "it is cut off in or after its beginning"),
    ],
)
def test_the_sentence_names_the_part(link: str, told: str) -> None:
    for text in (link, as_address(link), f"view=chart&{link}" if "=1" not in link else link):
        assert opened(text)[1][0] == f"{TOLD}{told}."


def test_a_link_that_was_cut_before_its_runs_shows_no_others() -> None:
    assert opened("begin=1&epochs=5")[0].methods == ()
    assert opened("epochs=5")[0].methods == EXAMPLES[0].page.methods


@pytest.mark.parametrize(
    "link", ["utm_source=mail&run=SGD", "run=SGD&theme=pink", "run=SGD&at=3", "run=SGD~lr-0,5"]
)
def test_what_is_not_damaged_is_not_called_so(link: str) -> None:
    assert not any(note.startswith(TOLD) for note in opened(link)[1])


def test_a_link_to_a_missing_table_is_not_damaged() -> None:
    sent = next(page for page in map(golden, range(len(LINKS))) if getattr(page.task.problem, "csv", None))
    notes = Page.from_query(sent.to_query())[1]
    assert notes
    assert not any(note.startswith(TOLD) for note in notes)


@pytest.mark.parametrize("page", [PAIR, *(example.page for example in EXAMPLES[:3])])
@pytest.mark.parametrize("short", [False, True])
def test_a_link_is_understood_as_mails_and_course_pages_change_it(page: Page, short: bool) -> None:
    link = page.to_short_query() if short else page.to_query()
    for text in (
        link.replace("&", "&amp;"),
        link.replace("&", "&amp;amp;"),
        quote_plus(link),
        quote(link),
        *(f"{link}{mark}" for mark in (".", ")", "),", "”", "»")),
    ):
        assert opened(text) == (page, []), text
        assert opened(as_address(text)) == (page, []), text
    plainer = link.replace("tab=Compare", "tab=compare").replace("run=SGD", "run=sgd")
    assert opened(plainer) == (page, [])


# --- Short links --------------------------------------------------------------------------------------


EVERY = range(len(LINKS))


@pytest.mark.parametrize("page", [ARRIVAL, *(e.page for e in EXAMPLES), *slow_but(EVERY[::20], EVERY)])
def test_a_short_link_means_the_same(page: Page | int) -> None:
    page = golden(page) if isinstance(page, int) else page
    short = page.to_short_query()
    assert opened(short) == (page, [])
    assert opened(as_address(short)) == (page, [])
    assert short.endswith(f"v={DEFAULTS}")
    assert len(short) < len(page.to_query())


def test_what_is_not_the_default_is_in_a_short_link() -> None:
    page = Page(Task(epochs=200), (Method(optimizer=SGD(lr=0.03)), Method(optimizer=SGD(lr=0.0333))))
    assert page.to_short_query() == "epochs=200&run=SGD~lr-0.03&run=SGD~lr-0.0333&v=0.2"
    assert len(page.to_query()) > 500


@pytest.mark.parametrize("version", ["0.3", "9", "x<b>", ""])
def test_a_short_link_of_another_version_is_told(version: str) -> None:
    page, notes = opened(f"run=SGD&v={version}")
    assert page.methods == (Method(optimizer=SGD()),)
    assert len(notes) == 1
    assert notes[0].startswith("This short link means the defaults of version “")
    assert notes[0].endswith(f"those of version {DEFAULTS} here.")
    assert "<" not in notes[0]


def test_a_short_link_of_a_former_version_has_its_defaults() -> None:
    for link, seeds in (("v=0.1", 10), ("race=trials-7&v=0.1", 10), ("race=seeds-5&v=0.1", 5), ("v=0.2", 11)):
        page, notes = Page.from_query(f"run=SGD&{link}")
        assert page.of(RaceTabSettings).seeds == seeds
        assert not notes


# --- Links that ask -----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["1", ""])
def test_a_link_asks_the_question_of_its_comparison(value: str) -> None:
    page, notes = opened(f"run=SGD&ask={value}")
    assert (page.ask, notes) == (Ask(page.comparison), [])
    assert opened(page.to_query()) == opened(page.to_short_query()) == (page, [])


def test_a_question_of_a_link_comes_back() -> None:
    ask = Ask(PAIR.comparison, QUESTION, ("<b>faster</b>", "the *same*?", "climbs."), 2)
    page = replace(PAIR, ask=ask)
    for link in (page.to_query(), page.to_short_query()):
        assert opened(link) == opened(as_address(link)) == (page, [])
        assert set(link) <= set("*%?,:") | set(PAIR.to_query()) | set(quote_plus(QUESTION + "<>"))
    typed = "epochs=7&run=Adam~lr-0.5&run=SGD~lr-0.25&ask=Why? ~ a ~ * b"
    assert opened(typed)[0].ask == Ask(PAIR.comparison, "Why?", ("a", "b"), 1)


def test_characters_that_are_not_seen_are_no_part_of_a_question() -> None:
    asked = opened(
        f"run=SGD&ask={quote_plus(chr(0x202E) + 'a' + chr(10) + chr(0x200B) + 'b~*c~d' + chr(7))}"
    )[0].ask
    assert asked is not None
    assert (asked.text, asked.answers) == ("a b", ("c", "d"))


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        ("Why", "must be 1, or a question and 2 to 4 answers with ~ between, got 0 answers"),
        ("2", "must be 1, or a question and 2 to 4 answers with ~ between, got 0 answers"),
        ("Why~*a", "must be 1, or a question and 2 to 4 answers with ~ between, got 1 answers"),
        ("Why~*a~b~c~d~e", "must be 1, or a question and 2 to 4 answers with ~ between, got 5 answers"),
        ("~*a~b", "must have a question of 1 to 140 characters, got 0"),
        (f"{'w' * 141}~*a~b", "must have a question of 1 to 140 characters, got 141"),
        (f"Why~*a~{'b' * 61}", f"must have answers of 1 to 60 characters, got 61: “{'b' * 40}”"),
        ("Why~*a~", "must have answers of 1 to 60 characters, got 0: “”"),
        ("Why~a~b", "must have one answer marked with *, got 0"),
        ("Why~*a~*b", "must have one answer marked with *, got 2"),
        ("Why~*a~b~b", "must have different answers, got “b” twice"),
    ],
)
def test_a_question_that_is_none_is_not_asked(ask: str, told: str) -> None:
    page, notes = opened(f"run=SGD&epochs=5&ask={ask}")
    assert (page.ask, notes) == (None, [f"ask {told}: no question is asked."])
    assert page == opened("run=SGD&epochs=5")[0]


def test_without_runs_nothing_is_asked() -> None:
    assert opened("run=none&ask=1")[1] == ["ask needs a run to ask about: no question is asked."]


def test_the_longest_question_fits_into_a_link_with_twelve_runs() -> None:
    methods = (Method(optimizer=SGD(lr=1.2345678e-05, momentum=0.123456), runner="torch.optim"),) * 12
    page = Page(Task(), methods)
    ask = Ask(page.comparison, "é" * 140, tuple("é" * 59 + str(k) for k in range(4)), 3)
    page = replace(page, ask=ask)
    assert opened(page.to_query()) == (page, [])
