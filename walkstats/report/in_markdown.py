"""How does a report become Markdown that links to its figures?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from walkstats._digits import slanted, style_of
from walkstats.report.document import FigureBlock, Paragraph, Report, TableBlock
from walkstats.report.numbered import Item, first_tables, numbered, origin, target_lines
from walkstats.tables.safe_text import for_markdown, for_markdown_paragraph


def in_markdown(report: Report, files: Mapping[str, str]) -> str:
    """Lay a report out as Markdown: pipe tables, and figures as links.

    Parameters
    ----------
    report : Report
    files : mapping of str to str
        Name of a figure -> path of its file from the Markdown file.

    Returns
    -------
    str
        Text of the data is escaped: it starts no markup and ends no cell.
    """
    headings = numbered(report)
    write = _writer(report, first_tables(headings), files)
    parts = [f"# {for_markdown(report.title)}", _source(report)]
    for one in headings:
        parts.append(f"## {for_markdown(one.title)}")
        parts += [write(item) for item in one.items]
    parts += ["## Provenance", _provenance(report)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _source(report: Report) -> str:
    if report.synthetic:
        return f"> **Synthetic data.** {for_markdown(origin(report.source))}."
    return f"Data: {for_markdown(report.source)}"


def _writer(
    report: Report, first: Mapping[str, str], files: Mapping[str, str]
) -> Callable[[Item], str]:
    """What writes each block of a report."""
    italic = style_of(report.style).italic
    told = " Synthetic data." if report.synthetic else ""

    def text(words: str) -> str:
        escaped = for_markdown_paragraph(words)
        return slanted(escaped, "*", "*") if italic else escaped

    def write(item: Item) -> str:
        block = item.block
        if isinstance(block, Paragraph):
            said = text(block.text + told * (block.role == "result"))
            return f"> {said}" if block.role == "caution" else said
        if isinstance(block, FigureBlock):
            alt = for_markdown(block.figure.alt_text or block.caption)
            caption = text(f"{block.caption.rstrip('. ')}.{told}")
            return f"![{alt}]({files[block.name]})\n\n**{item.label}.** {caption}"
        return _table(item, block, report, first, text)

    return write


def _table(
    item: Item,
    block: TableBlock,
    report: Report,
    first: Mapping[str, str],
    text: Callable[[str], str],
) -> str:
    bare = replace(block.table, title="", source="")
    lines = [f"**{item.label}.** {for_markdown(block.table.title)}"]
    lines.append(bare.styled(report.style).to_markdown().strip("\n"))
    if block.target is not None:
        named = target_lines(block.target, first)
        lines += [f"{f'**{name}.** ' if name else ''}{text(said)}" for name, said in named]
    lines += ["Synthetic data."] if report.synthetic else []
    return "\n\n".join(lines)


def _provenance(report: Report) -> str:
    facts = report.provenance
    versions = ", ".join(f"{name} {one}" for name, one in facts.get("versions", {}).items())
    lines = [f"Seed {facts.get('seed')}; confidence level {facts.get('level')}. {versions}."]
    lines += [
        f"- {for_markdown(name)}: SHA-256 {one}" for name, one in facts.get("inputs", {}).items()
    ]
    return "\n".join([for_markdown_paragraph(lines[0]), "", *lines[1:]])
