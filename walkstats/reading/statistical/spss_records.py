"""Is the dictionary of an SPSS file whole, and what do its value labels say?

The C library that reads the cases trusts what the file says of itself: labels of texts applied to
numbers end the whole program. The records are therefore walked here first, every count is held
against the bytes, and value labels are read here and kept from the library. The layout is that of
the developers' guide of GNU PSPP.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

HEADER = 176
VARIABLE, LABELS, LABELLED, DOCUMENT, EXTENSION, END = 2, 3, 4, 6, 7, 999
LONG_NAMES, LONG_LABELS = 13, 21
"""Kinds of extensions."""
UNKNOWN = 9999
"""A kind of extension that every reader passes over."""
SHORT = 8
"""Bytes of a value in a record of value labels: longer texts have a record of their own."""

MOST_DEFLATED = 1032
"""Bytes that one byte of deflated data can stand for."""


class BrokenError(ValueError):
    """The records contradict each other or the length of the file; the message says where."""


@dataclass(frozen=True)
class ValueLabels:
    """What the values of some variables stand for.

    Attributes
    ----------
    names : tuple of bytes
        Of the variables, the short ones where ``short`` says so.
    pairs : tuple of (float or bytes, bytes)
        Value and words.
    """

    names: tuple[bytes, ...]
    pairs: tuple[tuple[float | bytes, bytes], ...]


@dataclass(frozen=True)
class Records:
    """What the library may read, and what is read here.

    Attributes
    ----------
    rest : bytes
        The file without its value labels.
    labels : tuple of ValueLabels
    long_names : bytes
        Pairs of short and long names of variables.
    most_cases : int
        No file of this length can hold more.
    """

    rest: bytes
    labels: tuple[ValueLabels, ...]
    long_names: bytes
    most_cases: int

    def in_words(self, encoding: str) -> dict[str, dict[float | str, str]]:
        """Variable, in small letters -> value -> words.

        Raises
        ------
        UnicodeDecodeError
            When they are not in that encoding.
        """
        pairs = (one.split("=", 1) for one in self.long_names.decode(encoding).split("\t"))
        long = {pair[0].casefold(): pair[1] for pair in pairs if len(pair) == 2}
        found: dict[str, dict[float | str, str]] = {}
        for one in self.labels:
            told = {
                value if isinstance(value, float) else value.decode(encoding).rstrip(" \0"): (
                    words.decode(encoding)
                )
                for value, words in one.pairs
            }
            for raw in one.names:
                name = raw.decode(encoding).strip(" \0").casefold()
                found[long.get(name, name).strip(" \0").casefold()] = told
        return found


def read_records(data: bytes) -> Records:
    """Walk the dictionary of a system file.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    Records

    Raises
    ------
    BrokenError
        When it cannot be what SPSS, or another program, wrote.
    """
    walk = _Walk(data)
    rest = bytearray(data)
    kind = 0
    while kind != END:
        begin = walk.place
        kind = walk.number()
        read = READERS.get(kind)
        if read is None:
            raise BrokenError(f"a record of the unknown kind {kind} at byte {begin}")
        if not read(walk):
            size = walk.place - begin
            blank = struct.pack(f"{walk.order}4i", EXTENSION, UNKNOWN, 1, size - 16)
            rest[begin : walk.place] = blank + bytes(size - 16)
    _check_texts(walk.widths)
    most = _most_cases(walk)
    return Records(bytes(rest), tuple(walk.labels), walk.long_names, most)


class _Walk:
    """A place in the file, and what the variables passed so far hold."""

    def __init__(self, data: bytes) -> None:
        if len(data) < HEADER:
            raise BrokenError(f"{len(data)} bytes, fewer than its header has")
        self.data = data
        self.place = HEADER
        orders = [o for o in "<>" if struct.unpack_from(f"{o}i", data, 64)[0] in (2, 3)]
        if not orders:
            raise BrokenError("a header in no known order of bytes")
        self.order = orders[0]
        self.widths: list[int] = []
        self.names: list[bytes] = []
        self.labels: list[ValueLabels] = []
        self.long_names = b""

    def skip(self, size: int) -> int:
        begin = self.place
        if size < 0 or size > len(self.data) - begin:
            raise BrokenError(f"a record at byte {begin} that is longer than the file")
        self.place += size
        return begin

    def bytes(self, size: int) -> bytes:
        begin = self.skip(size)
        return self.data[begin : begin + size]

    def number(self) -> int:
        return int(struct.unpack_from(f"{self.order}i", self.data, self.skip(4))[0])

    def count(self) -> int:
        found = self.number()
        if not 0 <= found <= len(self.data):
            raise BrokenError(f"a count of {found} at byte {self.place - 4}")
        return found


def _variable(walk: _Walk) -> bool:
    width, labelled, missing = walk.number(), walk.number(), walk.number()
    walk.skip(8)
    name = walk.bytes(8)
    if not -1 <= width <= 255 or labelled not in (0, 1) or missing not in (-3, -2, 0, 1, 2, 3):
        raise BrokenError(f"a variable before byte {walk.place} of impossible width")
    continued = bool(walk.widths) and walk.widths[-1] != 0
    if width == -1 and (not continued or labelled or missing):
        raise BrokenError(f"a part of a text before byte {walk.place} without a text before it")
    if width >= 0 and not name.strip(b" \0"):
        raise BrokenError(f"a variable before byte {walk.place} without a name")
    if width > 0 and missing < 0:
        raise BrokenError(f"a text before byte {walk.place} with a range of missing values")
    if labelled:
        size = walk.count()
        walk.skip(size + -size % 4)
    walk.skip(8 * abs(missing))
    walk.widths.append(width)
    walk.names.append(name)
    return True


def _value_labels(walk: _Walk) -> bool:
    pairs = []
    for _ in range(walk.count()):
        value = walk.bytes(8)
        size = walk.bytes(1)[0]
        pairs.append((value, walk.bytes(size)))
        walk.skip(-(size + 1) % 8)
    if walk.number() != LABELLED:
        raise BrokenError(f"value labels before byte {walk.place} of no variable")
    places = [walk.number() - 1 for _ in range(walk.count())]
    for place in places:
        if not 0 <= place < len(walk.widths) or walk.widths[place] == -1:
            raise BrokenError(f"value labels of the variable {place + 1}, which is none")
        if walk.widths[place] > SHORT:
            raise BrokenError(f"short value labels of the long text {place + 1}")
    kinds = {walk.widths[place] > 0 for place in places}
    if len(kinds) > 1:
        raise BrokenError(f"value labels before byte {walk.place} of numbers and texts at once")
    told: list[tuple[float | bytes, bytes]] = list(pairs)
    if kinds == {False}:
        told = [(float(struct.unpack(f"{walk.order}d", v)[0]), words) for v, words in pairs]
    walk.labels.append(ValueLabels(tuple(walk.names[place] for place in places), tuple(told)))
    return False


def _extension(walk: _Walk) -> bool:
    subtype, size, count = walk.number(), walk.count(), walk.count()
    end = walk.place + size * count
    if subtype == LONG_NAMES:
        walk.long_names = walk.bytes(size * count)
    elif subtype == LONG_LABELS:
        while walk.place < end:
            _long_labels(walk)
        if walk.place > end:
            raise BrokenError(f"labels of long texts beyond byte {end}")
    else:
        walk.skip(size * count)
    return subtype != LONG_LABELS


def _long_labels(walk: _Walk) -> None:
    name = walk.bytes(walk.count())
    walk.skip(4)
    pairs = []
    for _ in range(walk.count()):
        value = walk.bytes(walk.count())
        pairs.append((value, walk.bytes(walk.count())))
    walk.labels.append(ValueLabels((name,), tuple(pairs)))


def _document(walk: _Walk) -> bool:
    walk.skip(80 * walk.count())
    return True


def _end(walk: _Walk) -> bool:
    walk.skip(4)
    return True


READERS: Mapping[int, Callable[[_Walk], bool]] = {
    VARIABLE: _variable,
    LABELS: _value_labels,
    DOCUMENT: _document,
    EXTENSION: _extension,
    END: _end,
}
"""Kind of a record -> what walks it, and whether the library is to see it."""


def _check_texts(widths: list[int]) -> None:
    """A text of w bytes takes w / 8 places; the places after the first are marked by -1."""
    places = [k for k, width in enumerate(widths) if width >= 0] + [len(widths)]
    if len(places) == 1:
        raise BrokenError("no variables")
    for begin, end in itertools.pairwise(places):
        if end - begin != max(1, -(-widths[begin] // SHORT)):
            raise BrokenError(f"the text in place {begin + 1} without all of its parts")


def _most_cases(walk: _Walk) -> int:
    """How many cases can stand in the file, which must be those that the header counts."""
    compression, cases = (struct.unpack_from(f"{walk.order}i", walk.data, k)[0] for k in (72, 80))
    packed = {0: 1 / SHORT, 1: 1, 2: MOST_DEFLATED}.get(compression)
    if packed is None:
        raise BrokenError(f"the unknown compression {compression}")
    most = int(len(walk.data) * packed / len(walk.widths))
    if cases < -1 or cases > most:
        raise BrokenError(f"{cases} cases announced, more than its {len(walk.data)} bytes can hold")
    return most
