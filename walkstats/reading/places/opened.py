"""Where do a trial's files lie: in a folder, in a zip archive, or in one workbook?

A place lists its files and gives the bytes of one of them; it never gives a file from elsewhere,
writes nothing, and waits for nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from walkstats.errors import DataError
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.reading.places.archives import (
    ZIP_SIGNS,
    Archive,
    leads_out,
    open_archive,
    plain_path,
)
from walkstats.reading.places.compressed import OLE_SIGN, FileBytes, bytes_on_disk, unpacked
from walkstats.reading.spreadsheets.workbook_parts import is_workbook
from walkstats.reading.text_tables import unreadable

LOCK_FILES = ("~$", ".~lock.")
"""How spreadsheets begin the names of files that say that another file is open."""


class Place(Protocol):
    """Somewhere that the files of a trial lie."""

    @property
    def described(self) -> str:
        """As messages call it: "the folder trials/walking"."""

    @property
    def names(self) -> tuple[str, ...]:
        """The files at its top, sorted."""

    @property
    def told(self) -> str:
        """What the load report says of it; nothing where it is a folder."""

    @property
    def is_workbook(self) -> bool:
        """Whether it is itself a file, whose sheets are the tables."""

    def has(self, name: str) -> bool:
        """Whether there is a file of this name, which may lie in a folder within."""

    def packed(self, name: str) -> bytes:
        """The bytes of a file as they are; a DataError when it cannot be read."""

    def on_disk(self, name: str, sha256: str) -> tuple[str, str]:
        """The file on disk that holds a file with this SHA-256, and its own."""

    def path_of(self, name: str) -> Path | None:
        """Where a file lies on disk, for what is not read as a whole; None within an archive."""


@dataclass(frozen=True, eq=False)
class _Folder:
    """A folder on disk. A link that leads out of it is refused."""

    path: Path
    names: tuple[str, ...]

    is_workbook = False
    told = ""

    @property
    def described(self) -> str:
        return f"the folder {self.path}"

    def has(self, name: str) -> bool:
        try:
            return not leads_out(name) and (self.path / name).exists()
        except OSError:  # a name too long for the disk
            return False

    def packed(self, name: str) -> bytes:
        self._refuse_links_out(name)
        return bytes_on_disk(self.path / name)

    def on_disk(self, name: str, sha256: str) -> tuple[str, str]:
        return name, sha256

    def path_of(self, name: str) -> Path:
        self._refuse_links_out(name)
        return self.path / name

    def _refuse_links_out(self, name: str) -> None:
        try:
            inside = (self.path / name).resolve().is_relative_to(self.path.resolve())
        except (OSError, RuntimeError, ValueError):  # a ring of links
            inside = False
        if leads_out(name) or not inside:
            raise unreadable(
                f"{name} is a link that leads out of {self.described}",
                "copy the file itself into the folder",
                file=name,
            )


@dataclass(frozen=True, eq=False)
class _Packed:
    """A zip archive: its members at the top, or within the single folder that holds them all."""

    path: Path
    archive: Archive
    within: str
    sha256: str

    is_workbook = False

    @property
    def described(self) -> str:
        return f"the archive {self.path}" + (f" ({self.within})" if self.within else "")

    @property
    def told(self) -> str:
        return f"files of {self.path.name}" + (f", within {self.within}" if self.within else "")

    @property
    def names(self) -> tuple[str, ...]:
        inside = (one.removeprefix(self.within) for one in self.archive.members)
        return _data_files(one for one in inside if "/" not in one)

    def has(self, name: str) -> bool:
        return not leads_out(name) and self._member(name) in self.archive.members

    def packed(self, name: str) -> bytes:
        return self.archive.read(self._member(name))

    def on_disk(self, name: str, sha256: str) -> tuple[str, str]:
        return self.path.name, self.sha256

    def path_of(self, name: str) -> None:
        return None

    def _member(self, name: str) -> str:
        return self.within + str(PurePosixPath(plain_path(name)))


@dataclass(frozen=True, eq=False)
class _Book:
    """One workbook, whose sheets are the tables, and a trial.toml that may lie beside it."""

    folder: _Folder
    file: str

    is_workbook = True

    @property
    def described(self) -> str:
        return f"the workbook {self.folder.path / self.file}"

    @property
    def told(self) -> str:
        return f"sheets of {self.file}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.file,)

    def has(self, name: str) -> bool:
        return name in (self.file, MANIFEST) and self.folder.has(self._beside(name))

    def packed(self, name: str) -> bytes:
        return self.folder.packed(self._beside(name))

    def on_disk(self, name: str, sha256: str) -> tuple[str, str]:
        return self.folder.on_disk(self._beside(name), sha256)

    def path_of(self, name: str) -> Path:
        return self.folder.path_of(self._beside(name))

    def _beside(self, name: str) -> str:
        """The trial.toml of a workbook may be called like it."""
        own = f"{Path(self.file).stem}.toml"
        return own if name == MANIFEST and self.folder.has(own) else name


def open_place(path: str | os.PathLike[str]) -> Place:
    """Find out where a trial lies.

    Parameters
    ----------
    path : path-like
        Of a folder, a zip archive or a workbook.

    Returns
    -------
    Place

    Raises
    ------
    DataError
        When there is nothing of the kind, or it is not safe to open.
    """
    try:
        place = Path(path)
        if not place.exists() or place.is_dir():
            return _Folder(place, _data_files(one.name for one in place.iterdir()))
    except (OSError, ValueError) as reason:
        raise DataError.of(
            f"there is no folder {path} that can be read "
            f"({getattr(reason, 'strerror', None) or reason})",
            what_to_do="check the path",
        ) from None
    data = bytes_on_disk(place)
    if data.startswith(OLE_SIGN):
        unpacked(data, place.name)  # says what it is
    if not data.startswith(ZIP_SIGNS):
        raise DataError.of(
            f"{path} is a file, not a folder, a zip archive or a workbook (.xlsx, .ods)",
            what_to_do=f"name the folder that holds {MANIFEST}, the archive or the workbook",
        )
    archive = open_archive(data, place.name)
    if is_workbook(archive):
        return _Book(_Folder(place.parent, ()), place.name)
    return _Packed(place, archive, _single_folder(archive), hashlib.sha256(data).hexdigest())


def content_of(place: Place, name: str) -> FileBytes:
    """What a file of a place holds, unpacked.

    Parameters
    ----------
    place : Place
    name : str

    Returns
    -------
    FileBytes

    Raises
    ------
    DataError
        When it cannot be read, or not safely.
    """
    return unpacked(place.packed(name), name)


def _data_files(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(one for one in names if not one.startswith(LOCK_FILES)))


def _single_folder(archive: Archive) -> str:
    """The folder that holds all members, with "/"; empty where some lie at the top."""
    tops = {name.partition("/")[0] + "/" for name in archive.members}
    alone = len(tops) == 1 and all("/" in name for name in archive.members)
    return tops.pop() if alone else ""
