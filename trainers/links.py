"""Settings as the text of a link, and back from any text.

A class of settings is its name and its knobs, `SGD~lr-0.01~momentum-0.9`, all of them written out,
so that a link keeps its meaning when a default changes. Reading never raises: what can't be used is
left out and noted in a sentence.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from trainers.settings import Settings, knobs, nearest
from trainers.words import plain, quoted

LONGEST = 4096
"""How many characters of a link are read."""


def write(settings: Settings, *words: str) -> str:
    """A class of settings as `Name~knob-value~...`, with `words` after the name."""
    values = [f"{name}-{knob.write(getattr(settings, name))}" for name, knob in knobs(settings).items()]
    return "~".join([type(settings).__name__, *words, *values])


def read(
    text: str, kinds: Mapping[str, type[Any]], fallback: type[Any], **others: Any
) -> tuple[Any, list[str], list[str]]:
    """What `write` wrote: the settings, the words beside the name, and notes on what was not taken.

    `others` are fields that are no knobs.
    """
    name, *parts = text.split("~")
    words = [part for part in parts if part and "-" not in part]
    pairs = [part.split("-", 1) for part in parts if "-" in part]
    texts = dict(reversed(pairs))  # the first of several
    kind = kinds.get(name, fallback)
    settings, notes = read_knobs(kind, texts, **others)
    if len(texts) < len(pairs):
        notes.append(f"{quoted(name)} has a setting several times: using the first.")
    if name not in kinds:
        notes.insert(0, f"{quoted(name)} is unknown: using {kind.__name__}.")
    return settings, words, notes


def read_knobs(kind: type[Any], texts: Mapping[str, str], **others: Any) -> tuple[Any, list[str]]:
    """Settings of that kind from the texts of its knobs, and notes on what was not taken."""
    values, notes = {}, []
    for name, text in texts.items():
        knob = knobs(kind).get(name)
        if knob is None:
            notes.append(f"{kind.__name__} has no knob {quoted(name)}: ignored.")
            continue
        try:
            values[name] = knob.read(text)
        except ValueError:
            notes.append(f"{name} {quoted(text)} can't be read: using {plain(knob.default)}.")
    settings, unusable = nearest(kind, values, **others)
    return settings, notes + unusable


def parameters(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """The parameters of a query string, or of a whole address, by name, and notes."""
    if len(text) > LONGEST:
        return {}, [f"The link has {len(text)} characters, more than {LONGEST}: ignored."]
    found: dict[str, list[str]] = {}
    before, mark, after = text.partition("?")
    query = after if mark and "=" not in before else text
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found, []


def single(found: dict[str, list[str]], name: str, notes: list[str]) -> str | None:
    """Take the one value of a parameter out of `found`."""
    values = found.pop(name, [])
    if len(values) > 1:
        notes.append(f"The link says {name} {len(values)} times: using the first.")
    return values[0] if values else None


def ignored(found: Mapping[str, list[str]], why: str = "unknown") -> list[str]:
    """Notes on the parameters that nobody took."""
    return [f"The link's {quoted(name)} is {why}: ignored." for name in found]
