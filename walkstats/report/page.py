"""How does a report become one page that needs no other file?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import resources

from walkstats.errors import WalkstatsError
from walkstats.report.document import FigureBlock, Paragraph, Report, TableBlock

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
    return template.render(
        report=report,
        sections=_sections(report, images),
        origin=_origin(report.source),
        widest=WIDEST_ON_A_PHONE,
    )


def _origin(source: str) -> str:
    """Where data come from, without the word that the page says before it."""
    text = source.partition(":")[2].strip() or source
    return f"{text[:1].upper()}{text[1:]}".rstrip(".")


def _sections(report: Report, images: Mapping[str, str]) -> list[dict[str, object]]:
    sections: list[dict[str, object]] = []
    tables = figures = 0
    for place, section in enumerate(report.sections, 1):
        blocks: list[dict[str, object]] = []
        for block in section.blocks:
            if isinstance(block, Paragraph):
                blocks.append({"kind": "paragraph", "text": block.text, "role": block.role})
            elif isinstance(block, TableBlock):
                tables += 1
                # The head of the page names the source of all. Table.to_html escapes every cell.
                shown = replace(block.table, source="", title="")
                shown = shown.noted("Synthetic data.") if report.synthetic else shown
                blocks.append(
                    {
                        "kind": "table",
                        "number": tables,
                        "title": block.table.title,
                        "html": shown.to_html(),
                        "folded": block.folded,
                    }
                )
            elif isinstance(block, FigureBlock):
                figures += 1
                blocks.append(
                    {
                        "kind": "figure",
                        "number": figures,
                        "address": images[block.name],
                        "caption": block.caption,
                        "inches": block.figure.get_size_inches()[0],
                        "described": block.figure.alt_text or block.caption,
                    }
                )
        sections.append({"title": section.title, "anchor": f"s{place}", "blocks": blocks})
    return sections
