"""How does a file get its content, whole or not at all?

Everything that walkstats writes to a single file goes through here; folders are made under another
name and moved into place by those who write them.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from walkstats.errors import DataError

PRIVATE = 0o600
"""Permissions of a file that only its owner may read."""
USUAL = 0o666
"""Permissions of any other, less what the user's umask takes away."""


def replace_file(content: bytes, target: Path, *, permissions: int | None = None) -> None:
    """Write a draft beside a file, then put it into the file's place in one step.

    Parameters
    ----------
    content : bytes
    target : pathlib.Path
        Folders that do not exist are made. A link is replaced, not followed.
    permissions : int, optional
        Of the file; by default those of the file that is replaced, or what the umask leaves.

    Raises
    ------
    OSError
        When it cannot be written. The old file is then as it was, and no draft is left.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name[:40]}-{secrets.token_hex(6)}")
    first = USUAL if permissions is None else permissions
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(draft, flags, first)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if permissions is None and target.is_file() and not target.is_symlink():
            draft.chmod(target.stat().st_mode & 0o777)
        os.replace(draft, target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_whole(content: str | bytes, file: str | os.PathLike[str], **options: int) -> Path:
    """Write a file, or say in one sentence why it cannot be written.

    Parameters
    ----------
    content : str or bytes
        Text is written as UTF-8.
    file : path-like
    **options
        Of ``replace_file``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DataError
        When it cannot be written. The old file is then as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole("walk", f"{folder}/new/note.txt").read_text()
    'walk'
    """
    try:
        target = Path(file)
        if target.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        replace_file(content.encode() if isinstance(content, str) else content, target, **options)
    except UnicodeEncodeError:
        raise DataError.of(
            f"{file} cannot be written: a text holds half a character",
            what_to_do="mend the text where it was read: its encoding was another",
        ) from None
    except (OSError, ValueError) as reason:
        raise DataError.of(
            f"{file} cannot be written: {getattr(reason, 'strerror', None) or reason}",
            what_to_do="name a file in a folder in which you may write",
        ) from None
    return target
