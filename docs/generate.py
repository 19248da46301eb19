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
    from walkstats.reading import declarations as declared

    lines = [
        "# What trial.toml declares",
        "",
        "Every clause, with an example. Any other is refused, and the nearest of these is named.",
    ]
    for title, group in (
        ("The trial", declared.TRIAL_CLAUSES),
        ("A table", declared.TABLE_CLAUSES),
        ("A column", declared.COLUMN_CLAUSES),
        ("A measure", declared.MEASURE_CLAUSES),
        ("A REDCap project", declared.REDCAP_CLAUSES),
        ("An event of a REDCap project", declared.EVENT_CLAUSES),
    ):
        lines += ["", f"## {title}", "", "| clause | what it says | example |", "|---|---|---|"]
        lines += [
            f"| `{c.name}`{', required' if c.required else ''} | {c.described} | `{c.example}` |"
            for c in group
        ]
    return "\n".join(lines) + "\n"


# Pages that stand in the project, so that they can be read without a build; a test holds them.
STORED = {"guide/dictionary.md": dictionary, "guide/trial-toml.md": clauses}


if __name__ == "__main__":
    for name, page in STORED.items():
        (HERE / name).write_text(page(), encoding="utf-8")
