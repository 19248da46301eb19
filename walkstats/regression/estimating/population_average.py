"""How does the mean of an outcome that is measured repeatedly depend on the covariates?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level
from walkstats.errors import FitError
from walkstats.numerics.least_squares import Factor, factor
from walkstats.regression.count_likelihood import CountModel
from walkstats.regression.count_likelihood import maximum as count_maximum
from walkstats.regression.estimating.equations import (
    Equations,
    Solution,
    last_step,
    solve_equations,
)
from walkstats.regression.estimating.mean_families import FAMILIES
from walkstats.regression.estimating.panel_rows import PanelRows, read_panel
from walkstats.regression.estimating.panel_wording import (
    Asked,
    measure_of,
    method_of,
    named_parameters,
    notes_of,
)
from walkstats.regression.estimating.person_variance import (
    CORRECTIONS,
    FREEDOMS,
    person_covariance,
)
from walkstats.regression.estimating.working_correlations import STRUCTURES
from walkstats.regression.risks.binary_likelihood import BinaryModel
from walkstats.regression.risks.binary_likelihood import maximum as binary_maximum
from walkstats.regression.risks.binary_links import LINKS
from walkstats.regression.risks.binary_rows import check_columns
from walkstats.results import Fit, Freedom

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GeeFit(Fit):
    """Generalised estimating equations, solved.

    Attributes
    ----------
    family : {"gaussian", "binomial", "poisson"}
    correlation : str
        Structure of the working correlation.
    alpha : mapping of str to float
        What was estimated of it, by name.
    scale : float
        Mean squared Pearson residual (not divided by n - k), as R's geepack has it.
    corrections : str or None
        Correction of the sandwich for few people.
    naive_covariance : (k, k) array
        As if the working correlation were right.
    outcome_name, event : str
        Left side; what is modelled where it happens or not.
    outcome, fitted : (n,) arrays
        Of the rows used, in the order of the frame.
    matrix : (n, k) array
    offset : (n,) array
    cluster : (n,) integer codes of the people
    turns : int
        How often correlation and coefficients were improved.
    kept : (n,) positions of the rows used in the frame given
    index : pandas.Index or None
    """

    family: str = "gaussian"
    correlation: str = "exchangeable"
    alpha: Mapping[str, float] = field(default_factory=dict)
    scale: float = np.nan
    corrections: str | None = None
    naive_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    outcome_name: str = ""
    event: str = ""
    outcome: Floats = field(default_factory=lambda: np.empty(0))
    fitted: Floats = field(default_factory=lambda: np.empty(0))
    matrix: Floats = field(default_factory=lambda: np.empty((0, 0)))
    offset: Floats = field(default_factory=lambda: np.empty(0))
    cluster: NDArray[np.int64] | None = None
    turns: int = 0
    kept: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    index: pd.Index | None = None


def gee(
    frame: pd.DataFrame,
    formula: str,
    *,
    family: str,
    subject: str = "participant_id",
    correlation: str = "exchangeable",
    visit: str | None = None,
    corrections: str | None = None,
    freedom: str | None = None,
    event_value: object = None,
    exposure: str | None = None,
    offset: str | None = None,
    weights: str | None = None,
    level: float = 0.95,
) -> GeeFit:
    """Estimate how the mean of an outcome measured repeatedly depends on covariates.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant and visit.
    formula : str
        Outcome and covariates: ``"in_pain ~ arm * factor(month) + age"``.
    family : {"gaussian", "binomial", "poisson"}
        Differences of means, odds ratios, or ratios of means (of counts).
    subject : str
        Column of the participant.
    correlation : {"independence", "exchangeable", "ar1", "unstructured"}
        Working correlation of the rows of a participant.
    visit : str, optional
        Column of the visit; needed for "ar1", where it is a number, and "unstructured".
    corrections : {"kauermann-carroll", "mancl-derouen", "fay-graubard", "jackknife"}, optional
        Correction of the robust variance for few participants; without, that of Liang and Zeger.
    freedom : {"normal", "clusters", "satterthwaite"}, optional
        Reference distribution: normal, t with participants less coefficients, or t with
        Satterthwaite's degrees of freedom. By default "normal", and "clusters" with a correction.
    event_value : object, optional
        For "binomial": the value of the outcome that is the event, where the column is not boolean
        or 0 and 1.
    exposure : str, optional
        For "poisson": column of the time observed [days], or of anything counts are proportional
        to.
    offset : str, optional
        Column added to the linear predictor with coefficient 1.
    weights : str, optional
        Column of case weights, such as the inverse probability that the row was answered. Rows of
        weight 0 are left out.
    level : float
        Confidence level.

    Returns
    -------
    GeeFit
        ``fit.estimate("arm[walking]")``; ``fit.alpha`` the correlation, ``fit.scale``.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For an outcome that the family does not allow, participants or visits that are missing, and
        two rows of a participant at one visit.
    FitError
        For covariates that are combinations of others, too few participants, correlations that
        make no correlation matrix, and odds ratios that are infinite (separation).

    Notes
    -----
    The coefficients solve the sum over participants of D' V^-1 (y - mu) = 0, with V = scale A^1/2 R
    A^1/2. They describe averages over people (population-average), are right when the mean is, and
    their robust variance whatever R: the working correlation is for precision. R is estimated from
    Pearson residuals r: the scale is the mean of r², an exchangeable correlation the mean product
    over all pairs, an unstructured one that of each pair of visits, and an autoregressive one the
    value whose powers are nearest to all products, by least squares. This is how R's geepack does
    it; R's gee divides by n - k and takes neighbours only. With "ar1" the exponent is how far
    visits lie apart, in units of the smallest distance, so that a missed visit counts.

    The sandwich is too small with few participants (below 50, say). Kauermann and Carroll's
    correction multiplies residuals by (I - H)^-1/2, Mancl and DeRouen's by (I - H)^-1; Fay and
    Graubard's enlarges the scores; the jackknife is that of R's geepack. Fewer than ten need
    caution with any.

    A missing answer leaves its row out. Unlike a mixed model this takes answers as missing
    completely at random given the covariates; impute where that is doubtful, or weight by the
    inverse probability of an answer. Weights divide the variance of a row (geepack's), that of a
    pair is the product of its rows', and the errors take them as known.

    References
    ----------
    .. [1] Liang KY, Zeger SL (1986). Longitudinal data analysis using generalized linear models.
       *Biometrika* 73:13-22. https://doi.org/10.1093/biomet/73.1.13
    .. [2] Mancl LA, DeRouen TA (2001). A covariance estimator for GEE with improved small-sample
       properties. *Biometrics* 57:126-134. https://doi.org/10.1111/j.0006-341X.2001.00126.x
    .. [3] Kauermann G, Carroll RJ (2001). A note on the efficiency of sandwich covariance matrix
       estimation. *J Am Stat Assoc* 96:1387-1396. https://doi.org/10.1198/016214501753382309
    .. [4] Fay MP, Graubard BI (2001). Small-sample adjustments for Wald-type tests using sandwich
       estimators. *Biometrics* 57:1198-1206. https://doi.org/10.1111/j.0006-341X.2001.01198.x

    Examples
    --------
    >>> import pandas as pd
    >>> visits = pd.DataFrame({
    ...     "participant_id": ["a", "a", "b", "b", "c", "c", "d", "d"], "month": [1, 2] * 4,
    ...     "arm": ["control"] * 4 + ["walking"] * 4, "pain": [6, 5, 4, 4, 3, 3, 5, 4]})
    >>> fit = gee(visits, "pain ~ arm", family="gaussian")
    >>> round(fit.estimate("arm[walking]").estimate, 2), round(fit.alpha["any two rows"], 2)
    (-1.0, 0.64)
    """
    check_level(level)
    check_choice(family, FAMILIES, "family")
    structure = STRUCTURES[check_choice(correlation, STRUCTURES, "correlation")]
    correction = _check_correction(corrections)
    chosen = _check_freedom(freedom, correction)
    if exposure is not None and family != "poisson":
        raise ValueError(f"exposure= is for family='poisson'; got family={family!r}.")
    if event_value is not None and family != "binomial":
        raise ValueError(f"event_value= is for family='binomial'; got family={family!r}.")
    read = read_panel(
        frame,
        formula,
        structure,
        family=family,
        subject=subject,
        visit=visit,
        event_value=event_value,
        exposure=exposure,
        offset=offset,
        weights=weights,
    )
    design = factor(read.rows.design.matrix)
    check_columns(design, read.rows)
    at = read.order
    equations = Equations(
        design.q[at], read.rows.outcome[at], read.offset[at], read.panel, FAMILIES[family],
        structure,
    )  # fmt: skip
    solution = solve_equations(equations, _start(equations, design, read))
    step = last_step(solution, design.back)
    found = person_covariance(
        step,
        solution.residuals,
        read.panel.people,
        correction,
        chosen,
        len(solution.g) + len(solution.alpha) + 1,
    )
    asked = Asked(
        formula, family, correlation, correction, subject, visit, exposure, weights, level
    )
    return _pack(read, (design, step), solution, found, asked, len(frame))


def _check_correction(corrections: str | None) -> str:
    if corrections is None:
        return "none"
    return check_choice(corrections, [one for one in CORRECTIONS if one != "none"], "corrections")


def _check_freedom(freedom: str | None, correction: str) -> str:
    if freedom is None:
        return "normal" if correction == "none" else "clusters"
    check_choice(freedom, FREEDOMS, "freedom")
    if freedom == "satterthwaite" and correction not in (
        "none", "kauermann-carroll", "mancl-derouen"
    ):  # fmt: skip
        raise ValueError(
            f"freedom='satterthwaite' is not known for corrections={correction!r}: use 'clusters'."
        )
    return freedom


def _start(equations: Equations, design: Factor, read: PanelRows) -> Floats:
    """Coefficients of Q under independence; separation is told here."""
    q, y, offset = equations.q, equations.y, equations.offset
    if equations.family.name == "gaussian":
        return np.asarray(q.T @ (y - offset))
    if equations.family.name == "poisson":
        counted = count_maximum(CountModel(q, offset, y), np.inf)
        if counted.state == "infinite":
            raise _infinite(f"where some covariate sets rows apart {read.event} is always 0")
        return counted.g
    found = binary_maximum(BinaryModel(q, y, equations.panel.weights, LINKS["logit"]), design.back)
    if found.open is not None:
        named = [
            name
            for name, open_ in zip(read.rows.design.terms.names, found.open.infinite, strict=True)
            if open_
        ]
        raise _infinite(
            f"{' and '.join(named)}: the covariates set apart rows with {read.event} from rows "
            "without (separation)"
        )
    return found.g


def _infinite(why: str) -> FitError:
    return FitError(
        f"The estimating equations have no finite solution: {why}. Merge levels or leave a term "
        "out; logistic(..., penalty='firth', cluster=...) stays finite."
    )


def _pack(
    read: PanelRows,
    factored: tuple[Factor, Factor],
    solution: Solution,
    found: tuple[Floats, Freedom, tuple[int, ...]],
    asked: Asked,
    rows_given: int,
) -> GeeFit:
    rows, (design, step) = read.rows, factored
    names = rows.design.terms.names
    covariance, freedom, unknown = found
    fitted = np.empty_like(solution.fitted)
    fitted[read.order] = solution.fitted
    counts = replace(
        rows.counts, rows=rows_given, left_out={**read.left_out, **rows.counts.left_out}
    )
    if asked.family == "poisson":
        counts = replace(counts, events=round(float(rows.outcome.sum())))
    link = FAMILIES[asked.family].link
    return GeeFit(
        terms=names,
        aside=tuple(name for name in names if name == "intercept"),
        values=design.back @ solution.g,
        covariance=covariance,
        freedom=freedom,
        link=link,
        measure=measure_of(asked, rows.outcome_name),
        level=asked.level,
        formula=asked.formula,
        design=rows.design.terms,
        state=solution.state,
        family=asked.family,
        correlation=asked.correlation,
        alpha=named_parameters(read, solution, asked),
        scale=solution.scale,
        corrections=None if asked.correction == "none" else asked.correction,
        naive_covariance=solution.scale * (step.back @ step.back.T),
        outcome_name=rows.outcome_name,
        event=read.event if asked.family == "binomial" else "",
        outcome=rows.outcome,
        fitted=fitted,
        matrix=rows.design.matrix,
        offset=read.offset,
        cluster=rows.people,
        turns=solution.turns,
        kept=read.kept,
        index=rows.index,
        method=method_of(read, asked, freedom),
        notes=(*rows.design.notes, *notes_of(read, design, solution, asked, unknown)),
        counts=counts,
        source=rows.source,
    )
