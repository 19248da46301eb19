"""Files that other programs wrote, in a folder of their own, damaged byte by byte."""

import functools
from pathlib import Path

from hypothesis import strategies as st

from tests.strategies.damages import a_slice_again, a_slice_lost, bytes_changed, cut_short
from tests.strategies.folders import Folder

TESTS = Path(__file__).parents[1]
FILES = TESTS / "reading" / "files"
DEVICES = TESTS / "wearables" / "files"
LARGEST = 60_000
WRITTEN_HERE = (".R", ".sh", ".sql", ".sps", ".py", ".json", ".md", ".fods")
TOML = """\
name = "of another program"
source = "synthetic: damaged"
arms = ["a", "b"]
[participants]
from = "{file}"
"""


@functools.cache
def foreign_files() -> dict[str, bytes]:
    """The files of other programs that are in the tests, by name."""
    found = sorted(one for one in FILES.rglob("*") if one.is_file())
    return {
        one.name: one.read_bytes()
        for one in found
        if one.suffix not in WRITTEN_HERE and one.stat().st_size <= LARGEST
    }


@functools.cache
def recordings() -> dict[str, bytes]:
    """The files of devices that are in the tests, by name."""
    found = sorted(one for one in DEVICES.iterdir() if one.suffix in (".agd", ".csv"))
    return {one.name: one.read_bytes() for one in found}


def damaged_files() -> st.SearchStrategy[Folder]:
    """One file of another program, damaged."""
    return _damaged(foreign_files())


def damaged_recordings() -> st.SearchStrategy[Folder]:
    """One file of a device, damaged."""
    return _damaged(recordings())


@st.composite
def _damaged(draw: st.DrawFn, whole: dict[str, bytes]) -> Folder:
    name = draw(st.sampled_from(sorted(whole)))
    files = {name: whole[name]}
    damages = [bytes_changed, bytes_changed, cut_short, a_slice_again, a_slice_lost]
    for damage in draw(st.lists(st.sampled_from(damages), max_size=3)):
        damage(draw, files)
    return files


@st.composite
def foreign_folders(draw: st.DrawFn) -> Folder:
    """A folder whose participants lie in a damaged file of another program."""
    (name, data), *_ = draw(damaged_files()).items()
    return {name: data, "trial.toml": TOML.format(file=name).encode()}
