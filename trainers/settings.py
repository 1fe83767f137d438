"""The settings of optimizers, problems and runs, each defined once where it belongs.

A setting has a default, bounds, a scale and one line of help, from which checks, links, sidebar controls
and tables follow. A class of settings is a frozen dataclass that derives from `Settings`:

    @dataclass(frozen=True)
    class Constant(Settings):
        lr: Number = real(1e-3, low=1e-8, high=100, scale="log", help="Step size.")
"""

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeAlias
from urllib.parse import quote_plus

from torch import Tensor

from trainers.words import among, format_value, is_number, safe_text

MAX_SEED = 2**31 - 1
NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
"""A number in a link."""
Number: TypeAlias = float | Tensor
"""A real setting: a float, or a tensor `(runs,)`, float64, with one number for each run."""


class SettingError(ValueError):
    """An invalid value of a setting. The message names the setting, the value and the bound.

    `nearest` is the nearest valid value, where it depends on other settings.
    """

    def __init__(self, name: str, reason: str, nearest: Any = None) -> None:
        super().__init__(f"{name} {reason}")
        self.name = name
        self.reason = reason
        self.nearest = nearest


@dataclass(frozen=True)
class Setting:
    """Base of all kinds of setting: a default and a line of help."""

    default: Any
    help: str
    label: str = field(default="", kw_only=True)
    """Label of its control; by default its name with spaces."""

    def validate(self, name: str, value: Any) -> Any:
        """Return the value in its canonical form; raises `SettingError` if it is invalid."""
        raise NotImplementedError

    def coerce(self, name: str, value: Any) -> Any:
        """Return the valid value nearest to `value`, or the default."""
        try:
            return self.validate(name, value)
        except SettingError:
            return self.default

    def read(self, text: str) -> Any:
        """Parse a value from a link, without checking it; raises `ValueError`."""
        raise NotImplementedError

    def write(self, value: Any) -> str:
        """Format a value for a link: letters, digits, `.`, `_`, `-`, and what is escaped with `%`."""
        return str(value)

    def in_words(self, value: Any) -> str:
        """Return a value as it stands in a sentence."""
        return format_value(value)


@dataclass(frozen=True)
class Real(Setting):
    """A real number within bounds. `scale` is that of its steps and of searches."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"
    search: tuple[float, float] | None = None
    """Search space of tuning; None if it is not tuned."""

    def validate(self, name: str, value: Any) -> Any:
        if isinstance(value, Tensor):
            if value.numel() == 0 or value.is_complex() or isinstance(self, Integer):
                raise SettingError(name, f"{self.bounds()}, got a tensor that holds none")
            if not bool(((value >= self.low) & (value <= self.high)).all()):
                raise SettingError(name, f"{self.bounds()}, got {value.min():g} to {value.max():g}")
            return value
        if not is_number(value) or not self.low <= value <= self.high:
            raise SettingError(name, f"{self.bounds()}, got {safe_text(value)}")
        return float(value)

    def coerce(self, name: str, value: Any) -> Any:
        if not is_number(value) or value != value:
            return self.default
        return float(min(max(value, self.low), self.high))

    def step(self, value: float) -> float:
        """Step of the + and - buttons: on a log scale, half a unit of the leading digit."""
        if self.scale == "linear":
            return 10.0 ** round(math.log10((self.high - self.low) / 100))
        size = value if value > 0 else self.default or self.high / 100
        return float(10.0 ** math.floor(math.log10(size)) / 2)

    def bounds(self) -> str:
        return f"must be a number from {format_value(self.low)} to {format_value(self.high)}"

    def read(self, text: str) -> float:
        text = text.strip().replace("−", "-").replace("e ", "e+")  # a + in a link is a space
        text = self.with_decimal_point(text)
        if not NUMBER.fullmatch(text):
            raise ValueError(f"a number, not {safe_text(text)}")
        return float(text)

    def with_decimal_point(self, text: str) -> str:
        """Replace a decimal comma by a point."""
        return text if "." in text else text.replace(",", ".", 1)

    def write(self, value: Any) -> str:
        return format_value(value)


@dataclass(frozen=True)
class Integer(Real):
    """A whole number within bounds."""

    def validate(self, name: str, value: Any) -> int:
        number = super().validate(name, value)
        if number != int(number):
            raise SettingError(name, f"{self.bounds()}, got {safe_text(value)}")
        return int(number)

    def coerce(self, name: str, value: Any) -> int:
        return round(float(super().coerce(name, value)))

    def with_decimal_point(self, text: str) -> str:
        """Remove thousands separators."""
        return re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", text)

    def step(self, value: float) -> float:
        return max(1.0, super().step(value)) if self.scale == "log" else 1.0

    def bounds(self) -> str:
        return f"must be a whole number from {format_value(self.low)} to {format_value(self.high)}"


@dataclass(frozen=True)
class Flag(Setting):
    """On or off."""

    def validate(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise SettingError(name, f"must be True or False, got {safe_text(value)}")
        return value

    def read(self, text: str) -> bool:
        if text not in ("0", "1"):
            raise ValueError(f"0 or 1, not {safe_text(text)}")
        return text == "1"

    def write(self, value: Any) -> str:
        return "1" if value else "0"


@dataclass(frozen=True)
class Choice(Setting):
    """One of a few words."""

    options: tuple[str, ...]
    captions: Mapping[str, str] = field(default_factory=dict, kw_only=True, compare=False)
    """Names of options on the page, where they differ."""

    def validate(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise SettingError(name, f"must be one of {', '.join(self.options)}, got {safe_text(value)}")
        return value

    def read(self, text: str) -> str:
        return among(text, self.options) or text

    def caption(self, option: str) -> str:
        """Name of an option on the page."""
        return self.captions.get(option, option)


@dataclass(frozen=True)
class Text(Setting):
    """A line of text, such as a formula; without `~`, which ends a setting in a link.

    `check` returns a text in its canonical form, or raises a `ValueError` whose message says what is wrong.
    """

    check: Callable[[str], str]

    def validate(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise SettingError(name, f"must be a text, got {safe_text(value)}")
        try:
            return self.check(value)
        except ValueError as error:
            raise SettingError(name, str(error)) from None

    def read(self, text: str) -> str:
        return text

    def write(self, value: Any) -> str:
        return quote_plus(value)

    def in_words(self, value: Any) -> str:
        return "its default" if value == self.default else safe_text(value)


def real(
    default: float,
    low: float,
    high: float,
    help: str,
    scale: Literal["linear", "log"] = "linear",
    search: tuple[float, float] | None = None,
    label: str = "",
) -> Any:
    """A dataclass field that holds a real number."""
    return _field(Real(default, help, low, high, scale, search, label=label))


def integer(
    default: int,
    low: int,
    high: int,
    help: str,
    scale: Literal["linear", "log"] = "linear",
    label: str = "",
) -> Any:
    """A dataclass field that holds a whole number."""
    return _field(Integer(default, help, low, high, scale, label=label))


def flag(default: bool, help: str, label: str = "") -> Any:
    """A dataclass field that is on or off."""
    return _field(Flag(default, help, label=label))


def choice(
    default: str,
    options: Iterable[str],
    help: str,
    label: str = "",
    captions: Mapping[str, str] = MappingProxyType({}),
) -> Any:
    """A dataclass field that holds one of a few words."""
    return _field(Choice(default, help, tuple(options), label=label, captions=captions))


def text(default: str, check: Callable[[str], str], help: str, label: str = "") -> Any:
    """A dataclass field that holds a line of text."""
    return _field(Text(default, help, check, label=label))


def part(allowed: Mapping[str, type["Settings"]], default: Any, main: bool = False) -> Any:
    """A dataclass field that holds settings of one of these classes, by name.

    A link to a class with a `main` part begins with the name of that part's class.
    """
    return field(default=default, metadata={"allowed": allowed, "main": main})


def _field(setting: Setting) -> Any:
    return field(default=setting.default, metadata={"setting": setting})


@dataclass(frozen=True)
class Settings:
    """Base of the frozen dataclasses whose fields are settings. A bad value raises `SettingError`."""

    summary: ClassVar[str] = ""
    vectorized: ClassVar[bool] = False
    """Whether a number may be a tensor, with a value per run."""

    def __post_init__(self) -> None:
        for name, setting in settings_of(self).items():
            value = getattr(self, name)
            if isinstance(value, Tensor) and not self.vectorized:
                raise SettingError(
                    name, f"must be a single value, got a tensor of shape {tuple(value.shape)}"
                )
            object.__setattr__(self, name, setting.validate(name, value))
        self.check()

    @property
    def link_name(self) -> str:
        """The name in links. Raises `SettingError` if there can be no link to it."""
        return type(self).__name__

    def __getstate__(self) -> dict[str, Any]:
        """The fields only, for `pickle` and `copy`: cached properties are computed again."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def check(self) -> None:
        """Raise `SettingError` if settings that are valid alone contradict each other."""

    def is_active(self, name: str) -> bool:
        """Whether a setting has an effect, given the others."""
        return True

    def non_default(self) -> dict[str, Any]:
        """The settings that differ from their defaults."""
        values = {name: getattr(self, name) for name in settings_of(self)}
        return {name: v for name, v in values.items() if v != settings_of(self)[name].default}


def settings_of(settings: Settings | type[Settings]) -> Mapping[str, Setting]:
    """The settings of a class of settings, by name, in the order of its fields."""
    kind: Any = settings if isinstance(settings, type) else type(settings)
    return _settings_of(kind)


@cache
def _settings_of(kind: Any) -> Mapping[str, Setting]:
    fields = dataclasses.fields(kind)
    return MappingProxyType({f.name: f.metadata["setting"] for f in fields if "setting" in f.metadata})


def parts(kind: type[Settings]) -> dict[str, Mapping[str, type[Settings]]]:
    """Fields that hold nested settings: name -> allowed classes by name."""
    fields = dataclasses.fields(kind)
    return {f.name: f.metadata["allowed"] for f in fields if "allowed" in f.metadata}


def main_part(kind: type[Settings]) -> str:
    """Name of the main part of a class, or ""."""
    return next((f.name for f in dataclasses.fields(kind) if f.metadata.get("main")), "")


def coerce(kind: type[Settings], values: Mapping[str, Any], **others: Any) -> tuple[Any, list[str]]:
    """Clamp or default every invalid value; returns the settings and a note on each value changed.

    A number out of bounds is clamped; any other invalid value becomes the setting's default. `others` are
    fields that are not settings; only they may raise.
    """
    notes, usable = [], {}
    for name, setting in settings_of(kind).items():
        try:
            usable[name] = setting.validate(name, values.get(name, setting.default))
        except SettingError as error:
            usable[name] = setting.coerce(name, values[name])
            notes.append(f"{error}: using {setting.in_words(usable[name])}.")
    given = {f.name: others[f.name] for f in dataclasses.fields(kind) if f.name in others}
    for _ in range(len(usable) + 1):
        try:
            return kind(**usable, **given), notes
        except SettingError as error:
            if error.name not in usable:
                raise
            setting = settings_of(kind)[error.name]
            usable[error.name] = setting.default if error.nearest is None else error.nearest
            if error.name in values:
                notes.append(f"{error}: using {setting.in_words(usable[error.name])}.")
    return kind(**given), notes


def real_settings(settings: Settings | type[Settings]) -> dict[str, Real]:
    """The numeric settings, by name."""
    return {name: setting for name, setting in settings_of(settings).items() if isinstance(setting, Real)}
