"""What in a label must be disarmed before it enters HTML, LaTeX, Markdown, Word, a spreadsheet?"""

from __future__ import annotations

import html
import re
import unicodedata

# Each character is replaced once, in one pass, so that no replacement is escaped again.
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "&": r"\&",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\textquotedblright{}",
    "−": r"$-$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "∞": r"$\infty$",
    "²": r"\textsuperscript{2}",
    "\u2009": r"\,",
    "\u00a0": "~",
}
# What starts markup anywhere in a cell or paragraph; < and & are left to HTML entities.
MARKDOWN = r"\`*_[]|$~"
# What a spreadsheet takes for the start of a formula, also in its full-width forms.
FORMULA = "=+-@＝＋－＠"


def one_line(text: str) -> str:
    """Line breaks and tabs as blanks; other control characters and unpaired halves left out."""
    spaced = re.sub(r"\s*[\r\n\v\f\t\x1c-\x1e\x85\u2028\u2029]+\s*", " ", str(text))
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cs"))


def for_html(text: str) -> str:
    """Text for an element or a quoted attribute.

    Examples
    --------
    >>> for_html('<b> & "walk"')
    '&lt;b&gt; &amp; &quot;walk&quot;'
    """
    return html.escape(one_line(text), quote=True)


def for_latex(text: str) -> str:
    r"""Text in which no character is a command.

    Examples
    --------
    >>> print(for_latex(r"50% \input{x} a_b"))
    50\% \textbackslash{}input\{x\} a\_b
    """
    return "".join(LATEX.get(c, c) for c in one_line(text))


def for_markdown(text: str) -> str:
    r"""Text that neither ends a cell nor starts markup.

    Examples
    --------
    >>> print(for_markdown("a|b *c* `d` <script>"))
    a\|b \*c\* \`d\` &lt;script&gt;
    """
    marked = "".join(f"\\{c}" if c in MARKDOWN else c for c in one_line(text))
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def for_markdown_paragraph(text: str) -> str:
    r"""The same where the text opens a paragraph, and could open a heading, a list or a rule.

    Examples
    --------
    >>> print(for_markdown_paragraph("# 1"), for_markdown_paragraph("1. x"))
    \# 1 1\. x
    """
    marked = for_markdown(text).lstrip()
    return re.sub(r"^(\d*)([#+=.)-])", r"\1\\\2", marked)


def for_spreadsheet(text: str) -> str:
    """Text that no spreadsheet runs: an apostrophe goes before what would start a formula.

    Examples
    --------
    >>> print(for_spreadsheet("=1+1"), for_spreadsheet("walking"))
    '=1+1 walking
    """
    raw = str(text)
    plain = one_line(raw)
    starts = plain.lstrip()[:1]
    risky = raw[:1] in ("\t", "\r", "\n") or (starts and starts in FORMULA)
    return f"'{plain}" if risky else plain


def for_word(text: str) -> str:
    r"""Text that Word's XML can hold: no control characters, no halves, no code points of nothing.

    Examples
    --------
    >>> for_word("walk\x07ing\ufffe\tgroup")
    'walking group'
    """
    return "".join(c for c in one_line(text) if ord(c) & 0xFFFE != 0xFFFE)


def true_minus(text: str) -> str:
    """A printed number with a minus sign in place of the hyphen before it; ranges keep theirs.

    Examples
    --------
    >>> true_minus("-1.3 (-2.0 to -0.6)"), true_minus("0.60-0.85")
    ('−1.3 (−2.0 to −0.6)', '0.60-0.85')
    """
    return re.sub(r"(?<![\d.])-(?=[\d∞])", "−", text)
