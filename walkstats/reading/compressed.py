"""Which bytes does a file hold, unpacked if need be, and is it safe to unpack it?"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from walkstats.errors import DataError
from walkstats.reading.text_tables import unreadable

MOST_BYTES = 2**30
"""An archive that unpacks to more than this is refused [bytes]."""

FREE_BYTES = 2**24
"""Up to this size the ratio is not looked at [bytes]."""

MOST_TIMES = 200
"""An archive that grows by more than this factor is refused: tables shrink 5 to 50 times."""

OTHER_PROGRAMS = {
    ".xlsx": "an Excel workbook",
    ".xlsm": "an Excel workbook",
    ".xls": "an Excel workbook",
    ".ods": "a spreadsheet",
    ".sav": "an SPSS file",
    ".dta": "a Stata file",
    ".sas7bdat": "a SAS file",
    ".xpt": "a SAS transport file",
    ".rds": "an R file",
    ".rdata": "an R file",
    ".json": "a JSON file",
    ".feather": "a Feather file",
}


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
        When the file is empty, cannot be opened, is of another program, or is an archive with
        several members, a password, damage, or more in it than is safe to unpack.
    """
    _refuse_other_programs(path.name, path.suffix)
    try:
        data = path.read_bytes()
    except OSError as reason:
        raise unreadable(
            f"{path.name} cannot be opened ({reason.strerror or reason})",
            "check that it is a file and that you may read it",
            file=path.name,
        ) from None
    if not data:
        raise _empty(path.name)
    sha256 = hashlib.sha256(data).hexdigest()
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        member, unpacked = _from_zip(data, path.name)
        return FileBytes(unpacked, sha256, f"{member} unpacked from {path.name}")
    if data.startswith(b"\x1f\x8b"):
        unpacked = _unpack(gzip.GzipFile(fileobj=io.BytesIO(data)), len(data), path.name)
        if not unpacked:
            raise _empty(f"the content of {path.name}")
        return FileBytes(unpacked, sha256, f"{path.name} unpacked")
    return FileBytes(data, sha256)


def _refuse_other_programs(file: str, suffix: str) -> None:
    kind = OTHER_PROGRAMS.get(suffix.lower())
    if kind:
        raise unreadable(
            f"{file} is {kind}", "save the table as CSV (UTF-8) or Parquet and name that", file=file
        )


def _from_zip(data: bytes, file: str) -> tuple[str, bytes]:
    """The name and the bytes of the only member."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = [one for one in archive.namelist() if not _by_the_way(one)]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise _damaged(file) from None
    if "[Content_Types].xml" in names:
        _refuse_other_programs(file, ".xlsx")
    if len(names) != 1:
        listed = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
        raise unreadable(
            f"{file} holds {len(names)} files ({listed or 'none'}), one is needed",
            "unpack it and name the file wanted",
            file=file,
        )
    _refuse_other_programs(f"{names[0]} in {file}", PurePosixPath(names[0]).suffix)
    try:
        member = archive.open(names[0])
    except RuntimeError:
        raise unreadable(
            f"{file} is locked with a password", "unpack it into the folder", file=file
        ) from None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise _damaged(file) from None
    unpacked = _unpack(member, len(data), file)
    if not unpacked:
        raise _empty(f"{names[0]} in {file}")
    return names[0], unpacked


def _by_the_way(member: str) -> bool:
    """Folders, and what macOS puts beside every file."""
    return member.endswith(("/", ".DS_Store")) or member.startswith("__MACOSX/")


def _unpack(stream: IO[bytes] | gzip.GzipFile, packed: int, file: str) -> bytes:
    """Read piece by piece: the size that an archive states of itself is not to be trusted."""
    pieces = []
    size = 0
    try:
        while piece := stream.read(2**20):
            size += len(piece)
            if size > MOST_BYTES or (size > FREE_BYTES and size > MOST_TIMES * packed):
                raise unreadable(
                    f"{file} has {packed} bytes and unpacks to more than {size} "
                    f"(limit {MOST_BYTES} bytes, or {MOST_TIMES} times its size)",
                    "unpack it yourself if you trust it, and name the file in trial.toml",
                    file=file,
                )
            pieces.append(piece)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError):
        raise _damaged(file) from None
    except (zlib.error, lzma.LZMAError):
        raise _damaged(file) from None
    return b"".join(pieces)


def _empty(file: str) -> DataError:
    return unreadable(f"{file} is empty (0 bytes)", "export the table again", file=file)


def _damaged(file: str) -> DataError:
    return unreadable(f"{file} is damaged and cannot be unpacked", "copy it again", file=file)
