"""Which seed makes the sample? The first whose trial lies in every window of the rule.

    python -m calibration.select_seed            prints the seed and how many others would do
    python -m calibration.select_seed --write    also stores selection.toml

The windows are those of ``walkstats/evidence/walkback_treatment.toml`` with ``in_rule``. All
seeds from 1 to 5,000 are tried, none is left out, and the smallest that meets all windows at once
is taken. Figures are computed on arrays first (calibration.stages), and for every seed that
passes once more on the analysis frames with derive, survival and regression
(calibration.measures): those decide.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from calibration.measures import measures
from calibration.stages import stages
from walkstats.design import Design, read_design, simulate_trial
from walkstats.evidence import treatments
from walkstats.results import Estimate

SEEDS = range(1, 5001)
SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample" / "walkback-like"


def windows() -> dict[str, tuple[float, float]]:
    """Window of each figure in the rule."""
    table = treatments("walkback")
    table = table[table["in_rule"]]
    return {row["name"]: (row["low"], row["high"]) for row in table.to_dict("records")}


def outside(figures: dict[str, float], rule: dict[str, tuple[float, float]]) -> list[str]:
    """Names of the figures that lie outside their window."""
    slack = 1e-9  # windows are decimal numbers: 0.72 - 0.03 is not quite 0.69
    return [
        name
        for name, value in figures.items()
        if name in rule and not rule[name][0] - slack <= value <= rule[name][1] + slack
    ]


def passes(design: Design, seed: int, rule: dict[str, tuple[float, float]]) -> str:
    """The first figure outside its window by the arrays, empty where there is none."""
    for figures in stages(design, seed):
        missed = outside(figures, rule)
        if missed:
            return missed[0]
    return ""


def passes_on_frames(design: Design, seed: int, rule: dict[str, tuple[float, float]]) -> bool:
    """Whether every window holds on the analysis frames of the trial as it would be stored."""
    found = measures(simulate_trial(design, seed=seed))
    numbers = {k: v.estimate if isinstance(v, Estimate) else v for k, v in found.items()}
    return set(rule) <= set(numbers) and not outside(numbers, rule)


def main() -> None:
    """Try every seed, and say which is taken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="store selection.toml")
    arguments = parser.parse_args()
    design, rule = read_design(SAMPLE), windows()
    began, failed, met = time.perf_counter(), Counter[str](), []
    for seed in tqdm(SEEDS, desc="seeds", mininterval=5):
        missed = passes(design, seed, rule)
        if missed:
            failed[missed] += 1
        elif passes_on_frames(design, seed, rule):
            met.append(seed)
        else:
            raise SystemExit(f"seed {seed}: arrays and frames disagree")
    print(f"{len(met)} of {len(SEEDS)} seeds meet all {len(rule)} windows: {met}")
    print(f"{time.perf_counter() - began:.0f} s")
    print(pd.Series(failed, name="first window missed").sort_values(ascending=False).to_string())
    if not met:
        raise SystemExit("no seed meets the rule")
    print(f"taken: {met[0]}")
    if arguments.write:
        (SAMPLE / "selection.toml").write_text(_record(met, len(rule)), encoding="utf-8")


def _record(met: list[int], number: int) -> str:
    return (
        "# Written by python -m calibration.select_seed --write\n"
        'rule = "the smallest seed whose trial lies in every window at once"\n'
        f"seeds_tried = [{SEEDS[0]}, {SEEDS[-1]}]\n"
        f"windows = {number}\n"
        f"seeds_that_met_them = {met}\n"
        f"seed = {met[0]}\n"
    )


if __name__ == "__main__":
    main()
