"""Results as a table, CSV, JSON or Parquet, to standard output or a file."""

import io
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import click
import pandas as pd

from trainers.overviews import Overview
from trainers.terminal.table import render
from trainers.terminal.text import say

FORMATS = ("table", "csv", "json", "parquet")


@dataclass(frozen=True)
class Output:
    """Format and place of a result. `file` is None for standard output."""

    format: str
    file: Path | None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Return the output asked for: without a format, that of the file's name, else a table.

        Raises `UsageError` where it is impossible, so that nothing is trained in vain.
        """
        file = None if given["output"] is None else Path(given["output"])
        suffix = file.suffix.removeprefix(".").lower() if file else ""
        format = given["format"] or (suffix if suffix in FORMATS else "table")
        if format == "parquet" and file is None and sys.stdout.isatty():
            raise click.UsageError("Parquet is not for a terminal: use --output FILE or a pipe.")
        if file is not None and not file.parent.is_dir():
            raise click.UsageError(f"--output must be in an existing folder, got {file.parent}.")
        return cls(format, file)

    def write(self, overview: Callable[[], Overview], frame: pd.DataFrame) -> None:
        """Write the overview, made if it is asked for, as a table, or the frame in another format."""
        if self.format == "table":
            self.write_text(render(overview(), to_file=self.file is not None))
        elif self.format == "parquet":
            content = io.BytesIO()
            frame.to_parquet(content, index=False)
            self._write(content.getvalue())
        else:
            self.write_text(as_json(frame) if self.format == "json" else frame.to_csv(index=False))

    def write_text(self, text: str) -> None:
        """Write text to the place of the output."""
        if self.file is None:
            click.echo(text, nl=False)
        else:
            self._write(text.encode())

    def _write(self, content: bytes) -> None:
        if self.file is None:
            sys.stdout.buffer.write(content)
            return
        write_file(self.file, content)


def write_file(file: Path, content: bytes) -> None:
    """Write a file, and say so; raises `ClickException` where that fails."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}.") from None
    say(f"Written: {file}")


def as_json(frame: pd.DataFrame) -> str:
    """Return a list with an object per row; what is missing, infinite or not a number is null."""
    finite = frame.replace([float("inf"), float("-inf")], None).astype(object).where(frame.notna(), None)
    rows = [json.dumps(row, allow_nan=False, ensure_ascii=False) for row in finite.to_dict("records")]
    return "[\n" + ",\n".join(rows) + "\n]\n"
