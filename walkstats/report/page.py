"""How does a report become one page that needs no other file?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape
from importlib import resources
from typing import Any

from walkstats._digits import fixed, p_value, slanted, style_of
from walkstats.errors import WalkstatsError
from walkstats.report.document import FigureBlock, Paragraph, Report, TableBlock
from walkstats.report.numbered import Heading, Item, first_tables, numbered, origin, target_lines
from walkstats.report.printed_numbers import NumberIndex
from walkstats.tables.safe_text import for_html, one_line
from walkstats.tables.writers import html

WIDEST_ON_A_PHONE = 5.5
"""A figure wider than this [inches] cannot be read when a phone shows all of it: it is panned."""


def page(report: Report, images: Mapping[str, str]) -> str:
    """Lay a report out as HTML.

    Parameters
    ----------
    report : Report
    images : mapping of str to str
        Name of a figure -> its address, with the image in it.

    Returns
    -------
    str
        Each printed estimate links to its row in the list of numbers at the end, and carries its id
        in ``data-id``.

    Raises
    ------
    WalkstatsError
        When jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise WalkstatsError(
            "Reports need jinja2: install it with pip install 'walkstats[report]'."
        ) from None
    source = resources.files("walkstats.report") / "templates" / "report.html.j2"
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(source.read_text(encoding="utf-8"))
    headings = numbered(report)
    text = origin(report.source)
    return template.render(
        report=report,
        sections=_Writing.of(report, headings, images).sections(headings),
        listed={kind: _listed(headings, kind) for kind in ("Table", "Figure")},
        numbers=_numbers(report),
        origin=f"{text[:1].upper()}{text[1:]}",
        widest=WIDEST_ON_A_PHONE,
    )


def _listed(headings: list[Heading], kind: str) -> list[Item]:
    items = (item for one in headings for item in one.items)
    return [item for item in items if item.label.startswith(kind)]


@dataclass(frozen=True, eq=False)
class _Writing:
    """What is needed to write the blocks of a report as HTML."""

    report: Report
    images: Mapping[str, str]
    first: Mapping[str, str]
    index: NumberIndex
    anchors: Mapping[str, str]

    @classmethod
    def of(cls, report: Report, headings: list[Heading], images: Mapping[str, str]) -> _Writing:
        ids = report.numbers.get("id", ())
        return cls(
            report,
            images,
            first_tables(headings),
            NumberIndex(report.numbers),
            {str(one): f"n{place}" for place, one in enumerate(ids, 1)},
        )

    def sections(self, headings: list[Heading]) -> list[dict[str, Any]]:
        return [
            {
                "title": one.title,
                "anchor": one.anchor,
                "blocks": [self.block(item) for item in one.items],
            }
            for one in headings
        ]

    def block(self, item: Item) -> dict[str, Any]:
        block = item.block
        if isinstance(block, Paragraph):
            return {"kind": "paragraph", "role": block.role, "html": self.paragraph(block)}
        shared = {"label": item.label, "anchor": item.anchor}
        if isinstance(block, FigureBlock):
            return {
                "kind": "figure",
                **shared,
                "address": self.images[block.name],
                "caption": self.marked(for_html(block.caption)),
                "inches": block.figure.get_size_inches()[0],
                "described": block.figure.alt_text or block.caption,
            }
        target = target_lines(block.target, self.first) if block.target is not None else ()
        return {
            "kind": "table",
            **shared,
            "title": block.table.title,
            "html": self.table(block),
            "folded": block.folded,
            "target": [(name, self.marked(for_html(text))) for name, text in target],
        }

    def table(self, block: TableBlock) -> str:
        """The table with links from its numbers; it escapes every cell."""
        # The head of the page names the source of all.
        shown = replace(block.table, source="", title="").styled(self.report.style)
        shown = shown.noted("Synthetic data.") if self.report.synthetic else shown
        ids = self.index.in_table(block.table, block.analysis or block.name)
        return self.marked(html(shown, self.linked(ids)))

    def linked(self, ids: Any) -> Callable[[int, int, str], str]:
        def inner(row: int, column: int, text: str) -> str:
            names = ids[row][column] if ids[row] else ()
            return self.link(names[0], text) if names and text else text

        return inner

    def link(self, name: str, escaped: str) -> str:
        known = for_html(name)
        return f'<a class="n" href="#{self.anchors[name]}" data-id="{known}">{escaped}</a>'

    def paragraph(self, block: Paragraph) -> str:
        """A text with links from its estimates; a method's heading in bold."""
        said, parts, end = one_line(block.text), [], 0
        for one in self.index.in_text(said, block.analysis, self.report.style):
            parts.append(escape(said[end : one.start]))
            parts.append(self.link(one.id, escape(said[one.start : one.end])))
            end = one.end
        text = self.marked("".join([*parts, escape(said[end:])]))
        lead, point, rest = text.partition(".") if block.role == "method" else ("", "", text)
        return f"<strong>{lead}{point}</strong>{rest}" if lead else text

    def marked(self, escaped: str) -> str:
        return slanted(escaped, "<i>", "</i>") if style_of(self.report.style).italic else escaped


def _numbers(report: Report) -> list[dict[str, str]]:
    """The rows of the list of numbers: anchor, id, estimate, limits, p."""
    style = style_of(report.style)

    def shown(value: Any) -> str:
        if not isinstance(value, (int, float)) or value != value:
            return ""
        size = abs(value)
        decimals = 0 if size >= 1e5 else 4 if size < 10 else 2
        small = 0 < size < 1e-3
        return f"{value:.3g}" if small else fixed(value, decimals, style)

    rows = report.numbers.to_dict("records") if "id" in report.numbers else []
    return [
        {
            "anchor": f"n{place}",
            "id": str(row["id"]),
            "estimate": shown(row["estimate"]),
            "limits": " to ".join(shown(row[name]) for name in ("conf_low", "conf_high")).strip()
            if shown(row["conf_low"]) or shown(row["conf_high"])
            else "",
            "p": p_value(row["p_value"], style) if shown(row["p_value"]) else "",
        }
        for place, row in enumerate(rows, 1)
    ]
