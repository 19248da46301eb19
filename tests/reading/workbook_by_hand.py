"""Workbooks made cell by cell, as the bytes that Excel could have written, or would never write."""

import io
import zipfile

TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
STYLES = {1: "yyyy-mm-dd", 2: "h:mm", 3: "[h]:mm:ss", 4: "dd/mm/yyyy hh:mm", 5: "[$€-2] 0.00"}


def relations(*listed):
    rows = "".join(
        f'<Relationship Id="r{k}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for k, (kind, target) in enumerate(listed, 1)
    )
    return f'{HEAD}<Relationships xmlns="{PACKAGE}">{rows}</Relationships>'


def sheet(rows, after=""):
    return f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def row(number, *cells, **attributes):
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<row r="{number}"{told}>{"".join(cells)}</row>'


def text(address, value):
    return f'<c r="{address}" t="inlineStr"><is><t>{value}</t></is></c>'


def number(address, value, style=0):
    return f'<c r="{address}" s="{style}"><v>{value}</v></c>'


def parts_of(sheets, *, since=1900, texts=(), prolog=""):
    """Member -> content."""
    listed = [("worksheet", f"worksheets/sheet{k}.xml") for k in range(1, len(sheets) + 1)]
    names = "".join(
        f'<sheet name="{name}" sheetId="{k}" r:id="r{k}"/>' for k, name in enumerate(sheets, 1)
    )
    strings = "".join(f"<si>{one}</si>" for one in texts)
    formats = "".join(
        f'<numFmt numFmtId="{163 + k}" formatCode="{code}"/>' for k, code in STYLES.items()
    )
    styles = '<xf numFmtId="0"/>' + "".join(f'<xf numFmtId="{163 + k}"/>' for k in STYLES)
    return {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'{HEAD}{prolog}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f'<workbookPr date1904="{int(since == 1904)}"/><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            *listed, ("sharedStrings", "/xl/sharedStrings.xml"), ("styles", "styles.xml")
        ),
        "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/styles.xml": f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts>'
        f"<cellXfs>{styles}</cellXfs></styleSheet>",
        **{f"xl/worksheets/sheet{k}.xml": content for k, content in enumerate(sheets.values(), 1)},
    }


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook(sheets, **options):
    """The bytes of a workbook: name of a sheet -> its XML, or its rows."""
    return packed(
        parts_of({k: v if v.startswith("<?") else sheet(v) for k, v in sheets.items()}, **options)
    )
