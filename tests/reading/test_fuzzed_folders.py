"""Do whole folders, valid and damaged, keep what is promised of any folder?

A few of each here; ``python3 dev.py fuzz`` tries thousands.
"""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import fuzz
from tests.relations import FAST
from tests.strategies.damages import DAMAGES, damaged
from tests.strategies.folders import folders
from tests.strategies.foreign import (
    damaged_files,
    damaged_recordings,
    foreign_files,
    foreign_folders,
    recordings,
)
from tests.strategies.trying import (
    HangsError,
    no_longer_than,
    try_file,
    try_folder,
    try_recording,
)


def some(fast: int, thorough: int) -> settings:
    """So many examples; what fails is not made smaller, since each takes long."""
    return settings(
        max_examples=fast if FAST else thorough,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


@some(1, 20)
@given(folders())
def test_a_valid_folder_is_read_and_reads_back_as_it_was_written(files):
    assert try_folder(files) is not None


@some(8, 60)
@given(damaged(folders()))
def test_a_damaged_folder_is_read_or_refused_in_words(files):
    try_folder(files, thorough=not FAST)


@some(2, 25)
@given(foreign_folders())
def test_a_folder_of_a_damaged_file_of_another_program(files):
    try_folder(files, thorough=not FAST)


@some(20, 300)
@given(damaged_files())
def test_a_damaged_file_of_another_program(files):
    try_file(files)


@some(6, 100)
@given(damaged_recordings())
def test_a_damaged_file_of_a_device(files):
    try_recording(files, thorough=not FAST)


def test_the_command_counts_its_cases(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(fuzz, "ROUND", 2)
    monkeypatch.setattr(fuzz, "KINDS", {fuzz.FILES: fuzz.KINDS[fuzz.FILES]})
    assert fuzz.main(["--seconds", "0", "--seed", "3", "--failures", str(tmp_path / "f")]) == 0
    assert "cases tried 2, failures 0" in capsys.readouterr().out
    assert not (tmp_path / "f").exists()


def test_the_command_keeps_what_fails(tmp_path, capsys, monkeypatch):
    def fails(files, *, thorough):
        raise KeyError("a column")

    monkeypatch.setattr(fuzz, "ROUND", 2)
    monkeypatch.setattr(fuzz, "try_folder", fails)
    monkeypatch.setattr(fuzz, "KINDS", {"damaged": (st.just({"trial.toml": b"name = 1"}), 1)})
    place = tmp_path / "failures"
    assert fuzz.main(["--seconds", "0", "--failures", str(place)]) == 1
    (kept,) = (one for one in place.iterdir() if one.is_dir())
    assert (kept / "trial.toml").read_bytes() == b"name = 1"
    assert "KeyError: 'a column'" in kept.with_suffix(".txt").read_text()
    monkeypatch.undo()
    assert fuzz.main(["--replay", str(kept)]) == 0
    assert "does not fail" in capsys.readouterr().out


def test_there_are_damages_of_every_kind_and_files_of_every_program():
    assert len(DAMAGES) == 20
    assert len(foreign_files()) >= 30
    assert len(recordings()) >= 5


def for_ever():
    with no_longer_than(0.01):
        while True:
            pass


def test_what_hangs_is_stopped():
    with pytest.raises(HangsError):
        for_ever()
