"""Does the wheel work alone? .ci/run calls this outside the checkout, whose folder it is told."""

import sys
import tempfile
from pathlib import Path

import walkstats as ws
from walkstats.cli import main


def check(checkout: str) -> None:
    """Import, both samples, and a report, from the wheel and nothing else."""
    home = Path(ws.__file__).resolve()
    assert not home.is_relative_to(Path(checkout).resolve()), f"{home} lies in the checkout"
    assert (home.parent / "py.typed").exists()
    for name in ("bladder", "walkback-like"):
        trial = ws.load_sample(name)
        print(f"{name}: {len(trial.participants)} participants, {trial.source}")
    with tempfile.TemporaryDirectory() as folder:
        sample, out = Path(folder) / "bladder", Path(folder) / "report"
        assert main(["sample", "bladder", str(sample)]) == 0
        assert main(["report", str(sample), "--out", str(out)]) == 0
        text = (out / "report.html").read_text("utf-8")
        assert len(text) > 10_000
        assert (out / "provenance.json").exists()
    print(f"walkstats {ws.__version__} works from its wheel")


if __name__ == "__main__":
    check(sys.argv[1])
