"""Do two labels of groups differ only in the way they are spelled?"""

from __future__ import annotations

from collections.abc import Iterable


def alike(labels: Iterable[object], name: object) -> tuple[str, ...]:
    """A note on labels that are the same but for case and spaces; none where all differ.

    Parameters
    ----------
    labels : iterable
        Distinct labels; those that are no text are passed over.
    name : object
        Column that they come from.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> alike(["Walk", "control", "walk "], "arm")
    ("Labels of arm that differ only in case or spaces count as different: 'Walk' and 'walk '.",)
    >>> alike(["control", "walking"], "arm")
    ()
    """
    same: dict[str, list[str]] = {}
    for label in labels:
        if isinstance(label, str):
            same.setdefault(" ".join(label.split()).casefold(), []).append(label)
    found = [" and ".join(map(repr, each)) for each in same.values() if len(each) > 1]
    if not found:
        return ()
    listed = "; ".join(found[:5])
    return (f"Labels of {name} that differ only in case or spaces count as different: {listed}.",)
