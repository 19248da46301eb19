"""How are many PDF files written without cutting the same fonts out again for each of them?"""

from __future__ import annotations

import io
import string
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

# What the figures of a report are made of; a figure with more characters gets these and its own.
USUAL = string.printable[:95] + "–—−·×±≤≥≠≈°²³½µχαβγδλσ…‘’“”é"


@dataclass(frozen=True)
class CutFont:
    """A part of a font as the bytes of a file, in place of matplotlib's open font."""

    data: bytes
    glyph_index_map: Mapping[int, int]

    @property
    def font(self) -> CutFont:
        """Itself: matplotlib asks for the font of what it is given."""
        return self


@contextmanager
def fonts_cut_once() -> Iterator[None]:
    """Write PDF files faster while the block lasts: each font is cut out once for all of them.

    Notes
    -----
    matplotlib cuts the characters of each figure out of each font, which takes three quarters of
    the time of a PDF. Here the usual characters are cut out together and kept. The files stay as
    they were otherwise: fonts embedded, text as text. Where matplotlib does it in another way than
    3.11 does, nothing is changed.

    Examples
    --------
    >>> with fonts_cut_once():
    ...     pass
    """
    import matplotlib.backends._backend_pdf_ps
    from matplotlib.font_manager import get_font

    own: Any = matplotlib.backends._backend_pdf_ps
    if not hasattr(own, "SubsetResults"):
        yield
        return
    cut, as_file = own.get_glyphs_subset, own.font_as_file
    kept: dict[tuple[Any, frozenset[int]], CutFont] = {}
    usual: dict[Any, frozenset[int]] = {}

    def of_all(file: Any, glyphs: Collection[int]) -> Any:
        if file not in usual:
            known = get_font(file).get_charmap()
            usual[file] = frozenset(known[ord(one)] for one in USUAL if ord(one) in known)
        asked = frozenset(glyphs)
        key = (file, usual[file] | asked if asked & usual[file] else asked)
        if key not in kept:
            with cut(file, set(key[1])) as part:
                kept[key] = CutFont(as_file(part.font).getvalue(), dict(part.glyph_index_map))
        return nullcontext(kept[key])

    def from_kept(font: Any) -> io.BytesIO:
        return io.BytesIO(font.data) if isinstance(font, CutFont) else as_file(font)

    own.get_glyphs_subset, own.font_as_file = of_all, from_kept
    try:
        yield
    finally:
        own.get_glyphs_subset, own.font_as_file = cut, as_file
