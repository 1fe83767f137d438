"""The button that plays a training: it drives the sliders of charts in the browser."""

from pathlib import Path

FOLDER = Path(__file__).parent


def player() -> dict[str, str]:
    """Its html, css and js."""
    return {part: (FOLDER / f"play.{part}").read_text(encoding="utf-8") for part in ("html", "css", "js")}
