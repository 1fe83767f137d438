"""Settings as the text of a link, and back from any text.

A class of settings is its name and its settings, `SGD~lr-0.01~momentum-0.9`, all of them written out, so that
a link keeps its meaning when a default changes; the short form leaves defaults out. What a setting holds may
be such a class again: its name is the value, and its own settings follow behind a dot,
`schedule-Cosine~schedule.warmup-10`. A class that is about another, as a method is about its optimizer,
begins with that one's name and settings, and its own choices are bare words: `SGD~manual~lr-0.01`.

Reading walks the fields of the class that is wanted, and never raises. A number out of bounds is clamped and
an unknown word gives way to the default, both with a note. A text that is no number, or the name of no class,
means that the link was damaged on its way, or made by another version: `damaged` says so. `Link.damage` names
each part of a link that is not the one that was sent.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from trainers import more
from trainers.settings import Choice, Settings, coerce, main_part, parts, settings_of
from trainers.words import among, format_value, join_words, quoted

MAX_LINK_LENGTH = 4096
"""Max. characters of a link."""
DEFAULTS = "0.2"
"""Version of the defaults: a short link names it. To be raised with any change of a default."""
FORMER: Mapping[str, Mapping[str, Mapping[str, str]]] = {"0.1": {"race": {"seeds": "10"}}}
"""Former defaults of the settings of a parameter, by version, as texts."""
BEGIN, END = "begin", "end"
"""Parameters around a complete link: one that begins but does not end was cut off."""
ESCAPED = re.compile("^(amp;)+", re.IGNORECASE)
"""What is left of `&amp;` before the name of a parameter."""
OLD_NAMES: Mapping[str, str] = {
    "batch": "batch_size",
    "validation": "validation_split",
    "shuffle": "shuffle_seed",
    "criterion": "metric",
    "low": "lr_min",
    "high": "lr_max",
    "search": "tune",
    "starts": "seeds",
    "inputs": "features",
    "own": "csv",
    "entrants": "optimizers",
    "Network": "MLP",
    "grid": "grid_search",
    "held_out": "validation_curve",
}
"""Current names of settings and classes, by their names in older links."""
OLD_VALUES: Mapping[str, str] = {
    "made": "synthetic",
    "own": "csv",
    "standardised": "standardized",
    "Grid": "Grid search",
}
"""The same for values."""
OLD_HEADS = ("Racing", "Grid")


class Reading(NamedTuple):
    """Parsed settings, notes on what was changed or ignored, and whether the text is damaged."""

    settings: Any
    notes: list[str]
    damaged: bool


# --- Writing --------------------------------------------------------------------------------------


def write(settings: Settings, short: bool = False) -> str:
    """A class of settings as `Name~setting-value~...`; without the defaults if `short`."""
    main = main_part(type(settings))
    if not main:
        return "~".join([settings.link_name, *_pairs(settings, short)])
    subject = getattr(settings, main)
    words = [getattr(settings, name) for name in _choices(type(settings)) if _written(settings, name, short)]
    return "~".join([subject.link_name, *words, *_pairs(subject, short), *_pairs(settings, short)])


def write_settings(settings: Settings, short: bool = False) -> str:
    """The same without the name, where the class is known: `setting-value~...`."""
    return "~".join(_pairs(settings, short))


def parameters(kind: type[Settings], settings: Settings, short: bool = False) -> list[str]:
    """The settings of that class, each as a parameter of its own: `name=value`."""
    return [
        f"{name}={setting.write(getattr(settings, name))}"
        for name, setting in settings_of(kind).items()
        if _written(settings, name, short)
    ]


def _pairs(settings: Settings, short: bool, prefix: str = "") -> list[str]:
    """Each setting as `name-value`, behind it those of what it holds."""
    main = main_part(type(settings))
    bare = (main, *_choices(type(settings))) if main else ()
    found = [
        f"{prefix}{name}-{setting.write(getattr(settings, name))}"
        for name, setting in settings_of(settings).items()
        if name not in bare and _written(settings, name, short)
    ]
    for name in parts(type(settings)):
        held = getattr(settings, name)
        if name not in bare and held is not None and _written(settings, name, short):
            found += [f"{prefix}{name}-{type(held).__name__}", *_pairs(held, short, f"{prefix}{name}.")]
    return found


def _written(settings: Settings, name: str, short: bool) -> bool:
    """Whether a link names this setting: a short one only if it differs from its default."""
    default = next(field.default for field in fields(settings) if field.name == name)
    return not short or getattr(settings, name) != default


def _choices(kind: type[Settings]) -> list[str]:
    return [name for name, setting in settings_of(kind).items() if isinstance(setting, Choice)]


# --- Reading --------------------------------------------------------------------------------------


def read(text: str, allowed: Mapping[str, type[Any]], fallback: type[Any], **others: Any) -> Reading:
    """Parse the output of `write`: settings of an `allowed` class. `others` are its other fields."""
    name, texts, words, notes = _apart(text)
    kind = among(name, allowed)
    found = read_settings(allowed[kind] if kind else fallback, texts, **others)
    unknown = [] if kind else [f"{quoted(name)} is unknown: using {fallback.__name__}."]
    return Reading(found.settings, [*unknown, *notes, *found.notes, *_unknown(words)], found.damaged)


def read_about(text: str, form: type[Any]) -> Reading:
    """Parse the output of `write` for a class with a main part. If that one is unknown, it is damaged."""
    name, texts, words, notes = _apart(text)
    main = main_part(form)
    kind = among(name, parts(form)[main])
    if kind is None:
        return Reading(form(), [f"{more.reason(name) or f'{quoted(name)} is unknown'}."], True)
    own = {key: value for key, value in texts.items() if key.partition(".")[0] in _fields(form)}
    rest = {key: value for key, value in texts.items() if key not in own}
    for name in _choices(form):
        for word in [word for word in words if among(word, settings_of(form)[name].options)][:1]:  # type: ignore[attr-defined]
            words.remove(word)
            own[name] = word
    subject = read_settings(parts(form)[main][kind], rest)
    about = read_settings(form, own, **{main: subject.settings})
    notes += [*subject.notes, *about.notes, *_unknown(words)]
    return Reading(about.settings, notes, subject.damaged or about.damaged)


def read_settings(kind: type[Any], texts: Mapping[str, str], **others: Any) -> Reading:
    """Settings of that class from the texts of its settings, by name. `others` are other fields."""
    values: dict[str, Any] = {}
    held = dict(others)
    notes, damaged = [], False
    for name, allowed in parts(kind).items():
        inner = _under(name, texts)
        if name not in held and (name in texts or inner):
            found = _held(name, texts.get(name), allowed, inner)
            notes += found.notes
            damaged |= found.damaged
            if found.settings is not None:
                held[name] = found.settings
    for name, text in texts.items():
        if name in settings_of(kind):
            try:
                values[name] = settings_of(kind)[name].read(text)
            except ValueError:
                damaged = True
                default = format_value(settings_of(kind)[name].default)
                notes.append(f"{name} {quoted(text)} can't be read: using {default}.")
        elif name.partition(".")[0] not in parts(kind):
            notes.append(f"{kind.__name__} has no setting {quoted(name)}: ignored.")
    settings, more = coerce(kind, values, **held)
    return Reading(settings, notes + more, damaged)


def _held(name: str, text: str | None, allowed: Mapping[str, type[Any]], texts: Mapping[str, str]) -> Reading:
    """Parse nested settings; of the first allowed class if none is named."""
    kind = next(iter(allowed)) if text is None else among(text, allowed)
    if kind is None:
        return Reading(None, [f"{name} {quoted(str(text))} is unknown: ignored."], True)
    return read_settings(allowed[kind], texts)


def _under(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Texts of the nested settings of a part, without its prefix."""
    start = f"{name}."
    return {key.removeprefix(start): text for key, text in texts.items() if key.startswith(start)}


def _fields(form: type[Any]) -> set[str]:
    return {*settings_of(form), *parts(form)} - {main_part(form)}


def _apart(text: str) -> tuple[str, dict[str, str], list[str], list[str]]:
    """Split into name, texts of settings, bare words, and a note if a setting occurs twice."""
    name, *pieces = text.split("~")
    words = [piece for piece in pieces if piece and "-" not in piece]
    pairs = [piece.split("-", 1) for piece in pieces if "-" in piece]
    texts = {_current(key, OLD_NAMES): _current(value, OLD_VALUES) for key, value in reversed(pairs)}
    twice = [f"{quoted(name)} has a setting several times: using the first."] * (len(texts) < len(pairs))
    return _current(name, OLD_NAMES), dict(reversed(texts.items())), words, twice


def _current(word: str, names: Mapping[str, str]) -> str:
    """Return what a word of an older link, in any case, is called now."""
    return names.get(among(word, names) or word, word)


def _unknown(words: Iterable[str]) -> list[str]:
    return [f"{quoted(word)} is unknown: ignored." for word in words]


# --- A whole link ---------------------------------------------------------------------------------


class Link:
    """The parameters of a link. Each is taken once; problems are added to `notes`."""

    def __init__(self, text: str) -> None:
        self.notes: list[str] = []
        self.damage: list[str] = []
        """The parts that are not those that were sent: names of parameters, and runs as `run 2`."""
        self.texts: dict[str, list[str]] = {}
        self.cut = ""
        """The last part of a link whose end is missing; "" if it is there."""
        self.former: Mapping[str, Mapping[str, str]] = {}
        """Former defaults that it means, by parameter and setting."""
        if len(text) > MAX_LINK_LENGTH:
            self.notes.append(f"The link has {len(text)} characters, more than {MAX_LINK_LENGTH}: ignored.")
            return
        for name, value in pairs(text):
            self.texts.setdefault(_current(name, OLD_NAMES), []).append(value)
        begun, ended = (self.texts.pop(name, None) for name in (BEGIN, END))
        if begun and not ended:
            last = next(reversed(self.texts), "its beginning")
            self.cut = f"run {len(self.texts['run'])}" if last == "run" else last

    def take(self, name: str) -> str | None:
        """The value of a parameter, the first if there are several."""
        values = self.texts.pop(name, [])
        if len(values) > 1:
            self.notes.append(f"The link says {name} {len(values)} times: using the first.")
            self.damage.append(name)
        return values[0] if values else None

    def settings(self, kind: type[Any], **others: Any) -> Any:
        """Settings of that class, each from the parameter of its name. `others` are other fields."""
        texts = {name: self.take(name) for name in settings_of(kind)}
        given = {name: text for name, text in texts.items() if text is not None}
        reading = read_settings(kind, given, **others)
        self.notes += reading.notes
        self.damage += [name for name, text in given.items() if not _holds(reading.settings, name, text)]
        return reading.settings

    def part(self, name: str, allowed: Mapping[str, type[Any]], fallback: type[Any], **others: Any) -> Any:
        """Settings of one of these classes from one parameter; the fallback's defaults without it."""
        text = self.take(name)
        return fallback() if text is None else self.accept(read(text, allowed, fallback, **others), name)

    def compact(self, name: str, kind: type[Any], texts: Mapping[str, str]) -> Any:
        """Settings of that class from one parameter, as `write_settings` wrote it, and from these texts.

        Older links begin with the name of a class, one of `OLD_HEADS`.
        """
        text = self.take(name) or ""
        head, _, rest = text.partition("~")
        _, found, words, notes = _apart(f"~{rest if among(head, OLD_HEADS) else text}")
        reading = read_settings(kind, {**self.former.get(name, {}), **found, **texts})
        return self.accept(reading._replace(notes=[*notes, *reading.notes, *_unknown(words)]), name)

    def accept(self, reading: Reading, what: str, before: str = "") -> Any:
        """The settings of a reading, whose notes become the link's: then `what` is not as it was sent."""
        self.notes += [f"{before}{note}" for note in reading.notes]
        self.damage += [what] * bool(reading.notes)
        return reading.settings

    def rest(self, why: str = "unknown") -> list[str]:
        """Notes on the parameters that were not taken."""
        return [f"The link's {quoted(name)} is {why}: ignored." for name in self.texts]

    def damage_sentence(self) -> str:
        """Say what is not as it was sent, and where the link is cut off; "" if nothing is damaged."""
        found = [_not_as_sent(self.damage)] if self.damage else []
        found += [f"it is cut off in or after {in_words(self.cut)}"] if self.cut else []
        return f"This link is damaged: {'; '.join(found)}." if found else ""


def _not_as_sent(damage: Iterable[str]) -> str:
    parts = list(dict.fromkeys(damage))
    runs = [part.removeprefix("run ") for part in parts if part.startswith("run ")]
    named = [f"run{'s' * (len(runs) > 1)} {join_words(runs)}"] if runs else []
    named += [in_words(part) for part in parts if not part.startswith("run ")]
    are_not = "is not the one that was" if len(parts) == 1 else "are not those that were"
    return f"{join_words(named)} {are_not} sent"


def in_words(part: str) -> str:
    """A part of a link as the reader knows it."""
    known = {"problem": "the problem", "start": "the initial point", "tab": "the tab", "csv": "the table"}
    return known.get(part, part if part.startswith(("run ", "its ")) else f"the setting {part}")


def _holds(settings: Settings, name: str, text: str) -> bool:
    """Whether a setting is what the text says."""
    setting = settings_of(settings)[name]
    try:
        return bool(setting.validate(name, setting.read(text)) == getattr(settings, name))
    except ValueError:
        return False


def pairs(text: str) -> list[tuple[str, str]]:
    """The parameters of a link as it may have been pasted, or stand in the address bar.

    It may be a whole address, encoded as a whole, or escaped as in HTML; marks at its end belong to the
    sentence around it, unless they are part of a number that was cut.
    """
    text = text.strip()
    if "=" not in text.rstrip("=") and "%3d" in text.lower():
        text = unquote_plus(text.rstrip("="))
    before, mark, after = text.partition("?")
    text = after if mark and "=" not in before else text
    found = [(ESCAPED.sub("", name), value) for name, value in parse_qsl(text, keep_blank_values=True)]
    return [*found[:-1], *((name, _without_marks(value)) for name, value in found[-1:])]


def _without_marks(value: str) -> str:
    """Return a value without the marks at its end, but for parentheses that close those within it."""
    if re.search(r"(^|-)0\.$", value):
        return value
    kept = re.sub(r"(?<=\w)[]).,;:>}\"'»”]+$", "", value)
    while kept.count("(") > kept.count(")") and value.startswith(f"{kept})"):
        kept += ")"
    return kept
