"""What does the design give without chance? Its figures in 200,000 people, five times over.

    python -m calibration.large_sample            prints them beside the published figures
    python -m calibration.large_sample --write    also stores large_sample.json

Figures of one run of 200,000 people still move by chance (a hazard ratio by about 0.005), so the
means of five runs are held against the windows of ``large_sample_tolerance`` in
walkback_treatment.toml. Seeds are not those of ``calibration.fit_design``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.stages import stages
from walkstats.design import Design, read_design
from walkstats.evidence import treatments

PEOPLE = 200_000
SEEDS = (11, 12, 13, 14, 15)
SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample" / "walkback-like"
# published as a number of the trial's 701 participants
COUNTS_OF_701 = ("implied_events_total", "first_events_total", "n_first_recurrences")


def one_run(design: Design, seed: int) -> dict[str, float]:
    """Figures of one run; counts of participants are scaled to 701."""
    half = PEOPLE // 2
    found: dict[str, float] = {}
    for figures in stages(design.sized(half, half), seed):
        found.update(figures)
    scale = 701.0 / PEOPLE
    return {
        name: value * scale if name.endswith(COUNTS_OF_701) else value
        for name, value in found.items()
    }


def compare(runs: list[dict[str, float]]) -> pd.DataFrame:
    """Means of the runs beside the published figures and windows; ``holds`` says if inside.

    ``spread`` is the standard deviation between runs, ``error`` the Monte Carlo standard error of
    their mean.
    """
    table = treatments("walkback").dropna(subset=["large_low"]).set_index("name")
    values = pd.DataFrame(runs)[list(table.index)]
    ours = values.mean()
    slack = 1e-9
    return pd.DataFrame(
        {
            "published": table["number"],
            "ours": ours,
            "spread": values.std(),
            "error": values.std() / np.sqrt(len(runs)),
            "low": table["large_low"],
            "high": table["large_high"],
            "holds": (ours >= table["large_low"] - slack) & (ours <= table["large_high"] + slack),
        }
    )


def main() -> None:
    """Run, print, and store when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="store large_sample.json")
    arguments = parser.parse_args()
    design = read_design(SAMPLE)
    runs = [one_run(design, seed) for seed in SEEDS]
    table = compare(runs)
    print(table.round(4).to_string())
    if arguments.write:
        stored = {
            "_about": "Figures of the design in 200,000 people, by calibration.large_sample.",
            "people": PEOPLE,
            "seeds": list(SEEDS),
            "runs": [{k: float(np.round(v, 6)) for k, v in run.items()} for run in runs],
        }
        (SAMPLE / "large_sample.json").write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    if not table["holds"].all():
        raise SystemExit("outside: " + ", ".join(table.index[~table["holds"]]))


if __name__ == "__main__":
    main()
