"""Under what file name is a table or a figure kept?"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 120
# Names that Windows keeps for devices, with or without a suffix.
DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{k}" for port in ("com", "lpt") for k in range(1, 10)),
}


def slugify(label: str) -> str:
    """A name for a file out of any label: lower-case letters, digits, hyphens and underscores.

    Parameters
    ----------
    label : str

    Returns
    -------
    str
        At most 120 bytes, never empty, no path in it. A label that was cut, or that holds
        letters without a plain form, ends in eight digits of its own so that it stays distinct.

    Examples
    --------
    >>> slugify("Walk/12m: Kaplan–Meier"), slugify("../../etc/passwd")
    ('walk-12m-kaplan-meier', 'etc-passwd')
    >>> len(slugify("walking " * 60))
    120
    """
    plain = unicodedata.normalize("NFKD", str(label)).casefold()
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    slug = re.sub(r"[^a-z0-9_]+", "-", kept).strip("-_")
    lost = any(c.isalnum() and not c.isascii() for c in kept)
    if slug and not lost and len(slug) <= LONGEST and slug not in DEVICES:
        return slug
    mark = hashlib.sha256(str(label).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug[: LONGEST - 9].rstrip('-_')}-{mark}".lstrip("-")


def file_names(labels: Iterable[str]) -> dict[str, str]:
    """A distinct file name for each label.

    Parameters
    ----------
    labels : iterable of str
        Repeated labels count once.

    Returns
    -------
    dict
        label -> name without suffix. Labels whose plain forms collide are numbered in order.

    Examples
    --------
    >>> file_names(["Walk 12m", "walk/12m", "pain"])
    {'Walk 12m': 'walk-12m', 'walk/12m': 'walk-12m-2', 'pain': 'pain'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for label in dict.fromkeys(labels):
        name = slug = slugify(label)
        number = 1
        while name in taken:
            number += 1
            end = f"-{number}"
            name = f"{slug[: LONGEST - len(end)].rstrip('-')}{end}"
        taken.add(name)
        names[label] = name
    return names
