"""A formula is a surface like the others, or a sentence says what is wrong with it. None is ever executed."""

import math
import random
import string
import time
import unicodedata

import pytest
import torch

from tests.matrix import slow_but
from trainers import Axis, Run, Sweep, sweep, train
from trainers.optimizers import SGD, Adam
from trainers.problems import PROBLEMS, Formula
from trainers.problems.formula.expression import CONSTANTS, OF_ONE, OF_SEVERAL
from trainers.problems.formula.reader import MAX_CHARACTERS, MAX_PARTS
from trainers.run import Task, runners
from trainers.scripts.problem import problem_code
from trainers.settings import SettingError, coerce

ROSENBROCK = "(1 - x)**2 + 100*(y - x**2)**2"
BUILT_IN = {
    "Rosenbrock": ROSENBROCK,
    "Beale": "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
    "Booth": "(x + 2*y - 7)^2 + (2*x + y - 5)^2",
    "Matyas": "0.26*(x^2 + y^2) - 0.48*x*y",
    "Himmelblau": "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    "Rastrigin": "20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)",
    "Ackley": "-20*exp(-0.2*sqrt((x^2 + y^2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2) + e + 20",
    "StyblinskiTang": "(x^4 - 16*x^2 + 5*x + y^4 - 16*y^2 + 5*y)/2",
    "ThreeHumpCamel": "2*x^2 - 1.05*x^4 + x^6/6 + x*y + y^2",
    "SixHumpCamel": "(4 - 2.1*x^2 + x^4/3)*x^2 + x*y + (4*y^2 - 4)*y^2",
    "McCormick": "sin(x + y) + (x - y)^2 - 1.5*x + 2.5*y + 1",
    "Easom": "-cos(x)*cos(y)*exp(-(x - pi)^2 - (y - pi)^2)",
}
WRONG = {
    "": "must be a formula of x and y, got nothing",
    "   ": "must be a formula of x and y, got nothing",
    "3": "must have x or y",
    "9**9**9**9": "can't have a constant that is NaN or beyond 3e38 at character 4",
    "x + 9**9**9**9": "can't have a constant that is NaN or beyond 3e38 at character 8",
    "x^1e39": "can't have a constant that is NaN or beyond 3e38 at character 3",
    "x + 0/0": "can't have a constant that is NaN or beyond 3e38 at character 5",
    "2x": "needs an operator behind the number at character 1",
    "x + 1_000": "needs an operator behind the number at character 5",
    "0x1F*x": "needs an operator behind the number at character 1",
    "1j*x": "needs an operator behind the number at character 1",
    "2(x)": "needs an operator before the parenthesis at character 2",
    "x(y)": "needs an operator before the parenthesis at character 2",
    "x y": "can't be read at character 3: something is missing there, or too much",
    "x +": "can't be read at character 3: something is missing there, or too much",
    "(x": "does not close the parenthesis at character 1",
    "x) + (y": "closes a parenthesis at character 2 that was not opened",
    "sin": "needs parentheses behind sin at character 1",
    "x^2 + sin(x, y)": "must have 1 argument for sin at character 7, got 2",
    "max(x)": "must have 2 or more arguments for max at character 1, got 1",
    "max(*x)": "can't have a product without its first factor at character 5",
    "max(**x)": "can't be read at character 5",
    "x, y": "can't have a comma outside of min and max at character 1",
    "x // y": "can't have a division with two slashes at character 1",
    "x.__class__": "can't have an attribute at character 1",
    "x if y else x": "can't have a condition at character 1",
    "x in y": "can't have a comparison at character 1",
    "x and y": "can't have what is no part of a formula at character 1",
    "True*x": "can't have what is no part of a formula at character 1",
    "await x": "can't have what is no part of a formula at character 1",
    "__import__('os')": "can't have the apostrophe at character 12",
    "f'{x}'": "can't have the apostrophe at character 2",
    "lambda: x": "can't have the colon at character 7",
    "(x := 3)": "can't have the colon at character 4",
    "[x for x in y]": "can't have the left square bracket at character 1",
    "x % y": "can't have the percent sign at character 3",
    "х + y": "can't have the cyrillic small letter ha at character 1",
    "ｘ": "can't have the fullwidth latin small letter x at character 1",
    "x\0": "can't have the control character at character 2",
    "x\n+y": "can't have the control character at character 2",
    "x+" * 5000: f"must have at most {MAX_CHARACTERS} characters, got 10000",
    "(" * 10_000: f"must have at most {MAX_CHARACTERS} characters, got 10000",
    "-" * 299 + "x": f"must have at most {MAX_PARTS} numbers, variables and operations, got 300",
    "log(x - 400)": "must be finite, with its gradient, at one of 256 points tried in its window",
}


def reason(text: str) -> str:
    """What is said of a text that is no formula; "" if it is one."""
    try:
        Formula(text)
    except SettingError as error:
        return error.reason
    return ""


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_is_no_formula_is_told_where(text: str) -> None:
    assert reason(text) == WRONG[text]
    problem, notes = coerce(Formula, {"formula": text})
    assert (problem, notes) == (Formula(), [f"formula {WRONG[text]}: using its default."])


@pytest.mark.parametrize(("text", "place"), [("x^2^2 + z", 9), ("z·x×y", 1), ("x·x×z", 5), (" x^2 + z", 7)])
def test_a_place_is_that_in_the_text_as_it_was_typed(text: str, place: int) -> None:
    known = "x, y, pi, e, sin, cos, tan, exp, log, sqrt, abs, tanh, sinh, cosh, atan, min and max"
    assert reason(text) == f"has the unknown name “z” at character {place}: known are {known}"


@pytest.mark.parametrize("text", [1, None, b"x", ["x"], math.nan])
def test_only_a_text_is_a_formula(text: object) -> None:
    assert reason(text).startswith("must be a text, got")  # type: ignore[arg-type]


# --- Values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUILT_IN)
def test_it_is_the_built_in_surface(name: str) -> None:
    typed, built_in = Formula(BUILT_IN[name]), PROBLEMS[name]()
    points = 10 * torch.rand(2, 500, generator=torch.Generator().manual_seed(1), dtype=torch.float64) - 5
    for params in (points, points[:, 0]):
        loss, gradient = typed.loss_and_gradient(params)
        expected = built_in.loss(params), built_in.gradient(params)
        for ours, theirs in zip((loss, gradient), expected, strict=True):
            size = theirs.abs().clamp(min=1.0)
            torch.testing.assert_close(ours / size, theirs / size, rtol=0, atol=1e-12)
    loss, _ = typed.found_minimum
    (left, right), (low, high) = built_in.window
    inside = max(-left, right, -low, high) <= 5 or name == "Booth"
    if built_in.minimum is not None and inside:
        assert loss == pytest.approx(built_in.minimum, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-x^2", -4.0),
        ("x^-2", 0.25),
        ("2^3^x", 2.0**9),
        ("x - 1 - 1", 0.0),
        ("x / 2 * 2", 2.0),
        ("+x - -y", 5.0),
        ("min(x, y, 1) + max(2, x*y)", 7.0),
        ("max(1, 2)*x", 4.0),
        ("x − 1 · 3 × 1", -1.0),
        ("1e2*x + .5", 200.5),
        (f"{'(' * 140}x{')' * 140}", 2.0),
        ("atan(tan(x - 2)) + e^0*y + log(exp(x)) + abs(-y) + sqrt(y^2)", 11.0),
        ("cosh(x)^2 - sinh(x)^2 + tanh(0*x)", 1.0),
    ],
)
def test_operators_bind_as_in_mathematics(text: str, value: float) -> None:
    for dtype in (torch.float32, torch.float64):
        loss = Formula(text).loss(torch.tensor([2.0, 3.0], dtype=dtype))
        assert loss.dtype == dtype
        assert loss.item() == pytest.approx(value, rel=1e-5)


def test_the_smallest_loss_is_not_called_the_minimum() -> None:
    problem = Formula("(x - 0.123)**2 + 7*(y + 1.456)**2 + 3")
    assert problem.found_minimum.loss == pytest.approx(3, abs=1e-12)
    assert problem.found_minimum.params == pytest.approx((0.123, -1.456), abs=1e-6)
    assert problem.minimum is None
    assert problem.minimizers == ()
    assert Formula("x + y").found_minimum == (-10.0, (-5.0, -5.0))


def test_a_run_starts_where_it_can() -> None:
    assert Formula(ROSENBROCK).start().tolist() == [-1.2, 1.0]
    x, y = Formula("log(x) + 1/y").start().tolist()
    assert 0 < x < 1
    assert math.hypot(x + 1.2, y - 1) < 2
    assert Formula(ROSENBROCK).start(3).abs().max() <= 5


# --- Runs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [ROSENBROCK, "log(x)/y + sin(3*y)", "abs(x) + max(x, y, 2)", "1/(x - y)"])
def test_a_sweep_is_its_single_runs(text: str) -> None:
    run = Run(problem=Formula(text), optimizer=Adam(), runner="autograd", epochs=20, dtype="float64")
    result = sweep(Sweep(run, {"lr": Axis(1e-3, 10, 5, log=True)}, seeds=4))
    for place in range(result.sweep.size):
        alone, together = train(result.run(place)).loss[-1], result.final_loss[place]
        torch.testing.assert_close(together, alone.to(together), rtol=1e-9, atol=1e-12, equal_nan=True)


def test_a_run_where_it_is_not_finite_is_a_result() -> None:
    run = Run(problem=Formula("log(x) + y"), optimizer=SGD(), runner="autograd", start=(-1.0, 0.0), epochs=5)
    history = train(run)
    assert (history.cause, history.diverged_at) == ("not a number", 0)


def test_it_has_no_gradient_by_hand() -> None:
    assert runners(SGD, Formula()) == ("autograd", "torch.optim")
    histories = [train(Run(problem=Formula(), runner=r, epochs=50)) for r in runners(SGD, Formula())]
    torch.testing.assert_close(histories[0].loss, histories[1].loss)
    with pytest.raises(SettingError, match=r"Formula has none: use autograd or torch\.optim"):
        Run(problem=Formula())


@pytest.mark.parametrize("text", [*BUILT_IN.values(), "x+y", "min(x,3,y)-max(2,y)-(x-(y-2))/(x*(y/3))*2*pi"])
def test_its_program_computes_the_same(text: str) -> None:
    code, problem = problem_code(Formula(text)), Formula(text)
    names: dict[str, object] = {"torch": torch, "math": math}
    exec("\n".join(code.loss), names)
    points = 10 * torch.rand(2, 100, generator=torch.Generator().manual_seed(2), dtype=torch.float64) - 5
    assert torch.equal(names["f"](points), problem.loss(points))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (ROSENBROCK, "return (1 - x) ** 2 + 100 * (y - x**2) ** 2"),
        ("x*2*pi - sin(1)", "return x * 2 * math.pi - 0.8414709848078965"),
        ("x*-sqrt(4)", "return x * -2"),
        ("x*2^10 + (1+2)*y", "return x * 1024 + (1 + 2) * y"),
        ("min(x, -1)", "return x.clamp(max=-1)"),
        ("max(x, y)", "return torch.maximum(x, y)"),
        ("-(x + y)*(1 - 3)", "return -(x + y) * (1 - 3)"),
    ],
)
def test_its_program_reads_as_the_formula(text: str, line: str) -> None:
    assert problem_code(Formula(text)).loss[-1].strip() == line


# --- Links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [*BUILT_IN.values(), "x + y - 1e-05", "  x*y  ", "(x)", "x^2 − y·y", "x*1e+5", "x**-y"]
)
def test_it_comes_back_from_a_link(text: str) -> None:
    task = Task(problem=Formula(text), seed=1)
    for query in (task.to_query(), task.to_query(short=True)):
        run, notes = Run.from_query(f"{query}&run=SGD")
        assert (run.problem, run.runner, notes) == (Formula(text), "autograd", [])
        assert set(query) <= set(string.ascii_letters + string.digits + "~-._%+=&")
    assert Run.from_query(f"run=SGD&{task.to_query(short=True)}")[0].problem == Formula(text)


def test_it_can_be_typed_into_a_link() -> None:
    for end in ("", ".", ")", ")."):
        run, notes = Run.from_query(f"run=SGD&problem=Formula~formula-x*sin(y-(1)){end}")
        assert (run.problem, notes) == (Formula("x*sin(y-(1))"), [])
    run, notes = Run.from_query("problem=Formula~formula-x*(__import__)&run=SGD")
    assert run.problem == Formula()
    assert notes[0].startswith("formula has the unknown name “__import__” at character 4")
    assert notes[0].endswith(": using its default.")


# --- Any text -------------------------------------------------------------------------------------

PIECES = [
    *("x", "y", "2", "0.5", "1e308", "9", "pi", "e", "z", "os", "__import__", "lambda", "if", "else", "for"),
    *("in", "not", "and", "None", "True", "import", "yield", "await", "print", "exec"),
    *("+", "-", "*", "/", "**", "^", "//", "%", "@", "~", "=", "==", ":=", ":", ",", ".", "(", ")", "[", "]"),
    *("{", "}", "'", '"', "f'", "\\", "\n", "\0", "\t", " ", "#", "_", "·", "−", "х", "²", "٣", "…"),
    *OF_ONE, *OF_SEVERAL,
]  # fmt: skip


def generated(rng: random.Random, depth: int) -> str:
    """A random formula, as deep as this at most."""
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(["x", "y", *CONSTANTS, f"{rng.randint(0, 99)}", f"{rng.random() * 10:.3g}"])
    kind = rng.random()
    if kind < 0.25:
        return f"{rng.choice(list(OF_ONE))}({generated(rng, depth - 1)})"
    if kind < 0.35:
        parts = [generated(rng, depth - 1) for _ in range(rng.randint(2, 3))]
        return f"{rng.choice(list(OF_SEVERAL))}({', '.join(parts)})"
    if kind < 0.45:
        return f"-{generated(rng, depth - 1)}"
    sides = [generated(rng, depth - 1) for _ in range(2)]
    inner = rng.choice(["+", " - ", "*", "/", "**", " ^ "]).join(sides)
    return f"({inner})" if rng.random() < 0.6 else inner


def changed(rng: random.Random, text: str) -> str:
    """A text with a mistake: a piece that is lost, put in, or in place of another."""
    first, last = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    last = min(last, first + 3)
    return text[:first] + rng.choice(["", rng.choice(PIECES)]) + text[last:]


def any_text(seed: int) -> str:
    rng = random.Random(seed)
    if seed % 4 == 0:
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 40)))
    text = generated(rng, rng.randint(1, 6))
    for _ in range(seed % 4 - 1):
        text = changed(rng, text)
    return text


@pytest.mark.parametrize("first", slow_but([0], range(0, 2000, 200)))
def test_any_text_is_a_surface_or_a_sentence(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    Formula(ROSENBROCK)  # at its first gradient torch imports more, which is executed
    surfaces = 0
    for seed in range(first, first + 200):
        text, begin = any_text(seed), time.perf_counter()
        with monkeypatch.context() as patch:
            for name in ("eval", "exec", "open", "print"):
                patch.setattr(f"builtins.{name}", forbidden)
            why = reason(text)
        if why:
            assert len(why) < 200
            assert not set("<>[]()*`$\\") & set(why), why
            assert all(unicodedata.category(c)[0] != "C" for c in why)
        else:
            surfaces += 1
            problem = Formula(text)
            assert problem.loss(problem.start()).isfinite()
            if surfaces % 5 == 0:
                assert problem.found_minimum.loss <= problem.loss(problem.start()) + 1e-9
            assert Run.from_query(Task(problem=problem).to_query())[0].problem == problem
            assert problem.loss(torch.zeros(2, 3)).shape == (3,)
        assert time.perf_counter() - begin < 5, text  # no huge numbers; 1 s on a machine at rest
    assert surfaces >= 20


def forbidden(*args: object, **named: object) -> None:
    raise AssertionError(f"executed: {args}")
