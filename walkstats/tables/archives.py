"""How do Office files come out the same, byte for byte, whenever and wherever they are made?"""

from __future__ import annotations

import io
import re
import zipfile

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that an archive can name."""

FACTS = "docProps/core.xml"
"""The member of an Office file that says when it was made and changed."""

FIRST = b"1980-01-01T00:00:00Z"
MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def undated(archive: bytes) -> bytes:
    """The same archive with nothing of the day on which it was made.

    Parameters
    ----------
    archive : bytes
        A zip archive, such as a Word file or a workbook.

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
            content = old.read(name)
            new.writestr(entry, MOMENT.sub(FIRST, content) if name == FACTS else content)
    return whole.getvalue()
