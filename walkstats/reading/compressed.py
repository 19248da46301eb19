"""Which bytes does a file hold, unpacked if need be, and is it safe to unpack it?"""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

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


def file_bytes(path: Path) -> tuple[bytes, tuple[str, ...]]:
    """Read a file, unpacking zip and gzip within limits.

    Parameters
    ----------
    path : pathlib.Path
        An existing file.

    Returns
    -------
    tuple
        The bytes, and notes on what was unpacked.

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
        raise unreadable(
            f"{path.name} is empty (0 bytes)", "export the table again", file=path.name
        )
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        return _from_zip(data, path.name)
    if data.startswith(b"\x1f\x8b"):
        unpacked = _unpack(gzip.GzipFile(fileobj=io.BytesIO(data)), len(data), path.name)
        return unpacked, (f"{path.name} unpacked (gzip, {len(unpacked)} bytes)",)
    return data, ()


def _refuse_other_programs(file: str, suffix: str) -> None:
    kind = OTHER_PROGRAMS.get(suffix.lower())
    if kind:
        raise unreadable(
            f"{file} is {kind}", "save the table as CSV (UTF-8) or Parquet and name that", file=file
        )


def _from_zip(data: bytes, file: str) -> tuple[bytes, tuple[str, ...]]:
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
        raise unreadable(
            f"{names[0]} in {file} is empty (0 bytes)", "export the table again", file=file
        )
    return unpacked, (f"{names[0]} unpacked from {file} ({len(unpacked)} bytes)",)


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


def _damaged(file: str) -> Exception:
    return unreadable(f"{file} is damaged and cannot be unpacked", "copy it again", file=file)
