"""Who came, who walked, and how much of what was prescribed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_positive, check_whole
from walkstats.derive.at_randomisation import baseline as at_baseline
from walkstats.derive.observed import last_days
from walkstats.derive.weekly import SOURCES_OF_MINUTES, late_weeks, minutes_table
from walkstats.derive.whose import places
from walkstats.trial import Trial

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

# What a cut may be set on, and whether it is known from the weeks on record.
MEASURES = {
    "share_at_goal": "share of the known weeks at the goal",
    "share_of_prescribed": "minutes walked of those prescribed",
    "walking_minutes": "minutes walked in the mean known week",
    "sessions_attended": "sessions attended",
}
SUMMARISED = (
    "sessions_attended",
    "weeks_known",
    "walking_minutes",
    "prescribed_minutes",
    "share_of_prescribed",
    "share_at_goal",
)


def adherence(
    trial: Trial,
    *,
    measure: str = "share_at_goal",
    cut: float = 0.5,
    goal: float | None = None,
    first_week: int = 1,
    last_week: int | None = None,
    least_known: float = 0.5,
    measured_by: str = "diary",
    baseline: Sequence[str] = (),
) -> pd.DataFrame:
    """How much each participant came and walked, beside what was prescribed.

    Parameters
    ----------
    trial : Trial
    measure : {"share_at_goal", "share_of_prescribed", "walking_minutes", "sessions_attended"}
        What decides about ``adhered``.
    cut : float
        From this value on a participant adhered.
    goal : float, optional
        Minutes that are the goal of every week [minutes/week]. By default what was prescribed for
        the week: to the participant, or, to whom nothing was prescribed, the median of those to
        whom something was.
    first_week, last_week : int
        Weeks that count; up to the last on record by default.
    least_known : float
        Share of the weeks due that must be known for ``adhered``.
    measured_by : {"diary", "device"}
        Which record of walking.
    baseline : sequence of str
        Columns of participants, or measures at month 0, to carry along.

    Returns
    -------
    pandas.DataFrame
        One row per participant: participant_id, arm, sessions_attended, weeks_due (begun before
        follow-up ended), weeks_known, walking_minutes and prescribed_minutes (means over the known
        weeks) [minutes/week], share_of_prescribed (over weeks in which both are known),
        weeks_at_goal, share_at_goal (of the known weeks with a goal), adhered (boolean, missing
        where it is not known), the strata and the baseline columns.

    Raises
    ------
    ValueError
        For unknown choices and columns, and weeks that do not follow each other.

    Notes
    -----
    A week without a record is missing, never 0, and is in no mean: who stops writing down is not
    known to have stopped walking. Where that is unlikely, set ``least_known`` higher and see who is
    lost. Controls walk too: against the same goal their weeks are counted beside those of the arm
    to which walking was prescribed.

    Adherence is not randomised. A comparison of those who adhered with those who did not is one of
    different people, and one that counts weeks in which the outcome had come already turns cause
    and effect round: let ``last_week`` lie before.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.adherence(ws.load_sample("walkback-like"), last_week=26)
    >>> frame.groupby("arm", observed=True)["share_at_goal"].mean().round(2).to_dict()
    {'control': 0.54, 'walking': 0.63}
    """
    check_choice(measure, MEASURES, "measure")
    _check(cut, goal, least_known)
    weeks = _weeks(trial, measured_by, goal, first_week, last_week)
    people = at_baseline(trial, columns=tuple(dict.fromkeys([*trial.strata, *baseline])))
    frame = people[["participant_id", "arm"]].copy()
    sessions = trial.participants.get("sessions_attended")
    frame["sessions_attended"] = (
        np.nan if sessions is None else sessions.to_numpy(dtype=float, na_value=np.nan)
    )
    for name, values in _by_person(weeks).items():
        frame[name] = values
    enough = weeks.known.sum(axis=1) >= least_known * weeks.due.sum(axis=1)
    frame["adhered"] = _adhered(frame, measure, cut, enough & (frame["weeks_known"] > 0))
    for name in people.columns[2:]:
        frame[name] = people[name].to_numpy()
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: adherence in weeks {weeks.first} to {weeks.last}",
        "notes": (*late_weeks(weeks.late), *_notes(frame, measure, weeks, least_known)),
        "method": _method(measure, cut, goal, weeks, least_known, measured_by),
    }
    return frame


def adherence_by_arm(
    trial: Trial,
    *,
    measure: str = "share_at_goal",
    cut: float = 0.5,
    goal: float | None = None,
    first_week: int = 1,
    last_week: int | None = None,
    least_known: float = 0.5,
    measured_by: str = "diary",
) -> pd.DataFrame:
    """How much each arm came and walked, with the number of people of whom it is known.

    Parameters
    ----------
    trial, measure, cut, goal, first_week, last_week, least_known, measured_by
        As in `adherence`.

    Returns
    -------
    pandas.DataFrame
        One row per arm and item: arm, item, known and of (participants), mean, std_dev, median,
        lower_quartile, upper_quartile; of the last item, ``adhered``, the mean is the share.

    Raises
    ------
    ValueError
        As `adherence`.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.adherence_by_arm(ws.load_sample("walkback-like"), last_week=26)
    >>> adhered = frame[frame["item"] == "adhered"]
    >>> adhered[["arm", "known", "of", "mean"]].round(2).values.tolist()
    [['control', 344, 350, 0.56], ['walking', 334, 351, 0.69]]
    """
    people = adherence(
        trial, measure=measure, cut=cut, goal=goal, first_week=first_week, last_week=last_week,
        least_known=least_known, measured_by=measured_by,
    )  # fmt: skip
    lines = []
    for arm, own in people.groupby("arm", observed=True, sort=False):
        for item in (*SUMMARISED, "adhered"):
            values = own[item].to_numpy(dtype=float, na_value=np.nan)
            lines.append({"arm": arm, "item": item, **_summary(values)})
    frame = pd.DataFrame(lines)
    frame["arm"] = pd.Categorical(frame["arm"], categories=list(trial.arms))
    frame.attrs = {**people.attrs, "derived": f"{people.attrs['derived']}, by arm"}
    return frame.sort_values("arm", kind="stable").reset_index(drop=True)


def adherence_by_week(
    trial: Trial, *, goal: float | None = None, measured_by: str = "diary"
) -> pd.DataFrame:
    """How much each arm walked in each week, beside what was prescribed.

    Parameters
    ----------
    trial : Trial
    goal : float, optional
        As in `adherence` [minutes/week].
    measured_by : {"diary", "device"}
        Which record of walking.

    Returns
    -------
    pandas.DataFrame
        One row per arm and week: arm, week, due and known (participants), mean, median,
        lower_quartile, upper_quartile (minutes walked) [minutes/week], prescribed (median, missing
        where nothing was), share_at_goal (of those known).

    Raises
    ------
    ValueError
        For an unknown record.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.adherence_by_week(ws.load_sample("walkback-like"))
    >>> frame.loc[frame["week"] == 12, ["arm", "known", "median", "prescribed"]].values.tolist()
    [['control', 329, 90.0, nan], ['walking', 315, 125.0, 90.0]]
    """
    _check(0.0, goal, 0.0)
    weeks = _weeks(trial, measured_by, goal, 1, None)
    arms = trial.participants["arm"].to_numpy(dtype=object)
    lines = []
    for arm in trial.arms:
        here = arms == arm
        for k in range(weeks.walked.shape[1]):
            minutes = weeks.walked[here, k]
            known = ~np.isnan(minutes)
            goals = weeks.goal[here, k]
            asked = weeks.prescribed[here, k]
            reached = (minutes >= goals)[known & ~np.isnan(goals)]
            found = _summary(minutes)
            lines.append({
                "arm": arm, "week": k + 1, "due": int(weeks.due[here, k].sum()),
                "known": found["known"],
                **{name: found[name] for name in
                   ("mean", "median", "lower_quartile", "upper_quartile")},
                "prescribed": float(np.nanmedian(asked)) if np.any(asked == asked) else np.nan,
                "share_at_goal": float(reached.mean()) if reached.size else np.nan,
            })  # fmt: skip
    frame = pd.DataFrame(lines)
    if len(frame):
        frame["arm"] = pd.Categorical(frame["arm"], categories=list(trial.arms))
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: walking by week and arm ({measured_by})",
        "notes": late_weeks(weeks.late),
    }
    return frame


@dataclass(frozen=True, eq=False)
class _Weeks:
    """Minutes of n participants in w weeks (n, w), nan where not known.

    ``due`` says which weeks had begun before follow-up ended, ``known`` which of those are on
    record; ``substituted`` participants have the goal of others.
    """

    first: int
    last: int
    walked: Floats
    prescribed: Floats
    goal: Floats
    due: Booleans
    late: int
    substituted: int

    @property
    def known(self) -> Booleans:
        return ~np.isnan(self.walked) & self.due


def _check(cut: float, goal: float | None, least_known: float) -> None:
    if not (_is_number(cut) and np.isfinite(cut)):
        raise ValueError(f"cut must be a number, got {cut!r}.")
    if goal is not None:
        check_positive(goal, "goal", "minutes/week")
    if not (_is_number(least_known) and 0.0 <= least_known <= 1.0):
        raise ValueError(f"least_known must be a share from 0 to 1, got {least_known!r}.")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _weeks(
    trial: Trial, measured_by: str, goal: float | None, first_week: int, last_week: int | None
) -> _Weeks:
    check_choice(measured_by, SOURCES_OF_MINUTES, "measured_by")
    first = check_whole(first_week, "first_week", 1)
    walked, late = minutes_table(trial, measured_by)
    last = walked.shape[1] if last_week is None else check_whole(last_week, "last_week", first)
    if last > walked.shape[1]:
        walked = np.pad(walked, ((0, 0), (0, last - walked.shape[1])), constant_values=np.nan)
    asked = _prescribed(trial, measured_by, walked.shape)
    begins = 7.0 * np.arange(walked.shape[1])
    due = begins[None, :] < last_days(trial)[:, None]
    if goal is not None:
        goals, substituted = np.full(walked.shape, float(goal)), 0
    else:
        goals, substituted = _goals(asked)
    chosen = slice(first - 1, last)
    return _Weeks(
        first, last, walked[:, chosen], asked[:, chosen], goals[:, chosen], due[:, chosen], late,
        substituted,
    )  # fmt: skip


def _prescribed(trial: Trial, measured_by: str, shape: tuple[int, ...]) -> Floats:
    """Minutes prescribed (n, w), nan where nothing was or it is not known."""
    table = np.full(shape, np.nan)
    walking = trial.walking
    kept = walking["measured_by"].isna() | (walking["measured_by"] == measured_by)
    rows = walking[kept.to_numpy(dtype=bool) & walking["week"].ge(1).to_numpy(dtype=bool)]
    week = rows["week"].to_numpy(dtype=np.int64)
    asked = rows["prescribed_minutes"].to_numpy(dtype=float, na_value=np.nan)
    table[places(trial, rows, "walking"), week - 1] = asked
    return table


def _goals(asked: Floats) -> tuple[Floats, int]:
    """The prescription of each week, and for those without any the median of the others."""
    anything = ~np.isnan(asked)
    median = np.full(asked.shape[1], np.nan)
    for k in np.flatnonzero(anything.any(axis=0)):
        median[k] = np.median(asked[anything[:, k], k])
    without = ~np.asarray(anything.any(axis=1))
    return np.where(without[:, None], median, asked), int(without.sum())


def _by_person(weeks: _Weeks) -> dict[str, Any]:
    known = weeks.known
    both = known & ~np.isnan(weeks.prescribed) & (weeks.prescribed > 0)
    aimed = known & ~np.isnan(weeks.goal)
    reached = (aimed & (np.nan_to_num(weeks.walked) >= np.nan_to_num(weeks.goal))).sum(axis=1)
    walked, asked = np.nan_to_num(weeks.walked), np.nan_to_num(weeks.prescribed)
    return {
        "weeks_due": weeks.due.sum(axis=1),
        "weeks_known": known.sum(axis=1),
        "walking_minutes": _share((walked * known).sum(axis=1), known.sum(axis=1)),
        "prescribed_minutes": _share((asked * both).sum(axis=1), both.sum(axis=1)),
        "share_of_prescribed": _share((walked * both).sum(axis=1), (asked * both).sum(axis=1)),
        "weeks_at_goal": np.where(aimed.any(axis=1), reached, np.nan),
        "share_at_goal": _share(reached, aimed.sum(axis=1)),
    }


def _share(part: Any, whole: Any) -> Floats:
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _adhered(frame: pd.DataFrame, measure: str, cut: float, enough: pd.Series) -> pd.Series:
    values = frame[measure].to_numpy(dtype=float)
    known = ~np.isnan(values)
    if measure != "sessions_attended":
        known &= enough.to_numpy(dtype=bool)
    # A share of 0.7 of 10 weeks is not to fail a cut of 0.7 by rounding.
    return pd.Series(values >= cut - 1e-12, index=frame.index, dtype="boolean").where(known)


def _summary(values: Floats) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    found: dict[str, Any] = {"known": len(known), "of": len(values)}
    if not len(known):
        names = ("mean", "std_dev", "median", "lower_quartile", "upper_quartile")
        return {**found, **dict.fromkeys(names, np.nan)}
    lower, median, upper = np.quantile(known, [0.25, 0.5, 0.75])
    return {
        **found,
        "mean": float(known.mean()),
        "std_dev": float(known.std(ddof=1)) if len(known) > 1 else np.nan,
        "median": float(median),
        "lower_quartile": float(lower),
        "upper_quartile": float(upper),
    }


def _method(
    measure: str,
    cut: float,
    goal: float | None,
    weeks: _Weeks,
    least_known: float,
    measured_by: str,
) -> str:
    aim = "the minutes prescribed for the week" if goal is None else f"{goal:g} minutes"
    text = f"Adherence in weeks {weeks.first} to {weeks.last} ({measured_by}): "
    text += f"{MEASURES[measure]} of {cut:g} or more"
    if measure == "share_at_goal":
        text += f" (goal: {aim})"
    if measure != "sessions_attended":
        text += f", where at least {100 * least_known:g} % of the weeks due are known"
    return f"{text}."


def _notes(frame: pd.DataFrame, measure: str, weeks: _Weeks, least_known: float) -> tuple[str, ...]:
    notes = [] if weeks.walked.size else ["No week of walking is on record."]
    due, known = int(weeks.due.sum()), int(weeks.known.sum())
    if weeks.walked.size:
        notes.append(
            f"{known} of {due} weeks due are known; the others are missing, not 0, and in no mean."
        )
    unknown = frame["adhered"].isna()
    if unknown.any():
        each = frame.loc[unknown, "arm"].value_counts(sort=False)
        said = ", ".join(f"{arm} {count}" for arm, count in each.items() if count)
        why = "nothing is on record"
        if measure != "sessions_attended":
            why = f"under {100 * least_known:g} % of the weeks due are known"
        notes.append(f"Not known whether they adhered, since {why}: {said}.")
    if weeks.substituted:
        notes.append(
            f"{weeks.substituted} participants had no prescription; their goal is the median of "
            "those who had one in the same week."
        )
    return tuple(notes)
