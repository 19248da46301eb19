"""How does a part name what it offers without importing it? Lazy names after PEP 562."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence


def attach(
    package: str,
    modules: Mapping[str, Sequence[str]],
    parts: Sequence[str] = (),
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Make ``__getattr__``, ``__dir__`` and ``__all__`` for a package.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    modules : mapping of str to sequence of str
        Module of the package -> public names that it defines.
    parts : sequence of str
        Subpackages or modules that are themselves public names.

    Returns
    -------
    tuple
        The three objects, to be bound in the package's ``__init__``.

    Examples
    --------
    >>> import walkstats
    >>> "survival" in dir(walkstats)
    True
    """
    home = {name: module for module, names in modules.items() for name in names}
    public = sorted([*home, *parts])

    def __getattr__(name: str) -> object:  # noqa: N807
        if name in home:
            return getattr(importlib.import_module(f"{package}.{home[name]}"), name)
        if name in parts:
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def __dir__() -> list[str]:  # noqa: N807
        return public

    return __getattr__, __dir__, public
