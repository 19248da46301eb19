"""Write data/sample/walkback-like from its design and the selected seed.

python -m calibration.write_sample
"""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from pathlib import Path

from calibration.select_seed import SAMPLE
from walkstats.design import read_design, simulate_trial
from walkstats.reading import write_trial


def selected_seed() -> int:
    """The seed in selection.toml."""
    return int(tomllib.loads((SAMPLE / "selection.toml").read_text("utf-8"))["seed"])


def main() -> None:
    """Simulate, write to a folder of its own, and move the files into place."""
    trial = simulate_trial(read_design(SAMPLE), seed=selected_seed())
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "sample"
        write_trial(trial, written)
        for file in sorted(written.iterdir()):
            shutil.copy(file, SAMPLE / file.name)
            print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
