"""The link to the page, in a field with a button that copies it."""

from pathlib import Path

FOLDER = Path(__file__).parent


def copier() -> dict[str, str]:
    """Its html, css and js; its data is `link`."""
    return {part: (FOLDER / f"copy.{part}").read_text(encoding="utf-8") for part in ("html", "css", "js")}
