"""What is in a zip archive, and is it safe to open? Nothing is ever written to the disk.

An archive from a stranger may name files outside its folder, hold two files of one name, lay
several files over the same bytes, or grow a thousand times when unpacked. All of this is seen in
its table of contents, before a byte is unpacked; what a member then gives is counted as it comes.
"""

from __future__ import annotations

import gzip
import io
import lzma
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO

from walkstats.errors import DataError
from walkstats.reading.text_tables import unreadable

MOST_BYTES = 2**30
"""A file larger than this is not read, and an archive that unpacks to more is refused [bytes]."""

FREE_BYTES = 2**24
"""Up to this size the ratio is not looked at [bytes]."""

MOST_TIMES = 200
"""An archive that grows by more than this factor is refused: tables shrink 5 to 50 times."""

MOST_MEMBERS = 2000
"""An archive with more files is refused: a trial has some tens, a workbook some hundreds."""

PIECE = 2**20
"""Bytes that are unpacked at a time."""

ZIP_SIGNS = (b"PK\x03\x04", b"PK\x05\x06")
LOCAL_HEADER = 30
"""Bytes that stand before the name of a member, in front of its data."""

NO_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
)
"""What Python raises of an archive that is damaged, or packed in a way it does not know."""


@dataclass(frozen=True, eq=False)
class Archive:
    """A zip archive whose table of contents is sound.

    Attributes
    ----------
    file : str
        Its name, for messages.
    members : mapping of str to zipfile.ZipInfo
        Path within the archive, with "/" -> where it lies; without folders and macOS's extras.
    """

    file: str
    members: Mapping[str, zipfile.ZipInfo]
    _zip: zipfile.ZipFile = field(repr=False)

    def read(self, member: str) -> bytes:
        """All bytes of a member.

        Raises
        ------
        DataError
            When it is damaged, locked, or grows beyond what is safe.
        """
        return b"".join(self.pieces(member))

    def pieces(self, member: str) -> Iterator[bytes]:
        """The bytes of a member, one piece after another."""
        info = self.members[member]
        try:
            stream = self._zip.open(info)
        except NO_ARCHIVE:
            raise damaged(self.file) from None
        except RuntimeError:
            raise locked(self.file) from None
        yield from pieces(stream, max(info.compress_size, 1), self.file)


def open_archive(data: bytes, file: str) -> Archive:
    """Read the table of contents of a zip archive.

    Parameters
    ----------
    data : bytes
        The whole archive.
    file : str
        Its name, for messages.

    Returns
    -------
    Archive

    Raises
    ------
    DataError
        When it is damaged, or not safe to unpack.
    """
    entries = data.count(b"PK\x01\x02")  # counted first: the table itself may be the bomb
    if entries > MOST_MEMBERS:
        raise _unsafe(file, f"has {entries} files or more in it (limit {MOST_MEMBERS})")
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
        infos = [info for info in opened.infolist() if not _by_the_way(info)]
    except NO_ARCHIVE:
        raise damaged(file) from None
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = plain_path(info.filename)
        _refuse_unsafe(info, name, file)
        if name in members:
            raise _unsafe(file, f"holds two files called {name}")
        members[name] = info
    _refuse_overlaps(infos, file)
    total = sum(info.file_size for info in infos)
    if total > MOST_BYTES:
        raise unreadable(
            f"{file} has {len(data)} bytes and unpacks to {total} (limit {MOST_BYTES} bytes)",
            "unpack it yourself if you trust it, and name the folder",
            file=file,
        )
    return Archive(file, members, opened)


def plain_path(path: str) -> str:
    """A path with "/" between folders, and accents as one letter, which macOS writes as two."""
    return unicodedata.normalize("NFC", path.replace("\\", "/"))


def _by_the_way(info: zipfile.ZipInfo) -> bool:
    """Folders, and what macOS puts beside every file."""
    name = info.filename.replace("\\", "/")
    last = name.rsplit("/", 1)[-1]
    return last in ("", ".DS_Store", "Thumbs.db") or "__MACOSX" in name.split("/")[:-1]


def _refuse_unsafe(info: zipfile.ZipInfo, name: str, file: str) -> None:
    if leads_out(name):
        raise _unsafe(file, f"holds {name!r}, a path that leads out of it")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _unsafe(file, f"holds {name!r}, a link to another file")
    if info.flag_bits & 1:
        raise locked(file)


def leads_out(path: str) -> bool:
    """Whether a path written by somebody else is none within a folder, on any system."""
    for kind in (PurePosixPath(path), PureWindowsPath(path)):
        if kind.is_absolute() or kind.drive or kind.root or ".." in kind.parts:
            return True
    return "\0" in path or not path.strip()


def _refuse_overlaps(infos: list[zipfile.ZipInfo], file: str) -> None:
    """Two members that share bytes: how a small archive is made to unpack to petabytes."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise _unsafe(file, f"lays {info.filename!r} over the bytes of another file")
        end = info.header_offset + LOCAL_HEADER + info.compress_size


def pieces(stream: IO[bytes] | gzip.GzipFile, packed: int, file: str) -> Iterator[bytes]:
    """Unpack piece by piece: the size that an archive states of itself is not to be trusted.

    Parameters
    ----------
    stream : binary file
        Gives the unpacked bytes.
    packed : int
        Size before unpacking [bytes].
    file : str
        For messages.

    Yields
    ------
    bytes

    Raises
    ------
    DataError
        When it is damaged, or grows beyond what is safe.
    """
    size = 0
    while True:
        try:
            piece = stream.read(PIECE)
        except NO_ARCHIVE:
            raise damaged(file) from None
        if not piece:
            return
        size += len(piece)
        if size > MOST_BYTES or (size > FREE_BYTES and size > MOST_TIMES * packed):
            raise unreadable(
                f"{file} has {packed} bytes and unpacks to more than {size} "
                f"(limit {MOST_BYTES} bytes, or {MOST_TIMES} times its size)",
                "unpack it yourself if you trust it, and name the file in trial.toml",
                file=file,
            )
        yield piece


def damaged(file: str) -> DataError:
    """The error for an archive that cannot be unpacked."""
    return unreadable(f"{file} is damaged and cannot be unpacked", "copy it again", file=file)


def locked(file: str) -> DataError:
    """The error for an archive with a password."""
    return unreadable(f"{file} is locked with a password", "unpack it into the folder", file=file)


def _unsafe(file: str, why: str) -> DataError:
    return unreadable(
        f"{file} {why}",
        "it may have been made to do harm: ask who sent it, and pack the files anew",
        file=file,
    )
