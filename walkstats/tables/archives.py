"""How do Office files come out the same, byte for byte, whenever and wherever they are made?"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that an archive can name."""


def undated(archive: bytes, instead: Mapping[str, bytes] | None = None) -> bytes:
    """The same archive with nothing of the day on which it was made.

    Parameters
    ----------
    archive : bytes
        A zip archive, such as a Word file or a workbook.
    instead : mapping of str to bytes, optional
        Member -> its content, for members that hold a date themselves.

    Returns
    -------
    bytes
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(whole, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, date_time=EARLIEST)
            small = name.endswith(".png")  # compressed already
            entry.compress_type = zipfile.ZIP_STORED if small else zipfile.ZIP_DEFLATED
            new.writestr(entry, (instead or {}).get(name, old.read(name)))
    return whole.getvalue()
