"""Parse the bytes of an uploaded CSV file into rows of cells, or raise `TableError`.

Limits are checked here, on bytes and text, before cells are parsed.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

MAX_BYTES = 10 * 2**20
MAX_FIRST_LINE_LENGTH = 65_536
MAX_COLUMNS = 200
MAX_ROWS = 100_000
DELIMITERS = {"\t": "tab", ";": "semicolon", "|": "pipe", ",": "comma", " ": "space"}
"""In order of preference: a comma may be a decimal mark, and a space may be part of a text."""

SNIFFED_CHARACTERS = 100_000
"""Characters from which the delimiter is detected."""

AGREEMENT = 0.8
"""Fraction of lines with the same number of cells at which a delimiter counts as consistent."""

OTHER_FILES = {
    b"PK\x03\x04": "a zip file",
    b"PK\x05\x06": "a zip file",
    b"\x1f\x8b": "a gzip file",
    b"BZh91AY&SY": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf\x27\x1c": "a 7z file",
    b"\xd0\xcf\x11\xe0": "an Excel file",
    b"%PDF-": "a PDF file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"PAR1\x15": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"SQLite format 3": "an SQLite file",
    b"\x80\x04\x95": "a pickle file",
    b"<!DOCTYPE": "a web page",
    b"<!doctype": "a web page",
    b"<html": "a web page",
}


class TableError(ValueError):
    """An unusable file. The message is one sentence for the page."""


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows of a file as text, without blank lines."""

    rows: list[list[str]]
    encoding: str
    delimiter: str


def read_cells(content: bytes) -> Cells:
    """Parse a CSV file; raises `TableError` if it is invalid or exceeds a limit."""
    _check(content)
    text, encoding = _decode(content)
    declared = re.match(r"sep=([,;|\t])(\r\n|\r|\n)", text)  # as Excel writes it
    text = text[declared.end() :] if declared else text
    text = text.removeprefix("# ").removesuffix("\x1a")  # numpy's header; the end in old files of DOS
    first_line = re.split("[\r\n]", text, maxsplit=1)[0]
    check_limit("The first line", len(first_line), MAX_FIRST_LINE_LENGTH, "characters")
    delimiter = declared[1] if declared else _delimiter(text)
    rows = _rows(text, delimiter)
    kept = list(islice(rows, MAX_ROWS + 2))
    if len(kept) > MAX_ROWS + 1:  # the first may be the header
        check_limit("The file", len(kept) - 1 + sum(1 for _ in rows), MAX_ROWS, "rows")
    return Cells(kept, encoding, DELIMITERS[delimiter])


def check_limit(what: str, count: int, limit: int, unit: str) -> None:
    """Raise `TableError` if `count` exceeds the limit."""
    if count > limit:
        raise TableError(f"{what} has {count:,} {unit}, more than {limit:,}.")


def _check(content: bytes) -> None:
    if not content.strip():
        raise TableError("The file is empty.")
    if len(content) > MAX_BYTES:
        size, most = len(content) / 2**20, MAX_BYTES // 2**20
        raise TableError(f"The file has {size:.4g} MB, more than {most} MB.")
    for start, kind in OTHER_FILES.items():
        if content.startswith(start):
            excel = kind == "a zip file" and b"xl/" in content
            raise TableError(f"This is {'an Excel file' if excel else kind}, not a CSV.")


def _decode(content: bytes) -> tuple[str, str]:
    """Return the text, and the encoding's name for the page."""
    codec, words = _encoding(content)
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        wrong = f"byte 0x{content[error.start]:02x} at position {error.start + 1:,}"
        raise TableError(f"The file is not valid {words}: it has {wrong}.") from None
    if "\0" in text:
        raise TableError(f"The file has a NUL at position {text.index(chr(0)) + 1:,}, so it is not a CSV.")
    return text, words


def _encoding(content: bytes) -> tuple[str, str]:
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", "UTF-8 with BOM"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "UTF-16"
    for codec, zeros, others in (
        ("utf-16-le", content[1::2], content[::2]),
        ("utf-16-be", content[::2], content[1::2]),
    ):
        if zeros.count(0) * 2 > len(zeros) and 0 not in others:
            return codec, "UTF-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252", "Windows-1252"
    return "utf-8", "UTF-8"


def _delimiter(text: str) -> str:
    """Return the first delimiter that splits most lines, including the first, into equally many cells."""
    return max(DELIMITERS, key=lambda delimiter: _fitness(text[:SNIFFED_CHARACTERS], delimiter))


def _fitness(sample: str, delimiter: str) -> tuple[float, bool]:
    widths = [len(row) for row in islice(_rows(sample, delimiter, strict=False), 100)]
    if not widths:
        return 0.0, False
    width, count = Counter(widths).most_common(1)[0]
    return (min(count / len(widths), AGREEMENT), widths[0] == width) if width > 1 else (0.0, False)


def _rows(text: str, delimiter: str, strict: bool = True) -> Iterator[list[str]]:
    """Yield the rows, without blank lines. With `strict`, invalid quotes raise `TableError`."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=strict)
    line = 0
    try:
        for row in reader:
            line = reader.line_num
            if row and row != [""]:
                yield row
    except csv.Error as error:
        if not strict:
            return
        if "limit" in str(error):
            most = f"{csv.field_size_limit():,} characters"
            reason = f"has more than {most}, or a quote that is never closed"
        else:
            reason = "has a quote that is not closed or not doubled"
        raise TableError(f"A cell in line {line + 1:,} {reason}.") from None
