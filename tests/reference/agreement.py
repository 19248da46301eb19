"""How closely do the numbers agree with R? The page docs/agreement.md, from a run of the tests."""

import json
import sys
from typing import Any

import pytest

from tests.reference.goldens import HERE, TALLIES

PAGE = HERE.parents[1] / "docs" / "agreement.md"

HEAD = """# How closely the numbers agree

Each method is compared with stored output of R, at a tolerance that each entry states: a number of
ours agrees when it differs from R's by at most the absolute tolerance plus the relative tolerance
times R's number. Most entries ask for 1e-8 relative; those where R's own optimiser stops earlier
ask for what R can give. The scripts that made R's numbers are in `tests/reference`, beside the
numbers. The last column is the largest difference found as a share of what was tolerated: 1 would
be the limit.

This page is written by `python3 dev.py agreement`. A share can differ a little between machines.

| topic | made by | data sets | entries | numbers compared | largest share of tolerance |
|---|---|---|---:|---:|---:|
"""

TAIL = """
## Beside R

- Least squares is also held against the certified values of NIST's Statistical Reference Datasets.
- Each kernel has a slow twin, written differently, in its test file.
- Relations that need no oracle are run on random data: row order, units, recoding, swapped arms,
  split intervals, weights and copies, sums of residuals, the Cox score test and the log-rank test.

## Where walkstats differs from R on purpose

- Beyond the last observation a curve is missing; `extend=True` gives R's flat line.
- Times are tied within 1e-9 of their range; R takes an absolute difference, which on a small scale
  merges distinct times.
- Rows left out are counted and named in the result.
"""


def topics() -> dict[str, dict[str, Any]]:
    """What is known of each file of R's numbers: title, entries, R's version."""
    files = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(HERE.glob("*.json"))}
    return {name: content for name, content in files.items() if "entries" in content}


def row(name: str, known: dict[str, Any]) -> str:
    """One topic as a row of the table; every entry must have been compared."""
    tally = TALLIES[name]
    missing = {entry["id"] for entry in known["entries"]} - tally.entries
    if missing:
        raise ValueError(f"{name}: not compared in this run: {', '.join(sorted(missing))}")
    versions = ", ".join(f"{package} {version}" for package, version in known["packages"].items())
    r = " ".join(known["r_version"].split()[2:3])
    data = len({file for entry in known["entries"] for file in entry["data"]})
    share = f"{tally.largest:.1g}"
    cells = [
        known["title"],
        f"R {r}; {versions}",
        data,
        len(known["entries"]),
        tally.numbers,
        share,
    ]
    return "| " + " | ".join(map(str, cells)) + " |\n"


def main() -> int:
    """Run the tests that compare with R, then write the page."""
    status = pytest.main(["-q", str(HERE)])
    if status == 0:
        rows = [row(name, known) for name, known in topics().items()]
        PAGE.write_text(HEAD + "".join(rows) + TAIL, encoding="utf-8")
        print(f"Written: {PAGE}")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
