"""What does docs/sample.md say? The treatment of each published figure as a table.

    python -m calibration.render            prints the table
    python -m calibration.render --write    puts it into docs/sample.md

The table stands between two markers; the rest of the page is written by hand.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.large_sample import SAMPLE as FOLDER
from calibration.large_sample import compare
from calibration.measures import measures
from walkstats.evidence import treatments
from walkstats.reading import load_sample
from walkstats.results import Estimate

PAGE = Path(__file__).resolve().parents[1] / "docs" / "sample.md"
BEGIN, END = "<!-- begin treatments -->", "<!-- end treatments -->"


def rendered() -> str:
    """The tables in markdown, one for each part of the published record."""
    found = measures(load_sample("walkback-like"))
    table = treatments("walkback")
    runs = json.loads((FOLDER / "large_sample.json").read_text("utf-8"))["runs"]
    large = compare(runs)
    lines: list[str] = []
    for part, rows in table.groupby(table["name"].str.split(".").str[0], sort=False):
        lines += ["", f"### {part.replace('_', ' ')}", ""]
        lines += ["| figure | published | where seen | treatment | window | sample | many people |"]
        lines += ["|---|---|---|---|---|---|---|"]
        lines += [_line(row, part, found, large) for row in rows.to_dict("records")]
    return "\n".join(lines).strip() + "\n"


def page_with(table: str) -> str:
    """The page with the tables in place."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f"{before}{BEGIN}\n{table}{END}{after}"


def _line(
    row: dict[str, object], part: str, found: dict[str, Estimate | float], large: pd.DataFrame
) -> str:
    name = str(row["name"])
    ours = found.get(name, np.nan)
    value = ours.estimate if isinstance(ours, Estimate) else float(ours)
    words = [str(row["treatment"]), str(row["reason"]), str(row["how"])]
    cells = [
        name.removeprefix(f"{part}."),
        "" if row["value"] is None else str(row["value"]),
        str(row["where"]),
        ": ".join(word for word in words[:2] if word) + (f" ({words[2]})" if words[2] else ""),
        _window(float(row["low"]), float(row["high"])) + (" *" if row["in_rule"] else ""),
        "" if pd.isna(value) else f"{value:.4g}",
        _of_many(large.loc[name]) if name in large.index else "",
    ]
    return "| " + " | ".join(cell.replace("|", "/").strip() for cell in cells) + " |"


def _of_many(row: pd.Series) -> str:
    """Mean of the runs, its Monte Carlo error, and the window in which it must lie."""
    window = _window(float(row["low"]), float(row["high"]))
    return f"{row['ours']:.4g} ± {row['error']:.1g} ({window})"


def _window(low: float, high: float) -> str:
    if np.isnan(low):
        return ""
    return f"{low:.5g}" if low == high else f"{low:.4g} to {high:.4g}"


def main() -> None:
    """Print or store the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/sample.md")
    if parser.parse_args().write:
        PAGE.write_text(page_with(rendered()), encoding="utf-8")
    else:
        print(rendered())


if __name__ == "__main__":
    main()
