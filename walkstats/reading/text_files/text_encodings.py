"""Which characters do these bytes stand for, and who says so: the file, trial.toml, or nobody?

A mark at the start of a file is the file's own word for its encoding, and is taken and noted. What
has no mark is UTF-8 or what trial.toml declares. Only where trial.toml asks for recognition are
bytes that are not UTF-8 looked at for Windows' cp1252, by rules that refuse what another encoding
could have written.
"""

from __future__ import annotations

import codecs
import re
from itertools import islice

from walkstats.errors import DataError, Problem
from walkstats.reading.text_tables import FileFormat, unreadable

UNICODE_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32 LE"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32 BE"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 BE"),
)
"""The bytes at the start, Python's codec that reads them, and the name in messages."""

BROKEN_TEXT = {
    "control characters U+0080 to U+009F": re.compile("[\x80-\x9f]"),
    "replacement characters (U+FFFD)": re.compile("\ufffd"),
    "letters like 'Ã©' or 'â€™' (UTF-8 read as another encoding)": re.compile(
        "[\u00c2\u00c3][\u00a0-\u00bf]|\u00e2\u20ac"
    ),
}
"""Signs of text that was read in a wrong encoding before it came here."""

MOST_COUNTED = 10_000
"""Signs of a wrong encoding are counted up to here."""

LINE_END = re.compile("\r\n|\r|\n")
LETTER = "[^\\W\\d_]"
SIGNS = "€‚„…†‡‰‹‘’“”•–—˜›™\u00a1-\u00b4\u00b6-\u00bf×÷"
DOUBTED_AS_WINDOWS = (
    ("a letter that a Mac would mean otherwise", re.compile("[ŠŽšžŒœŸƒˆ]")),
    (
        "a sign that is no letter between two letters",
        re.compile(f"(?<={LETTER})[{SIGNS}](?={LETTER})"),
    ),
    ("several letters beyond ASCII in a row", re.compile("[À-ÖØ-öø-ÿ]{3}")),
)
"""Where cp1252 may be the wrong reading: MacRoman, Cyrillic, Greek and the like look so."""


def decode(data: bytes, file: str, declared: FileFormat) -> tuple[str, tuple[str, ...]]:
    """Turn the bytes of a text file into characters.

    Parameters
    ----------
    data : bytes
    file : str
        Its name, for messages.
    declared : FileFormat

    Returns
    -------
    tuple
        The text without a mark, and notes on what the file itself said, or on what was recognised.

    Raises
    ------
    DataError
        When bytes do not fit, or declaration and mark disagree.
    """
    marked = next((one for one in UNICODE_MARKS if data.startswith(one[0])), None)
    if marked is not None:
        _agree(marked, file, declared.encoding)
        text = _decoded(data, file, marked[1], declared)
        said = "" if marked[1] == "utf-8-sig" or declared.encoding else marked[2]
        notes = (f"read as {said}: the mark at the start of {file} says so",) if said else ()
        return text, notes
    if declared.encoding is None:
        _refuse_unmarked_wide(data, file)
    if declared.encoding is None and declared.recognise and not _is_utf8(data):
        return _as_windows_if_plain(data, file)
    return _decoded(data, file, declared.encoding or "utf-8", declared), ()


def _agree(marked: tuple[bytes, str, str], file: str, encoding: str | None) -> None:
    """A declared encoding must be that of the mark."""
    if encoding is None:
        return
    known = codecs.lookup(encoding).name.removesuffix("-sig")
    family = codecs.lookup(marked[1]).name.removesuffix("-sig")
    exact = marked[2].lower().replace(" ", "-")
    if known not in (family, exact):
        raise unreadable(
            f"{file} begins with the mark of {marked[2]}, and trial.toml declares {encoding}",
            "leave encoding out for this table: the file says it itself",
            file=file,
        )


def _decoded(data: bytes, file: str, encoding: str, declared: FileFormat) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as reason:
        raise _undecodable(data, file, encoding, declared, reason) from None
    except UnicodeError:
        raise unreadable(
            f"{file} is not written in {encoding}",
            "set the table's encoding in trial.toml to the one it was written in",
            file=file,
        ) from None
    if "\0" in text:
        at = text.index("\0")
        raise unreadable(
            f"{file} has a NUL character at offset {at}, line {line_at(text, at)}"
            f" ({text.count(chr(0))} in all)",
            "the file is damaged or is not text: export the table again",
            file=file,
            row=line_at(text, at),
        )
    return text.removeprefix("\ufeff")


def _refuse_unmarked_wide(data: bytes, file: str) -> None:
    """UTF-16 without its mark is ASCII with a NUL after, or before, each letter."""
    if len(data) < 4 or len(data) % 2:
        return
    start = data[:200]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        other = start[1 - first :: 2]
        if not any(start[first::2]) and all(other):
            raise unreadable(
                f"{file} looks like {name} without the mark that would say so (every second byte "
                "is 0)",
                f'if that is right, set encoding = "{name}" for this table in trial.toml',
                file=file,
            )


def _undecodable(
    data: bytes, file: str, encoding: str, declared: FileFormat, reason: UnicodeDecodeError
) -> DataError:
    at = reason.start
    line = data.count(b"\n", 0, at) + data.count(b"\r", 0, at) - data.count(b"\r\n", 0, at) + 1
    start = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
    header, begun = re.split(rb"[\r\n]", data[:at], maxsplit=1)[0], data[start:at]
    rest = re.split(rb"[\r\n]", data[at : at + 20], maxsplit=1)[0]
    around = _as_windows(begun[-20:]) + _as_windows(rest)
    delimiter = declared.delimiter or ("\t" if file.lower().endswith(".tsv") else ",")
    column = _column_at(_as_windows(header), _as_windows(begun), delimiter)
    named = f", column {column}" if column and line > 1 else ""
    return unreadable(
        f"{file} is not {encoding}: byte 0x{data[at]:02x} at offset {at}, line {line}"
        f"{named}; read as cp1252 (Windows) or latin-1 the place would say {around!r}",
        'if that is right, set encoding = "cp1252" (or "latin-1"; "mac_roman" for an old Mac) for '
        "this table in trial.toml",
        file=file,
        row=line,
    )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _as_windows_if_plain(data: bytes, file: str) -> tuple[str, tuple[str, ...]]:
    """Text that is not UTF-8, as cp1252 where nothing in it speaks against that."""
    declare = 'set encoding = "cp1252" (or "latin-1", "mac_roman") for this table in trial.toml'
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as reason:
        line = data[: reason.start].count(b"\n") + 1
        raise unreadable(
            f"{file} is neither UTF-8 nor cp1252 (byte 0x{data[reason.start]:02x} on line {line})",
            declare,
            file=file,
            row=line,
        ) from None
    for why, pattern in DOUBTED_AS_WINDOWS:
        found = pattern.search(text)
        if found:
            word = _word_at(text, found.start())
            other = word.encode("cp1252").decode("mac_roman")
            raise unreadable(
                f"{file} is not UTF-8, and its encoding cannot be told: {why} (as cp1252 line "
                f"{line_at(text, found.start())} says {word!r}, as mac_roman {other!r})",
                declare,
                file=file,
                row=line_at(text, found.start()),
            )
    # A word is tried from its start only, or a long one would be gone through once per letter.
    beyond = re.findall(r"(?<!\S)\S*[^\x00-\x7f]\S*", text)
    return _decoded(data, file, "cp1252", FileFormat()), (
        f"read as cp1252 (Windows): not UTF-8, and all {len(beyond)} words beyond ASCII are plain "
        f"in it, as {beyond[0][:30]!r}",
    )


def _word_at(text: str, at: int) -> str:
    return next(one[0] for one in re.finditer(r"[^\s,;|\"']{1,60}", text) if one.end() > at)


def _as_windows(piece: bytes) -> str:
    return piece.decode("cp1252", "replace")


def _column_at(header: str, begun: str, delimiter: str) -> str:
    """The name of the column in which a line stops; none where quotes may hold separators."""
    names = header.split(delimiter)
    place = begun.count(delimiter)
    return names[place].strip() if '"' not in header + begun and place < len(names) else ""


def line_at(text: str, offset: int) -> int:
    """The line, from 1, on which a character stands."""
    ends = text.count("\n", 0, offset) + text.count("\r", 0, offset)
    return ends - text.count("\r\n", 0, offset) + 1


def broken_text(text: str, file: str) -> list[Problem]:
    """Warnings of text that was read in a wrong encoding before it came here."""
    problems = []
    for what, pattern in BROKEN_TEXT.items():
        found = None if text.isascii() else pattern.search(text)
        if found:
            line = line_at(text, found.start())
            shown = text[max(0, found.start() - 8) : found.end() + 8]
            problems.append(
                Problem(
                    f"{file} has {what}, first on line {line} near {LINE_END.sub(' ', shown)!r}",
                    "it was read or saved in a wrong encoding: set encoding for this table in "
                    "trial.toml, or export it again as UTF-8",
                    table=file,
                    row=line,
                    count=sum(1 for _ in islice(pattern.finditer(text), MOST_COUNTED)),
                    severity="warning",
                )
            )
    return problems
