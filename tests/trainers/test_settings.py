"""Bad values get a sentence that names the setting, the value and the bounds."""

import math
import re
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers import Run
from trainers.optimizers import LBFGS, OPTIMIZERS, SGD, Adam
from trainers.problems import PROBLEMS, Thermometer
from trainers.run import Task
from trainers.settings import Real, SettingError, Settings, coerce, settings_of

CLASSES = [*OPTIMIZERS.values(), *PROBLEMS.values(), Task]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.lists(st.floats(), max_size=2),
    st.complex_numbers(),
)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: SGD(lr=math.nan), "lr must be a number from 1e-08 to 100, got nan"),
        (lambda: SGD(lr=math.inf), "lr must be a number from 1e-08 to 100, got inf"),
        (lambda: SGD(lr=1e9), "lr must be a number from 1e-08 to 100, got 1000000000"),
        (lambda: SGD(lr=10**400), "lr must be a number from 1e-08 to 100, got a number beyond 1e308"),
        (lambda: SGD(lr="www.x.org"), "lr must be a number from 1e-08 to 100, got www?x.org"),
        (lambda: SGD(lr="0.1"), "lr must be a number from 1e-08 to 100, got 0.1"),
        (lambda: SGD(momentum=-0.1), "momentum must be a number from 0 to 1, got -0.1"),
        (lambda: SGD(nesterov=1), "nesterov must be True or False, got 1"),
        (lambda: Adam(beta1=1.0), "beta1 must be a number from 0 to 0.999999, got 1"),
        (
            lambda: Adam(lr=torch.tensor([0.1, 200.0])),
            "lr must be a number from 1e-08 to 100, got 0.1 to 200",
        ),
        (lambda: Thermometer("x10"), "scaling must be one of raw, x0.1, standardized, got x10"),
        (lambda: Run(epochs=0), "epochs must be a whole number from 1 to 100000, got 0"),
        (lambda: Run(epochs=2.5), "epochs must be a whole number from 1 to 100000, got 2.5"),
        (lambda: Run(epochs=math.nan), "epochs must be a whole number from 1 to 100000, got nan"),
        (lambda: Run(seed=-1), "seed must be a whole number from 0 to 2147483647, got -1"),
        (lambda: Run(dtype="float16"), "dtype must be one of float32, float64, got float16"),
        (lambda: Run(runner="keras"), "runner must be one of manual, autograd, torch.optim, got keras"),
        (lambda: Run(start=(1.0,)), "start must be 2 numbers from -1000000 to 1000000, got 1"),
        (lambda: Run(start=(1.0, math.nan)), "start must be 2 numbers from -1000000 to 1000000, got 1, nan"),
        (lambda: Run(problem="Thermometer"), "problem must be one such as Thermometer(), got Thermometer"),
        (lambda: Run(optimizer=SGD), "optimizer must be one such as SGD(), got"),
    ],
)
def test_the_sentence(make: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        make()


def test_numbers_have_one_form() -> None:
    assert repr(SGD(lr=1)) == repr(SGD(lr=1.0))
    assert repr(Run(epochs=5.0)) == repr(Run(epochs=5))
    assert repr(Run(start=[1, 2])) == repr(Run(start=(1.0, 2.0)))


@pytest.mark.parametrize("kind", CLASSES)
def test_defaults_and_bounds_are_themselves_valid(kind: type) -> None:
    for name, setting in settings_of(kind).items():
        assert setting.validate(name, setting.default) == setting.default
        assert setting.help.endswith(".")
        ends = ("low", "high") if isinstance(setting, Real) else ()
        for end in ends:
            assert setting.validate(name, getattr(setting, end)) == getattr(setting, end)


@cache
def some_settings(kind: type) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(settings_of(kind), ANYTHING))


@pytest.mark.parametrize("kind", CLASSES)
@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data())
def test_coerce_takes_anything(kind: type, data: st.DataObject) -> None:
    values = data.draw(some_settings(kind))
    settings, notes = coerce(kind, values)
    assert isinstance(settings, kind)
    for name, value in values.items():
        if refused := refusal(kind, name, value):
            assert any(note.startswith(refused) for note in notes)


def test_coerce_clamps_and_says_so() -> None:
    assert coerce(SGD, {"lr": 1e9}) == (
        SGD(lr=100),
        ["lr must be a number from 1e-08 to 100, got 1000000000: using 100."],
    )
    settings, notes = coerce(SGD, {"nesterov": True})
    assert settings == SGD()
    assert notes == ["nesterov needs momentum above 0 and dampening 0: using False."]


def refusal(kind: type, name: str, value: Any) -> str:
    """The sentence with which a setting refuses a value, or none."""
    try:
        settings_of(kind)[name].validate(name, value)
    except SettingError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("kind", "name", "value", "step"),
    [
        (SGD, "lr", 0.03, 0.005),
        (SGD, "lr", 1.0, 0.5),
        (SGD, "momentum", 0.9, 0.01),
        (SGD, "weight_decay", 0.0, 0.1),
        (Adam, "eps", 0.0, 5e-9),
        (Adam, "beta1", 0.9, 0.01),
        (Task, "epochs", 5000, 500),
        (Task, "epochs", 3, 1),
        (Task, "seed", 7, 1),
    ],
)
def test_a_press_of_plus_is_a_small_step(kind: type[Settings], name: str, value: float, step: float) -> None:
    setting = settings_of(kind)[name]
    assert isinstance(setting, Real)
    assert setting.step(value) == pytest.approx(step)


def test_a_link_to_an_optimizer_of_torch_alone_needs_no_runner() -> None:
    """The default runner gives way, and is the only setting."""
    run, notes = Run.from_query("run=LBFGS")
    assert (run.optimizer, run.runner) == (LBFGS(), "torch.optim")
    assert notes == []
