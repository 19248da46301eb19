"""Which bytes does a file hold, unpacked if need be, and is it safe to read it?"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from walkstats.errors import DataError
from walkstats.reading.formats import FORMATS
from walkstats.reading.places.archives import MOST_BYTES, ZIP_SIGNS, Archive, open_archive, pieces
from walkstats.reading.spreadsheets.workbook_parts import is_workbook
from walkstats.reading.text_tables import unreadable

OTHER_PROGRAMS = {
    ".xlsx": "an Excel workbook",
    ".xlsm": "an Excel workbook",
    ".xlsb": "a binary Excel workbook",
    ".xls": "an Excel workbook of before 2007, or one locked with a password",
    ".ods": "a spreadsheet",
    ".sav": "an SPSS file",
    ".dta": "a Stata file",
    ".sas7bdat": "a SAS file",
    ".xpt": "a SAS transport file",
    ".por": "an SPSS portable file",
    ".sas7bcat": "a SAS catalogue of formats",
    ".rds": "an R file",
    ".rdata": "an R file",
    ".json": "a JSON file",
    ".feather": "a Feather file",
    ".pkl": "a pickle, which can run code",
    ".pickle": "a pickle, which can run code",
}
"""Endings of files that are not tables of text; those that a format reads are not refused."""

WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How a file is opened; not every system knows both."""

OLE_SIGN = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How Excel's files of before 2007 begin, and all that it locks with a password."""


@dataclass(frozen=True)
class FileBytes:
    """What a file holds.

    Attributes
    ----------
    data : bytes
        Unpacked.
    sha256 : str
        Of the file as it is on disk.
    note : str
        What was unpacked; empty for nothing.
    """

    data: bytes
    sha256: str
    note: str = ""


def file_bytes(path: Path) -> FileBytes:
    """Read a file, unpacking zip and gzip within limits.

    Parameters
    ----------
    path : pathlib.Path
        An existing file.

    Returns
    -------
    FileBytes

    Raises
    ------
    DataError
        When the file is empty, too large, cannot be opened, is no file (a pipe, a device), is of
        another program, or is an archive with several members, a password, damage, or more in it
        than is safe to unpack.
    """
    _refuse_other_programs(path.name, path.suffix)
    return unpacked(bytes_on_disk(path), path.name)


def unpacked(data: bytes, file: str) -> FileBytes:
    """Unpack what is packed; a workbook, though it is a zip archive, stays as it is.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.

    Returns
    -------
    FileBytes

    Raises
    ------
    DataError
        As ``file_bytes``.
    """
    _refuse_other_programs(file, PurePosixPath(file).suffix)
    if not data:
        raise _empty(file)
    if data.startswith(OLE_SIGN):
        raise _of_another_program(file, OTHER_PROGRAMS[".xls"])
    sha256 = hashlib.sha256(data).hexdigest()
    if data.startswith(ZIP_SIGNS):
        archive = open_archive(data, file)
        if is_workbook(archive):
            return FileBytes(data, sha256)
        member, content = _only_member(archive)
        return FileBytes(content, sha256, f"{member} unpacked from {file}")
    if data.startswith(b"\x1f\x8b"):
        content = b"".join(pieces(gzip.GzipFile(fileobj=io.BytesIO(data)), len(data), file))
        if not content:
            raise _empty(f"the content of {file}")
        return FileBytes(content, sha256, f"{file} unpacked")
    return FileBytes(data, sha256)


def bytes_on_disk(path: Path) -> bytes:
    """All bytes of a regular file that is not too large; nothing else is so much as opened.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    bytes

    Raises
    ------
    DataError
    """
    try:
        refuse_no_file(os.stat(path), path.name, MOST_BYTES)
        # A pipe put here since would be opened without waiting for who writes into it.
        handle = os.open(path, os.O_RDONLY | WITHOUT_WAITING)
        with os.fdopen(handle, "rb") as opened:
            found = os.fstat(handle)
            refuse_no_file(found, path.name, MOST_BYTES)
            return opened.read(found.st_size)  # and no more, should it grow while it is read
    except (OSError, ValueError) as reason:
        raise unreadable(
            f"{path.name} cannot be opened ({getattr(reason, 'strerror', None) or reason})",
            "check that it is a file and that you may read it",
            file=path.name,
        ) from None


def refuse_no_file(found: os.stat_result, file: str, most: int) -> None:
    """Refuse what would never end, or fill the memory: pipes, devices, files of absurd size.

    Parameters
    ----------
    found : os.stat_result
    file : str
        Its name, for messages.
    most : int
        How large it may be [bytes].

    Raises
    ------
    DataError
    """
    kinds = {
        "a folder": stat.S_ISDIR,
        "a pipe": stat.S_ISFIFO,
        "a socket": stat.S_ISSOCK,
        "a device": stat.S_ISCHR,
        "a disk": stat.S_ISBLK,
    }
    for kind, is_it in kinds.items():
        if is_it(found.st_mode):
            raise unreadable(
                f"{file} cannot be opened (it is {kind}, not a file)",
                "put the file itself into the folder",
                file=file,
            )
    if found.st_size > most:
        raise _too_large(file, found.st_size, most)


def _too_large(file: str, size: int, most: int) -> DataError:
    return unreadable(
        f"{file} has {size} bytes, more than are read (limit {most})",
        "add records of minutes or days up to weeks first (walkstats.wearables), leave out columns "
        "that no table needs, or save it as Parquet",
        file=file,
    )


def _refuse_other_programs(file: str, suffix: str) -> None:
    kind = OTHER_PROGRAMS.get(suffix.lower())
    if kind and not any(suffix.lower() in one.endings for one in FORMATS):
        raise _of_another_program(file, kind)


def _of_another_program(file: str, kind: str) -> DataError:
    return unreadable(
        f"{file} is {kind}",
        "save the table as CSV (UTF-8), an Excel workbook (.xlsx, without a password) or Parquet "
        "and name that",
        file=file,
    )


def _only_member(archive: Archive) -> tuple[str, bytes]:
    """The name and the bytes of the only member."""
    names = list(archive.members)
    if len(names) != 1:
        listed = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
        raise unreadable(
            f"{archive.file} holds {len(names)} files ({listed or 'none'}), one is needed",
            "unpack it and name the file wanted",
            file=archive.file,
        )
    member = f"{names[0]} in {archive.file}"
    _refuse_other_programs(member, PurePosixPath(names[0]).suffix)
    content = archive.read(names[0])
    if not content:
        raise _empty(member)
    return names[0], content


def _empty(file: str) -> DataError:
    return unreadable(f"{file} is empty (0 bytes)", "export the table again", file=file)
