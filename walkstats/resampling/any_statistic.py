"""How surely is any statistic known? Its values in resamples of whole participants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_flag, check_level
from walkstats.errors import FitError
from walkstats.numerics import replicates as numbered
from walkstats.numerics.replicates import Streams
from walkstats.resampling.drawing import check_chance
from walkstats.resampling.people_drawn import People, read_people_drawn
from walkstats.resampling.statistics import (
    Said,
    Statistic,
    ask,
    check_statistic,
    observe_statistic,
)
from walkstats.results import Draws
from walkstats.survival.people import PERSON

Floats = NDArray[np.float64]

# Calls of the statistic between two looks at the progress.
AT_ONCE = 50
REASONS_SHOWN = 5


def bootstrap(
    frame: pd.DataFrame,
    statistic: Callable[[pd.DataFrame], Any],
    *,
    replicates: int,
    seed: int,
    subject: str | None = PERSON,
    by: Any = None,
    strata: Any = None,
    jackknife: bool = True,
    level: float = 0.95,
    workers: int | None = None,
    progress: bool = False,
) -> Draws:
    """Resample participants and compute any statistic in each resample.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or several rows of each.
    statistic : callable
        Frame -> a number, a mapping of names to numbers, a Series, a list, an ``Estimate`` or
        ``Estimates``. It gets a frame of its own, which it may change.
    replicates : int
        How many resamples; 2,000 or more for intervals.
    seed : int
        The same seed gives the same draws, whatever the number of workers.
    subject : str or None
        Column that identifies the person; all rows of one are drawn together, and copies of a
        person get ids of their own. None where the rows are different people.
    by, strata : str or sequence of str, optional
        Columns (arm, centre) within whose groups participants are drawn, so that each group keeps
        its size.
    jackknife : bool
        Also leave out each participant in turn, which BCa intervals need: as many more calls of
        the statistic as there are participants.
    level : float
        Confidence level.
    workers : int, optional
        Processes, through joblib; -1 is one for each core. By default this process alone, unless
        ``joblib.parallel_config`` says otherwise.
    progress : bool
        Show a bar.

    Returns
    -------
    Draws
        One name per number; ``statistic`` where it is a single one.

    Raises
    ------
    ValueError
        For fewer than one replicate, no seed, unknown columns, and a statistic that is no function.
    DataError
        For people with rows in several groups, and missing ids.
    FitError
        For a statistic that fails or is missing on the data themselves, or in all replicates.

    Notes
    -----
    Participants are drawn with replacement [1], with all of their rows, so that recurrent and
    repeated measurements keep their dependence [2]. A statistic that is infinite (a median that is
    not reached) counts as such in percentiles. One that raises or is missing is left out of the
    intervals; ``failed`` counts such replicates by reason and a note says so.

    References
    ----------
    .. [1] Efron B, Tibshirani RJ. An Introduction to the Bootstrap. Chapman & Hall 1993.
       https://doi.org/10.1201/9780429246593
    .. [2] Field CA, Welsh AH. Bootstrapping clustered data. J R Stat Soc B 2007;69:369-390.
       https://doi.org/10.1111/j.1467-9868.2007.00593.x

    Examples
    --------
    Hours of sleep gained by 10 people (Student 1908):

    >>> import pandas as pd
    >>> from walkstats import resampling
    >>> sleep = pd.DataFrame({"gain": [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]})
    >>> draws = resampling.bootstrap(sleep, lambda f: f["gain"].mean(), replicates=999, seed=1908)
    >>> round(draws.estimate("statistic").estimate, 2)
    1.58
    >>> draws.estimate("statistic", kind="bca").conf_low > 0
    True
    """
    check_level(level)
    check_flag(jackknife, "jackknife")
    number, seed = check_chance(replicates, seed)
    statistic = check_statistic(statistic)
    people = read_people_drawn(frame, subject=subject, by=by, strata=strata)
    observed = observe_statistic(statistic, people.frame.copy())
    work = _Work(people, statistic, observed.names, seed)
    how: dict[str, Any] = {"workers": workers, "progress": progress, "longest": AT_ONCE}
    found = _flat(numbered.run(work.resamples, number, **how))
    if all(said.reason and np.all(np.isnan(said.values)) for said in found):
        raise FitError(
            f"The statistic failed in all {number:,} replicates: {found[0].reason}. Resamples hold "
            "some participants several times and others not at all."
        )
    left_out = None
    if jackknife:
        how["label"] = "participants left out"
        left_out = _flat(numbered.run(work.without, people.units.n_units, **how))
    return _pack(work, observed, found, left_out, level)


@dataclass(frozen=True, eq=False)
class _Work:
    """One piece of the computing; it can be sent to another process."""

    people: People
    statistic: Statistic
    names: tuple[str, ...]
    seed: int

    def resamples(self, numbers: range) -> list[Said]:
        """The statistic in some resamples."""
        drawn = self.people.units.draw(Streams(self.seed), numbers)
        return [ask(self.statistic, self.people.resample(one), self.names) for one in drawn]

    def without(self, numbers: range) -> list[Said]:
        """The statistic without each of some people."""
        return [ask(self.statistic, self.people.without(k), self.names) for k in numbers]


def _flat(pieces: list[list[Said]]) -> list[Said]:
    return [said for piece in pieces for said in piece]


def _table(found: list[Said]) -> Floats:
    table = np.array([said.values for said in found])
    table.setflags(write=False)
    return table


def _pack(
    work: _Work,
    observed: Said,
    found: list[Said],
    left_out: list[Said] | None,
    level: float,
) -> Draws:
    people = work.people
    failed = dict(Counter(said.reason for said in found if said.reason).most_common())
    within = " and ".join(str(name) for name in people.within)
    who = "participants" if people.subject is None else f"whole participants ({people.subject})"
    return Draws(
        names=work.names,
        values=_table(found),
        observed=observed.values,
        seed=work.seed,
        jackknife=None if left_out is None else _table(left_out),
        cell=people.units.cell,
        failed=failed,
        level=level,
        method=f"{len(found):,} bootstrap resamples of {who}"
        f"{f' within {within}' if within else ''} (seed {work.seed}).",
        notes=tuple(said_of_failures(failed, len(found))),
        counts=people.counts,
        source=str(people.frame.attrs.get("source", "")),
    )


def said_of_failures(failed: dict[str, int], number: int) -> list[str]:
    """A note on the replicates without a value, by reason."""
    if not failed:
        return []
    reasons = [f"{reason} ({times:,})" for reason, times in failed.items()]
    more = len(reasons) - REASONS_SHOWN
    listed = "; ".join(reasons[:REASONS_SHOWN]) + (f"; and {more} more" if more > 0 else "")
    return [f"{sum(failed.values()):,} of {number:,} replicates failed: {listed}."]
