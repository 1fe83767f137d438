"""Links: short, readable, complete, and never a crash."""

import string
from dataclasses import dataclass, replace
from itertools import product
from urllib.parse import parse_qs, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dashboard.context import MAX_RUNS, View
from dashboard.examples import EXAMPLES
from dashboard.state import NAMES as TABS
from dashboard.state import OLD_PLACES, SETTINGS, Page
from tests.matrix import optimizers
from trainers import Run, links
from trainers.optimizers import OPTIMIZERS, SGD, Adam, Optimizer, RMSprop
from trainers.problems import PROBLEMS, Rosenbrock, Thermometer
from trainers.run import Method, Task, runners
from trainers.settings import Settings, integer, part, real, settings_of

LONGEST_LINK = 2500
DEEPEST = Adam(
    lr=1.2345678e-05, beta1=0.123456, beta2=0.987654, eps=1.2345e-10, weight_decay=0.01234, amsgrad=True
)

FRAGMENTS = (
    "Thermometer run= problem= & = ~ lr- nan inf 1e999 - epochs= start= seed= dtype= tab= %00 %ff "
    "torch.optim nesterov-1 + x= target= lesson=13 none"
)
fragments = st.sampled_from([*OPTIMIZERS, *FRAGMENTS.split()])
texts = st.one_of(
    st.text(),
    st.lists(fragments).map("".join),
    st.lists(st.one_of(fragments, st.text(max_size=3))).map("".join),
)


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_a_run_comes_back(kind: type[Optimizer]) -> None:
    for optimizer, runner in product(optimizers(kind), runners(kind)):
        run = Run(
            optimizer=optimizer, runner=runner, epochs=123, seed=7, dtype="float64", start=(0.1, -2.5e-7)
        )
        assert Run.from_query(run.to_query()) == (run, [])


def test_a_link_reads_as_it_is() -> None:
    run = Run(
        problem=Thermometer("raw"), optimizer=SGD(lr=1e-2, momentum=0.9), runner="torch.optim", epochs=500
    )
    assert run.to_query() == (
        "problem=Thermometer~scaling-raw&epochs=500&seed=0&dtype=float32"
        "&run=SGD~torch.optim~lr-0.01~momentum-0.9~dampening-0~nesterov-0~weight_decay-0"
    )


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_a_link_says_every_setting_so_that_defaults_may_change(kind: type[Optimizer]) -> None:
    query = Run(optimizer=kind(), runner=runners(kind)[0]).to_query()
    assert all(f"~{name}-" in query for name in settings_of(kind))
    assert {"problem", "epochs", "seed", "dtype", "run"} <= parse_qs(query).keys()
    page = Page(methods=(Method(optimizer=kind(), runner=runners(kind)[0]),)).to_query()
    assert settings_of(View).keys() <= parse_qs(page).keys()


@pytest.mark.parametrize(
    "optimizer", [DEEPEST, RMSprop(lr=1.2345e-05, momentum=0.912, alpha=0.98765, centered=True)]
)
def test_twelve_runs_are_short(optimizer: Optimizer) -> None:
    methods = (Method(optimizer=optimizer, runner="torch.optim"),) * MAX_RUNS
    page = Page(Task(epochs=100_000, seed=2**31 - 1, start=(-1.2345, 1.2345), dtype="float64"), methods)
    assert len(page.to_query()) < LONGEST_LINK
    assert Page.from_query(page.to_query()) == (page, [])


@pytest.mark.parametrize(
    "page", [*(p.page for p in EXAMPLES), Page(), Page(tab="Three ways", view=View(y="gap"))]
)
def test_a_page_comes_back_and_needs_no_escapes(page: Page) -> None:
    query = page.to_query()
    assert Page.from_query(query) == (page, [])
    assert set(query) <= set(string.ascii_letters + string.digits + "._~-" + "&=+")


def test_any_values_of_real_settings_come_back() -> None:
    for lr in (1e-8, 1 / 3, 0.1 + 0.2, 3.0000000000000004e-05, 100.0):
        run = Run(optimizer=SGD(lr=lr))
        assert Run.from_query(run.to_query())[0].optimizer.lr == lr


@settings(max_examples=3 * settings.default.max_examples)
@given(texts)
@example("run=" + "~" * 4000)
@example("=".join("&" * 2000))
@example("x" * 200_000)
@example("%00%00=%00&run=%00")
@example("run=SGD~lr-1_0&epochs=１２")
def test_any_text_gives_a_page_and_a_run(text: str) -> None:
    page, notes = Page.from_query(text)
    again, none = Page.from_query(page.to_query())
    assert (again, none) == (page, [])
    assert len(page.methods) <= MAX_RUNS
    run, run_notes = Run.from_query(text)
    assert Run.from_query(run.to_query()) == (run, [])
    for note in notes + run_notes:
        assert note.endswith(".")
        assert len(note) < 300
        assert not set("<>[]()*`$\\") & set(note)


@given(st.text(alphabet=string.printable, max_size=20))
def test_what_is_not_understood_is_named(text: str) -> None:
    known = {
        "problem",
        "csv",
        "start",
        "run",
        "tab",
        "view",
        "at",
        "ask",
        "v",
        links.BEGIN,
        links.END,
        *settings_of(Task),
        *settings_of(View),
        *Page().by_key(),
        *OLD_PLACES,
        *links.OLD_NAMES,
    }
    name = text.strip()
    if name and name.casefold() not in known:
        _, notes = Page.from_query(f"epochs=10&{quote_plus(name)}=1")
        assert len(notes) == 1
        assert notes[0].startswith("The link's “")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("run=SGD~lr-1e9", "Run 1: lr must be a number from 1e-08 to 100, got 1000000000: using 100."),
        ("run=SGD~beta1-0.9", "Run 1: SGD has no setting “beta1”: ignored."),
        ("run=SGD~keras", "Run 1: “keras” is unknown: ignored."),
        ("run=SGD~nesterov-1", "Run 1: nesterov needs momentum above 0 and dampening 0: using False."),
        (
            "epochs=1e9&run=SGD",
            "epochs must be a whole number from 1 to 100000, got 1000000000: using 100000.",
        ),
        ("epochs=5&epochs=6&run=SGD", "The link says epochs 2 times: using the first."),
        (
            "start=1&run=SGD",
            "start must be 2 numbers from -1000000 to 1000000, got 1: using the initial point of seed 0.",
        ),
        (
            "start=2~1e9&run=SGD",
            "start b must be a number from -1000000 to 1000000, got 1000000000: using 1000000.",
        ),
        ("problem=Rosenbrok&run=SGD", "“Rosenbrok” is unknown: using Thermometer."),
        (
            "tab=Podium&run=SGD",
            f"tab must be one of {', '.join(TABS)}, got Podium: using Loss.",
        ),
        ("run=SGD&race=Racing~low-5~high-1", "lr_max must be above lr_min, 5, got 1: using 10."),
        ("run=SGD&path=minimum", "“minimum” is unknown: ignored."),
        ("run=SGD&grid=Grid~count-1", "count must be a whole number from 2 to 100, got 1: using 2."),
        ("run=SGD~lr-0.5~lr-0.1", "Run 1: “SGD” has a setting several times: using the first."),
        ("theme=pink&run=SGD", "The link's “theme” is unknown: ignored."),
        ("&".join(["run=SGD"] * 13), "The link has 13 runs: using the first 12."),
        ("a" * 5000, "The link has 5000 characters, more than 4096: ignored."),
    ],
)
def test_a_note_names_what_was_not_taken(text: str, note: str) -> None:
    notes = Page.from_query(text)[1]
    assert [each for each in notes if not each.startswith("This link is damaged: ")] == [note]


NO_NUMBERS = ("0.", "nan", "abc", "1_0", "", "1,2,3")
NUMBERS = {
    "0,0001": 1e-4, ".5": 0.5, "1e+1": 10.0, "1E-3": 1e-3, "−1": 1e-8, "5e1)": 50.0, "0.5.": 0.5,
}  # fmt: skip


@pytest.mark.parametrize("value", [*NO_NUMBERS, *NUMBERS])
def test_what_is_no_number_damages_a_link(value: str) -> None:
    page, notes = Page.from_query(f"epochs=10&run=Adam&run=SGD~lr-{value}")
    run, told = Run.from_query(f"run=SGD~lr-{value}")
    if value in NO_NUMBERS:
        assert [type(method.optimizer) for method in page.methods] == [Adam]
        assert notes[0] == "This link is damaged: run 2 is not the one that was sent."
        assert notes[1].startswith("Run 2 is left out: lr “")
        assert (run.optimizer.lr, len(told)) == (1e-3, 1)
    else:
        assert page.methods[1].optimizer.lr == run.optimizer.lr == NUMBERS[value]


def test_a_damaged_setting_of_all_runs_has_its_default() -> None:
    page, notes = Page.from_query("epochs=5oo&target=1e&start=1~x&run=Walrus&run=SGD")
    assert (page.task.epochs, page.view.target, page.task.start, len(page.methods)) == (1000, 0.01, None, 1)
    assert notes == [
        "This link is damaged: run 1, the setting epochs, the initial point and the setting target are not "
        "those that were sent.",
        "epochs “5oo” can't be read: using 1000.",
        "start “1?x” can't be read: using the initial point of seed 0.",
        "Run 1 is left out: “Walrus” is unknown.",
        "target “1e” can't be read: using 0.01.",
    ]
    assert Page.from_query("epochs=10,000&run=SGD")[0].task.epochs == 10_000


@pytest.mark.parametrize("around", ["{}", "{}.", "{}).", "<{}>", '"{}"', " {}\n", "{},"])
@pytest.mark.parametrize("before", ["", "?", "https://example.org/lab?", "https://example.org/lab/?"])
def test_a_link_is_read_as_it_was_pasted(before: str, around: str) -> None:
    page = Page(Task(epochs=7), (Method(optimizer=Adam(lr=0.5)), Method(optimizer=SGD(lr=0.25))))
    query = page.to_query()
    for text in (query, query.replace("&", "&amp;"), quote_plus(query)):
        if not (around[0] in '<"' and not before.startswith("http")):
            assert Page.from_query(around.format(before + text)) == (page, [])


def test_names_are_understood_in_any_case() -> None:
    page, notes = Page.from_query("problem=rosenbrock&tab=three ways&scale=LINEAR&run=adam~Autograd~lr-0.5")
    assert notes == []
    assert (type(page.task.problem), page.tab) == (Rosenbrock, "Three ways")
    assert (page.view.scale, page.methods) == ("linear", (Method(optimizer=Adam(lr=0.5), runner="autograd"),))


@dataclass(frozen=True)
class Warmup(Settings):
    steps: int = integer(10, 1, 100, help="Steps.")


@dataclass(frozen=True)
class Cosine(Settings):
    low: float = real(0.0, 0, 1, help="Lowest.")
    warmup: Warmup = part({"Warmup": Warmup}, Warmup())


@dataclass(frozen=True)
class Scheduled(Settings):
    rate: float = real(0.1, 0, 1, help="Rate.")
    schedule: Cosine = part({"Cosine": Cosine}, Cosine())


def test_a_nested_setting_needs_no_reader_of_its_own() -> None:
    whole = Scheduled(rate=0.5, schedule=Cosine(0.25, Warmup(7)))
    text = links.write(whole)
    assert text == (
        "Scheduled~rate-0.5~schedule-Cosine~schedule.low-0.25~schedule.warmup-Warmup~schedule.warmup.steps-7"
    )
    kinds = {"Scheduled": Scheduled}
    assert links.read(text, kinds, Scheduled) == (whole, [], False)
    found = links.read("Scheduled~schedule.warmup.steps-1000", kinds, Scheduled)
    assert found.settings.schedule.warmup.steps == 100
    assert found.notes == ["steps must be a whole number from 1 to 100, got 1000: using 100."]
    assert links.read("Scheduled~schedule-Cosine~schedule.low-x", kinds, Scheduled).damaged


def test_a_link_without_runs_shows_those_of_another_page() -> None:
    story = EXAMPLES[0].page
    assert Page.from_query("", otherwise=story) == (story, [])
    page, notes = Page.from_query("tab=Fit", otherwise=story)
    assert (page, notes) == (replace(story, tab="Fit"), [])
    assert Page.from_query("run=none", otherwise=story)[0].methods == ()


def test_zero_runs_have_a_link() -> None:
    page = replace(EXAMPLES[0].page, methods=())
    assert Page.from_query(page.to_query(), otherwise=EXAMPLES[1].page) == (page, [])


def test_a_whole_address_is_a_link() -> None:
    run = Run(optimizer=Adam(lr=0.5), epochs=7)
    assert Run.from_query(f"https://example.org/lab/?{run.to_query()}") == (run, [])
    page = Page(Task(epochs=7), (Method(optimizer=Adam(lr=0.5)),))
    assert Page.from_query(f"https://example.org/?{page.to_query()}") == (page, [])
    told = Run.from_query(page.to_query())
    assert told[0] == run
    assert told[1][0] == "The link's “tab” is no part of a run: ignored."
    assert Run.from_query("run=none") == (Run(), [])


def test_a_name_of_older_links_is_no_name_of_today() -> None:
    kinds = (*OPTIMIZERS.values(), *PROBLEMS.values(), Task, View, *SETTINGS.values())
    today = {*OPTIMIZERS, *PROBLEMS, *(name for kind in kinds for name in settings_of(kind))}
    assert not today & links.OLD_NAMES.keys()
    options = {o for kind in kinds for s in settings_of(kind).values() for o in getattr(s, "options", ())}
    assert not options & links.OLD_VALUES.keys()
