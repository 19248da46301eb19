"""What does an XML file say, when it may have been made to do harm?

Only elements, attributes and text are looked at. A document type, in which entities are declared
that unfold to gigabytes or name other files, is refused as soon as it opens: no spreadsheet needs
one. Nothing is built in memory, so neither depth nor size of the document takes any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol
from xml.parsers import expat

from walkstats.errors import DataError
from walkstats.reading.text_tables import unreadable

LONGEST_TAG = 2**22
"""A single tag that is longer is refused: it would be scanned anew with each piece [bytes]."""


class Listener(Protocol):
    """Whoever wants to know what stands in a document."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, piece: str) -> None:
        """Some text of the element that is open."""


def read_xml(source: Iterable[bytes], listener: Listener, file: str) -> None:
    """Tell a listener what stands in a document, in its order.

    Parameters
    ----------
    source : iterable of bytes
        The document, piece by piece.
    listener : Listener
        Is told the names of elements without their prefix.
    file : str
        For messages.

    Raises
    ------
    DataError
        When it is no XML, or not safe to read.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuser(file)
    parser.StartElementHandler = _told(listener.start)
    parser.EndElementHandler = lambda name: listener.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = listener.text
    given = 0
    try:
        for piece in source:
            parser.Parse(piece, False)
            given += len(piece)
            if given - max(parser.CurrentByteIndex, 0) > LONGEST_TAG:
                raise no_xml(file)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, UnicodeError):
        raise no_xml(file) from None


def _told(
    start: Callable[[str, Mapping[str, str]], None],
) -> Callable[[str, dict[str, str]], None]:
    return lambda name, attributes: start(name.rpartition(":")[2], attributes)


def _refuser(file: str) -> Callable[..., None]:
    def refuse(*declared: object) -> None:
        raise unreadable(
            f"{file} declares a document type, with which entities can be made to unfold "
            "without end or to fetch other files",
            "it may have been made to do harm: ask who sent it, and save the tables anew",
            file=file,
        )

    return refuse


def no_xml(file: str) -> DataError:
    """The error for a part of a spreadsheet that is not what it should be."""
    return unreadable(
        f"{file} is damaged: a part of it is not what the format prescribes",
        "open it in its own program and save it again",
        file=file,
    )
