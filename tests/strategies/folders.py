"""Any small valid trial folder, as a team could hold it: its files as bytes, by name.

A folder is drawn as a trial in the dictionary's own terms, which is then told in a team's: other
names, codes, units, dates, codes for missing; another separator, encoding and line end; packed.
"""

import csv
import datetime as dt
import gzip
import io
import json
import zipfile

from hypothesis import strategies as st

Folder = dict[str, bytes]

DAY = dt.date(2024, 1, 1)
DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d", "%m/%d/%Y")
NOTES = st.sampled_from(
    ["", "well", "Köln; twice", "line\nbreak", 'said "no"', "=1+1", "@x", "-", "'=2", "+1 day"]
)
HARD_NOTES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=8
).filter(str.isprintable)
SIGNS = {
    ",": ("utf-8", "utf-8-sig"),
    ";": ("utf-8", "cp1252"),
    "\t": ("utf-8", "utf-16"),
    "|": ("utf-8",),
}
UNITS = {"days": 1, "weeks": 7}


@st.composite
def folders(draw: st.DrawFn) -> Folder:
    """The files of a folder that reads without an error."""
    people = draw(st.integers(4, 6))
    ids = [f"{draw(st.sampled_from(['P', 'A-', '00', 'é']))}{k}" for k in range(1, people + 1)]
    facts = {
        "name": draw(HARD_NOTES.filter(lambda name: name.strip("? ")[:1] == name[:1] != "")),
        "source": draw(st.sampled_from(["synthetic: drawn", "export of 2024-11-30", "</td>&"])),
        "arms": ["control", "walking"],
        "currency": "AUD",
        "price_year": 2023,
    }
    tables = {"participants": draw(participants(ids))}
    for name, rows in MORE.items():
        if draw(st.booleans()):
            tables[name] = draw(rows(ids))
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    files: Folder = {}
    for name, table in tables.items():
        file, data, clauses = draw(told(name, table))
        files[file] = data
        lines += ["", f"[{name}]", f"from = {json.dumps(file)}", *clauses]
    files["trial.toml"] = "\n".join([*lines, ""]).encode()
    return files


Table = dict[str, list[str]]


@st.composite
def participants(draw: st.DrawFn, ids: list[str]) -> Table:
    """One row per person."""
    n = len(ids)
    days = draw(st.lists(st.integers(0, 300), min_size=n, max_size=n))
    return {
        "participant_id": ids,
        "arm": [("control", "walking")[k % 2] for k in range(n)],
        "randomised_on": [(DAY + dt.timedelta(days=d)).isoformat() for d in days],
        "planned_end_days": ["365"] * n,
        "age_years": [draw(st.sampled_from(["", "44", "54.5", "61"])) for _ in ids],
        "remark": [draw(st.one_of(NOTES, HARD_NOTES)) for _ in ids],
    }


@st.composite
def recurrences(draw: st.DrawFn, ids: list[str]) -> Table:
    """At most one episode of some people."""
    who = draw(st.lists(st.sampled_from(ids), unique=True, max_size=4))
    onset = [draw(st.integers(1, 300)) for _ in who]
    return {
        "participant_id": who,
        "onset_days": [str(7 * day) if day < 40 else str(day) for day in onset],
        "activity_limiting": [draw(st.sampled_from(["0", "1"])) for _ in who],
    }


@st.composite
def walking(draw: st.DrawFn, ids: list[str]) -> Table:
    """Some weeks of some people."""
    keys = st.tuples(st.sampled_from(ids), st.integers(1, 6))
    rows = draw(st.lists(keys, unique=True, max_size=6))
    minutes = st.sampled_from(["", "0", "90", "120.5", "0.1"])
    return {
        "participant_id": [one for one, _ in rows],
        "week": [str(week) for _, week in rows],
        "walking_minutes": [draw(minutes) for _ in rows],
        "measured_by": ["diary"] * len(rows),
    }


@st.composite
def outcomes(draw: st.DrawFn, ids: list[str]) -> Table:
    """Some answers of some people."""
    keys = st.tuples(st.sampled_from(ids), st.sampled_from(["0", "3", "12"]))
    rows = draw(st.lists(keys, unique=True, max_size=6))
    return {
        "participant_id": [one for one, _ in rows],
        "month": [month for _, month in rows],
        "measure": ["rmdq"] * len(rows),
        "value": [draw(st.sampled_from(["", "0", "4", "24"])) for _ in rows],
    }


@st.composite
def costs(draw: st.DrawFn, ids: list[str]) -> Table:
    """Some items of some people."""
    who = draw(st.lists(st.sampled_from(ids), max_size=4))
    return {
        "participant_id": who,
        "month": ["1"] * len(who),
        "category": ["care"] * len(who),
        "item": [draw(NOTES) for _ in who],
        "quantity": [draw(st.sampled_from(["1", "2.5"])) for _ in who],
        "unit_cost": ["85.5"] * len(who),
    }


MORE = {"recurrences": recurrences, "walking": walking, "outcomes": outcomes, "costs": costs}


@st.composite
def told(draw: st.DrawFn, name: str, table: Table) -> tuple[str, bytes, list[str]]:
    """The file of a table as a team holds it, and the clauses that say how to read it."""
    delimiter = draw(st.sampled_from(sorted(SIGNS)))
    encoding = draw(st.sampled_from(SIGNS[delimiter]))
    clauses = [f"encoding = {json.dumps(encoding)}"]
    clauses += [f"delimiter = {json.dumps(delimiter)}"] * (delimiter != ",")
    decimal = draw(st.sampled_from([".", ","])) if delimiter != "," else "."
    clauses += ['decimal = ","'] * (decimal == ",")
    table, columns = draw(as_the_team_says(name, table, decimal))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    # A sign that the encoding does not have becomes a question mark, as in many an export.
    data = sheet.getvalue().encode(encoding, "replace")
    file, data = draw(packed(f"{name}.csv", data))
    return file, data, [*clauses, "", *([f"[{name}.columns]", *columns] if columns else [])]


@st.composite
def as_the_team_says(
    draw: st.DrawFn, name: str, table: Table, decimal: str
) -> tuple[Table, list[str]]:
    """The table in other names, codes, units and dates, and the clauses for its columns."""
    team: Table = {}
    clauses = []
    for column, cells in table.items():
        parts = {}
        header = column
        if draw(st.integers(0, 3)) == 0:
            header = draw(st.sampled_from(["Col {}", "{}_x", "=={}", "ü{}", "{} (1)"])).format(
                column
            )
            parts["from"] = json.dumps(header)
        if column == "arm" and draw(st.booleans()):
            parts["codes"] = '{ 1 = "control", 2 = "walking" }'
            cells = [{"control": "1", "walking": "2"}[cell] for cell in cells]
        if column == "randomised_on" and draw(st.booleans()):
            form = draw(st.sampled_from(DATES))
            parts["dates"] = json.dumps(form)
            cells = [dt.date.fromisoformat(cell).strftime(form) for cell in cells]
        if column in ("age_years", "walking_minutes", "value", "quantity", "unit_cost"):
            cells = [cell.replace(".", decimal) for cell in cells]
            if draw(st.booleans()):
                parts["missing"] = '["NA", ""]'
                cells = [cell or "NA" for cell in cells]
        if column == "onset_days" and draw(st.booleans()):
            parts["unit"] = '"hours"'
            cells = [str(24 * int(cell)) for cell in cells]
        if column == "remark" and (parts or draw(st.booleans())):
            parts["type"] = '"text"'
        team[header] = cells
        if parts:
            inside = ", ".join(f"{key} = {value}" for key, value in parts.items())
            clauses.append(f"{column} = {{ {inside} }}")
    return team, clauses


@st.composite
def packed(draw: st.DrawFn, file: str, data: bytes) -> tuple[str, bytes]:
    """The file as it is, or packed."""
    how = draw(st.sampled_from(["plain", "plain", "plain", "gzip", "zip"]))
    if how == "gzip":
        return f"{file}.gz", gzip.compress(data, mtime=0)
    if how == "zip":
        return f"{file}.zip", zipped({file: data})
    return file, data


def zipped(files: Folder, within: str = "") -> bytes:
    """Files as one archive."""
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(within + name), data)
    return sheet.getvalue()
