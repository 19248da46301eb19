"""How much more does an arm cost, when costs are skewed and many people cost nothing?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from walkstats._arguments import as_names, check_choice, check_column, check_frame, check_level
from walkstats._variables import as_numbers, levels_of
from walkstats.errors import DataError, FitError
from walkstats.formulas import build
from walkstats.numerics.newton import maximise
from walkstats.results import Counts, Estimates, Result

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Bools = NDArray[np.bool_]

FAMILIES = {
    "two-part": "a two-part model (logistic regression of any cost, gamma regression with log link "
    "of costs above 0)",
    "gamma": "gamma regression with log link",
}
SUBJECT = "participant_id"


@dataclass(frozen=True, eq=False)
class CostComparison(Result):
    """Mean costs by group, and their contrasts with the first group.

    Attributes
    ----------
    means : Estimates
        Standardised to all participants; terms are the groups.
    difference : Estimates
        Of means; terms ``arm[walking]``.
    ratio : Estimates
        Of means, on the log scale.
    family : {"two-part", "gamma"}
    """

    means: Estimates
    difference: Estimates
    ratio: Estimates
    family: str

    def to_frame(self) -> pd.DataFrame:
        """One row per measure and term; ratios as ratios."""
        rows = [
            self.means.to_frame().assign(measure="mean"),
            self.difference.to_frame().assign(measure="difference"),
            self.ratio.to_frame(ratio=True).assign(measure="ratio"),
        ]
        frame = pd.concat(rows, ignore_index=True)
        return frame[["measure", *(name for name in frame.columns if name != "measure")]]


def compare_costs(
    frame: pd.DataFrame,
    by: str = "arm",
    *,
    cost: str | None = None,
    adjust: str | Sequence[str] = (),
    family: str = "two-part",
    level: float = 0.95,
) -> CostComparison:
    """Compare mean costs of groups by a model for skewed costs.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, as of ``total_costs``.
    by : str
        Column of the groups; the first level is the reference.
    cost : str, optional
        Column of costs [currency]; by default the total that the frame names.
    adjust : str or sequence of str
        Covariates, as terms of a formula.
    family : {"two-part", "gamma"}
        Whether somebody costs anything, times what it costs those who do; or what everybody costs,
        which cannot be 0.
    level : float
        Confidence level.

    Returns
    -------
    CostComparison
        ``means``, ``difference`` and ``ratio``.

    Raises
    ------
    ValueError
        For columns or words that are not known.
    DataError
        For negative costs; for costs of 0 with ``family="gamma"``; for groups without any cost.
    FitError
        For covariates that tell without exception who costs anything, or of which one follows from
        the others.

    Notes
    -----
    The models are fitted in each group apart, so that covariates may act differently there:

        P(Y > 0 | z) = 1 / (1 + exp(-z'a)),   E(Y | Y > 0, z) = exp(z'b)

    A mean is that of the predictions, probability times cost, over all participants of all groups.
    Without covariates it is the plain mean. Standard errors come from everybody's influence on all
    of these together (the sandwich of the stacked equations), so that the variance of costs need
    not be that of a gamma distribution. In a group in which everybody costs something the first
    part is 1. Missing costs are left out, counted and not taken as 0; where many are missing,
    ``cost_effectiveness`` imputes them. Differences of means without a model are unbiased however
    skewed costs are; a model may make them more precise.

    References
    ----------
    .. [1] Manning WG, Mullahy J (2001). Estimating log models: to transform or not to transform?
       *J Health Econ* 20:461-494. https://doi.org/10.1016/S0167-6296(01)00086-8
    .. [2] Belotti F, Deb P, Manning WG, Norton EC (2015). twopm: two-part models. *Stata J*
       15:3-20. https://doi.org/10.1177/1536867X1501500102

    Examples
    --------
    >>> import pandas as pd
    >>> costs = pd.DataFrame({"arm": ["a"] * 4 + ["b"] * 4, "cost": [0, 0, 30, 50, 0, 20, 40, 60]})
    >>> found = compare_costs(costs, cost="cost")
    >>> found.means.values.round(6).tolist(), found.difference.values.round(6).tolist()
    ([20.0, 30.0], [10.0])
    """
    check_frame(frame)
    check_level(level)
    check_choice(family, FAMILIES, "family")
    name = cost or (frame.attrs.get("total") if "perspective" in frame.attrs else None)
    if name is None:
        raise ValueError("cost= names the column of costs.")
    names = [str(one) for one in as_names(adjust, "adjust")]
    check_column(frame, by, "the groups")
    _refuse_negative(frame, str(name))
    formula = f"{name} ~ {' + '.join([by, *names])}"
    design = build(formula, frame, intercept=True, response=True)
    assert design.response is not None
    y, used = design.response, frame[design.kept]
    levels, codes = _groups(used[by])
    z = np.delete(design.matrix, design.terms.columns_of[by], axis=1)
    _refuse_zeros(used, str(name), y, family)
    fitted = [_predict(z, y, codes == k, label) for k, label in enumerate(levels)]
    means = np.array([mean for mean, _ in fitted])
    influence = np.column_stack([one for _, one in fitted])
    counts = Counts(len(frame), len(y), len(y), left_out=dict(design.left_out))
    told = f", adjusted for {', '.join(names)}" if names else ""
    common: dict[str, Any] = {
        "method": f"Mean costs by {FAMILIES[family]}, in each group of {by} apart{told}, "
        "standardised to all participants; sandwich standard errors, normal intervals.",
        "notes": (*frame.attrs.get("notes", ()), *design.notes),
        "counts": counts,
        "source": str(frame.attrs.get("source", "")),
    }
    return _packed(means, influence, levels, by, level, family, common)


def _groups(column: pd.Series) -> tuple[tuple[str, ...], Codes]:
    """Labels of the groups, the reference first, and the place of each row's group."""
    levels, _ = levels_of(column)
    place = {label: k for k, label in enumerate(levels)}
    return levels, np.array([place[str(label)] for label in column], dtype=np.intp)


def _refuse_negative(frame: pd.DataFrame, name: str) -> None:
    costs = as_numbers(check_column(frame, name, "costs"), name)
    bad = costs < 0
    if bad.any():
        raise DataError.of(
            "negative costs",
            column=name,
            row=int(np.argmax(bad)),
            ids=_ids(frame, bad),
            count=int(bad.sum()),
            what_to_do="correct them; a refund belongs in a column of its own, taken off the total "
            "beforehand",
        )


def _refuse_zeros(used: pd.DataFrame, name: str, y: Floats, family: str) -> None:
    none = y == 0.0
    if family == "gamma" and none.any():
        raise DataError.of(
            f"gamma regression cannot take costs of 0, and {int(none.sum())} of {len(y)} "
            "participants cost nothing",
            column=name,
            ids=_ids(used, none),
            count=int(none.sum()),
            what_to_do='take family="two-part": whether anything was spent, and how much by those '
            "who did; adding a constant to costs changes the answer",
        )


def _ids(frame: pd.DataFrame, rows: Bools) -> list[str]:
    ids = frame[SUBJECT] if SUBJECT in frame else pd.Series(frame.index, index=frame.index)
    return [str(one) for one in ids.to_numpy()[rows]]


def _predict(z: Floats, y: Floats, mine: Bools, label: str) -> tuple[float, Floats]:
    """Mean predicted cost of everybody by the models of one group, and each person's influence."""
    n = len(y)
    some = mine & (y > 0.0)
    if not some.any():
        raise DataError.of(
            f"nobody in {label} cost anything",
            what_to_do="there is nothing to model; compare means with cost_effectiveness",
        )
    chance, a = np.ones(n), None
    if not np.array_equal(some, mine):
        a = _logit(z[mine], some[mine], label)
        chance = expit(z @ a)
    slope = _gamma(z[some], y[some])
    cost = np.exp(z @ slope)
    predicted = chance * cost
    mean = float(predicted.mean())
    influence = (predicted - mean) / n
    bread = np.linalg.inv(z[some].T @ z[some])
    by_slope = bread @ (z.T @ predicted) / n
    influence[some] += (z[some] @ by_slope) * (y[some] / cost[some] - 1.0)
    if a is not None:
        spread = chance * (1.0 - chance)
        bread = np.linalg.inv((z[mine].T * spread[mine]) @ z[mine])
        by_chance = bread @ (z.T @ (predicted * (1.0 - chance))) / n
        influence[mine] += (z[mine] @ by_chance) * (some[mine] - chance[mine])
    return mean, influence


def _gamma(x: Floats, y: Floats) -> Floats:
    """Coefficients (k,) of a gamma regression with log link; the shape plays no part."""
    _refuse_rank(x)

    def evaluate(b: Floats) -> tuple[float, Floats, Floats]:
        with np.errstate(over="ignore"):
            ratio = y * np.exp(-(x @ b))
        return (
            -float(np.sum(ratio + x @ b)) if np.isfinite(ratio).all() else -np.inf,
            x.T @ (ratio - 1.0),
            (x.T * ratio) @ x,
        )

    start = np.asarray(np.linalg.lstsq(x, np.log(y), rcond=None)[0], dtype=np.float64)
    found = maximise(evaluate, start)
    if found.state != "converged":
        raise FitError("The gamma regression of costs did not converge: use fewer covariates.")
    return found.values


def _logit(x: Floats, some: Bools, label: str) -> Floats:
    """Coefficients (k,) of a logistic regression of having any cost."""
    _refuse_rank(x)

    def evaluate(a: Floats) -> tuple[float, Floats, Floats]:
        eta = x @ a
        p = expit(eta)
        height = float(np.sum(np.where(some, eta, 0.0) - np.logaddexp(0.0, eta)))
        return height, x.T @ (some - p), (x.T * (p * (1.0 - p))) @ x

    def apart(direction: Floats) -> bool:
        towards = np.where(some, 1.0, -1.0) * (x @ direction)
        return bool(np.all(towards > -1e-6 * np.abs(towards).max()))

    found = maximise(evaluate, np.zeros(x.shape[1]), unbounded=apart)
    if found.state != "converged":
        raise FitError(
            f"In {label} the covariates tell without exception who cost anything: leave out a "
            "covariate or merge levels."
        )
    return found.values


def _refuse_rank(x: Floats) -> None:
    if len(x) < x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        raise FitError(
            f"{x.shape[1]} coefficients cannot be told apart among {len(x)} participants of a "
            "group: leave out a covariate or merge levels."
        )


def _packed(
    means: Floats,
    influence: Floats,
    levels: tuple[str, ...],
    by: str,
    level: float,
    family: str,
    common: dict[str, Any],
) -> CostComparison:
    """Means, differences from the first group and ratios to it, with their covariances."""
    k = len(levels)
    covariance = influence.T @ influence
    contrast = np.column_stack([-np.ones(k - 1), np.eye(k - 1)])
    terms = tuple(f"{by}[{label}]" for label in levels[1:])
    of_logs = contrast / means
    return CostComparison(
        means=Estimates(levels, means, covariance, level=level, null=None, **common),
        difference=Estimates(
            terms, contrast @ means, contrast @ covariance @ contrast.T, level=level, **common
        ),
        ratio=Estimates(
            terms,
            contrast @ np.log(means),
            of_logs @ covariance @ of_logs.T,
            link="log",
            level=level,
            measure="ratio of mean costs",
            **common,
        ),
        family=family,
        **common,
    )
