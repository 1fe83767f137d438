"""Options that follow from settings: each with its help, bounds and default, once."""

from collections.abc import Mapping, Sequence
from typing import Any

from trainers.settings import Choice, Flag, Integer, Real, Setting, Settings, Text, settings_of
from trainers.terminal.sections import SectionedOption
from trainers.words import format_value


def setting_options(kinds: Sequence[type[Settings]], section: str) -> list[SectionedOption]:
    """Return an option for each setting of these classes; those of the same name share one."""
    found: dict[str, dict[str, Setting]] = {}
    for kind in kinds:
        for name, setting in settings_of(kind).items():
            found.setdefault(name, {})[kind.__name__ if len(kinds) > 1 else ""] = setting
    return [setting_option(name, settings, section) for name, settings in found.items()]


def setting_option(name: str, settings: Mapping[str, Setting], section: str) -> SectionedOption:
    """Return the option of a setting, given as it is in each class that has it."""
    first = next(iter(settings.values()))
    words = flag(name)
    names = [f"{words}/--no-{words.removeprefix('--')}"] if isinstance(first, Flag) else [words]
    attributes: dict[str, Any] = {} if isinstance(first, Flag) else {"metavar": _metavar(first)}
    help = " ".join(f"{text} [{'; '.join(_by_class(alike))}]" for text, alike in _by_help(settings).items())
    return SectionedOption(names, section, default=None, help=help, **attributes)


def flag(name: str) -> str:
    """Return the option of a setting: `--batch-size` for batch_size."""
    return f"--{name.replace('_', '-')}"


def _metavar(setting: Setting) -> str:
    kinds = {Integer: "INTEGER", Real: "NUMBER", Text: "TEXT"}
    return next((name for kind, name in kinds.items() if isinstance(setting, kind)), "WORD")


def _by_help(settings: Mapping[str, Setting]) -> dict[str, dict[str, Setting]]:
    """Group the settings by their help, which may differ between classes."""
    groups: dict[str, dict[str, Setting]] = {}
    for kind, setting in settings.items():
        groups.setdefault(setting.help, {})[kind] = setting
    return groups


def _by_class(settings: Mapping[str, Setting]) -> list[str]:
    """Return default and bounds, with the names of the classes to which they apply, if these have names."""
    groups: dict[str, list[str]] = {}
    for kind, setting in settings.items():
        groups.setdefault(describe_values(setting), []).append(kind)
    return [f"{', '.join(kinds)}: {values}".removeprefix(": ") for values, kinds in groups.items()]


def describe_values(setting: Setting) -> str:
    """Return the default and the bounds of a setting in words."""
    default = f"default {'off' if setting.default is False else format_value(setting.default)}"
    if isinstance(setting, Choice):
        return f"{', '.join(setting.options)}; {default}"
    if isinstance(setting, Real):
        return f"{format_value(setting.low)} to {format_value(setting.high)}, {default}"
    return default
