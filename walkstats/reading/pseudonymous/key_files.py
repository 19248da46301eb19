"""Where is the key kept from which pseudonyms are made, and who makes one?"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from walkstats._files import PRIVATE, write_whole
from walkstats.errors import DataError
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.reading.pseudonymous.pseudonyms import LEAST_KEY

MADE = 32
"""Length of a key that is made here [bytes]."""
MOST = 4096
"""A file of more bytes is no key."""


def key_in(file: str | os.PathLike[str]) -> bytes:
    """The key in a file, made there when there is no file.

    Parameters
    ----------
    file : path-like
        Text: the key is what stands there, without spaces around it.

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        When the file is no key, would lie in a trial folder, or cannot be read or written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(key_in(f"{folder}/key")), key_in(f"{folder}/key") == key_in(f"{folder}/key")
    (64, True)
    """
    path = Path(file)
    if (path.parent / MANIFEST).exists():
        raise DataError.of(
            f"{path} would lie in a trial folder", what_to_do="keep the key where no data are"
        )
    if not path.exists():
        text = secrets.token_hex(MADE)
        write_whole(f"{text}\n", path, permissions=PRIVATE)
        return text.encode()
    try:
        with path.open("rb") as opened:
            found = opened.read(MOST + 1).strip()
    except OSError as reason:
        raise DataError.of(f"{path} cannot be read: {reason.strerror or reason}") from None
    if not LEAST_KEY <= len(found) <= MOST:
        raise DataError.of(
            f"{path} holds {len(found)} characters, and a key has {LEAST_KEY} to {MOST}",
            what_to_do="name the file of the key, or one that does not exist: it is then made",
        )
    return found
