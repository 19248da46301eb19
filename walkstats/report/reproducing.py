"""What does somebody need to make the same numbers again, and are they the same?"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from walkstats.errors import DataError
from walkstats.plan import PlanResults
from walkstats.plan.as_toml import plan_text
from walkstats.report.document import Report
from walkstats.report.provenance import PACKAGES, provenance
from walkstats.results import Frozen
from walkstats.tables.safe_text import for_spreadsheet
from walkstats.trial import PERMUTED

NUMBERS = ("estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low",
           "conf_high")  # fmt: skip
MASKED = re.compile(rf"{PERMUTED} \(seed (\d+)\)")
ELSEWHERE = 1e-10
"""Largest relative difference on another machine or with other versions: sums in another order."""


@dataclass(frozen=True, eq=False)
class Rerun(Frozen):
    """How the numbers of a rerun compare with those that were kept.

    Attributes
    ----------
    same : bool
        Whether all numbers are the same to 1e-10.
    bit_for_bit : bool
        Whether they are the same in every bit, as is expected on the same machine with the same
        versions.
    largest : float
        Largest relative difference of any number.
    compared : int
        Numbers compared.
    differing : pandas.DataFrame
        One row per number that is not the same bit for bit: id, column, kept, now, difference.
    changed_inputs : tuple of str
        Files whose contents are not those of the report.
    changed_versions : mapping of str to str
        Package or platform -> what it was and what it is.
    """

    same: bool
    bit_for_bit: bool
    largest: float
    compared: int
    differing: pd.DataFrame
    changed_inputs: tuple[str, ...] = ()
    changed_versions: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.bit_for_bit:
            said = f"{self.compared:,} numbers are the same bit for bit."
        elif self.same:
            said = (
                f"{self.compared:,} numbers are the same to {ELSEWHERE:g}; the largest relative "
                f"difference is {self.largest:.1e}."
            )
        else:
            first = ", ".join(f"{one.id} ({one.column})" for one in self.differing[:5].itertuples())
            said = f"{len(self.differing):,} of {self.compared:,} numbers differ: {first}."
        if self.same and not self.bit_for_bit and not self.changed_versions:
            said += " The versions are those of the report: it must be another machine."
        where = "; ".join(f"{name} {text}" for name, text in self.changed_versions.items())
        others = [f"Not the versions of the report: {where}."] if where else []
        if self.changed_inputs:
            others.append(f"Not the files of the report: {', '.join(self.changed_inputs)}.")
        return " ".join([said, *others])


def compare_rerun(results: PlanResults, folder: str | Path) -> Rerun:
    """Compare the numbers of a run with those that a report kept.

    Parameters
    ----------
    results : PlanResults
        Of the same plan, trial and seed.
    folder : path
        ``reproduce/`` of the report.

    Returns
    -------
    Rerun

    Raises
    ------
    DataError
        When the folder has no numbers.csv or provenance.json of a report.

    Notes
    -----
    On the same machine with the same versions every number is expected to be the same bit for bit.
    Elsewhere sums are taken in another order, and 1e-10 is allowed, relative to the number or to
    its standard error, whichever is larger.

    Examples
    --------
    >>> import tempfile
    >>> import walkstats as ws
    >>> from walkstats.plan import Analysis, AnalysisPlan, Frame, run_plan
    >>> first = Frame("first_recurrence", {"kind": "any"})
    >>> cox = Analysis("cox", "Cox", "S", "survival.cox", first, arguments={"formula": "arm"})
    >>> plan = AnalysisPlan("Small", descriptions=(cox,))
    >>> done = run_plan(ws.load_sample("bladder"), plan, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = ws.report.write_report(ws.report.compose(done), folder, formats=["md"])
    ...     print(compare_rerun(done, file.parent / "reproduce"))
    14 numbers are the same bit for bit.
    """
    home = Path(folder)
    try:
        kept = pd.read_csv(home / "numbers.csv", float_precision="round_trip")
        facts = json.loads((home / "provenance.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError.of(
            f"{home.name} does not hold the numbers of a report: {error}",
            what_to_do="give the folder reproduce/ of a report",
        ) from None
    now = provenance(results)
    versions = _changed(facts.get("versions", {}), now["versions"])
    inputs = tuple(_changed(facts.get("inputs", {}), now["inputs"]))
    return _compared(kept, results.numbers, inputs, versions)


def _changed(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    names = dict.fromkeys([*old, *new])
    return {
        name: f"was {old.get(name, 'absent')}, is {new.get(name, 'absent')}"
        for name in names
        if old.get(name) != new.get(name)
    }


def _compared(
    kept: pd.DataFrame, now: pd.DataFrame, inputs: tuple[str, ...], versions: dict[str, str]
) -> Rerun:
    before, after = _by_id(kept), _by_id(disarmed(now))
    rows, compared = [], 0
    for name in dict.fromkeys([*before, *after]):
        for column in NUMBERS:
            old, new = (_number(part.get(name, {}).get(column)) for part in (before, after))
            compared += not (math.isnan(old) and math.isnan(new))
            if old != new and not (math.isnan(old) and math.isnan(new)):
                scale = _number(before.get(name, {}).get("std_error"))
                rows.append((name, column, old, new, _difference(old, new, scale)))
    differing = pd.DataFrame(rows, columns=["id", "column", "kept", "now", "difference"])
    largest = max((row[-1] for row in rows), default=0.0)
    return Rerun(
        same=largest <= ELSEWHERE,
        bit_for_bit=not rows,
        largest=largest,
        compared=compared,
        differing=differing,
        changed_inputs=inputs,
        changed_versions=versions,
    )


def _by_id(numbers: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    rows = numbers.to_dict("records") if "id" in numbers else []
    return {str(one["id"]): one for one in rows}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def _difference(old: float, new: float, std_error: float) -> float:
    """Relative difference; infinite where one of the two is missing or infinite."""
    if not (math.isfinite(old) and math.isfinite(new)):
        return math.inf
    scale = max(abs(old), abs(new), std_error if std_error > 0 else 0.0)
    return abs(old - new) / scale


def disarmed(numbers: pd.DataFrame) -> pd.DataFrame:
    """Numbers in which no text starts a formula in a spreadsheet."""
    text = pd.api.types.is_object_dtype, pd.api.types.is_string_dtype
    texts = [name for name in numbers.columns if any(is_text(numbers[name]) for is_text in text)]
    return numbers.assign(
        **{
            name: numbers[name].map(for_spreadsheet, na_action="ignore") for name in texts
        }
    )  # fmt: skip


RERUN = '''"""Run the analysis of this report again and compare every number with those kept here.

    python rerun.py FOLDER    where FOLDER is that of the trial
"""

import sys
from pathlib import Path

import walkstats as ws

here = Path(__file__).parent
trial = ws.read_trial(sys.argv[1]){masked}
plan = ws.plan.read_plan(here / "plan.toml")
results = ws.plan.run_plan(trial, plan, seed={seed})
rerun = ws.report.compare_rerun(results, here)
print(rerun)
sys.exit(0 if rerun.same else 1)
'''
README = """# The numbers of this report, again

| file | what it is |
|---|---|
| `plan.toml` | the analysis plan as it was run |
| `inputs.sha256` | a checksum of each file of the trial; check with `sha256sum -c` in its folder |
| `constraints.txt` | the versions, for `pip install -c constraints.txt 'walkstats[report]'` |
| `numbers.csv` | every number, unrounded |
| `provenance.json` | seed, versions, platform, plan and checksums |
| `rerun.py` | runs the plan again and compares: `python rerun.py FOLDER` |

The whole report is made by

    {command}

On the same machine with the same versions the numbers are the same bit for bit. Elsewhere they
agree to 1e-10. `rerun.py` says which it is, and what differs; its status is 0 when all is the same.
"""


def write_reproducing(report: Report, folder: Path) -> None:
    """Write ``reproduce/`` beside a report that was composed of plan results; else nothing.

    Nothing in it names a place of the machine on which it was made.
    """
    if report.results is None:
        return
    home = folder / "reproduce"
    home.mkdir()
    facts, results = report.provenance, report.results
    masked = MASKED.search(results.trial.source)
    options = {
        "--plan": "plan.toml",
        "--registered": "registered.toml" if results.registered else "",
        "--masked": masked[1] if masked else "",
        "--seed": str(results.seed),
        "--style": report.style if report.style != "plain" else "",
        "--out": "REPORT",
    }
    command = " ".join(f"{option} {value}" for option, value in options.items() if value)
    pins = [f"{k}=={v}\n" for k, v in facts["versions"].items() if k in ("walkstats", *PACKAGES)]
    texts = {
        "plan.toml": facts["plan"],
        "inputs.sha256": "".join(f"{one}  {name}\n" for name, one in facts["inputs"].items()),
        "constraints.txt": "".join([f"# Python {facts['versions']['python']}\n", *pins]),
        "rerun.py": RERUN.format(
            seed=results.seed, masked=f".masked({masked[1]})" if masked else ""
        ),
        "README.md": README.format(command=f"walkstats report FOLDER {command}"),
        "provenance.json": json.dumps(dict(facts), indent=2, ensure_ascii=False) + "\n",
    }
    if results.registered is not None:
        texts["registered.toml"] = plan_text(results.registered)
    for name, text in texts.items():
        (home / name).write_text(text, encoding="utf-8")
    disarmed(report.numbers).to_csv(home / "numbers.csv", index=False)
