"""How wide is a text before it is drawn? Measured on its outlines, so no renderer is needed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from walkstats.figures.canvas import literal
from walkstats.figures.palette import FONT


@lru_cache(maxsize=4096)
def text_inches(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line of text of ``size`` points [inches].

    Examples
    --------
    >>> text_inches("mm", 9.0) > text_inches("ii", 9.0) > text_inches(" ", 9.0)
    True
    """
    if not text.strip():
        return 0.0
    font = FontProperties(family=FONT, weight=weight)
    outline = TextPath((0, 0), literal(text), size=size, prop=font)
    # Corners hold the curves between them and often touch them; the curves take 15 times as long.
    x = outline.vertices[outline.codes != TextPath.CLOSEPOLY, 0]
    return float(np.ptp(x)) / 72.0


def wrapped(text: str, room: float, size: float) -> tuple[str, ...]:
    """Text broken into lines no wider than ``room`` [inches]; a word that is wider is cut.

    Lines break at blanks; a no-break space keeps what stands around it together.

    Examples
    --------
    >>> wrapped("declined to take part in the study", 1.5, 8.5)
    ('declined to take part in', 'the study')
    """
    lines = [""]
    for word in text.replace("\n", " ").split(" "):
        rest = word
        while rest:
            trial = f"{lines[-1]} {rest}" if lines[-1] else rest
            if text_inches(trial, size) <= room:
                lines[-1] = trial
                break
            if lines[-1]:
                lines.append("")
                continue
            fits = _longest(rest, room, size)
            lines[-1], rest = rest[:fits], rest[fits:]
            lines += [""] if rest else []
    return tuple(line.replace("\u00a0", " ") for line in lines if line) or ("",)


def _longest(word: str, room: float, size: float) -> int:
    fits = [k for k in range(1, len(word) + 1) if text_inches(word[:k], size) <= room]
    return max(fits, default=1)
