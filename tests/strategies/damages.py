"""What becomes of a folder on its way: by name, a damage that leaves it valid or does not.

Each damage takes hypothesis' draw and the files of a folder, and changes the files in place.
"""

import codecs
import gzip
import json
from collections.abc import Callable

from hypothesis import strategies as st

from tests.strategies.folders import Folder, zipped
from walkstats.reading.declared import clauses

Damage = Callable[[st.DrawFn, Folder], None]

INJECTED = (
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    ']]>"><svg/onload=alert(1)>',
    "{__import__('os').system('true')}",
    "`x`; ${HOME} $(id) %s%n %PATH%",
    "../../../etc/passwd",
    "\\\\server\\share",
    "CON",
    "__proto__",
    "__class__",
    "\x1b[31mred",
    "\u202eesrever\u202c",
    "\ufeff",
    "\u0000",
    "\ud7ff\ue000\uffff",
    "a" * 5000,
    "\\input{/etc/passwd} \\write18{id}",
    "javascript:alert(1)",
)
NUMBERS = (
    "1e999999",
    "1e-999999",
    "9" * 5000,
    "0x10",
    "1_000",
    "１２",
    "٣",
    "nan",
    "NaN",
    "-inf",
    "-0",
    "+5",
    "1,5",
    "1.234,5",
    "1 000",
    "$5",
    "85%",
    "5 min",
    "1/2",
    "1e5",
    "-1",
    "99999999999999999999",
    "4.9e-324",
    "1.7976931348623157e308",
    "½",
    "1.",
    ".5",
    "--1",
    "²",
)
DATED = (
    "0000-00-00",
    "2024-02-30",
    "31/12/2024",
    "12/31/2024",
    "9999-12-31",
    "1677-09-20",
    "2262-04-12",
    "45292",
    "2024-01-05T10:00:00Z",
    "5 Jan 2024",
    "2024-01-05 ",
    "0001-01-01",
)
WORDS = (
    "",
    " ",
    "NA",
    ".",
    "Total",
    "walking",
    "control",
    "P1",
    "yes",
    "TRUE",
    "1",
    "0",
    "rmdq",
    "\n",
    '"',
)
CELLS = (*INJECTED, *NUMBERS, *DATED, *WORDS)
VALUES = (
    "nan",
    "inf",
    "-1",
    "1e999",
    "9" * 400,
    '""',
    "true",
    "[]",
    "{}",
    "[[]]",
    '["", 1]',
    "{ a = 1 }",
    "1979-05-27",
    "07:32:00",
    "1979-05-27T07:32:00Z",
    '"""\n"""',
    '"\\u0000"',
    '"../up.csv"',
    '"/etc/passwd"',
    '"C:\\\\x"',
    '"participants.csv"',
    '"trial.toml"',
    '"Europe/London"',
    '"../../../etc/localtime"',
    '"rot13"',
    '"idna"',
    '"zip"',
    '"utf-7"',
    '"undefined"',
    '"%"',
    '"%Q%Y"',
    '"%d/%m/%y"',
    '"days"',
)
CLAUSES = tuple(
    sorted(
        {
            clause.example
            for name in dir(clauses)
            if name.endswith("_CLAUSES")
            for clause in getattr(clauses, name)
        }
    )
)


def _tables(files: Folder) -> list[str]:
    return sorted(name for name in files if name != "trial.toml")


def _some(draw: st.DrawFn, files: Folder) -> str:
    return draw(st.sampled_from(sorted(files)))


def _place(draw: st.DrawFn, data: bytes) -> int:
    return draw(st.integers(0, max(len(data) - 1, 0)))


# bytes


def cut_short(draw: st.DrawFn, files: Folder) -> None:
    name = _some(draw, files)
    files[name] = files[name][: _place(draw, files[name])]


def bytes_changed(draw: st.DrawFn, files: Folder) -> None:
    name = _some(draw, files)
    data = bytearray(files[name])
    for _ in range(draw(st.integers(1, 4))):
        at = _place(draw, data)
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    files[name] = bytes(data)


def a_slice_again(draw: st.DrawFn, files: Folder) -> None:
    name = _some(draw, files)
    data = files[name]
    start, end = sorted([_place(draw, data), _place(draw, data)])
    at = _place(draw, data)
    files[name] = data[:at] + data[start:end] * draw(st.integers(1, 3)) + data[at:]


def a_slice_lost(draw: st.DrawFn, files: Folder) -> None:
    name = _some(draw, files)
    start, end = sorted([_place(draw, files[name]), _place(draw, files[name])])
    files[name] = files[name][:start] + files[name][end:]


def a_mark_before(draw: st.DrawFn, files: Folder) -> None:
    marks = [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_BE, b"PK\x03\x04", b"\x1f\x8b"]
    marks += [b"PAR1", b"$FL2", b"SQLite format 3\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-"]
    marks += [b"<stata_dta>", b"HEADER RECORD*******", b"\0" * 12]
    name = _some(draw, files)
    files[name] = draw(st.sampled_from(marks)) + files[name]


def another_encoding(draw: st.DrawFn, files: Folder) -> None:
    name = _some(draw, files)
    text = files[name].decode("utf-8", "replace")
    codec = draw(st.sampled_from(["utf-16", "utf-32-be", "latin-1", "cp037", "utf-8-sig", "utf-7"]))
    files[name] = text.encode(codec, "replace")


def other_line_ends(draw: st.DrawFn, files: Folder) -> None:
    name = _some(draw, files)
    end = draw(st.sampled_from([b"\r", b"\r\r\n", b"\n\n", b"\x85", b"\xe2\x80\xa8", b"", b"\x0c"]))
    files[name] = files[name].replace(b"\n", end)


# cells, rows and columns, in the rough: cut at the separator that stands first in the header


def _grid(files: Folder, name: str) -> tuple[list[list[str]], str]:
    text = files[name].decode("utf-8", "surrogateescape")
    rows = text.split("\n")
    sign = max(",;\t|", key=rows[0].count)
    return [row.split(sign) for row in rows], sign


def _back(files: Folder, name: str, rows: list[list[str]], sign: str) -> None:
    text = "\n".join(sign.join(row) for row in rows)
    files[name] = text.encode("utf-8", "surrogatepass" if "\ud800" in text else "surrogateescape")


def cells_changed(draw: st.DrawFn, files: Folder) -> None:
    name = draw(st.sampled_from(_tables(files)))
    rows, sign = _grid(files, name)
    for _ in range(draw(st.integers(1, 3))):
        row = rows[draw(st.integers(0, len(rows) - 1))]
        row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(CELLS))
    _back(files, name, rows, sign)


def a_column_of_one_kind(draw: st.DrawFn, files: Folder) -> None:
    name = draw(st.sampled_from(_tables(files)))
    rows, sign = _grid(files, name)
    place = draw(st.integers(0, len(rows[0]) - 1))
    cells = draw(st.sampled_from([INJECTED, NUMBERS, DATED, WORDS]))
    for row in rows[draw(st.integers(0, 1)) :]:
        if place < len(row):
            row[place] = draw(st.sampled_from(cells))
    _back(files, name, rows, sign)


def rows_moved(draw: st.DrawFn, files: Folder) -> None:
    name = draw(st.sampled_from(_tables(files)))
    rows, sign = _grid(files, name)
    what = draw(
        st.sampled_from(["twice", "lost", "header again", "reversed", "blank", "longer", "short"])
    )
    at = draw(st.integers(0, len(rows) - 1))
    if what == "twice":
        rows.insert(at, list(rows[at]))
    elif what == "lost":
        del rows[at]
    elif what == "header again":
        rows.insert(at, list(rows[0]))
    elif what == "reversed":
        rows.reverse()
    elif what == "blank":
        rows[at:at] = [[""]] * draw(st.integers(1, 4))
    elif what == "longer":
        rows[at] = rows[at] + draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3))
    else:
        rows[at] = rows[at][: draw(st.integers(0, 2))]
    _back(files, name, rows, sign)


def columns_moved(draw: st.DrawFn, files: Folder) -> None:
    name = draw(st.sampled_from(_tables(files)))
    rows, sign = _grid(files, name)
    wide = len(rows[0])
    one, other = draw(st.integers(0, wide - 1)), draw(st.integers(0, wide - 1))
    what = draw(st.sampled_from(["lost", "twice", "headers swapped", "unnamed", "renamed", "more"]))
    for row in rows if what in ("lost", "twice", "more") else rows[:1]:
        if max(one, other) >= len(row):
            continue
        if what == "lost":
            del row[one]
        elif what == "twice":
            row.insert(other, row[one])
        elif what == "more":
            row += [row[one]] * 40
        elif what == "headers swapped":
            row[one], row[other] = row[other], row[one]
        else:
            row[one] = "" if what == "unnamed" else draw(st.sampled_from(CELLS))
    _back(files, name, rows, sign)


# trial.toml


def _lines(files: Folder) -> list[str]:
    return files.get("trial.toml", b"").decode("utf-8", "replace").split("\n")


def a_line_of_toml(draw: st.DrawFn, files: Folder) -> None:
    lines = _lines(files)
    at = draw(st.integers(0, len(lines) - 1))
    what = draw(st.sampled_from(["lost", "twice", "swapped", "broken"]))
    if what == "lost":
        del lines[at]
    elif what == "twice":
        lines.insert(draw(st.integers(0, len(lines))), lines[at])
    elif what == "swapped":
        other = draw(st.integers(0, len(lines) - 1))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at] = lines[at][: draw(st.integers(0, 20))] + draw(
            st.sampled_from(list("\"'[]{}=.,#\\"))
        )
    files["trial.toml"] = "\n".join(lines).encode()


def a_value_of_toml(draw: st.DrawFn, files: Folder) -> None:
    lines = _lines(files)
    given = [k for k, line in enumerate(lines) if "=" in line]
    if given:
        at = draw(st.sampled_from(given))
        cell = st.sampled_from(CELLS).map(json.dumps)
        value = draw(st.one_of(st.sampled_from(VALUES), cell))
        lines[at] = f"{lines[at].split('=')[0]} = {value}"
    files["trial.toml"] = "\n".join(lines).encode("utf-8", "replace")


def a_clause_more(draw: st.DrawFn, files: Folder) -> None:
    lines = _lines(files)
    for _ in range(draw(st.integers(1, 3))):
        clause = draw(st.sampled_from(CLAUSES))
        if draw(st.booleans()):
            clause = f"{clause.split('=')[0]} = {draw(st.sampled_from(VALUES))}"
        lines.insert(draw(st.integers(0, len(lines))), clause)
    files["trial.toml"] = "\n".join(lines).encode()


def a_table_more(draw: st.DrawFn, files: Folder) -> None:
    table = draw(st.sampled_from(["check_ins", "screening", "adverse_events", "walking", "trial"]))
    wide = 'wide = { into = "value", columns = { age_years = { measure = "rmdq", month = 0 } } }'
    more = draw(
        st.sampled_from(["", 'from = "participants.csv"', wide, "daily = true", "carry = false"])
    )
    head = draw(st.sampled_from([f"[{table}]", f"[[{table}]]", "[outcomes]", "[[participants]]"]))
    files["trial.toml"] = files.get("trial.toml", b"") + f"\n{head}\n{more}\n".encode()


# files


def a_file_lost(draw: st.DrawFn, files: Folder) -> None:
    del files[_some(draw, files)]


def a_file_renamed(draw: st.DrawFn, files: Folder) -> None:
    name = draw(st.sampled_from(_tables(files)))
    ending = draw(
        st.sampled_from([".txt", ".parquet", ".xlsx", ".sav", ".dta", ".xpt", ".gz", "", ".agd"])
    )
    files[name.partition(".")[0] + ending] = files.pop(name)


def files_swapped(draw: st.DrawFn, files: Folder) -> None:
    one, other = _some(draw, files), _some(draw, files)
    files[one], files[other] = files[other], files[one]


def packed_again(draw: st.DrawFn, files: Folder) -> None:
    name = _some(draw, files)
    inside = draw(st.sampled_from([name, "../out.csv", "/abs.csv", "a/b.csv", "CON", "x.xlsx", ""]))
    how = draw(st.sampled_from(["gzip", "zip", "two", "in itself"]))
    data = files[name]
    if how == "gzip":
        files[name] = gzip.compress(data)
    elif how == "zip":
        files[name] = zipped({inside or "x": data})
    elif how == "two":
        files[name] = zipped({inside or "x": data, "other.csv": data})
    else:
        files[name] = zipped({"x.zip": zipped({inside or "x": data})})


def another_file(draw: st.DrawFn, files: Folder) -> None:
    name = draw(
        st.sampled_from(["walking.csv", "notes.txt", "x.xlsx", "~$x.xlsx", "walking.parquet", "-"])
    )
    files[name] = draw(
        st.sampled_from([b"", b"\0", b"participant_id\n", b"PK\x03\x04", b"PAR1PAR1"])
    )


DAMAGES: dict[str, Damage] = {
    one.__name__: one
    for one in (
        *(cut_short, bytes_changed, a_slice_again, a_slice_lost, a_mark_before),
        *(another_encoding, other_line_ends),
        *(cells_changed, cells_changed, a_column_of_one_kind, rows_moved, columns_moved),
        *(a_line_of_toml, a_value_of_toml, a_clause_more, a_table_more),
        *(a_file_lost, a_file_renamed, files_swapped, packed_again, another_file),
    )
}


@st.composite
def damaged(draw: st.DrawFn, valid: st.SearchStrategy[Folder]) -> Folder:
    """A valid folder with one to three damages."""
    files = dict(draw(valid))
    for name in draw(st.lists(st.sampled_from(sorted(DAMAGES)), min_size=1, max_size=3)):
        if _tables(files):
            DAMAGES[name](draw, files)
    return files


@st.composite
def damaged_manifests(draw: st.DrawFn, valid: st.SearchStrategy[Folder]) -> Folder:
    """A trial.toml with one to four damages."""
    files = {"trial.toml": draw(valid)["trial.toml"]}
    kinds = [a_line_of_toml, a_value_of_toml, a_value_of_toml, a_clause_more, a_table_more]
    for damage in draw(st.lists(st.sampled_from([*kinds, bytes_changed]), min_size=1, max_size=4)):
        damage(draw, files)
    return files
