"""Could the difference between groups be chance? Any statistic with the groups exchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names
from walkstats.errors import DataError
from walkstats.numerics import replicates as numbered
from walkstats.numerics.replicates import Streams
from walkstats.resampling.any_statistic import AT_ONCE, said_of_failures
from walkstats.resampling.drawing import check_chance, check_within
from walkstats.resampling.people_drawn import People, read_people_drawn
from walkstats.resampling.statistics import (
    Said,
    Statistic,
    ask,
    check_statistic,
    observe_statistic,
)
from walkstats.results import HypothesisTest
from walkstats.survival.grouped_rows import combined_groups
from walkstats.survival.people import PERSON

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Exchanges that give the same groups give the same statistic up to rounding.
SAME = 1e-9
PURPOSE = 1


def permutation_test(
    frame: pd.DataFrame,
    statistic: Callable[[pd.DataFrame], Any],
    by: str,
    *,
    replicates: int,
    seed: int,
    strata: Any = None,
    subject: str | None = PERSON,
    null: float = 0.0,
    workers: int | None = None,
    progress: bool = False,
) -> HypothesisTest:
    """Test whether groups differ by exchanging them between participants.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or several rows of each.
    statistic : callable
        Frame -> one number, such as a difference or the logarithm of a ratio.
    by : str
        Column of the groups.
    replicates : int
        How many exchanges, drawn at random.
    seed : int
        The same seed gives the same p-value, whatever the number of workers.
    strata : str or sequence of str, optional
        Columns within which groups are exchanged, as they were randomised.
    subject : str or None
        Column that identifies the person, whose rows stay together. None where the rows are
        different people.
    null : float
        The statistic where groups do not differ; distances are measured from it.
    workers : int, optional
        Processes, through joblib; -1 is one for each core.
    progress : bool
        Show a bar.

    Returns
    -------
    HypothesisTest
        Two-sided. ``statistic`` is that of the data; ``parts`` holds the number of replicates, of
        those at least as far from ``null``, and of those that failed.

    Raises
    ------
    ValueError
        For fewer than one replicate, no seed, unknown columns, and a statistic that is no function
        or gives several numbers.
    DataError
        For a single group, people with rows in several groups or strata, and missing ids.
    FitError
        For a statistic that fails or is missing on the data themselves.

    Notes
    -----
    If the groups do not differ, each exchange of participants between them was as likely as the one
    that happened. With b of m exchanges at least as far from the null as the data, p is
    (b + 1) / (m + 1): the data count as one exchange, so that p is never 0 and never too small [1].
    The hypothesis is that the whole distribution is the same in the groups, censoring included. An
    exchange in which the statistic fails counts as one at least as far, and is a note.

    References
    ----------
    .. [1] Phipson B, Smyth GK. Permutation p-values should never be zero. Stat Appl Genet Mol Biol
       2010;9:39. https://doi.org/10.2202/1544-6115.1585

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import resampling
    >>> pain = pd.DataFrame({"arm": 5 * ["control"] + 5 * ["walking"],
    ...                      "pain": [5, 6, 4, 7, 6, 3, 2, 4, 3, 1]})
    >>> def difference(frame):
    ...     means = frame.groupby("arm")["pain"].mean()
    ...     return means["walking"] - means["control"]
    >>> test = resampling.permutation_test(pain, difference, "arm", replicates=999, seed=3)
    >>> round(test.statistic, 2), test.p_value < 0.05
    (-3.0, True)
    """
    number, seed = check_chance(replicates, seed)
    statistic = check_statistic(statistic)
    names = as_names(by, "by")
    if len(names) != 1:
        raise ValueError(f"by must name one column of groups, got {by!r}.")
    people = read_people_drawn(frame, subject=subject, by=None, strata=strata, known=by)
    exchange = _exchange(people, by)
    observed = observe_statistic(statistic, people.frame.copy())
    if len(observed.names) != 1:
        raise ValueError(
            f"statistic must give one number, got {len(observed.names)}: "
            f"{', '.join(observed.names)}."
        )
    work = _Work(people, exchange, by, statistic, observed.names, seed)
    pieces = numbered.run(
        work.exchanges, number, workers=workers, progress=progress, longest=AT_ONCE
    )
    found = [said for piece in pieces for said in piece]
    return _pack(work, observed, found, float(null))


@dataclass(frozen=True, eq=False)
class _Exchange:
    """Where the group of each row is found: units (n,), and a row of each unit (u,)."""

    unit_of: Indices
    row_of: Indices


def _exchange(people: People, by: Any) -> _Exchange:
    frame, units = people.frame, people.units
    group, labels, _ = combined_groups(frame, (by,), np.arange(len(frame)))
    if len(labels) < 2:
        raise DataError.of(
            f"comparison needs 2 groups, found 1 ({labels[0]}, n={units.n_units})",
            column=str(by),
            what_to_do="check the filters and the column of the groups",
        )
    unit_of = np.empty(units.rows, dtype=np.intp)
    unit_of[units.row_of] = np.repeat(np.arange(units.n_units), np.diff(units.bounds))
    if people.subject is not None:
        ids = frame[people.subject].to_numpy()
        check_within(unit_of, group, ids, str(people.subject), str(by))
    return _Exchange(unit_of, units.row_of[units.bounds[:-1]])


@dataclass(frozen=True, eq=False)
class _Work:
    """One piece of the computing; it can be sent to another process."""

    people: People
    exchange: _Exchange
    by: Any
    statistic: Statistic
    names: tuple[str, ...]
    seed: int

    def exchanges(self, numbers: range) -> list[Said]:
        """The statistic with the groups exchanged."""
        streams = Streams(self.seed, PURPOSE)
        return [self._exchanged(streams.at(number)) for number in numbers]

    def _exchanged(self, chance: np.random.Generator) -> Said:
        units = self.people.units
        # By cell, and within each in an order that chance decides.
        shuffled = np.lexsort((chance.random(units.n_units), units.cell))
        given = np.empty(units.n_units, dtype=np.intp)
        given[units.order] = self.exchange.row_of[shuffled]
        frame = self.people.frame.copy()
        groups = frame[self.by].take(given[self.exchange.unit_of])
        frame[self.by] = groups.set_axis(frame.index)
        return ask(self.statistic, frame, self.names)


def _pack(work: _Work, observed: Said, found: list[Said], null: float) -> HypothesisTest:
    values = np.array([said.values[0] for said in found])
    own = float(observed.values[0])
    far = abs(own - null)
    failed = dict(Counter(said.reason for said in found if said.reason).most_common())
    beyond = np.abs(values - null) >= far - SAME * far if np.isfinite(far) else np.isinf(values)
    extreme = int(np.sum(beyond | np.isnan(values)))
    within = " and ".join(str(name) for name in work.people.within)
    notes = said_of_failures(failed, len(found))
    if failed:
        notes.append("Failed replicates count as at least as far from the null as the data.")
    return HypothesisTest(
        name="permutation test",
        null=f"{work.by} makes no difference: all of its exchanges were equally likely.",
        statistic=own,
        df=np.nan,
        p_value=(extreme + 1) / (len(found) + 1),
        parts={
            "replicates": len(found),
            "at_least_as_far": extreme,
            "failed": sum(failed.values()),
            "null": null,
            "seed": work.seed,
        },
        distribution="permutation",
        method=f"Two-sided permutation test, {len(found):,} random exchanges of {work.by} between "
        f"participants{f' within {within}' if within else ''} (seed {work.seed}).",
        notes=tuple(notes),
        counts=work.people.counts,
        source=str(work.people.frame.attrs.get("source", "")),
    )
