"""How far apart do two measurements of the same thing lie?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from walkstats._arguments import check_choice, check_column, check_frame, check_level
from walkstats._variables import as_numbers
from walkstats.errors import DataError, FitError
from walkstats.numerics.limits import normal_quantile, t_quantile
from walkstats.regression.linear import ols
from walkstats.results import Counts, Result

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

SCALES = ("difference", "ratio")
ALL = "all"
SLOPE_SAID = 0.05  # p-value below which a note says that differences change with size
NAN = float("nan")


@dataclass(frozen=True, eq=False, kw_only=True)
class Agreement(Result):
    """Bias and limits of agreement of two measurements.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per group: group, pairs, participants, bias, std_error, conf_low, conf_high;
        sd_between and sd_within participants, sd of a difference; lower and upper limit of
        agreement, each with its confidence limits (lower_low, lower_high, upper_low, upper_high);
        slope of the difference on the size, with slope_std_error, slope_df and slope_p. On the
        scale of ratios bias and limits are ratios, standard deviations those of the log.
    points : pandas.DataFrame
        One row per pair used: group, subject, size (the mean of the two) and difference, or ratio.
    first, second : str
        Differences are first - second, ratios first / second.
    scale : {"difference", "ratio"}
    coverage : float
        Share of differences that the limits enclose.
    level : float
    """

    frame: pd.DataFrame
    points: pd.DataFrame
    first: str
    second: str
    scale: str = "difference"
    coverage: float = 0.95
    level: float = 0.95

    def to_frame(self) -> pd.DataFrame:
        """One row per group, as ``frame``."""
        return self.frame


def agreement(
    frame: pd.DataFrame,
    first: str,
    second: str,
    *,
    subject: str | None = None,
    by: str | None = None,
    scale: str = "difference",
    coverage: float = 0.95,
    level: float = 0.95,
) -> Agreement:
    """Measure how far apart two measurements lie: bias and limits of agreement.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per pair of measurements.
    first, second : str
        Their columns, in the same unit.
    subject : str, optional
        Column of the participants, where each has several pairs.
    by : str, optional
        Column of groups, each of which gets limits of its own.
    scale : {"difference", "ratio"}
        Ratios suit differences that grow with what is measured. Pairs with a 0 have none; they are
        left out and counted.
    coverage : float
        Share of the differences that the limits are to enclose.
    level : float
        Confidence level of the intervals of bias and limits.

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        For columns that are not there, or that are no numbers.
    DataError
        When no group has pairs of two participants.

    Notes
    -----
    What is measured may change from pair to pair, so that only differences d are compared
    (section 3 of [1]_). With m_i pairs of participant i, n participants and N pairs, a one-way
    analysis of variance of d gives

        variance within = MS_within,  variance between = (MS_between - MS_within) / k
        k = (N^2 - sum m_i^2) / ((n - 1) N)
        limits = bias -/+ z sqrt(variance between + variance within)

    with the bias the mean of all d. A negative variance between is set to 0. With one pair each
    this is the mean and standard deviation of the differences. The standard error of the bias is
    that of the same model, with n - 1 degrees of freedom. Confidence limits of the limits of
    agreement are by the method of variance estimates recovery [2]_; with unequal m_i they are
    approximate, k standing for the number of pairs.

    The slope is that of differences on means of the two, by least squares with standard errors
    that hold with several pairs of a participant (CR2). On the scale of ratios all this is done
    to logs. Pairs of which one is missing are left out and counted; a missing measurement is
    never 0.

    References
    ----------
    .. [1] Bland JM, Altman DG (2007). Agreement between methods of measurement with multiple
       observations per individual. *J Biopharm Stat* 17:571-582.
       https://doi.org/10.1080/10543400701329422
    .. [2] Zou GY (2013). Confidence interval estimation for the Bland-Altman limits of agreement
       with multiple observations per individual. *Stat Methods Med Res* 22:630-642.
       https://doi.org/10.1177/0962280211402548

    Examples
    --------
    >>> pairs = pd.DataFrame({
    ...     "who": ["a", "a", "b", "b", "c", "c"],
    ...     "diary": [70, 80, 150, 90, 120, 130], "device": [60, 60, 120, 80, 115, 110]})
    >>> found = agreement(pairs, "diary", "device", subject="who").frame.iloc[0]
    >>> print(round(found["bias"], 2), round(found["lower"], 1), round(found["upper"], 1))
    15.83 -5.7 37.4
    """
    check_frame(frame)
    check_choice(scale, SCALES, "scale")
    level, coverage = check_level(level), _share(coverage)
    values = [_numbers(frame, name) for name in (first, second)]
    whose = np.arange(len(frame)) if subject is None else _labels(frame, subject, "subject")
    groups = pd.Series(ALL, index=frame.index) if by is None else check_column(frame, by, "by")
    usable, left_out = _usable(values, whose, groups, scale, (str(first), str(second)))
    pairs = _pairs(values, whose, groups, usable, scale)
    found = [
        _one_group(own, name, scale, coverage, level) for name, own in _in_order(pairs, groups)
    ]
    if not any(one["participants"] > 1 for one in found):
        raise DataError.of(
            f"no group has pairs of {first} and {second} of two participants",
            what_to_do="limits of agreement need several participants with both measurements",
            count=len(frame),
        )
    table = pd.DataFrame(found)
    return Agreement(
        frame=table,
        points=pairs.drop(columns="d").reset_index(drop=True),
        first=str(first),
        second=str(second),
        scale=scale,
        coverage=coverage,
        level=level,
        method=_method(str(first), str(second), subject is not None, scale, coverage),
        notes=_notes(table, scale),
        counts=Counts(len(frame), len(pairs), pairs["subject"].nunique(), left_out=left_out),
        source=str(frame.attrs.get("source", "")),
    )


@dataclass(frozen=True)
class Spread:
    """Mean and spread of differences of several participants.

    Attributes
    ----------
    bias, std_error : float
    between, within : float
        Variances; nan where each participant has one pair.
    variance : float
        Of a difference.
    low, high : float
        Confidence limits of the variance.
    people : int
    """

    bias: float
    std_error: float
    between: float
    within: float
    variance: float
    low: float
    high: float
    people: int


def spread_of(differences: Floats, whose: Codes, level: float) -> Spread:
    """Analyse the variance of differences between and within participants.

    Parameters
    ----------
    differences : (N,) array
    whose : (N,) array of int
        0 to n - 1.
    level : float
        Of the confidence limits of the variance.

    Returns
    -------
    Spread
    """
    each = np.bincount(whose).astype(float)
    n, total = len(each), float(len(differences))
    bias = float(differences.mean())
    if n < 2:
        return Spread(bias, NAN, NAN, NAN, NAN, NAN, NAN, n)
    means = np.bincount(whose, differences) / each
    among = float(np.sum(each * (means - bias) ** 2)) / (n - 1)
    if total == n:
        low, high = _variance_limits([(among, n - 1.0)], level)
        return Spread(bias, float(np.sqrt(among / n)), NAN, NAN, among, low, high, n)
    inside = float(np.sum((differences - means[whose]) ** 2)) / (total - n)
    squares = float(np.sum(each**2))
    per_person = (total**2 - squares) / ((n - 1) * total)
    between = max((among - inside) / per_person, 0.0)
    error = np.sqrt(between * squares / total**2 + inside / total)
    parts = [(among / per_person, n - 1.0), ((1 - 1 / per_person) * inside, total - n)]
    low, high = _variance_limits(parts if between > 0 else [(inside, total - n)], level)
    return Spread(bias, float(error), between, inside, between + inside, low, high, n)


def _variance_limits(parts: list[tuple[float, float]], level: float) -> tuple[float, float]:
    """Limits of a sum of mean squares, each with its degrees of freedom (Zou's equation 6)."""
    tail = (1.0 - level) / 2.0
    total = sum(value for value, _ in parts)
    # chdtri gives the quantile above which the share lies
    below = sum((v * (1 - df / special.chdtri(df, tail))) ** 2 for v, df in parts)
    above = sum((v * (df / special.chdtri(df, 1 - tail) - 1)) ** 2 for v, df in parts)
    return max(total - float(np.sqrt(below)), 0.0), total + float(np.sqrt(above))


def _limits(spread: Spread, coverage: float, level: float) -> dict[str, float]:
    """Limits of agreement, each with its confidence limits."""
    z = normal_quantile(coverage)
    sd = np.sqrt(spread.variance)
    mean = normal_quantile(level) * spread.std_error
    wide = np.hypot(mean, z * (np.sqrt(spread.high) - sd))
    near = np.hypot(mean, z * (sd - np.sqrt(spread.low)))
    lower, upper = spread.bias - z * sd, spread.bias + z * sd
    return {
        "lower": lower,
        "lower_low": lower - wide,
        "lower_high": lower + near,
        "upper": upper,
        "upper_low": upper - near,
        "upper_high": upper + wide,
    }


def _one_group(
    own: pd.DataFrame, name: str, scale: str, coverage: float, level: float
) -> dict[str, Any]:
    row: dict[str, Any] = {"group": name, "pairs": len(own), "participants": 0}
    if not len(own):
        return row
    whose = pd.factorize(own["subject"])[0].astype(np.int64)
    spread = spread_of(own["d"].to_numpy(), whose, level)
    half = float(t_quantile(level, max(spread.people - 1, 0))) * spread.std_error
    ends = {
        "bias": spread.bias,
        "conf_low": spread.bias - half,
        "conf_high": spread.bias + half,
        **_limits(spread, coverage, level),
    }
    if scale == "ratio":
        ends = {key: float(np.exp(value)) for key, value in ends.items()}
    row |= {
        "participants": spread.people,
        "bias": ends.pop("bias"),
        "std_error": spread.std_error,
        "conf_low": ends.pop("conf_low"),
        "conf_high": ends.pop("conf_high"),
        "sd_between": float(np.sqrt(spread.between)),
        "sd_within": float(np.sqrt(spread.within)),
        "sd": float(np.sqrt(spread.variance)),
        **{key: float(value) for key, value in ends.items()},
    }
    return row | _slope(own, scale)


def _slope(own: pd.DataFrame, scale: str) -> dict[str, float]:
    """How the difference changes with the size, where that can be told."""
    keys = ("slope", "slope_std_error", "slope_df", "slope_p")
    size = np.log(own["size"]) if scale == "ratio" else own["size"]
    rows = pd.DataFrame({"d": own["d"], "size": size, "subject": own["subject"]})
    single = not rows["subject"].duplicated().any()
    if rows["subject"].nunique() < 3 or not float(np.ptp(rows["size"])) > 0:
        return dict.fromkeys(keys, NAN)
    try:
        fit = ols(rows, "d ~ size", cluster=None if single else "subject")
        one = fit.estimate("size")
    except (DataError, FitError):  # differences without any spread have no error
        return dict.fromkeys(keys, NAN)
    return dict(zip(keys, (one.estimate, one.std_error, one.df, one.p_value), strict=True))


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    return as_numbers(check_column(frame, name, "a measurement"), name)


def _labels(frame: pd.DataFrame, name: str, role: str) -> NDArray[np.object_]:
    return check_column(frame, name, role).to_numpy(dtype=object)


def _share(coverage: float) -> float:
    try:
        return check_level(coverage)
    except ValueError:
        raise ValueError(f"coverage must lie between 0 and 1, got {coverage!r}.") from None


def _usable(
    values: list[Floats],
    whose: NDArray[Any],
    groups: pd.Series,
    scale: str,
    names: tuple[str, str],
) -> tuple[NDArray[np.bool_], dict[str, int]]:
    missing = [~np.isfinite(one) for one in values]
    nobody = pd.isna(pd.Series(whose)).to_numpy() | groups.isna().to_numpy()
    known = ~(missing[0] | missing[1] | nobody)
    left_out = {
        f"{names[0]} and {names[1]} missing": int((missing[0] & missing[1]).sum()),
        f"{names[0]} missing": int((missing[0] & ~missing[1]).sum()),
        f"{names[1]} missing": int((~missing[0] & missing[1]).sum()),
        "no participant or group": int((nobody & ~missing[0] & ~missing[1]).sum()),
    }
    if scale == "ratio":
        positive = (values[0] > 0) & (values[1] > 0)
        left_out["a measurement is not above 0, so that there is no ratio"] = int(
            (known & ~positive).sum()
        )
        known &= positive
    return known, {reason: rows for reason, rows in left_out.items() if rows}


def _pairs(
    values: list[Floats],
    whose: NDArray[Any],
    groups: pd.Series,
    usable: NDArray[np.bool_],
    scale: str,
) -> pd.DataFrame:
    """The pairs used; d is what is analysed."""
    one, two = (value[usable] for value in values)
    common = {
        "group": groups.astype(str).to_numpy()[usable],
        "subject": np.asarray(whose)[usable],
    }
    if scale == "ratio":
        shown = {"size": np.sqrt(one * two), "ratio": one / two, "d": np.log(one) - np.log(two)}
    else:
        shown = {"size": (one + two) / 2.0, "difference": one - two, "d": one - two}
    return pd.DataFrame({**common, **shown})


def _in_order(pairs: pd.DataFrame, groups: pd.Series) -> list[tuple[str, pd.DataFrame]]:
    """Groups in the order of their categories, or as they come."""
    known = groups.cat.categories if isinstance(groups.dtype, pd.CategoricalDtype) else groups
    names = list(dict.fromkeys(str(one) for one in known if not pd.isna(one)))
    return [(name, pairs[pairs["group"] == name]) for name in names]


def _method(first: str, second: str, repeated: bool, scale: str, coverage: float) -> str:
    what = f"{first} / {second}" if scale == "ratio" else f"{first} - {second}"
    how = (
        "variances between and within participants (Bland and Altman 2007)"
        if repeated
        else "the standard deviation of the differences (Bland and Altman 1986)"
    )
    logs = ", on the log scale" if scale == "ratio" else ""
    return (
        f"Bias ({what}) and {100 * coverage:g}% limits of agreement from {how}{logs}; confidence "
        "limits of these by variance estimates recovery (Zou 2013)."
    )


def _notes(table: pd.DataFrame, scale: str) -> tuple[str, ...]:
    notes = []
    for row in table.to_dict("records"):
        where = "" if row["group"] == ALL else f"{row['group']}: "
        if row["participants"] < 2:
            notes.append(
                f"{where}pairs of {row['participants']} participant(s) tell nothing of how "
                "differences vary."
            )
        elif row["sd_between"] == 0:
            notes.append(f"{where}participants do not differ beyond what their pairs do.")
        if row.get("slope_p", NAN) < SLOPE_SAID and scale == "difference":
            way = "grow" if row["slope"] > 0 else "fall"
            notes.append(
                f"{where}differences {way} with what is measured (slope {row['slope']:.2f}): "
                'limits of ratios (scale="ratio") may describe them better.'
            )
    return tuple(notes)
