"""Write data/sample/walkback-like from its design and the selected seed.

python -m calibration.write_sample
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import tomllib
from pathlib import Path

from calibration.select_seed import SAMPLE
from walkstats.design import read_design, simulate_trial
from walkstats.reading import write_trial
from walkstats.trial import Trial

SELECTED = "selected on its results, so its p-values illustrate and validate nothing"
"""What the source of the sample says, and that of no other trial from its design."""


def selected_seed() -> int:
    """The seed in selection.toml."""
    return int(tomllib.loads((SAMPLE / "selection.toml").read_text("utf-8"))["seed"])


def sample() -> Trial:
    """The trial of the design and the selected seed, saying that it was selected."""
    design, seed = read_design(SAMPLE), selected_seed()
    trial = simulate_trial(design, seed=seed)
    return dataclasses.replace(trial, source=f"{design.source} and {SELECTED} (seed {seed})")


def main() -> None:
    """Simulate, write to a folder of its own, and move the files into place."""
    trial = sample()
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "sample"
        write_trial(trial, written)
        for file in sorted(written.iterdir()):
            shutil.copy(file, SAMPLE / file.name)
            print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
