"""Where are the trials that come with walkstats?"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from walkstats.reading.trial_folders import read_trial
from walkstats.trial import Trial


def load_sample(name: str) -> Trial:
    """Load a trial that comes with walkstats.

    Parameters
    ----------
    name : str
        ``"bladder"``: the real bladder tumour recurrence trial. ``"walkback-like"``: a synthetic
        walking trial, which says so in its source. ``"redcap-like"`` and ``"workbook-like"``: its
        first 40 people as a REDCap export and as an Excel workbook.

    Returns
    -------
    Trial

    Raises
    ------
    ValueError
        For another name; the message lists those that there are.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> trial.name, len(trial.participants), len(trial.recurrences)
    ('Bladder tumour recurrence trial', 118, 189)
    """
    return read_trial(sample_folder(name))


def sample_folder(name: str) -> Path:
    """The folder of a sample.

    Parameters
    ----------
    name : str

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        For a name that no sample has.
    """
    known: dict[str, Path] = {}
    for home in _homes():
        if home.is_dir():
            for folder in sorted(home.iterdir()):
                if (folder / "trial.toml").is_file():
                    known.setdefault(folder.name, folder)
    if name not in known:
        there = ", ".join(repr(one) for one in sorted(known)) or "none was installed"
        raise ValueError(f"No sample {name!r}. The samples are: {there}.")
    return known[name]


def _homes() -> tuple[Path, ...]:
    """Inside the installed package; beside it in a checkout."""
    package = Path(str(files("walkstats")))
    checkout = (package.parent,) if (package.parent / "pyproject.toml").is_file() else ()
    return tuple(place / "data" / "sample" for place in (package, *checkout))
