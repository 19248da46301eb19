"""Who went where? The flow of participants as CONSORT 2025 draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from walkstats._digits import count
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_names, literal
from walkstats.figures.flow_arithmetic import ArmFlow, Flow, FlowBox, checked_flow
from walkstats.figures.palette import INK, MUTED, PAPER, arm_style
from walkstats.figures.text_width import wrapped

WORDS = {
    "screened": "Assessed for eligibility",
    "excluded": "Excluded",
    "randomised": "Randomised",
    "allocated": "Allocated to {arm}",
    "no follow-up": "Not followed from day 0",
    "withdrawn": "Withdrew or lost to follow-up",
    "lost": "Lost to follow-up",
    "died": "Died",
    "not analysed": "Not analysed",
    "analysed": "In the primary analysis",
}
TIERS = (
    ("Allocation", ("allocated",)),
    ("Follow-up", ("no follow-up", "withdrawn", "lost", "died")),
    ("Analysis", ("analysed", "not analysed")),
)
# All sizes in inches, of text in points.
SIZE = 8.5
LINE = 0.165
PADDING = 0.09
GAP = 0.3
BETWEEN = 0.36
STAGE_WIDTH = 0.95
BOX_WIDTH = 2.75
SHADE = "#EEF1F5"
# A reason hangs behind its bullet, and its further lines stand below its first.
BULLET, HANGING, HANG = "• ", "\t", 0.24


@dataclass(frozen=True)
class PlacedBox:
    """A box where it is drawn [inches from the top left]."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    colour: str
    centred: bool = False

    @property
    def middle(self) -> float:
        """Horizontal middle."""
        return self.x + self.width / 2.0

    @property
    def foot(self) -> float:
        """Lower edge."""
        return self.y + self.height


@dataclass(frozen=True)
class Layout:
    """Where everything of a flow diagram goes."""

    width: float
    height: float
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[tuple[tuple[float, float], ...], ...]
    stages: tuple[PlacedBox, ...]


def plot_flow(
    flow: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "",
    source: str | None = None,
) -> StyledFigure:
    """Plot the flow of participants, once its numbers add up.

    Parameters
    ----------
    flow : pandas.DataFrame
        From ``derive.participant_flow``: one row per box or reason, columns stage, arm (empty:
        all), reason (empty: total of the box), n.
    names : mapping of str to str, optional
        Arm -> printed name.
    title : str
    source : str, optional
        For the note line; by default ``flow.attrs["source"]``.

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Its size follows from the boxes.

    Raises
    ------
    ValueError
        For missing columns.
    DataError
        With every number that does not add up.

    References
    ----------
    Hopewell S, et al. CONSORT 2025 statement. BMJ 2025;389:e081123. doi:10.1136/bmj-2024-081123

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("randomised", "", 3), ("allocated", "a", 2), ("allocated", "b", 1)]
    >>> frame = pd.DataFrame(rows, columns=["stage", "arm", "n"]).assign(reason="")
    >>> figure = plot_flow(frame)
    >>> [text.get_text() for text in figure.axes[0].texts if "(" in text.get_text()]
    ['Randomised (n = 3)', 'Allocated to a (n = 2)', 'Allocated to b (n = 1)']
    """
    checked = checked_flow(flow)
    layout = lay_out(checked, names)
    found = str(flow.attrs.get("source", "")) if source is None else source
    head, foot = 0.35 * bool(title), 0.4 if found else 0.05
    width, height = layout.width, layout.height + head + foot
    alt = f"Flow of {checked.before['randomised'].n} randomised participants."
    with canvas(width, height, alt) as figure:
        # Boxes are sized in inches around their text, so the axes must keep exactly these inches.
        figure.set_layout_engine("none")
        place = (0.0, foot / height, 1.0, layout.height / height)
        ax = figure.add_axes(place, label="flow")
        _draw(ax, layout, 1.0)
        if title:
            ax.set_title(literal(title), loc="left", x=0.1 / width)
        add_note(figure, found)
    return figure


def draw_flow(
    ax: Axes, flow: pd.DataFrame, *, names: Mapping[str, str] | None = None
) -> list[Text]:
    """Draw the flow of participants on axes of one's own; the text shrinks with them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    flow, names
        As for ``plot_flow``.

    Returns
    -------
    list of matplotlib.text.Text
        The lines of the boxes, from top to bottom.

    Raises
    ------
    ValueError
        For missing columns.
    DataError
        With every number that does not add up.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({"stage": ["randomised"], "arm": "", "reason": "", "n": [3]})
    >>> [text.get_text() for text in draw_flow(Figure().subplots(), frame)]
    ['Randomised (n = 3)', 'Enrolment']
    """
    layout = lay_out(checked_flow(flow), names)
    box = ax.get_window_extent()
    inches = (box.width / ax.figure.dpi, box.height / ax.figure.dpi)
    return _draw(ax, layout, min(inches[0] / layout.width, inches[1] / layout.height))


def lay_out(flow: Flow, names: Mapping[str, str] | None = None) -> Layout:
    """Give every box of the flow its text and place.

    Parameters
    ----------
    flow : Flow
    names : mapping of str to str, optional
        Arm -> printed name.

    Returns
    -------
    Layout
    """
    printed = check_names(names, tuple(arm.arm for arm in flow.arms))
    columns = max(len(flow.arms), 2)
    width = STAGE_WIDTH + columns * (BOX_WIDTH + BETWEEN)
    centre = STAGE_WIDTH + (width - STAGE_WIDTH) / 2.0
    boxes, arrows = _place_before(flow, centre)
    stages = [_stage("Enrolment", boxes[0].y)]
    foot = boxes[-1].foot
    above = [boxes[-1]] * len(flow.arms)
    left = centre - (len(flow.arms) * (BOX_WIDTH + BETWEEN) - BETWEEN) / 2.0
    for tier, (heading, wanted) in enumerate(TIERS):
        texts = [_arm_lines(arm, wanted, printed[arm.arm]) for arm in flow.arms]
        if not any(texts):
            continue
        top = foot + GAP * (1.4 if tier == 0 else 1.0)
        height = max(_height(lines) for lines in texts)
        placed = [
            PlacedBox(
                left + k * (BOX_WIDTH + BETWEEN), top, BOX_WIDTH, height, lines, arm_style(k).colour
            )
            for k, lines in enumerate(texts)
        ]
        arrows += [_path(one, below) for one, below in zip(above, placed, strict=True)]
        stages.append(_stage(heading, top))
        boxes += placed
        above, foot = placed, top + height
    return Layout(width, foot + 0.1, tuple(boxes), tuple(arrows), tuple(stages))


def _place_before(
    flow: Flow, centre: float
) -> tuple[list[PlacedBox], list[tuple[tuple[float, float], ...]]]:
    """Screened, excluded beside the way down, randomised."""
    boxes: list[PlacedBox] = []
    arrows: list[tuple[tuple[float, float], ...]] = []
    top = 0.1
    if "screened" in flow.before:
        screened = _central(flow.before["screened"], centre, top)
        boxes.append(screened)
        top = screened.foot + GAP
        if "excluded" in flow.before:
            lines = _box_lines(flow.before["excluded"], "")
            side = screened.foot + GAP * 0.6
            aside = PlacedBox(centre + BETWEEN / 2.0, side, BOX_WIDTH, _height(lines), lines, MUTED)
            boxes.append(aside)
            level = aside.y + aside.height / 2.0
            arrows.append(((centre, level), (aside.x, level)))
            top = aside.foot + GAP * 0.6
    randomised = _central(flow.before["randomised"], centre, top)
    if boxes:
        arrows.append(((centre, boxes[0].foot), (centre, randomised.y)))
    return [*boxes, randomised], arrows


def _central(box: FlowBox, centre: float, top: float) -> PlacedBox:
    lines = _box_lines(box, "")
    x = centre - BOX_WIDTH / 2.0
    return PlacedBox(x, top, BOX_WIDTH, _height(lines), lines, MUTED, centred=True)


def _stage(heading: str, top: float) -> PlacedBox:
    lines = (heading,)
    return PlacedBox(0.1, top, STAGE_WIDTH - 0.25, _height(lines), lines, SHADE, centred=True)


def _path(above: PlacedBox, below: PlacedBox) -> tuple[tuple[float, float], ...]:
    """From box to box, with a corner where the way splits into arms."""
    if abs(above.middle - below.middle) < 1e-9:
        return ((above.middle, above.foot), (below.middle, below.y))
    turn = (above.foot + below.y) / 2.0
    return (
        (above.middle, above.foot),
        (above.middle, turn),
        (below.middle, turn),
        (below.middle, below.y),
    )


def _arm_lines(arm: ArmFlow, stages: Sequence[str], name: str) -> tuple[str, ...]:
    shown = [arm.boxes[stage] for stage in stages if stage in arm.boxes]
    return tuple(line for box in shown for line in _box_lines(box, name))


def _box_lines(box: FlowBox, arm: str) -> tuple[str, ...]:
    room = BOX_WIDTH - 2.0 * PADDING
    lines = list(wrapped(_counted(WORDS[box.stage].format(arm=arm), box.n), room, SIZE))
    for reason, n in box.reasons:
        first, *others = wrapped(_counted(reason, n), room - HANG, SIZE)
        lines += [f"{BULLET}{first}", *(f"{HANGING}{other}" for other in others)]
    return tuple(lines)


def _counted(words: str, n: int) -> str:
    """Words and number; the number is not torn apart."""
    return f"{words} (n\u00a0=\u00a0{count(n)})"


def _height(lines: Sequence[str]) -> float:
    return max(len(lines), 1) * LINE + 2.0 * PADDING


def _draw(ax: Axes, layout: Layout, scale: float) -> list[Text]:
    ax.set_xlim(0.0, layout.width)
    ax.set_ylim(layout.height, 0.0)
    ax.set_aspect("equal", adjustable="box")
    ax.set_axis_off()
    for way in layout.arrows:
        _draw_way(ax, way, scale)
    texts: list[Text] = []
    for box in layout.boxes:
        texts += _draw_box(ax, box, scale, face=PAPER, edge=box.colour)
    for stage in layout.stages:
        texts += _draw_box(ax, stage, scale, face=SHADE, edge=SHADE)
    return texts


def _draw_way(ax: Axes, way: Sequence[tuple[float, float]], scale: float) -> None:
    if len(way) > 2:
        xs, ys = zip(*way[:-1], strict=True)
        ax.plot(xs, ys, color=MUTED, linewidth=1.0 * scale)
    ax.annotate(
        "", way[-1], way[-2],
        arrowprops={"arrowstyle": "-|>", "color": MUTED, "linewidth": 1.0 * scale, "shrinkA": 0,
                    "shrinkB": 0, "mutation_scale": 9 * scale},
    )  # fmt: skip


def _draw_box(ax: Axes, box: PlacedBox, scale: float, *, face: str, edge: str) -> list[Text]:
    corners = "round,pad=0,rounding_size=0.04"
    patch = FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle=corners)
    patch.set(facecolor=face, edgecolor=edge, linewidth=1.1 * scale)
    ax.add_patch(patch)
    x = box.middle if box.centred else box.x + PADDING
    return [
        _write(ax, x, box.y + PADDING + (k + 0.5) * LINE, line, box.centred, scale)
        for k, line in enumerate(box.lines)
    ]


def _write(ax: Axes, x: float, y: float, line: str, centred: bool, scale: float) -> Text:
    """One line of a box, since the distance of lines within one text differs between versions."""
    look: dict[str, Any] = {"va": "center_baseline", "fontsize": SIZE * scale, "color": INK}
    if line.startswith(BULLET):
        ax.text(x + HANG / 2.0, y, BULLET.strip(), ha="center", **look)
    text = line.removeprefix(BULLET).removeprefix(HANGING)
    hang = HANG if text != line else 0.0
    return ax.text(x + hang, y, literal(text), ha="center" if centred else "left", **look)
