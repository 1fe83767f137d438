"""A table of one's own: read right, or refused in one sentence."""

import gzip
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trainers.datasets.csv.table import CsvTable, TableError, numeric, read_table, suggestion

FOLDER = Path(__file__).parent / "tables"
NUMBERS = {"t": [1.0, 3.0, 5.0], "x": [2.0, 4.0, 6.0]}
NO_HEADER = "The file has no header: its columns are named column 1, and so on."
NO_NUMBERS = "The file needs at least 1 numeric column that is not constant."


def floats(start: int, end: int) -> list[float]:
    return [float(i) for i in range(start, end + 1)]


def only_a_class(name: str) -> str:
    return f"Column “{name}” is text or dates: usable only as a class target."


# file: the frame; what was understood apart from UTF-8, comma and point; rows dropped; notes
GOLDEN: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, int], list[str]]] = {
    "plain": ({"t_c": [0.5, 14.0, -15.0], "t_u": [35.7, 55.9, 58.2]}, {}, {}, []),
    "bom": ({"größe": [1.0, 3.0, 5.0], "x": [2.0, 4.0, 6.0]}, {"encoding": "UTF-8 with BOM"}, {}, []),
    "utf16": (
        {"größe": [1.0, 3.0, 5.0], "x": [2.0, 4.0, 6.0]},
        {"encoding": "UTF-16", "delimiter": "tab"},
        {},
        [],
    ),
    "windows1252": (
        {"größe": [1.0, 3.0, 5.0], "x": [2.0, 4.0, 6.0]},
        {"encoding": "Windows-1252"},
        {},
        [],
    ),
    "decimal_comma": (
        {"t": [1.5, 3.0, *(i + 0.5 for i in range(4, 12))], "x": [2.25, 0.125, *floats(4, 11)]},
        {"delimiter": "semicolon", "decimal": "comma"},
        {"no number in column “x”": 1},
        [],
    ),
    "decimal_comma_without_header": (
        {"column 1": [1.5, 3.5, 5.5], "column 2": [2.5, 4.5, 6.5]},
        {"delimiter": "semicolon", "decimal": "comma"},
        {},
        [NO_HEADER],
    ),
    "quoted_decimal_comma": ({"t": [1.5, 2.5, 0.123], "x": [2.0, 3.0, 4.0]}, {"decimal": "comma"}, {}, []),
    "thousands": (
        {"price": ["1,234", "12,500", "999", "1,234,567.5"], "x": [0.5, 1.0, 1.5, 2.0]},
        {"delimiter": "semicolon"},
        {},
        ["Column “price” has thousands separators: usable only as a class target."],
    ),
    "pipe": (NUMBERS, {"delimiter": "pipe"}, {}, []),
    "tab": (
        {**NUMBERS, "word": ["a, b", "c, d", "e, f"]},
        {"delimiter": "tab"},
        {},
        [only_a_class("word")],
    ),
    "spaces": (NUMBERS, {"delimiter": "space"}, {}, []),
    "excel_separator": (NUMBERS, {"delimiter": "semicolon"}, {}, []),
    "ragged": (
        {"t": [1.0, 7.0, 9.0], "x": [2.0, 8.0, 10.0]},
        {},
        {"3 cells instead of 2": 2, "1 cell instead of 2": 1},
        [],
    ),
    "quotes": (
        {"name": ["a, b", 'c "d" e', "f"], "t, in °C": [1.0, 3.0, 5.0], "x": [2.0, 4.0, 6.0]},
        {},
        {},
        [only_a_class("name")],
    ),
    "too_large": (
        {"t": [1.0, 5.0, -1e308, *floats(8, 19)], "x": [2.0, 6.0, 7.0, *floats(8, 19)]},
        {},
        {"too large a number in column “t”": 1, "too large a number in column “x”": 1},
        [],
    ),
    "long_integers": (
        {"identity": [123456789012345678901234567890.0, 9007199254740992.0, 3.0], "x": [1.0, 2.0, 3.0]},
        {},
        {},
        ["Column “identity” has whole numbers of more than 15 digits, which are rounded."],
    ),
    "dates": (
        {"date": ["2024-01-31", "2024-02-29", "31.03.2024"], "x": [1.0, 2.0, 3.0]},
        {},
        {},
        [only_a_class("date")],
    ),
    "full_width": ({"t": ["１２", "１３", "１４"], "x": [1.0, 2.0, 3.0]}, {}, {}, [only_a_class("t")]),
    "other_minus": (
        {"t": floats(1, 10), "x": [-i for i in floats(1, 10)]},
        {},
        {"no number in column “x”": 1},
        [],
    ),
    "missing": (
        {"t": [1.0, *floats(15, 24)], "x": [2.0, *floats(15, 24)], "kind": ["a", *"bbbbbbbbbb"]},
        {},
        {"no value in column “x”": 4, "no value in column “kind”": 3, "no value in column “t”": 2},
        [only_a_class("kind")],
    ),
    "sparse": (NUMBERS, {}, {}, ["Columns “cabin”, “empty” have no value in most rows: left out."]),
    "constant": (
        {"t": [1.0, 2.0, 3.0], "x": [7.0, 7.0, 7.0], "place": ["here", "here", "here"]},
        {},
        {},
        [only_a_class("place"), "Columns “x”, “place” have the same value in every row."],
    ),
    "duplicate_columns": (
        {
            "t": [1.0, 2.0, 3.0],
            "again": [1.0, 2.0, 3.0],
            "x": [7.0, 8.0, 9.0],
            "word": ["a", "b", "c"],
            "same word": ["a", "b", "c"],
        },
        {},
        {},
        [
            "Columns “word”, “same word” are text or dates: usable only as class targets.",
            "Column “again” duplicates an earlier column.",
        ],
    ),
    "repeated_names": (
        {
            "x": [1.0, 6.0, 11.0],
            "x 3": [2.0, 7.0, 12.0],
            "x 2": [3.0, 8.0, 13.0],
            "column 4": [4.0, 9.0, 14.0],
            "x 4": [5.0, 10.0, 16.0],
        },
        {},
        {},
        ["Columns “x 3”, “x 4” had duplicate names and were renamed."],
    ),
    "no_header": ({"column 1": [5.0, 4.9, 4.7], "column 2": [3.5, 3.0, 3.2]}, {}, {}, [NO_HEADER]),
    "no_header_but_classes": (
        {
            "column 1": [5.1, 4.9, 7.0],
            "column 2": [3.5, 3.0, 3.2],
            "column 3": ["setosa", "setosa", "virginica"],
        },
        {},
        {},
        [NO_HEADER, only_a_class("column 3")],
    ),
    "years_as_header": (
        {"place": ["A", "B", "C"], "2019": [1.0, 3.0, 5.0], "2020": [2.0, 4.0, 7.0]},
        {},
        {},
        [only_a_class("place")],
    ),
    "title": (NUMBERS, {}, {"1 cell instead of 2": 2}, []),
    "trailing_delimiters": (NUMBERS, {}, {}, ["Column “column 3” has no value in most rows: left out."]),
    "trailing_delimiters_everywhere": (
        NUMBERS,
        {},
        {},
        ["Column “column 3” has no value in most rows: left out."],
    ),
    "blank_lines": (NUMBERS, {}, {}, []),
    "no_last_line_end": (NUMBERS, {}, {}, []),
    "mostly_numbers": (
        {"t": floats(1, 9), "x": floats(1, 9)},
        {},
        {"no number in column “t”": 1},
        ["Column “x” duplicates an earlier column."],
    ),
    "too_few_numbers": ({"t": [*"12345678", "nine"], "x": floats(1, 9)}, {}, {}, [only_a_class("t")]),
    "names": (
        {
            "<b>bold</b>": [1.0, 2.0, 3.0],
            "[a](http://www.a.b)": [2.0, 4.0, 6.0],
            "a[0]": [3.0, 6.0, 9.0],
            'say "x"': [4.0, 8.0, 12.0],
            "gnirts": [5.0, 10.0, 15.0],
            "abc": [6.0, 12.0, 18.0],
            "two lines": [7.0, 14.0, 21.0],
            "n" * 60: [8.0, 16.0, 24.0],
            "=1+1": [9.0, 18.0, 27.0],
            "$x$": [10.0, 20.0, 30.0],
        },
        {},
        {},
        [],
    ),
    "words_with_marks": (
        {"kind": ["abc", "abc", "<b>", "?"], "x": [1.0, 2.0, 3.0, 4.0]},
        {},
        {},
        [only_a_class("kind")],
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_file_is_read_as_it_is_meant(name: str) -> None:
    columns, understood, dropped, notes = GOLDEN[name]
    table = read_table((FOLDER / f"{name}.csv").read_bytes())
    pd.testing.assert_frame_equal(table.frame, pd.DataFrame(columns), check_exact=True)
    assert (table.encoding, table.delimiter, table.decimal) == (
        understood.get("encoding", "UTF-8"),
        understood.get("delimiter", "comma"),
        understood.get("decimal", "point"),
    )
    assert dict(table.dropped) == dropped
    assert list(table.notes) == notes
    assert table.rows == len(table.frame) + sum(dropped.values())


def test_every_golden_file_is_tested() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == GOLDEN.keys()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with BOM"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_all_line_ends_in_all_encodings(end: str, encoding: str, words: str) -> None:
    table = read_table(end.join(["größe,wort", "1,ä", "2,ö", '3,"ü"']).encode(encoding))
    assert table.encoding == words
    assert table.frame.to_dict("list") == {"größe": [1.0, 2.0, 3.0], "wort": ["ä", "ö", "ü"]}


@pytest.mark.parametrize("text", ["1e-400", "-0", "+.5", "5.", "1E+3", "007", "0." + "3" * 500, "9" * 308])
def test_numbers_are_those_of_python(text: str) -> None:
    values = read_table(f"t,x\n{text},1\n2,2\n3,3\n".encode()).frame["t"]
    assert values[0] == float(text)
    assert not np.signbit(values[0])


def test_one_mark_for_the_thousands_drops_no_row() -> None:
    """Else the rows with large numbers would be the ones that are missing."""
    table = read_table("\n".join(["t;x", "1,234;1", *(f"{i};{i}" for i in range(50))]).encode())
    assert (len(table.frame), table.frame["t"][0], table.dropped) == (51, "1,234", ())
    assert table.notes == ("Column “t” has thousands separators: usable only as a class target.",)


def test_a_comma_after_zero_marks_decimals() -> None:
    table = read_table(b"t;x\n0,123;1\n0,456;2\n1,789;3\n")
    assert (table.decimal, table.frame["t"].tolist()) == ("comma", [0.123, 0.456, 1.789])


@pytest.mark.parametrize(
    ("number", "notes"), [(2**53 - 1, 0), (2**53 + 1, 1), (-(2**53) - 1, 1), ("1e30", 0)]
)
def test_rounding_is_reported(number: object, notes: int) -> None:
    assert len(read_table(f"t,x\n{number},1\n2,2\n3,3\n".encode()).notes) == notes


def test_a_first_row_with_an_empty_cell_is_a_header_unless_such_cells_come_again() -> None:
    assert list(read_table(b",0,1\n0,5,6\n1,7,9\n2,9,8\n").frame) == ["column 1", "0", "1"]
    assert read_table(b",0,1\n0,5,6\n1,7,9\n2,9,8\n,8,7\n").rows == 5


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("t,x\n1,a; b\n2,c; d\n3,e; f\n4,g; h\n5,i; j\n", "comma"),
        ("t;x\n1,5;2,5\n3,5;4,5;\n5,5;6,5\n7,5;8,5\n9,5;8,5\n", "semicolon"),
        ("1,5;2,5\n3,5;4,5\n5,5;6,5\n7,5;8,5\n9,5;8,5\n1,25;;3\n", "semicolon"),
        ("1,5;2,5\n3,5;4,5\n5,5;6,5\n7,5;8,5\n9,5;8,5\n1;2;3,5,7\n", "semicolon"),
        ("Readings; by hand; in May\nt,x\n1,2\n3,4\n5,6\n7,9\n", "comma"),
        ("when,t\n1 May,2\n2 May,3\n3 May,4\n", "comma"),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str) -> None:
    assert read_table(text.encode()).delimiter == delimiter


def test_the_end_in_old_files_is_no_row() -> None:
    assert read_table(b"t,x\n" + ROWS + b"\x1a").rows == 3


@pytest.mark.parametrize(
    "text", ["1_0", "0x10", "1e", ".", "e5", "--1", "1 2", "12%", "$5", "٣", "1d5", "True"]
)
def test_other_cells_are_words(text: str) -> None:
    frame = read_table(f"t,x\n{text},1\n{text},2\n{text},3\n".encode()).frame
    assert frame["t"].tolist() == [text] * 3


def test_a_name_and_a_digest_say_which_file_it_is() -> None:
    content = (FOLDER / "plain.csv").read_bytes()
    names = {
        "readings.csv": "readings.csv",
        "my data (1).csv": "my_data_1.csv",
        "C:\\folder\\..\\a.csv": "a.csv",
        "../../etc/passwd": "passwd",
        "температура.csv": "table.csv",
        "<b>.csv": "b.csv",
        "a\0\u202e.csv": "a.csv",
        "": "table",
        "..": "table",
        "x" * 5000 + ".csv": "x" * 32 + ".csv",
        "a." + "x" * 100: "a.xxxxxxx",
    }
    assert {name: read_table(content, name).name for name in names} == names
    assert read_table(content).digest == hashlib.sha256(content).hexdigest()[:16]


def packed(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "t,x\n1,2\n3,4\n5,6\n")
    return file.getvalue()


ROWS = b"1,2\n3,4\n5,6\n"
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "The file is empty."),
    "blank": (b" \r\n\n", "The file is empty."),
    "bom only": (b"\xef\xbb\xbf", "The file is empty."),
    "zip": (packed("a.csv"), "This is a zip file, not a CSV."),
    "xlsx": (packed("xl/workbook.xml"), "This is an Excel file, not a CSV."),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an Excel file, not a CSV."),
    "gzip": (gzip.compress(ROWS), "This is a gzip file, not a CSV."),
    "png": (b"\x89PNG\r\n\x1a\n\0\0", "This is a PNG image, not a CSV."),
    "pdf": (b"%PDF-1.7\n1,2\n", "This is a PDF file, not a CSV."),
    "html": (b"<!DOCTYPE html>\n", "This is a web page, not a CSV."),
    "nul": (b"t,x\n1,\x002\n3,4\n", "The file has a NUL at position 7, so it is not a CSV."),
    "no text": (
        b"t,x\n1,\x81\n",
        "The file is not valid Windows-1252: it has byte 0x81 at position 7.",
    ),
    "odd UTF-16": (
        b"\xff\xfea\0,",
        "The file is not valid UTF-16: it has byte 0x2c at position 5.",
    ),
    "header only": (b"t,x\n", "The file has a header, but no rows."),
    "one row": (b"t,x\n1,2\n", "Of 1 rows 1 can be used, and 3 are needed."),
    "two usable rows": (
        b"t,x\n1,2\n3,4\n,6\n7\n",
        "Of 4 rows 2 can be used, and 3 are needed "
        "(1 with 1 cell instead of 2; 1 with no value in column “t”).",
    ),
    "one column": (
        b"t\n1\n2\n3\n",
        "The file has 1 column with values in half of its rows, and at least 2 are needed.",
    ),
    "no values": (
        b"t,x\n,\n,\n",
        "The file has no column with values in half of its rows, and at least 2 are needed.",
    ),
    "words only": (b"t,x\na,b\nc,d\ne,f\n", NO_NUMBERS),
    "constants only": (b"t,x\n1,b\n1,d\n1,f\n", NO_NUMBERS),
    "open quote": (
        b't,x\n1,2\n3,"4\n5,6\n',
        "A cell in line 3 has a quote that is not closed or not doubled.",
    ),
    "stray quote": (
        b't,x\n1,2\n"3"4,5\n',
        "A cell in line 3 has a quote that is not closed or not doubled.",
    ),
    "long cell": (
        b"t,x\n1," + b"2" * 131_073,
        "A cell in line 2 has more than 131,072 characters, or a quote that is never closed.",
    ),
    "long header": (
        b"a" * 65_537 + b",x\n" + ROWS,
        "The first line has 65,539 characters, more than 65,536.",
    ),
    "50,000 columns": (
        b"a," * 50_000 + b"\n" + ROWS,
        "The first line has 100,000 characters, more than 65,536.",
    ),
    "201 columns": (
        (b",".join([b"1"] * 201) + b"\n") * 4,
        "The file has 201 columns, more than 200.",
    ),
    "too many rows": (b"t,x\n" + b"1,2\n" * 100_001, "The file has 100,001 rows, more than 100,000."),
    "too many rows without header": (b"1,2\n" * 100_001, "The file has 100,001 rows, more than 100,000."),
    "far too many rows": (b"t,x\n" + b"1,2\n" * 500_000, "The file has 500,000 rows, more than 100,000."),
    "too many bytes": (b"t,x\n" + b"1,2\n" * 2_700_000, "The file has 10.3 MB, more than 10 MB."),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_is_refused_in_one_sentence(kind: str) -> None:
    content, message = REFUSED[kind]
    with pytest.raises(TableError) as error:
        read_table(content)
    assert str(error.value) == message


def test_what_is_just_within_the_limits_is_read() -> None:
    wide = "\n".join(",".join(str(i * j) for j in range(1, 201)) for i in range(1, 5))
    assert read_table(wide.encode()).frame.shape == (4, 200)
    tall = b"t,x\n" + b"1,2\n2,3\n" * 50_000
    assert len(read_table(tall).frame) == 100_000
    header = "a" * (65_536 - 2) + ",x\n"
    assert list(read_table(header.encode() + ROWS).frame) == ["a" * 60, "x"]
    cell = "w" * 131_072
    assert read_table(f"t,x\n{cell},1\n{cell},2\n{cell},3\n".encode()).frame["t"][2] == cell


@pytest.mark.slow
def test_a_large_table_is_read_right() -> None:
    values = np.arange(2_000_000).reshape(100_000, 20) % 199 / 2
    lines = [",".join(f"c{i}" for i in range(20)), *(",".join(map(str, row)) for row in values.tolist())]
    table = read_table("\n".join(lines).encode())
    pd.testing.assert_frame_equal(table.frame, pd.DataFrame(values).rename(columns="c{}".format))
    assert (table.rows, table.dropped, table.notes) == (100_000, (), ())


def test_of_many_reasons_ten_are_given() -> None:
    ragged = "\n".join(",".join("1" * width) for width in range(3, 33))
    table = read_table(("t,x\n" + "1,2\n2,4\n3,6\n4,8\n" + ragged + "\n1,2,3\n").encode())
    assert table.dropped[0] == ("3 cells instead of 2", 2)
    assert table.dropped[-1] == ("other reasons", 21)
    assert len(table.dropped) == 10
    assert table.rows == 35


def test_many_columns_are_named_in_one_sentence() -> None:
    names = ",".join(f"w{i}" for i in range(50))
    rows = "\n".join(",".join("abcde"[i] * 50) for i in range(4))
    table = read_table(
        f"x,{names}\n".encode() + "\n".join(f"{i},{row}" for i, row in enumerate(rows.split("\n"))).encode()
    )
    told = "Columns “w0”, “w1”, “w2”, “w3”, “w4” and 45 more are text or dates: usable only as class targets."
    assert table.notes == (told,)


def test_the_first_reason_counts() -> None:
    rows = "".join(f"{i},{i}\n" for i in range(20))
    table = read_table(f"t,x\n,abc\n{rows}".encode())
    assert table.dropped == (("no value in column “t”", 1),)


def test_what_a_note_says_is_safe_to_print() -> None:
    name = "www.[a](http://b.c)`$<b>*www.a"
    table = read_table(f"{name},x\na,1\nb,2\nc,3\n".encode())
    assert table.notes == (only_a_class("www??a??http???b.c????b??www?a"),)


CLASSES = "\n".join(f"{i / 7},{i % 3},{i % 3 + 0.5},{'ab'[i % 2]},{i},{i * 2 / 7}" for i in range(9))


@pytest.mark.parametrize(
    ("target", "features", "kind"),
    [
        (0, [5], "line"),
        (0, [4, 5], "regression"),
        (1, [0], "classification"),  # three whole numbers, three rows of each
        (2, [0], "line"),  # three numbers, but not whole
        (3, [0, 1], "classification"),
        (4, [0, 1], "regression"),  # nine whole numbers, one row of each
    ],
)
def test_a_suggestion_fits_the_target(target: int, features: list[int], kind: str) -> None:
    table = read_table(f"a,b,c,d,e,f\n{CLASSES}\n".encode())
    assert numeric(table) == [0, 1, 2, 4, 5]
    assert suggestion(table, target, features) == kind


@pytest.mark.parametrize(("classes", "kind"), [(10, "classification"), (11, "line")])
def test_at_most_ten_whole_numbers_are_classes(classes: int, kind: str) -> None:
    assert suggested(classes, classes * 3) == kind


def test_classes_have_three_samples_on_average() -> None:
    assert (suggested(10, 30), suggested(10, 29)) == ("classification", "line")


def suggested(classes: int, rows: int) -> str:
    """What is suggested for that many whole numbers in that many rows."""
    lines = "\n".join(f"{i / 3},{i % classes}" for i in range(rows))
    return suggestion(read_table(f"a,b\n{lines}".encode()), 1, [0])


def test_the_sizes_of_columns_are_those_of_their_largest_numbers() -> None:
    assert read_table(b"a;b;k\n1;-7;x\n2;3;y\n3;5;x\n").sizes == [3.0, 7.0, None]


def test_constants_are_no_features() -> None:
    assert numeric(read_table((FOLDER / "constant.csv").read_bytes())) == [0]


@pytest.mark.parametrize("word", ["inf", "+inf", "-inf", "Infinity", "+infinity", "-INFINITY"])
def test_infinity_is_too_large_a_number(word: str) -> None:
    table = read_table(f"x,y\n{word},1\n".encode() + b"".join(b"%d,%d\n" % (k, k * k) for k in range(20)))
    assert table.dropped == (("too large a number in column “x”", 1),)


CELLS = [
    "1",
    "2.5",
    "-3",
    "1,5",
    "1e309",
    "nan",
    "inf",
    "",
    "-",
    "?",
    "NA",
    "a",
    "b c",
    '"',
    '"x"',
    '"1,2"',
    "１２",
    "é",
]
cells = st.one_of(
    st.sampled_from(CELLS), st.integers(-999, 999).map(str), st.floats().map(repr), st.text(max_size=5)
)
ends = st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n"])
columns = st.sampled_from([cells, st.integers(0, 9).map(str), st.floats().map(repr)])
rests = st.one_of(st.just(b""), st.just(b""), st.just(b""), st.binary(max_size=8))


@st.composite
def csv_text(draw: st.DrawFn) -> bytes:
    """Rows of mostly equally many cells, now and then with a piece of something else between."""
    delimiter, width = draw(st.sampled_from(",;\t| ")), draw(st.integers(1, 5))
    end = draw(ends)
    kinds = [draw(columns) for _ in range(width)]
    rows = draw(st.lists(st.tuples(*kinds).map(delimiter.join), max_size=12))
    head = draw(st.sampled_from(["", end.join(["t;x", ""]), delimiter.join("abcde"[:width]) + end]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    content = (head + end.join(rows)).encode(encoding, "ignore")
    return content + draw(rests)


@settings(max_examples=3 * settings.default.max_examples)
@given(st.one_of(csv_text(), csv_text(), csv_text(), st.binary(max_size=200)))
@example(b"\xff\xfe\x00\x00")
@example(b"\xff\xfe")
@example(b'"')
@example(b"sep=;\n")
@example(b"sep=;\n\n# ")
@example(b"\x1a")
@example(b"a" * 200_000 + b"\n1,2")
@example(b"," * 200_000)
@example(b"a,b\n" + b'"",' * 60_000)
def test_any_bytes_give_a_table_or_a_sentence(content: bytes) -> None:
    try:
        table = read_table(content, "a.csv")
    except TableError as error:
        is_sentence(str(error))
    else:
        is_sound(table)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a" * 10_000_000 + b"\n1,2", "The first line has 10,000,000 characters, more than 65,536."),
        (b"," * 10_000_000, "The first line has 10,000,000 characters, more than 65,536."),
        (b"a,b\n" + b'"",' * 3_333_333, "The file has a header, but no rows."),
        (b"a,b\n" + b"1,2\n" * 2_500_000, "The file has 2,500,000 rows, more than 100,000."),
    ],
    ids=["letters", "commas", "quotes", "rows"],
)
def test_the_largest_file_is_refused_without_delay(content: bytes, told: str) -> None:
    """Where a step is done for each pair of bytes, this takes days instead of a second."""
    with pytest.raises(TableError) as refused:
        read_table(content, "a.csv")
    assert str(refused.value) == told


def is_sound(table: CsvTable) -> None:
    frame = table.frame
    assert len(frame) >= 3
    assert len(frame.columns) >= 2
    assert table.rows == len(frame) + sum(count for _, count in table.dropped)
    assert numeric(table)
    assert frame.index.equals(pd.RangeIndex(len(frame)))
    assert frame.columns.is_unique
    assert all(name.isprintable() and 0 < len(name) <= 60 for name in frame)
    for name in frame:
        if frame[name].dtype == "float64":
            assert np.isfinite(frame[name]).all()
        else:
            assert frame[name].dtype == "str"
            assert all(word and word.isprintable() for word in frame[name])
    for text in table.notes:
        is_sentence(text)


def is_sentence(text: str) -> None:
    assert text[0].isupper()
    assert text.endswith(".")
    assert text.isprintable()
    assert len(text) < 400
    assert not set("<>[]*`$\\") & set(text)
