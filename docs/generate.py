"""Which pages are made from the code? The dictionary, the clauses of trial.toml, the API pages."""

import importlib
import shutil
from pathlib import Path

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parent / "notebooks"

PARTS = {
    "reading": "Reading and checking a trial",
    "questionnaires": "Questionnaires",
    "derive": "Frames for analysis",
    "wearables": "Step counters",
    "survival": "Time to event",
    "regression": "Regression",
    "resampling": "Resampling",
    "missing": "Missing answers",
    "causal": "What walking itself does",
    "economics": "Costs and quality of life",
    "evidence": "Published results",
    "design": "Simulated trials",
    "plan": "Plans",
    "tables": "Tables",
    "figures": "Figures",
    "report": "Reports",
    "results": "Results",
}


def write_api(folder: Path) -> None:
    """Write one page per part, which lists its public names, and an index of them."""
    folder.mkdir(exist_ok=True)
    for part, title in PARTS.items():
        (folder / f"{part}.rst").write_text(part_page(part, title), encoding="utf-8")
    entries = "\n".join(f"   {part}" for part in PARTS)
    (folder / "index.rst").write_text(
        f"API\n===\n\n.. toctree::\n   :maxdepth: 1\n\n{entries}\n", encoding="utf-8"
    )


def write_notebooks(folder: Path) -> None:
    """Copy the notebooks with their outputs, and write an index of them."""
    folder.mkdir(exist_ok=True)
    names = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    for name in names:
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder)
    words = "Stored as they ran; the tests run them again and compare. They are in `notebooks/`."
    listed = "\n".join(names)
    (folder / "index.md").write_text(
        f"# Notebooks\n\n{words}\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n",
        encoding="utf-8",
    )


def part_page(part: str, title: str) -> str:
    """One part as reStructuredText: its first sentence and a table of its public names."""
    name = f"walkstats.{part}"
    module = importlib.import_module(name)
    head = f"{title}\n{'=' * len(title)}\n\n``{name}``: {(module.__doc__ or '').splitlines()[0]}\n"
    names = "\n".join(f"   {public}" for public in module.__all__)
    listing = f".. autosummary::\n   :toctree: generated\n   :nosignatures:\n\n{names}\n"
    return f"{head}\n.. currentmodule:: {name}\n\n{listing}"


def dictionary() -> str:
    """The dictionary of a trial's tables as a page of the guide."""
    from walkstats.schema import MEASURES, TABLES

    lines = [
        "# The dictionary",
        "",
        "Every table that a trial may have, with its columns. Columns not listed are carried along",
        "as they are. Days are counted from randomisation, which is day 0.",
    ]
    for table in TABLES.values():
        key = f" Rows are told apart by {_code(*table.key)}." if table.key else ""
        lines += ["", f"## {table.name}", "", f"One row per {table.row}.{key}", ""]
        lines += ["| column | type | what it holds | values |", "|---|---|---|---|"]
        lines += [_column_row(column) for column in table.columns]
    lines += ["", "## Measures of outcomes", "", "| measure | what it is | scale | better |"]
    lines += ["|---|---|---|---|"]
    lines += [
        f"| `{m.name}` | {m.described} | {m.unit or _limits(m.low, m.high)} | {m.better} |"
        for m in MEASURES.values()
    ]
    return "\n".join(lines) + "\n"


def _column_row(column) -> str:
    values = ", ".join(column.allowed) or _limits(column.low, column.high)
    unit = f" [{column.unit}]" if column.unit else ""
    needed = ", required" if column.required else ""
    return f"| `{column.name}` | {column.kind}{needed} | {column.described}{unit} | {values} |"


def _limits(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f"{low:g} to {high:g}" if high is not None and low is not None else f"{low:g} or more"


def _code(*names: str) -> str:
    return ", ".join(f"`{name}`" for name in names)


def clauses() -> str:
    """What a trial.toml may declare, as a page of the guide."""
    from walkstats.reading.declared import clauses as declared
    from walkstats.reading.declared import minutes_declared

    lines = [
        "# What trial.toml declares",
        "",
        "Every clause, with an example. Any other is refused, and the nearest of these is named.",
    ]
    for title, group in (
        ("The trial", declared.TRIAL_CLAUSES),
        ("A table", declared.TABLE_CLAUSES),
        ("A column", declared.COLUMN_CLAUSES),
        ("Minutes of a step counter", minutes_declared.MINUTES_CLAUSES),
        ("The score of a questionnaire", declared.SCORE_CLAUSES),
        ("A measure", declared.MEASURE_CLAUSES),
        ("CDISC data sets", declared.CDISC_CLAUSES),
        ("A REDCap project", declared.REDCAP_CLAUSES),
        ("An event of a REDCap project", declared.EVENT_CLAUSES),
    ):
        lines += ["", f"## {title}", "", "| clause | what it says | example |", "|---|---|---|"]
        lines += [
            f"| `{c.name}`{', required' if c.required else ''} | {c.described} | `{c.example}` |"
            for c in group
        ]
    return "\n".join(lines) + "\n"


def checks() -> str:
    """Everything that is looked for in a trial, as a page of the guide."""
    from walkstats.checks.catalogue import NOTED, looked_for
    from walkstats.checks.rules import TOPICS

    lines = [
        "# What is looked for",
        "",
        "`walkstats check FOLDER` and `ws.check_trial` look for all of this in one pass. An error",
        "stops every analysis; a warning is kept and reported. Silence means that it was looked",
        "for and not found: the page of `walkstats check FOLDER --html FILE` lists that too.",
    ]
    found = looked_for()
    for table in dict.fromkeys(one.table for one in found):
        head = "the randomisation list" if table == "randomisation" else table
        lines += ["", f"## {head}", "", "| topic | kind | what is looked for | what to do |"]
        lines += ["|---|---|---|---|"]
        lines += [
            f"| {TOPICS[one.topic]} | {one.severity} | {_cell(one.sought)} | "
            f"{_cell(one.what_to_do)} |"
            for one in found
            if one.table == table
        ]
    lines += ["", "## Told as a note", ""]
    lines += [f"- {one[0].lower()}{one[1:]}" for one in NOTED]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "\\[").replace("<", "&lt;")


def questionnaires() -> str:
    """The questionnaires that can be scored, with rules and sources, as a page of the guide."""
    from walkstats.questionnaires import read_questionnaire, shipped_questionnaires
    from walkstats.questionnaires.entries import shipped_names

    lines = [
        "# Questionnaires that can be scored",
        "",
        "Each is one file of `walkstats/questionnaires/shipped/`, without the wording of its",
        "items.",
        "How scores are made, and how to add one: [scores](../methods/questionnaires.md).",
        "",
        "| questionnaire | measure | items | codes | score | range | better | matters |",
        "|---|---|--:|---|---|---|---|---|",
    ]
    for row in shipped_questionnaires().to_dict("records"):
        matters = "" if row["important"] != row["important"] else f"{row['important']:g}"
        cells = [
            f"`{row['questionnaire']}`",
            f"`{row['measure']}`",
            str(row["items"]),
            row["codes"],
            row["total"],
            f"{row['low']:g} to {row['high']:g}",
            row["better"],
            matters,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "*Matters*: the change that matters to a person, where a source says so.",
        "",
        "## When answers are missing",
        "",
        "The first rule of each is the one that `score` follows unless another is named.",
        "",
        "| questionnaire | rule | what it does | unanswered at most | source |",
        "|---|---|---|--:|---|",
    ]
    for name in shipped_names():
        one = read_questionnaire(name)
        for rule in one.rules:
            source = one.source(rule.source)
            told = " ".join(
                t for t in (source.cited.split(".")[0] if source else "", rule.note) if t
            )
            most = 0 if rule.stands_in == "nothing" else rule.at_most
            lines.append(f"| `{name}` | `{rule.name}` | {rule.said} | {most} | {told} |")
    lines += ["", "## Sources", ""]
    for name in shipped_names():
        for source in read_questionnaire(name).sources:
            link = f" [doi {source.doi}](https://doi.org/{source.doi})" if source.doi else ""
            line = f"- {source.cited}{link}"
            lines += [] if line in lines else [line]
    return "\n".join(lines) + "\n"


# Pages that stand in the project, so that they can be read without a build; a test holds them.
STORED = {
    "guide/dictionary.md": dictionary,
    "guide/trial-toml.md": clauses,
    "guide/checks.md": checks,
    "guide/questionnaires.md": questionnaires,
}


if __name__ == "__main__":
    for name, page in STORED.items():
        (HERE / name).write_text(page(), encoding="utf-8")
