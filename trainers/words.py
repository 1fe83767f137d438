"""Numbers, values and names as text."""

import numbers
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from textwrap import shorten
from typing import Any

from torch import Tensor

MAX_ERROR = 120
"""Most characters of an exception that are shown."""


def is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def format_value(value: Any) -> str:
    """Return a value as short text that reads back to the same value: 0.01, 1e-08, 5000, raw."""
    if not is_number(value):
        return str(value)
    try:
        return repr(float(value)).removesuffix(".0").replace("e+", "e")
    except OverflowError:
        return "a number beyond 1e308"


def safe_text(value: Any) -> str:
    """Return any value as a short quotation, safe to print on a page, without links."""
    text = value if isinstance(value, str) else format_value(value)
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-, ") else "?" for c in text[:40])
    return re.sub(r"(?i)(www)\.", r"\1?", safe)


def error_text(error: BaseException) -> str:
    """Return the message of an exception of other code, shortened, safe to print; without one its class."""
    text = "".join(c if c.isascii() and (c.isalnum() or c in "._-,:;=()' ") else " " for c in str(error))
    return shorten(text, MAX_ERROR, placeholder="...") or type(error).__name__


def quoted(text: str) -> str:
    """Return a piece of a link in quotation marks, safe to print on a page."""
    return f"“{safe_text(text)}”"


def format_number(value: Tensor | float, digits: int = 2) -> str:
    """Return a number with `digits` significant digits as text, with a minus sign that does not break."""
    number = float(value)
    whole = 10**digits <= abs(number) < 1e6
    return (f"{number:,.0f}" if whole else f"{number:.{digits}g}").replace("-", "−")


def format_beside(number: Tensor | float, other: float, digits: int = 2) -> str:
    """Return a number as text, with as many digits as it needs to read as on the same side of another one."""
    value = float(number)
    for more in range(digits, 17):
        text = format_number(value, more)
        if _side(float(text.replace(",", "").replace("−", "-")), other) == _side(value, other):
            break
    return text


def _side(number: float, other: float) -> int:
    return (number > other) - (number < other)


def format_at_most(value: float, digits: int = 2) -> str:
    """Return a number above 0 as text, rounded up: what is at most so much is at most what is read."""
    rounded = Decimal(f"{value:.{digits - 1}e}")
    if rounded < Decimal(value):
        rounded += Decimal(1).scaleb(rounded.adjusted() - digits + 1)
    return format_number(float(rounded), digits)


def format_percent(fraction: float) -> str:
    """Return a fraction as text: not as all where something is missing, nor as nothing where something is."""
    percent = 100 * fraction
    for digits in (1, 2, 3):
        text = f"{percent:.{digits}f}"
        if (float(text) >= 100) == (fraction >= 1) and (float(text) > 0) == (fraction > 0):
            return f"{text}%"
    return f"{percent:.4g}%"


def whole_percent(fraction: float) -> str:
    """Return a fraction in whole percent: 100% is all, and 0% is nothing."""
    percent = round(100 * fraction)
    return f"{min(max(percent, 1), 99) if 0 < fraction < 1 else percent}%"


def format_target(gap: float) -> str:
    return format_number(gap, 6)


def format_epochs(number: int) -> str:
    return f"{number:,} epoch" + ("" if number == 1 else "s")


def join_words(words: Sequence[str]) -> str:
    """Join words with commas and a final "and"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def among(word: str, options: Iterable[str]) -> str | None:
    """Return the option that matches, exactly or ignoring case; None if none or several match."""
    options = list(options)
    alike = [option for option in options if option.casefold() == word.casefold()]
    return word if word in options else alike[0] if len(alike) == 1 else None
