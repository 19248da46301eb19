"""What does every figure look like? Colours, line styles and sizes, in this one file.

Arms take their style by their order, so the same arm looks the same in every figure. The colours
stay apart in grey (at least 10 steps of CIE lightness between any two) and for the three kinds of
colour blindness; each differs from white by 3 to 1, its text by 4.5 to 1; no two share a dash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INK = "#1A1A1A"
MUTED = "#595959"
RULE = "#BFBFBF"
PAPER = "#FFFFFF"
BAND_ALPHA = 0.16
BAND_ALPHA_MANY = 0.09  # of three and more bands, which overlap
PALE_ALPHA = 0.35
FONT = "DejaVu Sans"
SMALL = 7.5
NORMAL = 9.0


@dataclass(frozen=True)
class ArmStyle:
    """How one arm is drawn.

    Attributes
    ----------
    colour : str
        Of lines and bands.
    text : str
        Of words in the arm's colour; darker where the line is too light to be read as text.
    dash : str or tuple
        Line style of matplotlib: offset, and lengths on and off [line widths].
    marker : str
    """

    colour: str
    text: str
    dash: Any
    marker: str


ARM_STYLES = (
    ArmStyle("#103A66", "#103A66", "-", "o"),
    ArmStyle("#DB7609", "#9A4F00", (0, (5, 1.5)), "s"),
    ArmStyle("#000000", "#000000", (0, (1.2, 1.2)), "^"),
    ArmStyle("#00808F", "#006A76", (0, (6, 1.5, 1.2, 1.5)), "D"),
    ArmStyle("#A32C2C", "#A32C2C", (0, (9, 2)), "v"),
)
# Further groups repeat the colours with dashes of their own.
MORE_DASHES = ((0, (3, 1, 1, 1, 1, 1)), (0, (2, 3)), (0, (8, 1, 3, 1)), (0, (1, 4)), (0, (4, 4)))

# Vector formats keep text as text, the font comes with matplotlib, and no setting of the reader's
# own (locale, LaTeX, style sheet) changes a figure.
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "walkstats",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "text.usetex": False,
    "font.family": [FONT],
    "font.size": NORMAL,
    "axes.titlesize": NORMAL + 1,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": NORMAL,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.facecolor": PAPER,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.formatter.use_locale": False,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": NORMAL - 0.5,
    "ytick.labelsize": NORMAL - 0.5,
    "legend.frameon": False,
    "legend.fontsize": NORMAL - 0.5,
    "lines.linewidth": 1.6,
    "text.color": INK,
    "figure.facecolor": PAPER,
    "figure.dpi": 110.0,
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "savefig.facecolor": PAPER,
    "savefig.dpi": 300.0,
}


def arm_style(position: int) -> ArmStyle:
    """The style of an arm by its place in the order of arms.

    Examples
    --------
    >>> arm_style(0).colour, arm_style(5).colour == arm_style(0).colour
    ('#103A66', True)
    """
    own = ARM_STYLES[position % len(ARM_STYLES)]
    if position < len(ARM_STYLES):
        return own
    return ArmStyle(own.colour, own.text, MORE_DASHES[position % len(MORE_DASHES)], own.marker)
