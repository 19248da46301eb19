"""On what is a figure drawn, and in which state is it handed over?"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure

from walkstats._arguments import check_choice
from walkstats._files import replace_file
from walkstats._labels import source_line
from walkstats.figures.palette import MUTED, SMALL, STYLE
from walkstats.results import Incidence

NOT_IN_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""What a label may hold and an SVG file may not: control characters, code points of nothing."""

# Dates would make the same figure differ from one run to the next.
UNDATED = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


class StyledFigure(Figure):
    """A figure that keeps its style when it is drawn or saved later, whatever the settings.

    Attributes
    ----------
    alt_text : str
        What the figure shows, for those who cannot see it.
    """

    alt_text: str = ""

    def draw(self, renderer: RendererBase) -> None:
        """Draw under the style of ``walkstats.figures.palette``."""
        with mpl.rc_context(STYLE):
            super().draw(renderer)

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save under the same style; SVG and PDF keep text as text and carry no date."""
        kind = options.get("format") or Path(str(fname)).suffix.lstrip(".")
        undated = UNDATED.get(f".{str(kind).lower()}")
        if undated is not None:
            options["metadata"] = {
                **undated,
                "Title": self.alt_text,
                **(options.get("metadata") or {}),
            }
        with mpl.rc_context(STYLE):
            if str(kind).lower() != "svg":
                super().savefig(fname, **options)
                return
            drawn = io.BytesIO()
            super().savefig(drawn, **{**options, "format": "svg"})
        self._put(NOT_IN_XML.sub(b"", drawn.getvalue()), fname)

    @staticmethod
    def _put(image: bytes, fname: Any) -> None:
        if hasattr(fname, "write"):
            fname.write(image)
        else:
            replace_file(image, Path(fname))

    def _repr_png_(self) -> bytes:
        """Shows the figure in a notebook also where no backend of notebooks is at work."""
        image = io.BytesIO()
        self.savefig(image, format="png", dpi=self.dpi, bbox_inches="tight")
        return image.getvalue()


@contextmanager
def canvas(width: float, height: float, alt_text: str = "") -> Iterator[StyledFigure]:
    """Open a figure [inches] with pyplot and close it at the end, also when drawing fails.

    A closed figure can still be shown and saved; a notebook shows it once, when it is returned. Who
    adds to it lays it out anew with ``figure.set_layout_engine("constrained")``.
    """
    with mpl.rc_context(STYLE):
        figure = _open(width, height)
        figure.alt_text = alt_text
        try:
            yield figure
            # Laid out once, so that every format and every later saving gets the same places.
            engine = figure.get_layout_engine()
            if figure.axes and engine is not None:
                engine.execute(figure)
            # No engine, rather than one that does nothing: with any, each saving draws twice.
            figure.set_layout_engine(None)
        finally:
            _close(figure)


def _open(width: float, height: float) -> StyledFigure:
    options: dict[str, Any] = {"figsize": (width, height), "layout": "constrained"}
    try:
        import matplotlib.pyplot as plt

        return cast(StyledFigure, plt.figure(FigureClass=StyledFigure, **options))
    except ImportError:
        # The backend asked for needs a screen or a toolkit that is not here.
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        figure = StyledFigure(**options)
        FigureCanvasAgg(figure)
        return figure


def _close(figure: Figure) -> None:
    import matplotlib.pyplot as plt

    plt.close(figure)


def add_note(figure: Figure, source: str, *remarks: str) -> None:
    """Write the note line under a figure: remarks, then where the data come from.

    Parameters
    ----------
    figure : Figure
    source : str
        Of the result; one that begins with "synthetic" stands first, in capitals.
    *remarks : str
    """
    line = source_line(source)
    # What no reader may miss stands first.
    lines = (line, *remarks) if line.startswith("SYNTHETIC") else (*remarks, line)
    said = [text for text in lines if text]
    if not said:
        return
    width = figure.get_size_inches()[0]
    # A character is about 0.53 of its size wide on average, in some lines a little more.
    wrapped = textwrap.wrap(" ".join(said), max(int(width * 72 / (0.56 * SMALL)), 20))
    text = literal("\n".join(wrapped))
    figure.supxlabel(text, x=0.01, ha="left", fontsize=SMALL, color=MUTED)


def literal(text: str) -> str:
    """A label of the user's as it is: dollar signs start no formula."""
    return text.replace("\\$", "$").replace("$", r"\$")


def check_result(result: object, kind: type, expected: str) -> None:
    """Refuse in one sentence what no figure of this sort shows.

    Parameters
    ----------
    result : object
        What the caller gave.
    kind : type
        What it must be an instance of.
    expected : str
        How the sentence begins, e.g. "A survival figure needs a Curve".

    Examples
    --------
    >>> check_result("text", int, "This needs a number")
    Traceback (most recent call last):
    ValueError: This needs a number, got str.
    """
    if not isinstance(result, kind):
        raise ValueError(f"{expected}, got {type(result).__name__}.")
    if isinstance(result, Incidence) and kind is not Incidence:
        raise ValueError(
            f"{expected}, not an Incidence: draw it with plot_incidence, or give one outcome, "
            f".of({result.outcomes[0]!r})."
        )


def check_names(names: Any, groups: tuple[str, ...]) -> dict[str, str]:
    """Group -> printed name, for every group."""
    given = dict(names or {})
    for group in given:
        check_choice(group, groups, "a key of names")
    return {group: str(given.get(group, group)) for group in groups}
