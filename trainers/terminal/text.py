"""Text for a terminal, safe to print: what others wrote can't control it."""

import click


def printable(text: str) -> str:
    """Return text with control characters, except line breaks, as question marks."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def say(text: str) -> None:
    """Print a message to standard error."""
    click.echo(printable(text), err=True)
