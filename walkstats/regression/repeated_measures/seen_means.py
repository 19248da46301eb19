"""What was seen at each visit, before any model? Means of those who answered."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame, check_level
from walkstats._labels import in_sentence
from walkstats._variables import as_numbers, is_factor, missing, said_of_words
from walkstats.errors import DataError
from walkstats.numerics import limits
from walkstats.regression.repeated_measures.visit_rows import ordered_codes, refuse_twice
from walkstats.results import Counts, Curve

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def visit_means(
    frame: pd.DataFrame,
    outcome: str,
    *,
    visit: str,
    by: str | None = "arm",
    subject: str = "participant_id",
    level: float = 0.95,
) -> Curve:
    """Average an outcome at each visit over those who answered, by arm.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant and visit.
    outcome : str
        Column of the outcome, a number.
    visit : str
        Column of the visit: numbers, or categories in order.
    by : str or None
        Column of the groups.
    subject : str
        Column of the participant.
    level : float
        Confidence level.

    Returns
    -------
    Curve
        Of shape "line", for ``figures.plot_outcomes_over_time``: columns group, the visit,
        estimate, std_error, conf_low, conf_high, n, sd, label. Where one person answered there is
        no interval, where nobody did no row.

    Raises
    ------
    ValueError
        For a column that is not there.
    DataError
        For an outcome that is not a number, rows without participant, visit or group, two rows of
        one visit of a participant.

    Notes
    -----
    Limits are those of t with n - 1 degrees of freedom. Who answers at a visit may differ from who
    does not: `mmrm` says what the means would be had everybody answered, if what is missing depends
    on what was seen.

    Examples
    --------
    >>> import pandas as pd
    >>> visits = pd.DataFrame({
    ...     "participant_id": ["a", "b", "c"] * 2, "month": [3] * 3 + [6] * 3,
    ...     "pain": [6, 5, 4, 5, None, 3]})
    >>> visit_means(visits, "pain", visit="month", by=None).to_frame()[["estimate", "n"]].values
    array([[5., 3.],
           [4., 2.]])
    """
    check_level(level)
    values, used, kept = _read(frame, outcome, visit, by, subject)
    codes, visits, times = ordered_codes(used, visit, kept, counted=True)
    people = pd.factorize(used[subject])[0].astype(np.intp)
    refuse_twice(used, people, codes, visits, subject, visit)
    group = np.zeros(kept.size, dtype=np.intp)
    groups: tuple[str, ...] = ("all",)
    if by is not None:
        group, groups, _ = ordered_codes(used, by, kept)
    placed = times if np.isfinite(times).all() else np.arange(len(visits), dtype=float)
    cells = _cells(group, codes, values, level)
    cells.insert(0, "group", np.array(groups, dtype=object)[cells.pop("group")])
    cells["label"] = np.array(visits, dtype=object)[cells["visit"]]
    cells.insert(1, visit, placed[cells.pop("visit")])
    gone = len(frame) - kept.size
    left_out = {f"{outcome} missing": gone} if gone else {}
    ends = cells.groupby("group", sort=False)[visit].max()
    return Curve(
        cells,
        visit,
        f"mean of {in_sentence(outcome)}",
        "line",
        last={str(name): float(x) for name, x in ends.items()},
        level=level,
        method=f"Means of {outcome} over those who answered, with t intervals.",
        notes=tuple(said_of_words(used[visit], visits)),
        counts=Counts(len(frame), kept.size, int(people.max()) + 1, left_out=left_out),
        source=str(frame.attrs.get("source", "")),
    )


def _read(
    frame: pd.DataFrame, outcome: str, visit: str, by: str | None, subject: str
) -> tuple[Floats, pd.DataFrame, NDArray[np.int64]]:
    """Outcomes, rows and positions of those who answered."""
    check_frame(frame)
    roles = ((outcome, "the outcome"), (visit, "the visit"), (by, "groups"), (subject, "people"))
    for name, role in roles:
        if name is not None:
            check_column(frame, name, role)
    if is_factor(frame[outcome]):
        raise DataError.of(
            f"the outcome {outcome} is not a number", column=outcome, what_to_do="give numbers"
        )
    values = as_numbers(frame[outcome], outcome)
    kept = np.flatnonzero(~np.isnan(values))
    if kept.size == 0:
        raise DataError.of(f"{outcome} is missing in all {len(frame)} rows", column=outcome)
    nobody = missing(frame[subject])[kept]
    if nobody.any():
        raise DataError.of(
            f"{subject} is missing in {int(nobody.sum())} of the {kept.size} rows used",
            column=subject,
            row=int(kept[nobody.argmax()]),
            count=int(nobody.sum()),
            what_to_do="fill it in, or leave these rows out on purpose",
        )
    return values[kept], frame.iloc[kept], kept


def _cells(group: Codes, visit: Codes, values: Floats, level: float) -> pd.DataFrame:
    """Mean, its limits, number and standard deviation of each group at each visit."""
    table = pd.DataFrame({"group": group, "visit": visit, "y": values})
    cells = table.groupby(["group", "visit"])["y"].agg(["mean", "std", "size"]).reset_index()
    mean, sd, n = (cells[name].to_numpy(dtype=float) for name in ("mean", "std", "size"))
    error = sd / np.sqrt(n)
    half = limits.t_quantile(level, n - 1.0) * error
    return pd.DataFrame(
        {
            "group": cells["group"],
            "visit": cells["visit"],
            "estimate": mean,
            "std_error": error,
            "conf_low": mean - half,
            "conf_high": mean + half,
            "n": cells["size"],
            "sd": sd,
        }
    )
